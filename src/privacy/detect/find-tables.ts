import type { Report } from "./candidate.ts";
import type { KeyClass } from "./key-class.ts";
import { fitsKey } from "./fits-key.ts";
import { tokenEnd } from "./name-like.ts";
import { toKeyClassAmong } from "./person-words.ts";

const LINE_MAX = 4000;
const CELL_KEY_MAX = 40;
const COLUMNS_MAX = 64;
const TRIES_MAX = 20;
const delimiters = ["\t", "|", "│", ";", ","];
/** Columns of a terminal's table: two spaces or more. */
const gap = "  ";

/** A line between the heading and the rows. */
const rule = /^[\s|+\-=:─┼├┤]+$/u;

interface Table {
  delimiter: string;
  columns: readonly (KeyClass | undefined)[];
}

/** Cells of CSV, TSV, pipe and terminal tables, by the class of their column's heading. */
export function findTables(text: string, wanted: ReadonlySet<string>, report: Report): void {
  let table: Table | undefined;
  let isBelow = false;
  let start = 0;
  let tries = 0;
  while (start < text.length) {
    const newline = text.indexOf("\n", start);
    const end = newline === -1 ? text.length : newline;
    // A heading is among the first lines of a block: thousands of rows without one are not tried each.
    if (!/[\t|│;,]|  /.test(text.slice(start, Math.min(end, start + LINE_MAX)))) {
      tries = 0;
      isBelow = false;
    }
    if (end - start <= LINE_MAX && end > start) {
      if (table !== undefined && !isRow(text, start, end, table, wanted, report)) table = undefined;
      // What is above the line is the heading, and what is below it is none.
      isBelow ||= table === undefined && rule.test(text.slice(start, end));
      if (table === undefined && !isBelow && newline !== -1 && tries < TRIES_MAX) {
        table = toTable(text, start, end, wanted);
        tries += 1;
      }
    } else table = undefined;
    start = end + 1;
  }
}

/** Reports the cells of a row; false if the line is no part of the table. */
function isRow(
  text: string,
  start: number,
  end: number,
  { delimiter, columns }: Table,
  wanted: ReadonlySet<string>,
  report: Report,
): boolean {
  const cells = toCells(text, start, end, delimiter);
  if (cells.length < 2) return rule.test(text.slice(start, end));
  if (cells.length !== columns.length && delimiter === gap) return true;
  const whole = cells.length > columns.length ? joinParts(text, cells) : cells;
  for (const [at, column] of columns.entries()) {
    if (column === undefined || !wanted.has(column.class)) continue;
    for (const [from, to] of toPlaces(whole, at, whole.length - columns.length, column.class)) {
      if (to <= from || !fitsKey(column, text.slice(from, to)) || tokenEnd.test(text.slice(from, to))) continue;
      report(column.class, from, to, 2);
      break;
    }
  }
  return true;
}

/** The cells, where a space after a comma is inside of a text that nobody quoted: `Ada Holm, PhD`. */
function joinParts(text: string, cells: readonly [number, number][]): [number, number][] {
  const joined: [number, number][] = [];
  for (const [from, to] of cells) {
    const last = joined.at(-1);
    if (last !== undefined && text[from - 1] === " ") last[1] = to;
    else joined.push([from, to]);
  }
  return joined;
}

/** Where the value of a column can stand in a row that has more cells than the heading: a name is all that may be of it. */
function toPlaces(
  cells: readonly [number, number][],
  at: number,
  surplus: number,
  kind: string,
): readonly [number, number][] {
  const [first, last] = [cells[at], cells[at + Math.max(0, surplus)]];
  if (first === undefined || last === undefined) return [];
  if (surplus <= 0) return [first];
  return kind === "NAME" ? [[first[0], last[1]], first, last] : [first, last];
}

/** A line is a heading if the next one has the same delimiter and one of its cells names a class. */
function toTable(text: string, start: number, end: number, wanted: ReadonlySet<string>): Table | undefined {
  const line = text.slice(start, end);
  // Logs, code and JSON have the same delimiters, and these besides.
  if (!/[\t|│;,]|  /.test(line) || /[:={}<>]/.test(line)) return undefined;
  for (const delimiter of [...delimiters, gap]) {
    if (!line.includes(delimiter)) continue;
    const nextEnd = text.indexOf("\n", end + 1);
    const next = text.slice(end + 1, Math.min(nextEnd === -1 ? text.length : nextEnd, end + 1 + LINE_MAX));
    if (!next.includes(delimiter) && !/^[\s+\-=|─┼]{3}/u.test(next)) continue;
    // Prose has commas too: its first part is longer than a heading.
    const first = line.indexOf(delimiter);
    if (first > CELL_KEY_MAX + 4) continue;
    const cells = toCells(text, start, end, delimiter);
    if (cells.length < 2 || cells.length > COLUMNS_MAX || cells.some(([from, to]) => to - from > CELL_KEY_MAX))
      continue;
    const keys = cells.map(([from, to]) => text.slice(from, to));
    const columns = keys.map((key) => toColumn(key, keys));
    if (columns.some((column) => column !== undefined && wanted.has(column.class))) return { delimiter, columns };
  }
  return undefined;
}

function toColumn(key: string, keys: readonly string[]): KeyClass | undefined {
  if (!/^[\p{L}_][\p{L}\p{M}\p{N}_ .#()/'-]*$/u.test(key)) return undefined;
  return toKeyClassAmong([key], keys);
}

/** Where the cells of a line are, without the spaces and quotes around them. */
function toCells(text: string, start: number, end: number, delimiter: string): [number, number][] {
  const cells: [number, number][] = [];
  let from = start;
  let to = end;
  if (delimiter === "|" || delimiter === "│" || delimiter === gap) {
    while (from < to && /\s/u.test(text[from] ?? "")) from += 1;
    if (text[from] === delimiter) from += 1;
    while (to > from && /\s/u.test(text[to - 1] ?? "")) to -= 1;
    if (text[to - 1] === delimiter) to -= 1;
  }
  while (from <= to && cells.length <= COLUMNS_MAX) {
    let stop = toCellEnd(text, from, to, delimiter);
    cells.push(trim(text, from, stop));
    stop += delimiter.length;
    if (delimiter === gap) while (stop < to && text[stop] === " ") stop += 1;
    from = stop;
  }
  return cells;
}

function toCellEnd(text: string, from: number, to: number, delimiter: string): number {
  let at = from;
  while (at < to && text[at] === " ") at += 1;
  if (text[at] === '"') {
    for (at += 1; at < to; at += 1) {
      if (text[at] !== '"') continue;
      if (text[at + 1] !== '"') break;
      at += 1;
    }
  }
  // Within the line only: an absent delimiter must not be searched through all of the text.
  const stop = text.slice(at, to).indexOf(delimiter);
  return stop === -1 ? to : at + stop;
}

function trim(text: string, from: number, to: number): [number, number] {
  let [start, end] = [from, to];
  while (start < end && /[\s"'`*]/u.test(text[start] ?? "")) start += 1;
  while (end > start && /[\s"'`*]/u.test(text[end - 1] ?? "")) end -= 1;
  return [start, end];
}
