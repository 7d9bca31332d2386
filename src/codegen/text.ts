import type { Json } from "../base/json.ts";
import { toEscape, unseen } from "../base/unseen.ts";

const reserved = new Set(
  (
    "abstract arguments await break case catch class const continue debugger default delete do else enum eval export exports extends " +
    "false finally for function globalThis if implements import in Infinity instanceof interface let module NaN new null package " +
    "private protected public require return static super switch this throw true try typeof undefined var void while with yield"
  ).split(" "),
);

/** Text from outside without control, turning and invisible characters, at most `charsMax` long; a cut shows as `…`. */
export function toCleanText(text: string, charsMax: number): string {
  const lines = text
    .slice(0, charsMax * 2)
    .replace(/\r\n?|[\u0085\u2028\u2029]/g, "\n")
    .split("\n")
    .map((line) => line.replace(/\t/g, "  ").replace(unseen, "").trimEnd());
  const clean = toDedented(lines)
    .join("\n")
    .replace(/\n{3,}/g, "\n\n")
    .trim();
  if (clean.length <= charsMax && text.length <= charsMax * 2) return clean;
  return `${clean
    .slice(0, charsMax - 1)
    .replace(/\p{Surrogate}$/u, "")
    .trimEnd()}…`;
}

/** Without the indentation that all lines but the first share: docstrings have it. */
function toDedented(lines: readonly string[]): readonly string[] {
  const indents = lines.slice(1).flatMap((line) => (line === "" ? [] : [line.search(/\S|$/)]));
  const shared = Math.min(...indents.slice(0, 10_000), 100);
  return lines.map((line, index) => (index === 0 ? line : line.slice(shared)));
}

/** The same on one line. */
export function toCleanLine(text: string, charsMax: number): string {
  const line = text.slice(0, charsMax * 4).replace(/\s+/g, " ");
  return toCleanText(text.length > charsMax * 4 ? line.padEnd(charsMax + 1, "…") : line, charsMax);
}

/** A JSDoc comment, its further lines indented; nothing in it can end it or talk to the compiler. Empty for no words. */
export function toComment(doc: { text: string; tags: readonly string[] }, indent = ""): string {
  const isLong = doc.text.includes("\n");
  const words = [doc.text, doc.tags.join(" ")].filter((part) => part !== "").join(isLong ? "\n" : " ");
  const safe = words
    .replaceAll("*/", "*\\/")
    .replace(/@(?=ts-)/gi, "@ ")
    .replace(/\n(?=.)/g, `\n${indent}`);
  return safe === "" ? "" : `/** ${safe} */`;
}

/** A JSON value as a TypeScript literal: pure ASCII for everything that could be unseen. */
export function toLiteral(value: Json): string {
  return (toJsonText(value) ?? "…").replace(unseen, toEscape);
}

/** JSON text; `undefined` for what is nested too deep to have one. */
export function toJsonText(value: Json): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

/** A property's key in an interface: bare where it is an identifier, otherwise quoted. */
export function toPropertyKey(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : toLiteral(name);
}

/** Whether a function in a strict ES module cannot have this name. */
export function isReserved(name: string): boolean {
  return reserved.has(name);
}

/** A type's name from anything: `get-user` → `GetUser`; never empty, always an identifier. */
export function toTypeName(name: string): string {
  const words = name
    .slice(0, 200)
    .normalize("NFC")
    .split(/[^\p{ID_Continue}]+|_+/u);
  const joined = words.map((word) => (word.match(/^./u)?.[0] ?? "").toUpperCase() + word.replace(/^./u, "")).join("");
  return /^\p{ID_Start}/u.test(joined) ? joined : `_${joined}`;
}
