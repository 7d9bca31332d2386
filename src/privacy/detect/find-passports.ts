import type { Report } from "./candidate.ts";

const AFTER_MAX = 64;
/** Parts of the word in many languages that are searched as they stand: quicker than one expression over all text. */
const stems = /assport|ASSPORT|eisepass|asaport|assepor|aspoort|aszport|ravel document/g;
const link =
  /^[\p{Ll}\p{Lu}]{0,8}(?:[\s:#=("'’*_-]|(?:no|nr|num|number|nummer|numero|número|numéro|id|is|was|ist|de)\b\.?){0,8}([A-Za-z]{0,4}\d[A-Za-z\d]{4,10}|[A-Z]{1,4}[A-Z\d]{5,9})(?![\p{L}\p{N}])/u;

/** Passport numbers after their word: letters and digits mixed, so that digits alone do not lead to them. */
export function findPassports(text: string, report: Report): void {
  for (const { index, 0: stem } of text.matchAll(stems)) {
    const from = index + stem.length;
    const found = link.exec(text.slice(from, from + AFTER_MAX));
    const surface = found?.[1] ?? "";
    if (found === null || (surface.match(/\d/gu)?.length ?? 0) < 2) continue;
    const end = from + found[0].length;
    report("PASSPORT", end - surface.length, end, 2);
  }
}
