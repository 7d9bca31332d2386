import type { Report } from "./candidate.ts";
import { toIsoDate } from "./date-text.ts";

const AFTER_MAX = 64;
/** Parts of the words for birth, as they stand: "Date of birth", "geboren am", "née le", "fecha de nacimiento". */
const stems =
  /\bD\.?O\.?B\b|\bdob\b|irth(?:day|date)?|IRTH|orn(?<=\b[Bb]orn)\b|eboren|\bgeb\.|eburts(?:datum|tag)|aissance|[Nn]ée? le|acimiento|acid[oa]|ascita|[Nn]at[oa] il|ascimento|eboorte(?:datum)?|rodzen|rodzon[ya]|öd(?:d|elsedatum)\b|ødt|ødsels(?:dato|dag)|yntymä(?:aika)?|aroz|ascut|aster(?:ii|e)|zület|oğum tarihi|ogum tarihi|出生|生日|生年月日|誕生|생년월일|ожден|одил|الميلاد/g;
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
