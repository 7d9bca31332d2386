import { lastUpTo } from "../base/last-up-to.ts";
import { literalClass } from "./classes.ts";
import type { Finding } from "./finding.ts";
import { joinFindings, replaceSpans } from "./spans.ts";
import type { TokenGrammar } from "./token.ts";

/** Kinds of escapes in one another that are looked through: what restoring reads, what a program reads once or twice more. */
const layersMax = 5;

/**
 * What in a text is a token or begins like one, as it stands or under escapes of JSON, of addresses and of HTML. In JSON, a
 * string in which one is hidden is one as a whole, so that its exact writing is restored. Sorted, disjoint.
 */
export function findLookAlikes(text: string, grammar: TokenGrammar): Finding[] {
  const found = [...grammar.find(text), ...grammar.findEncoded(text)].map(toLiteral);
  const hidden = findHidden(text, grammar);
  if (hidden.length === 0) return joinFindings(found);
  const all = joinFindings([...found, ...hidden]);
  if (!hidden.some(({ start, end }) => text.slice(start, end).includes("\\"))) return all;
  const strings = isJson(text) ? jsonStrings(text) : [];
  // What is JSON only without them would not be written as it was where it is restored.
  if (strings.length === 0)
    return isJson(replaceSpans(text, all, () => "")) ? [toLiteral({ start: 0, end: text.length })] : all;
  return joinFindings([...found, ...hidden.map((one) => widen(one, strings))]);
}

/** Whether there may be any, asked without looking closely. */
export function mayHaveLookAlikes(text: string): boolean {
  return /[[\\%&]/.test(text);
}

function toLiteral({ start, end }: { start: number; end: number }): Finding {
  return { start, end, class: literalClass };
}

function findHidden(text: string, grammar: TokenGrammar): Finding[] {
  const found: Finding[] = [];
  const layers: Layer[] = [];
  for (let decoded = text; layers.length < layersMax;) {
    const layer = unescapeOnce(decoded);
    if (layer === undefined) break;
    layers.push(layer);
    decoded = layer.text;
    const toOriginal = (at: number): number => layers.reduceRight((here, one) => toBefore(one, here), at);
    for (const { start, end } of grammar.find(decoded))
      found.push(toLiteral({ start: toOriginal(start), end: toOriginal(end) }));
  }
  return found;
}

/** A text, and where its parts were before they were decoded; each part begins where the one before it ended. */
interface Layer {
  text: string;
  starts: number[];
  startsBefore: number[];
}

function toBefore({ starts, startsBefore }: Layer, at: number): number {
  const part = lastUpTo(starts.length, (index) => starts[index] ?? 0, at);
  return (startsBefore[part] ?? 0) + at - (starts[part] ?? 0);
}

/**
 * Any depth of one kind of escapes at a time: `\\\\u005b` and `%25255B` are brackets, like `\u005b`, and so are all that
 * differ in this alone. Letters, digits and signs of ASCII only: tokens and escapes are made of them.
 */
const escapes =
  /(?<!\\)\\+(?:u([\dA-Fa-f]{4})|u\{0{0,8}([\dA-Fa-f]{1,6})\}|x([\dA-Fa-f]{2}))|%(?:25)*(?:u00)?([2-7][\dA-Fa-f])|&(?:amp;)*(?:#0{0,8}(\d{2,3});|#[xX]0{0,8}([\dA-Fa-f]{2});|(lsqb|lbrack|rsqb|rbrack|lowbar|percnt|bsol|num|period|semi|amp);)/g;
const named: Readonly<Record<string, string>> = {
  ...{ lsqb: "[", lbrack: "[", rsqb: "]", rbrack: "]", lowbar: "_", period: "." },
  ...{ percnt: "%", bsol: "\\", num: "#", semi: ";", amp: "&" },
};

/** Undefined: there is nothing to decode. */
function unescapeOnce(text: string): Layer | undefined {
  if (!/[\\%&]/.test(text)) return undefined;
  const [starts, startsBefore, parts]: [number[], number[], string[]] = [[0], [0], []];
  let length = 0;
  let from = 0;
  for (const match of text.matchAll(escapes)) {
    const character = toCharacter(match);
    if (character === undefined) continue;
    parts.push(text.slice(from, match.index), character);
    length += match.index - from + 1;
    from = match.index + match[0].length;
    starts.push(length - 1, length);
    startsBefore.push(match.index, from);
  }
  if (parts.length === 0) return undefined;
  parts.push(text.slice(from));
  return { text: parts.join(""), starts, startsBefore };
}

function toCharacter([, u, point, x, percent, decimal, hexadecimal, name]: RegExpExecArray): string | undefined {
  if (name !== undefined) return named[name];
  const code =
    decimal === undefined ? Number.parseInt(u ?? point ?? x ?? percent ?? hexadecimal ?? "", 16) : Number(decimal);
  return code > 32 && code < 127 ? String.fromCharCode(code) : undefined;
}

/** Whether a text is an object, a list or a text in JSON. */
export function isJson(text: string): boolean {
  try {
    return typeof JSON.parse(text) !== "number";
  } catch {
    return false;
  }
}

/** The strings of a text that is JSON, without their quotes. */
function jsonStrings(text: string): { start: number; end: number }[] {
  return [...text.matchAll(jsonString)].map(({ 0: literal, index }) => ({
    start: index + 1,
    end: index + literal.length - 1,
  }));
}

/** One string of JSON, with its quotes. */
export const jsonString: RegExp = /"[^"\\]*(?:\\.[^"\\]*)*"/g;

function widen(found: Finding, strings: readonly { start: number; end: number }[]): Finding {
  const around = strings[lastUpTo(strings.length, (index) => strings[index]?.start ?? 0, found.start)];
  return around === undefined || around.end < found.end ? found : { ...found, ...around };
}
