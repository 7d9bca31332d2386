import { limits } from "../base/limits.ts";
import { synonyms } from "./synonyms.ts";
import type { TermIndex } from "./term-index.ts";
import { isFiller, toTerm, toWords } from "./words.ts";

/** One word of a query: the terms of the index that answer it, each with how surely (1: it is the word). */
export interface Concept {
  terms: ReadonlyMap<number, number>;
  /** How much the word counts. */
  weight: number;
  /** How rare what is asked for is. */
  rarity: number;
}

/** A query as the index can answer it. */
export interface Query {
  concepts: readonly Concept[];
  /** Its terms in their order, for phrases; -1 for one that the index does not have. */
  sequence: readonly number[];
}

/** How surely a term answers a word that it is not: of the same root, containing it, beside it in the table, or near it. */
const certainty = { root: 0.85, contained: 0.4, synonym: 0.5, near: 0.5 };
/** How much a word counts by which people only ask. */
const fillerWeight = 0.35;
/** Shortest word that is looked for inside others. */
const containedCharsMin = 4;

/** The terms of a query's words, as they were written and once each. */
export function toQueryTerms(text: string): { word: string; term: string; isFiller: boolean }[] {
  const words = toWords(text).slice(0, limits.searchQueryTermsMax);
  const terms = words.flatMap((word) => {
    const term = toTerm(word);
    return term === undefined ? [] : [{ word, term, isFiller: isFiller(word) }];
  });
  // a query of stop words only ("what can you do") still asks for something that may be called so
  return terms.length > 0 ? terms : words.map((word) => ({ word, term: word, isFiller: false }));
}

/** Understands a query with the words that an index knows. */
export function parseQuery(index: TermIndex, text: string): Query {
  const terms = toQueryTerms(text);
  const concepts: Concept[] = [];
  const seen = new Set<string>();
  let guesses = 0;
  const take = (word: string, term: string, weight: number): void => {
    if (seen.has(term)) return;
    seen.add(term);
    const found = toTerms(index, term);
    // a word that no tool has may be misspelt, cut short or two in one; one that some have is meant as it is
    if (index.id(term) === undefined && ++guesses <= limits.searchGuessedMax) {
      const near = index.near(word, term, 8);
      for (const { id, isRare } of near) if (!isRare) raise(found, id, certainty.near);
      // what is rare, a slip in the first letter or a space left out, is thought of only where nothing else is
      if (found.size === 0) {
        const parts = near.some(({ slips }) => slips === 1) ? undefined : index.split(word);
        for (const part of parts ?? []) take(part, toTerm(part) ?? part, isFiller(part) ? fillerWeight : weight);
        if (parts === undefined) for (const { id } of near) raise(found, id, certainty.near);
      }
    }
    if (found.size > 0) concepts.push({ terms: found, weight, rarity: toRarity(index, term, found) });
  };
  for (const { word, term, isFiller: isAsking } of terms) take(word, term, isAsking ? fillerWeight : 1);
  // "file system" asks for `filesystem` too
  for (let at = 1; at < terms.length; at += 1) {
    const joined = toTerm(`${terms[at - 1]?.term}${terms[at]?.term}`);
    if (joined !== undefined && index.id(joined) !== undefined) take(joined, joined, 1);
  }
  return { concepts, sequence: terms.map(({ term }) => index.id(term) ?? -1) };
}

function toTerms(index: TermIndex, term: string): Map<number, number> {
  const found = new Map<number, number>();
  const own = index.id(term);
  if (own !== undefined) found.set(own, 1);
  for (const id of index.related(term)) raise(found, id, certainty.root);
  for (const synonym of synonyms.get(term) ?? []) {
    const id = index.id(synonym);
    if (id !== undefined) raise(found, id, certainty.synonym);
  }
  if (term.length >= containedCharsMin) for (const id of index.containing(term)) raise(found, id, certainty.contained);
  return found;
}

function raise(found: Map<number, number>, id: number, weight: number): void {
  if ((found.get(id) ?? 0) < weight) found.set(id, weight);
}

function toRarity(index: TermIndex, term: string, found: ReadonlyMap<number, number>): number {
  const own = index.id(term);
  if (own !== undefined) return index.rarity(own);
  return Math.max(...[...found].map(([id, weight]) => weight * index.rarity(id)));
}
