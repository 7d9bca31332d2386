import { commonWords } from "./common-words.ts";
import type { Finding } from "./finding.ts";

/** Values that are known, looked for in texts that do not say what they are: a name from a field hides the name in the prose beside it. */
export interface KnownValues {
  add(value: { class: string; surface: string }): void;
  /** Where they stand as whole words, in order, disjoint; one pass over the words of the text. */
  find(text: string): Finding[];
  clear(): void;
}

interface Known {
  class: string;
  surface: string;
  lower: string;
  /** Where its first word begins: `+34 612` begins before it. */
  offset: number;
  /** A single word counts only as it was written: "Rose" is a name, "rose" is not. */
  isExact: boolean;
}

const word = /[\p{L}\p{N}]+/gu;
const partCharsMin = 3;
const surfaceCharsMin = 4;

export function createKnownValues(): KnownValues {
  /** By the first word, lower case. */
  const byFirst = new Map<string, Known[]>();
  const seen = new Set<string>();

  function put(name: string, surface: string): void {
    const key = `${name}\0${surface}`;
    if (seen.has(key)) return;
    const [first] = surface.match(word) ?? [];
    if (first === undefined) return;
    seen.add(key);
    const offset = surface.indexOf(first);
    const known = { class: name, surface, lower: surface.toLowerCase(), offset, isExact: first === surface };
    const list = byFirst.get(first.toLowerCase());
    if (list === undefined) byFirst.set(first.toLowerCase(), [known]);
    else {
      list.push(known);
      list.sort((a, b) => b.surface.length - a.surface.length);
    }
  }

  return {
    add({ class: name, surface }) {
      const text = surface.trim();
      if (text.length > 200 || /\n/.test(text)) return;
      const isWord = /^\p{L}+$/u.test(text);
      if (isWord ? isTelling(text) : text.length >= surfaceCharsMin && /\p{L}\p{L}|\d{4}|\p{Lo}/u.test(text))
        put(name, text);
      if (name !== "NAME" || isWord) return;
      // "Wouter de Vries" is "Wouter" further down.
      for (const part of text.split(/[\s,]+/))
        if (/^\p{Lu}[\p{L}'’-]+$/u.test(part) && isTelling(part)) put(name, part);
    },
    find(text) {
      const found: Finding[] = [];
      if (byFirst.size === 0) return found;
      let end = 0;
      for (const match of text.matchAll(word)) {
        if (match.index < end) continue;
        const list = byFirst.get(match[0].toLowerCase());
        const known = list?.find(
          (one) => match.index - one.offset >= end && stands(one, text, match.index - one.offset),
        );
        if (known === undefined) continue;
        const start = match.index - known.offset;
        end = start + known.surface.length;
        found.push({ start, end, class: known.class });
      }
      return found;
    },
    clear() {
      byFirst.clear();
      seen.clear();
    },
  };
}

function stands({ surface, lower, isExact }: Known, text: string, start: number): boolean {
  const end = start + surface.length;
  const slice = text.slice(start, end);
  if (isExact ? slice !== surface : slice.toLowerCase() !== lower) return false;
  return !isWordCharacter(text, end) && !(isExact && isInIdentifier(text, start, end));
}

function isWordCharacter(text: string, index: number): boolean {
  return index < text.length && /^[\p{L}\p{N}]/u.test(text.slice(index, index + 2));
}

/** `Paris_office`, `/maria/`: a part of a name of something else. */
function isInIdentifier(text: string, start: number, end: number): boolean {
  return /[\w/\\-]/.test(text[start - 1] ?? " ") || /[_/\\]/.test(text[end] ?? " ");
}

/** A single word that is a name more than anything else. */
function isTelling(text: string): boolean {
  const isSpaced = /^[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}'’-]+$/u.test(text);
  if (!isSpaced) return text.length >= 2;
  return text.length >= partCharsMin && /^\p{Lu}/u.test(text) && !commonWords.has(text.toLowerCase());
}
