import { createRequire } from "node:module";
import type { Validator } from "stdnum";
import type { Report } from "./candidate.ts";
import { type DigitRun, isDigit } from "./digit-runs.ts";
import { isWordAt } from "./surroundings.ts";

const TOKEN_MAX = 24;
const GROUPS_MAX = 5;

/** Forms that say by themselves what they are: groups, letters and a checksum. A checksum over bare digits is too weak. */
const forms: readonly [RegExp, (surface: string) => boolean][] = [
  // United States: social security and tax numbers.
  [/^(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}$/u, (): boolean => true],
  [/^9\d{2}-(?:5\d|6[0-5]|7\d|8[0-8]|9[0-24-9])-\d{4}$/u, (): boolean => true],
  [
    /^[1-9][AC-HJ-NP-RT-Y][AC-HJ-NP-RT-Y\d]\d-?[AC-HJ-NP-RT-Y][AC-HJ-NP-RT-Y\d]\d-?[AC-HJ-NP-RT-Y]{2}\d{2}$/u,
    (): boolean => true,
  ],
  // Brazil, Mexico, Canada.
  [/^\d{3}\.\d{3}\.\d{3}-\d{2}$/u, by("BR", "cpf")],
  [/^\d{2}\.\d{3}\.\d{3}\/\d{4}-\d{2}$/u, by("BR", "cnpj")],
  [/^[A-Z]{4}\d{6}[HMX][A-Z]{5}[A-Z\d]\d$/u, by("MX", "curp")],
  [/^\d{3}-\d{3}-\d{3}$/u, by("CA", "sin")],
  // Europe.
  [/^[A-Z]{6}\d{2}[A-EHLMPR-T]\d{2}[A-Z]\d{3}[A-Z]$/iu, by("IT", "codicefiscale")],
  [/^[XYZ]-?\d{7}-?[A-Z]$/u, by("ES", "nie")],
  [/^\d{8}-?[A-HJ-NP-TV-Z]$/iu, by("ES", "dni")],
  [/^(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D]$/u, (): boolean => true],
  [/^[A-Z9]{5}\d[0156]\d[0-3]\d\d[A-Z9]{2}\d[A-Z]{2}$/u, (): boolean => true],
  [/^[0-3]\d[01]\d\d{2}[-+ABCDEFYXWVU]\d{3}[0-9A-FHJ-NPR-Y]$/u, isFinnish],
  [/^(?:19|20)?\d{2}[01]\d[0-9]\d[-+]\d{4}$/u, by("SE", "personnummer")],
  [/^[0-3]\d[01]\d\d{2}-\d{4}$/u, by("DK", "cpr")],
  [/^\d{2}[0156]\d[0-3]\d\/\d{3,4}$/u, by("CZ", "rc")],
  [/^756\.\d{4}\.\d{4}\.\d{2}$/u, by("CH", "ssn")],
  [/^\d{2}\.\d{2}\.\d{2}-\d{3}\.\d{2}$/u, by("BE", "nn")],
  [/^[12][ .]?\d{2}[ .]?[01]\d[ .]?\d{2}[ .]?\d{3}[ .]?\d{3}[ .]?\d{2}$/u, by("FR", "nir")],
  // Asia.
  [/^\d{2}[01]\d[0-3]\d-[1-8]\d{6}$/u, by("KR", "rrn")],
  [/^[1-9]\d{5}(?:19|20)\d{2}[01]\d[0-3]\d{4}[\dX]$/u, by("CN", "ric")],
  [/^[A-Z]{3}[ABCFGHJLPT][A-Z]\d{4}[A-Z]$/u, (): boolean => true],
  [/^\d{2}[A-Z]{5}\d{4}[A-Z][A-Z\d]Z[A-Z\d]$/u, (): boolean => true],
  [/^[STFGM]\d{7}[A-Z]$/u, isSingaporean],
];

/** Government ids that need no word beside them. */
export function findGovernmentIds(text: string, run: DigitRun, report: Report): void {
  for (let first = 0; first < run.count; first += 1) {
    const digitStart = run.starts[first] ?? 0;
    const start = toTokenStart(text, digitStart);
    // No form begins with a single digit that stands alone.
    if (start === digitStart && (run.ends[first] ?? 0) - digitStart < 2) continue;
    if (isWordAt(text, start - 1) || /[-./@#]/.test(text[start - 1] ?? "")) continue;
    const last = reportLongest(text, run, first, start, report);
    if (last !== -1) first = last;
  }
}

/** The longest form that starts here; groups that a space parts are of different numbers. Gives its last group, or -1. */
function reportLongest(text: string, run: DigitRun, first: number, start: number, report: Report): number {
  let found = -1;
  let end = start;
  for (let last = first; last < run.count && last - first < GROUPS_MAX; last += 1) {
    const from = run.ends[last - 1] ?? 0;
    if (last > first && ((run.starts[last] ?? 0) - from !== 1 || text.charCodeAt(from) === 32)) break;
    const stop = toTokenEnd(text, run.ends[last] ?? 0);
    if (stop - start > TOKEN_MAX) break;
    if (stop - start < 9 || isWordAt(text, stop) || (/[-/@]/.test(text[stop] ?? "") && isWordAt(text, stop + 1)))
      continue;
    // Dates are the most frequent digits with hyphens, and no form has theirs.
    if (stop - start === 10 && text.charCodeAt(start + 4) === 45 && text.charCodeAt(start + 7) === 45) continue;
    const surface = text.slice(start, stop);
    if (/^\d+$/.test(surface) || !forms.some(([form, isValid]) => form.test(surface) && isValid(surface))) continue;
    found = last;
    end = stop;
  }
  if (found !== -1) report("GOV_ID", start, end, 3);
  return found;
}

function toTokenStart(text: string, digitStart: number): number {
  let start = digitStart;
  while (
    start > 0 &&
    digitStart - start < TOKEN_MAX &&
    (isLatin(text.charCodeAt(start - 1)) || isDigit(text.charCodeAt(start - 1)))
  )
    start -= 1;
  // British numbers may have a space after their letters.
  if (
    start === digitStart &&
    text[start - 1] === " " &&
    isCapital(text, start - 2) &&
    isCapital(text, start - 3) &&
    !isWordAt(text, start - 4)
  )
    return start - 3;
  return start;
}

function toTokenEnd(text: string, digitEnd: number): number {
  let end = digitEnd;
  while (end - digitEnd < 6 && (isLatin(text.charCodeAt(end)) || (end > digitEnd && isDigit(text.charCodeAt(end)))))
    end += 1;
  if (end === digitEnd && /[ -]/u.test(text[end] ?? "") && isCapital(text, end + 1) && !isWordAt(text, end + 2))
    return end + 2;
  return end;
}

const require = createRequire(import.meta.url);

/** The validator's own file, when it is first asked: all 200 of the package take a third of a second to load. */
function by(country: string, name: string): (surface: string) => boolean {
  let validator: Validator | undefined;
  return (surface) => {
    validator ??= require(`stdnum/lib/cjs/${country.toLowerCase()}/${name}.js`) as Validator;
    return validator.validate(surface).isValid;
  };
}

function isFinnish(surface: string): boolean {
  const digits = `${surface.slice(0, 6)}${surface.slice(7, 10)}`;
  return "0123456789ABCDEFHJKLMNPRSTUVWXY"[Number(digits) % 31] === surface.at(-1);
}

function isSingaporean(surface: string): boolean {
  const weights = [2, 7, 6, 5, 4, 3, 2];
  const first = surface[0] ?? "";
  let sum = first === "T" || first === "G" ? 4 : first === "M" ? 3 : 0;
  for (const [at, weight] of weights.entries()) sum += weight * Number(surface[at + 1]);
  const letters = first === "S" || first === "T" ? "JZIHGFEDCBA" : first === "M" ? "KLJNPQRTUWX" : "XWUTRQPNMLK";
  const at = sum % 11;
  return surface.at(-1) === (first === "M" ? letters[10 - at] : letters[at]);
}

function isCapital(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 65 && code <= 90;
}

function isLatin(code: number): boolean {
  return (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
}
