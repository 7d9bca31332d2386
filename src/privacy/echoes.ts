import { toBase64Forms } from "./base64-forms.ts";
import { createDisguisedValues, type KnownValue, type Thresholds } from "./disguised-values.ts";
import type { Finding } from "./finding.ts";
import { Forms, toCodes } from "./forms.ts";
import { joinFindings } from "./spans.ts";

/** A value that was restored in the arguments of a call. */
export interface RestoredValue extends KnownValue {
  /** The word that it is a part of there, and where it begins in it: of `x[NAME_1]`, `xBo` and 1. */
  word: string;
  offset: number;
}

/** What comes back of the values that one call was given, in its own answer. */
export interface Echoes {
  /** Sorted, disjoint: as they were given, whatever is glued to them, and disguised. Ends early if `isOver` says so. */
  find(text: string, isOver: () => boolean): Finding[];
}

/** One answer to one call: what is in both is hardly there by chance. */
const ofOneCall: Thresholds = { chars: 4, freeChars: 6, digits: 4, name: 4, glued: () => false };
/** Shorter ones are found as the words that they were sent in. */
const freeCharsMin = 4;
/** In scripts without spaces, where two characters are a name. */
const isDense = (text: string): boolean => /^\p{Lo}{2,}$/u.test(text);
/** Fewer are in other texts by chance. */
const base64CharsMin = 5;
/** Of a base64 text that a value may be a part of. */
const base64Character = /[A-Za-z0-9+/_=-]/;
/** A number that is shorter tells of nobody. */
export const echoDigitsMin = 4;

/** Undefined: there is nothing to look for. */
export function createEchoes(values: readonly RestoredValue[]): Echoes | undefined {
  if (values.length === 0) return undefined;
  const exact = new Forms<KnownValue>(freeCharsMin);
  const dense = new Forms<KnownValue>(2);
  const base64 = new Forms<KnownValue>(base64CharsMin);
  /** By the word. */
  const short = new Map<string, RestoredValue>();
  const disguised = createDisguisedValues(ofOneCall);
  for (const value of values) {
    const { surface, word } = value;
    disguised.add(value);
    if (surface.length >= freeCharsMin) exact.add(toLower(surface), value);
    else if (isDense(surface)) dense.add(toLower(surface), value);
    else if (surface !== "") short.set(word, value);
    if (surface.length < freeCharsMin) continue;
    const reversed = [...surface].reverse().join("");
    for (const text of new Set([surface, surface.toLowerCase(), surface.toUpperCase(), reversed]))
      for (const form of toBase64Forms(text)) base64.add(form, value);
  }
  const words = new Forms<RestoredValue>(1);
  for (const [word, value] of short) words.add(word, value);

  function findExact(text: string, isOver: () => boolean): Finding[] {
    const found: Finding[] = [];
    const lower = toCodes(toLower(text));
    for (const forms of [exact, dense])
      if (!forms.isEmpty)
        forms.forEach(
          lower,
          ({ class: name, surface }, start, length) => {
            found.push({ start, end: start + length, class: name, of: surface });
            return true;
          },
          isOver,
        );
    const units = toCodes(text);
    let covered = 0;
    base64.forEach(
      units,
      ({ class: name, surface }, start, length) => {
        if (start < covered) return true;
        let from = start;
        while (from > covered && base64Character.test(text[from - 1] ?? "")) from -= 1;
        covered = start + length;
        while (base64Character.test(text[covered] ?? " ")) covered += 1;
        found.push({ start: from, end: covered, class: name, of: surface });
        return true;
      },
      isOver,
    );
    if (words.isEmpty) return found;
    words.forEach(
      units,
      ({ class: name, surface, offset }, start, length) => {
        if (isWord(text, start - 1) || isWord(text, start + length)) return false;
        found.push({ start: start + offset, end: start + offset + surface.length, class: name, of: surface });
        return true;
      },
      isOver,
    );
    return found;
  }

  return {
    find: (text, isOver) =>
      joinFindings([
        ...findExact(text, isOver),
        ...disguised.find(text, { isOver, alsoIn: (decoded) => findExact(decoded, isOver) }),
      ]),
  };
}

/** The letters and digits around a part of a text. */
export function toWordAround(text: string, start: number, end: number): { word: string; offset: number } {
  let [from, to] = [start, end];
  while (start - from < glueCharsMax && isWord(text, from - 1)) from -= 1;
  while (to - end < glueCharsMax && isWord(text, to)) to += 1;
  return { word: text.slice(from, to), offset: start - from };
}

const glueCharsMax = 80;

/** Whether a letter or digit is there, or a half of one. */
function isWord(text: string, index: number): boolean {
  return /[\p{L}\p{N}\p{Cs}]/u.test(text[index] ?? " ");
}

/** In lower case, every character at its place. */
function toLower(text: string): string {
  const lower = text.toLowerCase();
  if (lower.length === text.length) return lower;
  return Array.from({ length: text.length }, (_, at) => {
    const one = text[at]?.toLowerCase() ?? "";
    return one.length === 1 ? one : text[at];
  }).join("");
}
