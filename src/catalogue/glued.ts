import { toTerm } from "./words.ts";

/** Shortest word that is taken out of a longer one; one that says nothing may be shorter, between two others. */
const partCharsMin = 3;
const betweenCharsMin = 1;
const gluedCharsMax = 40;
const partsMax = 4;

interface Split {
  parts: string[];
  rarity: number;
}

/**
 * The words that were written as one (`getdocument`, `addtocart`): the fewest, of those the most common. `toRarity` says how
 * rare a term is, or `undefined` for what is none.
 */
export function splitGlued(word: string, toRarity: (term: string) => number | undefined): string[] | undefined {
  if (word.length < 2 * partCharsMin || word.length > gluedCharsMax || !/^\p{L}+$/u.test(word)) return undefined;
  /** The best split of the letters up to each place, by the number of its parts. */
  const best: Map<number, Split>[] = Array.from({ length: word.length + 1 }, () => new Map<number, Split>());
  best[0]?.set(0, { parts: [], rarity: 0 });
  for (let end = betweenCharsMin; end <= word.length; end += 1) {
    for (let start = 0; start <= end - betweenCharsMin; start += 1) {
      const before = best[start] as Map<number, Split>;
      if (before.size === 0) continue;
      const part = word.slice(start, end);
      const rarity = rarityOf(part, start > 0 && end < word.length);
      if (rarity === undefined) continue;
      for (const [count, split] of before) {
        if (count === partsMax) continue;
        const known = best[end]?.get(count + 1);
        const sum = split.rarity + rarity;
        if (known === undefined || sum < known.rarity)
          best[end]?.set(count + 1, { parts: [...split.parts, part], rarity: sum });
      }
    }
  }
  const [fewest] = [...(best[word.length] as Map<number, Split>)].sort(([a], [b]) => a - b);
  return fewest === undefined || fewest[0] < 2 ? undefined : fewest[1].parts;

  function rarityOf(part: string, isBetween: boolean): number | undefined {
    const term = toTerm(part);
    if (term === undefined) return isBetween ? 0 : undefined;
    return part.length < partCharsMin ? undefined : toRarity(term);
  }
}
