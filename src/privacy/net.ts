import { isJsonObject, type Json } from "../base/json.ts";
import type { Detector } from "./detect/detector.ts";
import type { DisguisedValues } from "./disguised-values.ts";
import type { Finding } from "./finding.ts";
import type { KnownValues } from "./known-values.ts";
import { joinFindings, replaceSpans } from "./spans.ts";
import type { TokenGrammar } from "./token.ts";

/** The second net: looks at what leaves for the model, where nothing should be left to find. */
export interface Net {
  /** The text with every hit as `[CLASS]`: no token, because whether a value is known is itself something to learn. */
  clean(text: string, hits: string[]): string;
  /** The same of every text of a value; one that spells something out over several texts is withheld whole. */
  cleanValue(value: Json, hits: string[]): Json;
  /** The same of texts that are read one after another, as what a program prints is. */
  cleanTexts(texts: readonly string[], hits: string[]): string[];
}

export interface NetParts {
  detector: Detector;
  grammar: TokenGrammar;
  known: KnownValues;
  disguised: DisguisedValues;
}

/** `hits` get the class of each value that was found. */
export function createNet({ detector, grammar, known, disguised }: NetParts): Net {
  function find(text: string): Finding[] {
    const inText = detector.inText(text);
    const all = [
      ...inText,
      ...known.find(text),
      ...disguised.find(text, { alsoIn: (decoded) => detector.inText(decoded) }),
    ];
    const tokens = grammar.find(text).filter(({ kind }) => kind === "token");
    return joinFindings(all.flatMap((found) => without(found, tokens, text)));
  }

  function clean(text: string, hits: string[]): string {
    if (text.length < 4) return text;
    const found = find(text);
    hits.push(...found.map((one) => one.class));
    return replaceSpans(text, found, (index) => `[${found[index]?.class}]`);
  }

  function visit(value: Json, hits: string[]): Json {
    if (typeof value === "string") return clean(value, hits);
    if (Array.isArray(value)) return value.map((item) => visit(item, hits));
    if (typeof value === "number") {
      const text = String(value);
      const cleaned = text.length < 7 ? text : clean(text, hits);
      return cleaned === text ? value : cleaned;
    }
    if (!isJsonObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [clean(key, hits), visit(member, hits)]));
  }

  return {
    clean,
    cleanValue(value, hits) {
      const cleaned = visit(value, hits);
      if (!isJsonObject(cleaned) && !Array.isArray(cleaned)) return cleaned;
      const text = JSON.stringify(cleaned);
      // Only values that are known: what several texts look like together is no sign of anything.
      const spelled = disguised.find(text).find((found) => without(found, grammar.find(text), text).length > 0);
      if (spelled === undefined) return cleaned;
      hits.push(spelled.class);
      return `[withheld: this value spells out ${spelled.class}]`;
    },
    cleanTexts(texts, hits) {
      const cleaned = texts.map((text) => clean(text, hits));
      if (texts.length < 2) return cleaned;
      for (const separator of ["", "\n"]) {
        const joined = cleaned.join(separator);
        const tokens = grammar.find(joined);
        const bounds = toBounds(cleaned, separator.length);
        const spelled = [...disguised.find(joined), ...detector.inText(joined)].find(
          (found) =>
            bounds.some((bound) => found.start < bound && bound < found.end) &&
            without(found, tokens, joined).length > 0,
        );
        if (spelled === undefined) continue;
        hits.push(spelled.class);
        return cleaned.map((_, index) => (index === 0 ? `[withheld: these lines spell out ${spelled.class}]` : ""));
      }
      return cleaned;
    },
  };
}

/** Where one text ends and the next begins. */
function toBounds(texts: readonly string[], separator: number): number[] {
  let at = 0;
  return texts.slice(0, -1).map((text) => {
    at += text.length + separator;
    return at - separator;
  });
}

/** A finding without the tokens in it; nothing where little else is left of it. */
function without(found: Finding, tokens: readonly { start: number; end: number }[], text: string): Finding[] {
  let parts = [found];
  for (const { start, end } of tokens) {
    parts = parts.flatMap((part) =>
      part.end <= start || part.start >= end
        ? [part]
        : [
            { ...part, end: start },
            { ...part, start: end },
          ].filter((rest) => rest.end - rest.start > 0),
    );
  }
  if (parts.length === 1 && parts[0] === found) return parts;
  return parts.filter(({ start, end }) => text.slice(start, end).replaceAll(/[^\p{L}\p{N}]/gu, "").length >= 4);
}
