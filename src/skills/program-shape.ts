import { hash } from "node:crypto";
import { limits } from "../base/limits.ts";

/** A program without its names and values, cut into overlapping parts: what two programs of one kind have in common. */
export type ProgramShape = readonly string[];

/** Tokens that make one part. */
const PART_TOKENS = 5;
const PART_CHARS = 8;
const token =
  /\/\*[\s\S]*?\*\/|\/\/[^\n]*|`(?:\\.|[^`\\])*`|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|\d[\w.]*|[\p{L}_$][\p{L}\p{N}_$]*|=>|[^\s\w]/gu;
const kept = new Set(
  (
    "await async return for of in while do if else switch case break continue throw try catch finally function new typeof " +
    "const let var class import export from default delete void yield this null true false undefined " +
    "console log JSON Math Object Array Promise Map Set fs path servers callTool"
  ).split(" "),
);

/**
 * The shape of a program's text. Variables, texts and numbers all look alike in it; what is called on something keeps its
 * name, because that is what a program does.
 */
export function toProgramShape(code: string): ProgramShape {
  const tokens: string[] = [];
  for (const [text] of code.slice(0, limits.skillCodeBytesMax).matchAll(token)) {
    const last = tokens.at(-1);
    if (text.startsWith("//") || text.startsWith("/*") || text === ";") continue;
    if (/^["'`]/.test(text)) tokens.push(last === "from" ? text : "S");
    else if (/^\d/.test(text)) tokens.push("N");
    else if (/^[\p{L}_$]/u.test(text)) tokens.push(last === "." || kept.has(text) ? text : "I");
    else tokens.push(text);
    if (tokens.length >= limits.shapePartsMax) break;
  }
  const parts = new Set<string>();
  for (let at = 0; at + PART_TOKENS <= tokens.length; at += 1)
    parts.add(hash("sha256", tokens.slice(at, at + PART_TOKENS).join(" ")).slice(0, PART_CHARS));
  return [...parts];
}

/** How much of their shapes two programs share: 0 nothing, 1 all. */
export function toLikeness(a: ProgramShape, b: ProgramShape): number {
  if (a.length === 0 || b.length === 0) return 0;
  const others = new Set(b);
  const shared = a.filter((part) => others.has(part)).length;
  return shared / (a.length + b.length - shared);
}
