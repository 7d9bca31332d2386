import { lastUpTo } from "../base/last-up-to.ts";

/** A text in which parts were replaced, and where its parts were before; each begins where the one before it ended. */
export interface Layer {
  text: string;
  starts: number[];
  startsBefore: number[];
}

/** The text with each span replaced; spans are sorted and disjoint. */
export function toLayer(
  text: string,
  spans: readonly { start: number; end: number }[],
  replacement: (index: number) => string,
): Layer {
  const [starts, startsBefore, parts]: [number[], number[], string[]] = [[0], [0], []];
  let length = 0;
  let from = 0;
  for (const [index, { start, end }] of spans.entries()) {
    const replaced = replacement(index);
    parts.push(text.slice(from, start), replaced);
    length += start - from;
    starts.push(length, length + replaced.length);
    startsBefore.push(start, end);
    length += replaced.length;
    from = end;
  }
  parts.push(text.slice(from));
  return { text: parts.join(""), starts, startsBefore };
}

/** Where what begins or ends at a place of the text did so before. */
export function toBefore({ starts, startsBefore }: Layer, at: number): number {
  const part = lastUpTo(starts.length, (index) => starts[index] ?? 0, at);
  return (startsBefore[part] ?? 0) + at - (starts[part] ?? 0);
}

/** The text with each match decoded that is one character. Undefined: there is none. */
export function decodeEach(
  text: string,
  pattern: RegExp,
  toCharacter: (match: RegExpExecArray) => string | undefined,
): Layer | undefined {
  const spans: { start: number; end: number; character: string }[] = [];
  for (const match of text.matchAll(pattern)) {
    const character = toCharacter(match);
    if (character !== undefined) spans.push({ start: match.index, end: match.index + match[0].length, character });
  }
  return spans.length === 0 ? undefined : toLayer(text, spans, (index) => spans[index]?.character ?? "");
}
