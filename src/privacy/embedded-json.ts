import type { Json } from "../base/json.ts";
import { limits } from "../base/limits.ts";

/** An object or a list of JSON in a text: UTF-16 offsets, `end` exclusive. */
export interface EmbeddedJson {
  start: number;
  end: number;
  /** Undefined: it is nested too deep to be read. */
  value: Json | undefined;
}

interface Span {
  start: number;
  end: number;
  /** How often it is nested. */
  depth: number;
}

/** An object or a list whose end was not seen yet. */
interface Frame {
  start: number;
  isObject: boolean;
  /** What comes next. */
  wants: "first" | "key" | "colon" | "value" | "after";
  hasString: boolean;
  /** How often what has ended in it is nested. */
  depth: number;
  /** Those in it that have ended, and hold a string. */
  inside: Span[];
}

/** One string of JSON, with its quotes. */
export const jsonString: RegExp = /"[^"\\]*(?:\\.[^"\\]*)*"/g;

/** One lexeme of RFC 8259 with the blanks before it: a sign, a string, or else a number or a word. */
const lexeme =
  /[ \t\n\r]*(?:([{}[\],:])|("[ !#-[\]-\uFFFF]*(?:\\(?:["\\/bfnrt]|u[\dA-Fa-f]{4})[ !#-[\]-\uFFFF]*)*")|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)/y;

/**
 * The outermost objects and lists of JSON in a text that hold a string, in order, whoever wrote them and whatever stands around
 * them: an answer in words and JSON, several one after another, those that are whole in one that is cut.
 */
export function findJson(text: string): EmbeddedJson[] {
  const found: EmbeddedJson[] = [];
  if (!text.includes('"')) return found;
  const beginning = /[{[]/g;
  for (let match = beginning.exec(text); match !== null; match = beginning.exec(text)) {
    const { spans, next } = scan(text, match.index);
    for (const { start, end, depth } of spans) {
      const value = depth > limits.jsonInTextDepthMax ? undefined : (JSON.parse(text.slice(start, end)) as Json);
      found.push({ start, end, value });
    }
    beginning.lastIndex = next;
  }
  return found;
}

/** The object or list that begins here, or, where it is none, those in it; and where to look on. */
function scan(text: string, from: number): { spans: Span[]; next: number } {
  const open: Frame[] = [];
  let lastString: number | undefined;
  for (let at = from; ;) {
    lexeme.lastIndex = at;
    const match = lexeme.exec(text);
    const [, sign, string] = match ?? [];
    const end = lexeme.lastIndex;
    const start = end - (sign ?? string ?? "").length;
    const frame = open.at(-1);
    if (match === null || !accepts(frame, sign, string)) {
      // None of those that are open is JSON. The last string may have begun with a quote that ends one.
      return { spans: open.flatMap((one) => one.inside), next: (lastString ?? at) + 1 };
    }
    at = end;
    if (string !== undefined) lastString = start;
    if (sign === "{" || sign === "[")
      open.push({ start, isObject: sign === "{", wants: "first", hasString: false, depth: 0, inside: [] });
    else if (sign === "}" || sign === "]") {
      open.pop();
      const parent = open.at(-1);
      const depth = (frame?.depth ?? 0) + 1;
      const own = frame?.hasString === true ? [{ start: frame.start, end, depth }] : [];
      if (parent === undefined) return { spans: own, next: end };
      parent.inside.push(...own);
      parent.hasString ||= own.length > 0;
      parent.depth = Math.max(parent.depth, depth);
      parent.wants = "after";
    } else if (frame !== undefined) {
      frame.hasString ||= string !== undefined;
      frame.wants = toNext(frame, sign);
    }
  }
}

function accepts(frame: Frame | undefined, sign: string | undefined, string: string | undefined): boolean {
  if (frame === undefined) return sign === "{" || sign === "[";
  const { isObject, wants } = frame;
  const closes = sign === (isObject ? "}" : "]");
  if (wants === "after") return closes || sign === ",";
  if (wants === "colon") return sign === ":";
  if (wants === "first" && closes) return true;
  if (isObject && wants !== "value") return string !== undefined;
  return sign === undefined || sign === "{" || sign === "[";
}

function toNext({ isObject, wants }: Frame, sign: string | undefined): Frame["wants"] {
  if (sign === ",") return isObject ? "key" : "value";
  if (sign === ":") return "value";
  return isObject && wants !== "value" ? "colon" : "after";
}

/** One lexeme of a text that is JSON from here on. */
export function lexemeAt(text: string, at: number): { start: number; end: number; sign: string | undefined } {
  lexeme.lastIndex = at;
  const match = lexeme.exec(text);
  const end = match === null ? text.length : lexeme.lastIndex;
  const written = match?.[0].trimStart() ?? "";
  return { start: end - written.length, end, sign: match?.[1] };
}

/** Where each UTF-16 unit of what a string of JSON says stands in the string, its quote counted; one more for its end. */
export function toPlaces(literal: string): (unit: number) => number {
  if (!literal.includes("\\")) return (unit) => unit + 1;
  const places: number[] = [];
  for (let at = 1; at < literal.length; at += literal[at] !== "\\" ? 1 : literal[at + 1] === "u" ? 6 : 2)
    places.push(at);
  return (unit) => places[unit] ?? literal.length - 1;
}
