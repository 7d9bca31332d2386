import { toEditDistance } from "../base/edit-distance.ts";

/**
 * How many slips of the pen lie between the word that was written and a term of the index, or `undefined` if it is another
 * word. Rare is a slip in the first letter or in the ending.
 */
export type Slips = (term: string) => { slips: number; isRare: boolean } | undefined;

/** Shortest word whose first letter may be wrong: in shorter ones nearly every other word is as near. */
const firstLetterCharsMin = 5;

/**
 * Compares a word with terms: a letter too many, too few or another, or two neighbours swapped, is a slip. Stems and whole
 * words, which `spelling` has for each term, are compared: a slip at the end of a word is another ending.
 */
export function createSlips(word: string, stem: string, spelling: ReadonlyMap<string, string>): Slips {
  const max = word.length < 3 ? 0 : word.length < 8 ? 1 : 2;
  const isStemSwapped = createSwapOf(stem);
  const isWordSwapped = createSwapOf(word);
  return (term) => {
    if (max === 0 || Math.abs(term.length - stem.length) > max + 1) return undefined;
    if (term[0] === stem[0]) {
      const slips = toSlips(stem, term);
      if (slips <= max && word.length > 3) return { slips, isRare: false };
    } else if (!isStemSwapped(term) && (stem.length < firstLetterCharsMin || !isOneOff(term, stem))) return undefined;
    const spelled = spelling.get(term) ?? term;
    const slips = Math.min(toSlips(stem, term), toSlips(word, spelled));
    // of three letters, only a swap leaves the word recognisable
    if (slips > max || (word.length === 3 && !isWordSwapped(spelled))) return undefined;
    return { slips, isRare: true };
  };

  function toSlips(a: string, b: string): number {
    return Math.abs(a.length - b.length) > max ? Infinity : toEditDistance(a, b, max + 1);
  }
}

/** Whether all but the first letter is the same. */
function isOneOff(a: string, b: string): boolean {
  return a.slice(1) === b.slice(1) || a.slice(1) === b || a === b.slice(1);
}

/** Whether another word has the same letters in another order; its own are sorted once, for every term of an index. */
function createSwapOf(word: string): (other: string) => boolean {
  const letters = toLetters(word);
  return (other) => other.length === word.length && toLetters(other) === letters;
}

function toLetters(word: string): string {
  return [...word].sort().join("");
}
