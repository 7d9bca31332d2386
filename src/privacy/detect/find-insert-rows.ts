import type { Report } from "./candidate.ts";
import { fitsKey } from "./fits-key.ts";
import type { KeyClass } from "./key-class.ts";
import { toKeyClassAmong } from "./person-words.ts";

const COLUMNS_MAX = 64;
const head = /\bINSERT +INTO +["'`\w.]{1,80} *\(([^()]{1,2000})\) *VALUES\s*/gi;
/** One value: a string with doubled quotes, or anything up to a comma or bracket. */
const value = /\s*(?:[EN]?'((?:[^']|'')*)'|"([^"]*)"|([^,()'"]*))\s*([,)])/y;

/** The values of `INSERT INTO people (name, email) VALUES ('…', '…')`, by the names of their columns. */
export function findInsertRows(text: string, wanted: ReadonlySet<string>, report: Report): void {
  for (const { index, 0: opening, 1: list = "" } of text.matchAll(head)) {
    const keys = list.split(",").map((key) => key.trim().replaceAll(/["'`]/g, ""));
    if (keys.length > COLUMNS_MAX) continue;
    const columns = keys.map((key) => toKeyClassAmong([key], keys));
    let at = index + opening.length;
    while (text.charCodeAt(at) === 40) {
      const end = findInRow(text, at + 1, columns, wanted, report);
      if (end === -1) break;
      at = end + (/^\s*,\s*/.exec(text.slice(end, end + 16))?.[0].length ?? 0);
    }
  }
}

/** Reports the values up to the closing bracket; where it ends, or -1 if it is no row. */
function findInRow(
  text: string,
  start: number,
  columns: readonly (KeyClass | undefined)[],
  wanted: ReadonlySet<string>,
  report: Report,
): number {
  value.lastIndex = start;
  for (let column = 0; column < COLUMNS_MAX; column += 1) {
    const from = value.lastIndex;
    const found = value.exec(text);
    if (found === null) return -1;
    const surface = found[1] ?? found[2] ?? (found[3] ?? "").trim();
    const key = columns[column];
    if (key !== undefined && wanted.has(key.class) && fitsKey(key, surface)) {
      const offset = from + found[0].indexOf(surface);
      report(key.class, offset, offset + surface.length, 2);
    }
    if (found[4] === ")") return value.lastIndex;
  }
  return -1;
}
