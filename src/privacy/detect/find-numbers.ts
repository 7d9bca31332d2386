import type { Report } from "./candidate.ts";
import { isCardNumber } from "./card-number.ts";
import { forEachDigitRun } from "./digit-runs.ts";
import type { DigitRun } from "./digit-runs.ts";
import { findGovernmentIds } from "./find-government-ids.ts";
import { findLabelledIds } from "./find-labelled-ids.ts";
import { findPhones } from "./find-phones.ts";
import { ibanLength, isIban, isIbanLike } from "./iban.ts";
import { isPublicIp } from "./ip-address.ts";
import { isWordAt, toLeadIn } from "./surroundings.ts";

/** Everything that is made of digits: each recogniser looks at the same groups, so digits are read once. */
export function findNumbers(text: string, wanted: ReadonlySet<string>, report: Report): void {
  const wantsCard = wanted.has("CARD");
  const wantsIban = wanted.has("IBAN");
  const wantsIp = wanted.has("IP");
  const wantsPhone = wanted.has("PHONE");
  const wantsId = wanted.has("GOV_ID");
  const plain = toAsciiDigits(text);
  if (wantsIban) findIbans(plain, report);
  const wantsLabelled = wantsId || wanted.has("BANK");
  forEachDigitRun(plain, (run) => {
    if (isTimestamp(plain, run)) return;
    if (wantsIp && run.count >= 4) findIpV4(plain, run, report);
    // Ids and hashes are digits among letters; only some government ids are too.
    if (wantsId) findGovernmentIds(plain, run, report);
    if (wantsLabelled) findLabelledIds(plain, run, wanted, report);
    if (run.digits < 6) return;
    if (wantsCard && run.digits >= 12) findCards(plain, run, report);
    if (wantsPhone) findPhones(plain, run, report);
  });
}

/** `2026-03-01T10:22` and `2026-03-01 10:22`: logs are full of them. */
function isTimestamp(text: string, run: DigitRun): boolean {
  const start = run.starts[0] ?? 0;
  if (
    (run.ends[0] ?? 0) - start !== 4 ||
    run.count < 3 ||
    text.charCodeAt(start + 4) !== 45 ||
    text.charCodeAt(start + 7) !== 45
  )
    return false;
  const next = text.charCodeAt(start + 10);
  return next === 84 || (next === 32 && text.charCodeAt(start + 13) === 58);
}

const cardWords =
  /card|karte|carte|tarjeta|carta|cart[aã]o|kaart|karta|kort|kártya|visa|master|amex|american express|discover|diners|maestro|jcb|\bcc\b|\bpan\b|kart|卡|カード|카드|карт/u;

function findCards(text: string, run: DigitRun, report: Report): void {
  for (let first = 0; first < run.count; first += 1) {
    const start = run.starts[first] ?? 0;
    if (isWordAt(text, start - 1) || (first > 0 && text[start - 1] === "." && (run.ends[first - 1] ?? 0) === start - 1))
      continue;
    let digits = 0;
    for (let last = first; last < run.count && last < first + 6; last += 1) {
      digits += (run.ends[last] ?? 0) - (run.starts[last] ?? 0);
      if (digits > 19) break;
      if (digits < 12) continue;
      const end = run.ends[last] ?? 0;
      if (!isGrouped(run, first, last) || !isEvenlyParted(text, run, first, last) || isWordAt(text, end)) continue;
      const surface = text.slice(start, end);
      if (!isCardNumber(surface, true)) continue;
      const isSure = isCardNumber(surface, false) || cardWords.test(toLeadIn(text, start, 64));
      if (!isSure) continue;
      report("CARD", start, end, 3);
      first = last;
      break;
    }
  }
}

/** Cards are written in one piece, or in groups of four (the last may be shorter), or as 4-6-5 and 4-6-4. */
function isGrouped(run: DigitRun, first: number, last: number): boolean {
  if (first === last) return true;
  const size = (at: number) => (run.ends[at] ?? 0) - (run.starts[at] ?? 0);
  if (size(first) !== 4) return false;
  if (last - first === 2) return size(first + 1) === 6 && size(last) >= 4 && size(last) <= 5;
  for (let at = first + 1; at < last; at += 1) if (size(at) !== 4) return false;
  return size(last) <= 4;
}

function isEvenlyParted(text: string, run: DigitRun, first: number, last: number): boolean {
  const separator = first === last ? "" : text.slice(run.ends[first], run.starts[first + 1]);
  for (let at = first; at < last; at += 1) if (text.slice(run.ends[at], run.starts[at + 1]) !== separator) return false;
  return separator.length <= 1 && separator !== "/";
}

const ibanStarts = /(?<![A-Za-z0-9_])[A-Za-z]{2}[0-9]{2}[ \-\u00A0]?[A-Za-z0-9]{4}[A-Za-z0-9 \-\u00A0]{6,48}/g;

function findIbans(text: string, report: Report): void {
  for (const { index: start, 0: area } of text.matchAll(ibanStarts)) {
    // A word may follow after a space: the country says how long the number is.
    const needed = ibanLength(area.slice(0, 2).toUpperCase());
    if (needed === 0) continue;
    let end = 0;
    for (let counted = 0; counted < needed && end < area.length; end += 1) {
      const code = area.charCodeAt(end);
      if (code !== 32 && code !== 45 && code !== 0xa0) counted += 1;
    }
    const surface = area.slice(0, end);
    if (
      isWordAt(text, start + end) ||
      !(isIban(surface) || (isIbanLike(surface) && accountWords.test(toLeadIn(text, start))))
    )
      continue;
    report("IBAN", start, start + end, 3);
  }
}

const accountWords =
  /iban|account|bank|transfer|wire|deposit|konto|überweis|compte|virement|cuenta|conto|rekening|hesap/u;

const versionWords =
  /(?:version|\bver\b|\bv|release|build|firmware|driver|sdk|sec\.?|sections?|chapter|§|rfc[ -]?\d+|oid|==|[~^]|[a-z]\/)[ :="']*$/u;

function findIpV4(text: string, run: DigitRun, report: Report): void {
  for (let first = 0; first + 3 < run.count; first += 1) {
    const start = run.starts[first] ?? 0;
    const end = run.ends[first + 3] ?? 0;
    if (end - start > 15 || text[start - 1] === "." || isWordAt(text, start - 1)) continue;
    const surface = text.slice(start, end);
    if (!/^\d+\.\d+\.\d+\.\d+$/u.test(surface) || (text[end] === "." && isWordAt(text, end + 1)) || isWordAt(text, end))
      continue;
    const leadIn = toLeadIn(text, start, 24);
    if (!isPublicIp(surface) || (versionWords.test(leadIn) && !/:\/\/(?:[^/]*@)?$/u.test(leadIn))) continue;
    report("IP", start, end, 3);
    first += 3;
  }
}

/** Full-width digits and plus signs as ASCII ones, at the same offsets. */
function toAsciiDigits(text: string): string {
  if (!/[０-９＋]/.test(text)) return text;
  return text.replaceAll(/[０-９＋－（）　．]/gu, (one) =>
    one === "　" ? " " : String.fromCharCode(one.charCodeAt(0) - 0xfee0),
  );
}
