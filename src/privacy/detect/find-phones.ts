import { getCountries, getCountryCallingCode, isValidPhoneNumber } from "libphonenumber-js/max";
import type { Report } from "./candidate.ts";
import type { DigitRun } from "./digit-runs.ts";
import { isFree, isWordAt, toLeadIn } from "./surroundings.ts";

const DIGITS_MIN = 7;
const DIGITS_MAX = 15;
const GROUPS_MAX = 8;
const callingCodes = new Set<string>(getCountries().map((country) => getCountryCallingCode(country)));
const phoneWords =
  /(?:phone|\btel\b|tel[:.]|\btlf\b|mobil|\bmob\b|\bcell\b|cellular|\bcall(?:ing|ed|er|s)?\b|callback|\bring(?:ing)?\b|dial|\bfax\b|whatsapp|\bsms\b|\btext(?:ed|ing)? (?:me|us|him|her|them|to|on|at)\b|reach (?:me|us|him|her|them|out)|contact|hotline|landline|handy|telefon|téléphone|teléfono|telefone|telefoon|puhelin|telefonnummer|rufnummer|rückruf|anruf|appel|llam|ligue|chiam|bel me|zadzwo|numero|number is|my number|at the number|answering (?:at|on)|messages? (?:to|at)|line:|desk:|direct:|\bnr\.?\b|☎|📞|电话|手机|電話|携帯|전화|телефон|тел\.|звон|هاتف)[^\n]{0,28}$/u;
const otherWords =
  /(?:order|invoice|ticket|ref|reference|\bid|account|serial|code|isbn|ean|sku|version|zip|pin|tracking|case|claim|receipt|transaction|amount|total|price|passport|policy|port|license|licence|card|ssn|routing|iban|batch|build|commit|issue|size|bytes|count)s?\b[ :#.="']*(?:is |no\.? |number |num |#)?["' #:]*$/u;

/** Phone numbers of one run: international ones by themselves, national ones where a word beside them says "phone". */
export function findPhones(text: string, run: DigitRun, report: Report): void {
  for (let first = 0; first < run.count; first += 1) {
    const digitStart = run.starts[first] ?? 0;
    const start = toOpening(text, digitStart, first === 0 ? 0 : (run.ends[first - 1] ?? 0));
    if (isWordAt(text, start - 1)) continue;
    const last =
      text.startsWith("+", start) || text.startsWith("(+", start)
        ? toInternationalEnd(text, run, first)
        : isOpening(text, run, first, start)
          ? toNationalEnd(text, run, first, start)
          : -1;
    if (last === -1) continue;
    const end = withExtension(text, run.ends[last] ?? 0);
    if (isWordAt(text, end)) continue;
    report("PHONE", start, end, 2);
    while (first < last || (first + 1 < run.count && (run.starts[first + 1] ?? 0) < end)) first += 1;
  }
}

/** A plus sign or a bracket before the first digit belongs to the number. */
function toOpening(text: string, digitStart: number, from: number): number {
  let start = digitStart;
  if (start > from && text[start - 1] === "(") start -= 1;
  while (start > from && text[start - 1] === "+" && digitStart - start < 3) start -= 1;
  if (start > from && text[start - 1] === "(" && text[start] === "+") start -= 1;
  return start;
}

/** A national number stands free: not after a slash or an equals sign, and not in the middle of other digits. */
function isOpening(text: string, run: DigitRun, first: number, start: number): boolean {
  if (first > 0 && start - (run.ends[first - 1] ?? 0) < 2) return false;
  return isFree(text, start);
}

function toInternationalEnd(text: string, run: DigitRun, first: number): number {
  let digits = 0;
  let best = -1;
  let all = "";
  for (let last = first; last < run.count && last < first + GROUPS_MAX; last += 1) {
    if (last > first && !isPhoneGap(text, run.ends[last - 1] ?? 0, run.starts[last] ?? 0)) break;
    all += text.slice(run.starts[last], run.ends[last]);
    digits = all.length;
    if (digits > DIGITS_MAX) break;
    if (digits >= DIGITS_MIN) best = isNorthAmerican(all) ? (digits === 11 ? last : best) : last;
    if (isNorthAmerican(all) && digits >= 11) break;
  }
  return best !== -1 && hasCallingCode(all) ? best : -1;
}

function toNationalEnd(text: string, run: DigitRun, first: number, start: number): number {
  let digits = 0;
  let best = -1;
  for (let last = first; last < run.count && last < first + GROUPS_MAX; last += 1) {
    if (last > first && !isPhoneGap(text, run.ends[last - 1] ?? 0, run.starts[last] ?? 0)) break;
    digits += (run.ends[last] ?? 0) - (run.starts[last] ?? 0);
    if (digits > DIGITS_MAX) break;
    if (digits >= DIGITS_MIN) best = last;
  }
  if (best === -1) return -1;
  const end = run.ends[best] ?? 0;
  const surface = text.slice(start, end);
  if (isOtherThing(text, surface, start, end)) return -1;
  const leadIn = toLeadIn(text, start);
  if (otherWords.test(leadIn)) return -1;
  if (phoneWords.test(leadIn)) return best;
  if (isAmerican(surface)) return isValidPhoneNumber(surface, "US") ? best : -1;
  return trunk.test(surface) && trunkRegions.some((region) => isValidPhoneNumber(surface, region)) ? best : -1;
}

/** A trunk zero and groups: 020 7946 0958, 0 532 123 45 67; only where such a number can exist. */
const trunk = /^\(?0(?:\d{1,4}| \d{3})\)?[ -]\d{2,4}(?:[ -]\d{2,4}){1,3}$/;
const trunkRegions = [
  "GB",
  "DE",
  "FR",
  "NL",
  "TR",
  "AU",
  "JP",
  "BE",
  "CH",
  "SE",
  "PH",
  "ZA",
  "NZ",
  "IE",
  "IN",
  "CN",
] as const;

/** Between two groups of one number: one separator, or a bracket with a space. */
function isPhoneGap(text: string, from: number, to: number): boolean {
  if (to - from === 1) return text[from] !== "~" || text[from - 1] === "0";
  const gap = text.slice(from, to);
  return gap === ") " || gap === " (" || gap === ")-" || gap === "-(" || gap === ") -" || gap === " - ";
}

/** Dates, times, decimals, addresses of machines, prices, parts of ids. */
function isOtherThing(text: string, surface: string, start: number, end: number): boolean {
  if (
    /^\d{4}[-/.]\d{2}[-/.]\d{2}|^\d{1,2}[-/.]\d{1,2}[-/.]\d{4}|^\d+\.\d+$|^\d{1,3}(?:\.\d{1,3}){3}$|\d\/\d.*\d\/\d/u.test(
      surface,
    )
  )
    return true;
  const before = text[start - 1] ?? "";
  const after = text[end] ?? "";
  if (/[#$€£¥@/=_&.\-%]/u.test(before) && before !== "=" && before !== "." && before !== "/") return true;
  return (
    /[%$€£¥_@]/u.test(after) ||
    (after === ":" && /\d/u.test(text[end + 1] ?? "")) ||
    (after === "." && /\d/u.test(text[end + 1] ?? "")) ||
    (after === "-" && isWordAt(text, end + 1))
  );
}

/** (201) 587-0504, 201-587-0504, 201.587.0504, also with a leading 1. */
function isAmerican(surface: string): boolean {
  return /^(?:1[ .-])?(?:\([2-9]\d\d\) ?|[2-9]\d\d[ .-])[2-9]\d\d[ .-]\d{4}$/u.test(surface);
}

function isNorthAmerican(digits: string): boolean {
  return digits.startsWith("1");
}

function hasCallingCode(digits: string): boolean {
  return (
    callingCodes.has(digits.slice(0, 1)) || callingCodes.has(digits.slice(0, 2)) || callingCodes.has(digits.slice(0, 3))
  );
}

const extension = / ?[,;]? ?(?:ext(?:ensi[oó]n)?|extn|x|#|int|poste|доб|~)[.:]? ?\d{1,7}#?(?!\d)/iuy;

function withExtension(text: string, end: number): number {
  extension.lastIndex = end;
  return extension.test(text) ? extension.lastIndex : end;
}
