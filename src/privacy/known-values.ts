import { commonWords } from "./common-words.ts";
import type { KnownValue } from "./disguised-values.ts";
import type { Finding } from "./finding.ts";
import { LongestFirst } from "./longest-first.ts";
import { digitsOnly, withoutCountryCode } from "./number-keys.ts";

/** Values that are known, looked for in texts that do not say what they are: a name from a field hides the name in the prose beside it. */
export interface KnownValues {
  add(value: { class: string; surface: string }): void;
  /** Where they stand as whole words, in order, disjoint; one pass over the words of the text. */
  find(text: string): Finding[];
  /** The one that has just these digits, as a number or a phone number without its country's code has them. */
  ofDigits(digits: string): KnownValue | undefined;
  clear(): void;
}

interface Known {
  class: string;
  surface: string;
  /** A single word counts only as it was written: "Rose" is a name, "rose" is not. */
  isExact: boolean;
}

/** Values that have their first word, and where it begins in them, in common: `+34 612…` begins before its first word. */
interface Family {
  offset: number;
  /** By the value in lower case. */
  values: LongestFirst<Known>;
}

const word = /[\p{L}\p{N}]+/gu;
const partCharsMin = 3;
const surfaceCharsMin = 4;

export function createKnownValues(): KnownValues {
  /** By the first word, lower case. */
  const families = new Map<string, Family[]>();
  const byDigits = new Map<string, KnownValue>();

  function putDigits(value: KnownValue): void {
    const text = value.surface.trim();
    if (!/^[+(]*\d[\d\s().+/-]*$/.test(text)) return;
    const digits = text.replaceAll(/\D/g, "");
    const put = (some: string): void => {
      if (digitsOnly.test(some) && !byDigits.has(some)) byDigits.set(some, value);
    };
    put(digits);
    if (value.class === "PHONE") withoutCountryCode(text, digits).forEach(put);
  }

  function put(name: string, surface: string): void {
    const [first] = surface.match(word) ?? [];
    if (first === undefined) return;
    const offset = surface.indexOf(first);
    let own = families.get(first.toLowerCase());
    if (own === undefined) families.set(first.toLowerCase(), (own = []));
    let family = own.find((one) => one.offset === offset);
    if (family === undefined) own.push((family = { offset, values: new LongestFirst() }));
    family.values.add(surface.toLowerCase(), { class: name, surface, isExact: first === surface });
  }

  function findAt(text: string, at: number, first: string, end: number): { start: number; known: Known } | undefined {
    for (const { offset, values } of families.get(first) ?? []) {
      const start = at - offset;
      if (start < end) continue;
      const known = values.find(
        (length) => text.slice(start, start + length).toLowerCase(),
        (one) => stands(one, text, start),
      );
      if (known !== undefined) return { start, known };
    }
    return undefined;
  }

  return {
    add({ class: name, surface }) {
      const text = surface.trim();
      if (text.length > 200 || /\n/.test(text)) return;
      putDigits({ class: name, surface });
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
      if (families.size === 0) return found;
      let end = 0;
      for (const match of text.matchAll(word)) {
        if (match.index < end) continue;
        const hit = findAt(text, match.index, match[0].toLowerCase(), end);
        if (hit === undefined) continue;
        const { start, known } = hit;
        end = start + known.surface.length;
        found.push({ start, end, class: known.class });
      }
      return found;
    },
    ofDigits: (digits) => byDigits.get(digits),
    clear() {
      families.clear();
      byDigits.clear();
    },
  };
}

function stands({ surface, isExact }: Known, text: string, start: number): boolean {
  const end = start + surface.length;
  if (isExact && text.slice(start, end) !== surface) return false;
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
