import { literalClass } from "./classes.ts";
import type { Finding } from "./finding.ts";
import { decodeEach, type Layer, toBefore } from "./layer.ts";
import { joinFindings } from "./spans.ts";
import type { TokenGrammar } from "./token.ts";

/** Kinds of escapes in one another that are looked through: what restoring reads, what a program reads once or twice more. */
const layersMax = 5;

/**
 * What in a text is a token or begins like one, as it stands or under escapes of JSON, of addresses and of HTML. Sorted, disjoint.
 */
export function findLookAlikes(text: string, grammar: TokenGrammar): Finding[] {
  const found = [...grammar.find(text), ...grammar.findEncoded(text)].map(toLiteral);
  return joinFindings([...found, ...findHidden(text, grammar)]);
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

function unescapeOnce(text: string): Layer | undefined {
  return /[\\%&]/.test(text) ? decodeEach(text, escapes, toCharacter) : undefined;
}

function toCharacter([, u, point, x, percent, decimal, hexadecimal, name]: RegExpExecArray): string | undefined {
  if (name !== undefined) return named[name];
  const code =
    decimal === undefined ? Number.parseInt(u ?? point ?? x ?? percent ?? hexadecimal ?? "", 16) : Number(decimal);
  return code > 32 && code < 127 ? String.fromCharCode(code) : undefined;
}
