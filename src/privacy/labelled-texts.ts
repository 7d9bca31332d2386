import { decodePercent } from "../base/percent.ts";
import { entity, fromEntity } from "./entities.ts";
import { decodeEach, type Layer, toLayer } from "./layer.ts";

/** A text that says what its parts are: of one record by their labels, or of several by a heading over cells. */
export type Labelled = { labels: string[]; parts: Part[] } | { rows: Part[][] };

/** One text in a text. */
export interface Part {
  start: number;
  end: number;
  /** What it says. */
  layer: Layer;
  /** It is a field of an address or a form. */
  isField?: boolean;
}

/** Records in a text, in order, disjoint: fields of an address or a form, rows of two cells, tables of HTML. */
export function findLabelled(text: string): Labelled[] {
  return [
    ...(text.includes("=") ? findForms(text) : []),
    ...(text.includes("|") ? findRows(text) : []),
    ...findTags(text),
  ];
}

/** `a=1&b=2`, as an address or a form has them. */
const form = /(?<![\w%&=+.~-])[\w.~*%[\]-]{1,200}=[^\s&="'<>]*(?:&(?:amp;)?[\w.~*%[\]-]{1,200}=[^\s&="'<>]*)+/g;

function* findForms(text: string): Generator<Labelled> {
  for (const { 0: run, index } of text.matchAll(form)) {
    const members: [string, Part][] = [];
    let at = index;
    for (const field of run.split("&")) {
      const name = field.replace(/^amp;/, "");
      const from = at + field.indexOf("=") + 1;
      members.push([
        lastName(decodePercent(name.slice(0, name.indexOf("=")))),
        { ...toPart(text, from, at + field.length, percent, fromPercent), isField: true },
      ]);
      at += field.length + 1;
    }
    yield toRecord(members);
  }
}

/** Of `contact[email]` and `contact.email` the last one says what it is. */
function lastName(key: string): string {
  return key.split(/[[\].]+/).findLast((name) => name !== "" && !/^\d+$/.test(name)) ?? key;
}

const percent = /\+|(?:%[\dA-Fa-f]{2})+/g;

function fromPercent([run]: RegExpExecArray): string | undefined {
  if (run === "+") return " ";
  const decoded = decodePercent(run);
  return decoded === run ? undefined : decoded;
}

/** `| label | value |`, line after line. */
const rows = /^[ \t]*\|[^|\n]{1,60}\|[^|\n]*\|[ \t]*(?:\n[ \t]*\|[^|\n]{1,60}\|[^|\n]*\|[ \t]*)+$/gm;

function* findRows(text: string): Generator<Labelled> {
  for (const { 0: run, index } of text.matchAll(rows)) {
    const members: [string, Part][] = [];
    let at = index;
    for (const line of run.split("\n")) {
      const [lead = "", label = "", value = ""] = line.split("|");
      const from = at + lead.length + label.length + 2;
      members.push([toLabel(label), toTrimmed(text, from, from + value.length)]);
      at += line.length + 1;
    }
    yield toRecord(members);
  }
}

/** Rows of a table or terms of a list, in HTML. */
const row = /<tr\b[^<>]*>(?:(?!<\/?(?:tr|table)\b).)*(?:<\/tr>|(?=<\/?(?:tr|table)\b))/gis;
const cell = /<(t[hd])\b[^<>]*>((?:(?!<\/?(?:t[hdr]|table)\b).)*)/gis;
const term = /<dt\b[^<>]*>([^<>]{1,60})<\/dt>\s*<dd\b[^<>]*>((?:(?!<\/?d[tdl]\b).)*)/gis;

function* findTags(text: string): Generator<Labelled> {
  if (/<tr/i.test(text)) yield* findHtmlRows(text);
  if (!/<dt/i.test(text)) return;
  const members: [string, Part][] = [];
  for (const { 0: all, 1: label = "", 2: value = "", index } of text.matchAll(term)) {
    const from = index + all.length - value.length;
    members.push([toLabel(label), toTrimmed(text, from, from + value.length)]);
  }
  if (members.length > 0) yield toRecord(members);
}

function* findHtmlRows(text: string): Generator<Labelled> {
  let table: Part[][] = [];
  let end = 0;
  for (const { 0: all, index } of text.matchAll(row)) {
    // Another table begins.
    if (table.length > 0 && /<\/table/i.test(text.slice(end, index))) {
      yield toTable(table);
      table = [];
    }
    table.push(
      [...all.matchAll(cell)].map(({ 0: written, 2: value = "", index: at }) => {
        const from = index + at + written.length - value.length;
        return toTrimmed(text, from, from + value.length);
      }),
    );
    end = index + all.length;
  }
  if (table.length > 0) yield toTable(table);
}

/** Rows of a label and a value are one record; others are a heading and what is under it. */
function toTable(table: readonly Part[][]): Labelled {
  const texts = table.map((cells) => cells.map(({ layer }) => layer.text));
  if (table.every((cells) => cells.length === 2) && !isHeading(texts))
    return toRecord(table.map(([label, value]) => [toLabel(label?.layer.text ?? ""), value as Part]));
  return { rows: [...table] };
}

/** Of two columns, what is over the second one is no value of it. */
function isHeading([first, second]: readonly string[][]): boolean {
  return (
    first !== undefined &&
    second !== undefined &&
    /^(?:name|email|e-mail|phone|value)$/i.test(first[1] ?? "") &&
    !/^(?:field|key|property)$/i.test(first[0] ?? "")
  );
}

function toRecord(members: readonly [string, Part][]): Labelled {
  return { labels: members.map(([label]) => label), parts: members.map(([, part]) => part) };
}

function toTrimmed(text: string, start: number, end: number): Part {
  const written = text.slice(start, end);
  const from = start + written.length - written.trimStart().length;
  return toPart(text, from, Math.max(from, start + written.trimEnd().length), entity, fromEntity);
}

function toPart(
  text: string,
  start: number,
  end: number,
  pattern: RegExp,
  toCharacter: (match: RegExpExecArray) => string | undefined,
): Part {
  const written = text.slice(start, end);
  return { start, end, layer: decodeEach(written, pattern, toCharacter) ?? toLayer(written, [], () => "") };
}

function toLabel(written: string): string {
  return written.replaceAll(/[*_`]{2}|<[^<>]*>|[:：*`]/g, "").trim();
}
