import { toComment } from "./text.ts";

/** What a comment says: a text of any number of lines, then JSDoc tags. */
export interface Doc {
  text: string;
  tags: readonly string[];
}

/** A piece of a type: how it must be wrapped, how many alternatives it has, and what is to be said where it is used. */
export interface Part {
  text: string;
  kind: "atom" | "union" | "intersection" | "open";
  width: number;
  /** Says no more than "an object" or "an array": dropped where something more precise stands beside it. */
  bare?: boolean;
  doc?: Doc;
  /** Of a union, what it is one of. */
  of?: readonly Part[];
}

export const noDoc: Doc = { text: "", tags: [] };
const never: Part = { text: "never", kind: "atom", width: 1 };
/** Above this many combinations an intersection of unions is cut to its first: the compiler gives up at 100,000. */
const widthMax = 1_000;

/** A piece that needs no parentheses. */
export function toAtom(text: string): Part {
  return { text, kind: "atom", width: 1 };
}

/** Alternatives that are values: written close together, which a model reads in fewer tokens. */
const literals = /^(?:(?:"(?:[^"\\]|\\.)*"|-?\d[\d.e+-]*|true|false|null)(?:\||$))+$/;

/** What is said in both, once. */
export function toMergedDoc(...docs: readonly (Doc | undefined)[]): Doc {
  const texts = new Set(docs.flatMap((doc) => (doc === undefined || doc.text === "" ? [] : [doc.text])));
  return { text: [...texts].join("\n"), tags: [...new Set(docs.flatMap((doc) => doc?.tags ?? []))] };
}

/** The piece with its comment before it, in parentheses if it has alternatives. */
export function toOperand(part: Part): string {
  const text = part.kind === "union" || part.kind === "intersection" ? `(${part.text})` : part.text;
  return `${toInlineComment(part.doc)}${text}`;
}

/** The piece with its comment before it, where what follows cannot be taken for a part of it. */
export function toAlone(part: Part): string {
  const comment = toInlineComment(part.doc);
  return comment === "" || part.kind === "atom" || part.kind === "open" ? `${comment}${part.text}` : toOperand(part);
}

/** A comment with a space behind it; empty for no words. */
export function toInlineComment(doc: Doc | undefined): string {
  const comment = toComment(doc ?? noDoc);
  return comment === "" ? "" : `${comment} `;
}

/** Any of the pieces. What only one of them says (beside `null`) is said of the whole. */
export function toUnion(parts: readonly Part[], open: Part): Part {
  const possible = parts.filter(({ text }) => text !== "never");
  const telling = possible.filter(({ text }) => text !== "null");
  if (possible.some(({ kind }) => kind === "open"))
    return telling.length === 1 ? { ...open, doc: toMergedDoc(telling[0]?.doc) } : open;
  const isSaidOnce = new Set(telling.map((part) => JSON.stringify([part.text, part.doc ?? noDoc]))).size === 1;
  const distinct = new Map<string, Part>();
  for (const part of withoutTwice(possible)) {
    const text = isSaidOnce || part.doc === undefined ? part.text : toAlone(part);
    distinct.set(text, { ...part, text });
  }
  const doc = isSaidOnce ? telling[0]?.doc : undefined;
  const [only] = distinct.values();
  if (only === undefined) return never;
  const said = doc === undefined ? {} : { doc };
  if (distinct.size === 1) return { text: only.text, kind: only.kind, width: only.width, ...isBare(only), ...said };
  const of = [...distinct.values()].map((part): Part => ({ text: part.text, kind: part.kind, width: part.width }));
  const width = of.reduce((sum, part) => sum + part.width, 0);
  const isLiteral = [...distinct.keys()].every((text) => text.length < 1_000 && literals.test(text));
  return { text: [...distinct.keys()].join(isLiteral ? "|" : " | "), kind: "union", width, of, ...said };
}

/** The pieces; where one is in a union too, the union's own pieces, so that each is there once. */
function withoutTwice(parts: readonly Part[]): readonly Part[] {
  const pieces = parts.flatMap((part) => (toInlineComment(part.doc) === "" ? (part.of ?? [part]) : [part]));
  return new Set(pieces.map(({ text }) => text)).size < pieces.length ? pieces : parts;
}

/** All of the pieces; what is said of each is said of the whole. */
export function toIntersection(parts: readonly Part[], open: Part): Part {
  const doc = toMergedDoc(...parts.map((part) => part.doc));
  const telling = parts.filter(({ kind }) => kind !== "open");
  const precise = telling.filter(({ bare }) => bare !== true);
  const distinct = new Map<string, Part>();
  let width = 1;
  for (const part of precise.length > 0 ? precise : telling.slice(0, 1)) {
    if (distinct.has(part.text) || width * part.width > widthMax) continue;
    width *= part.width;
    distinct.set(part.text, part);
  }
  const [only] = distinct.values();
  if (only === undefined) return { ...(telling[0] ?? open), doc };
  if (distinct.size === 1) return { ...only, doc };
  const text = [...distinct.values()].map((part) => (part.kind === "union" ? `(${part.text})` : part.text)).join(" & ");
  return { text, kind: "intersection", width, doc };
}

function isBare(part: Part): { bare?: boolean } {
  return part.bare === undefined ? {} : { bare: part.bare };
}
