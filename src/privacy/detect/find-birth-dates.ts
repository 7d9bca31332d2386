import type { Report } from "./candidate.ts";
import { toIsoDate } from "./date-text.ts";

const AFTER_MAX = 64;
/**
 * Parts of the words for birth, as they stand: "Date of birth", "geboren am", "née le", "fecha de nacimiento". Those that
 * begin alike stand together, for each beginning is asked at each character.
 */
const stems =
  /\bD\.?O\.?B\b|\bdob\b|irth(?:day|date)?|IRTH|orn(?<=\b[Bb]orn)\b|e(?:boren|burts(?:datum|tag)|boorte(?:datum)?)|\bgeb\.|a(?:issance|cimiento|cid[oa]|scita|scimento|roz|scut|ster(?:ii|e))|[Nn](?:ée? le|at[oa] il)|rodz(?:en|on[ya])|öd(?:d|elsedatum)\b|ød(?:t|sels(?:dato|dag))|yntymä(?:aika)?|zület|o[ğg]um tarihi|出生|生(?:日|年月日)|誕生|생년월일|о(?:жден|дил)|الميلاد/g;
/** The date after at most a few words; a month may stand before its day. */
const following =
  /^[^\d\n]{0,28}?((?:\p{L}{3,9}\.? )?\d{1,2}(?:st|nd|rd|th)?,? \d{4}|\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|\d{1,2}(?:st|nd|rd|th|er|\.)? (?:of |de |di )?\p{L}{3,11}\.?,? (?:de |del )?\d{4}|(?:19|20)\d{6}|\d{4}年\d{1,2}月\d{1,2}日)(?![\p{L}\d])/u;

/** Dates that a word before them calls somebody's birth; other dates are nobody's. */
export function findBirthDates(text: string, report: Report): void {
  for (const { index, 0: stem } of text.matchAll(stems)) {
    const from = index + stem.length;
    const found = following.exec(text.slice(from, from + AFTER_MAX));
    const surface = found?.[1] ?? "";
    if (found === null || toIsoDate(surface) === undefined) continue;
    const end = from + found[0].length;
    report("DOB", end - surface.length, end, 2);
  }
}
