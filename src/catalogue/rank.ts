import type { Query } from "./query.ts";
import { phraseEnd } from "./term-index.ts";
import type { TermIndex } from "./term-index.ts";

/** Where further occurrences of a term stop to matter. */
const saturation = 1.5;
/** How much it counts to have all the words of the query. */
const coverage = 1;
/** What an answer counts that is not the word itself, beside what its occurrences count: a share that its certainty fills up. */
const uncertain = 0.6;
/** How much it counts that the query has all the words of the name. */
const nameCoverage = 0.45;
/** How much two words count that follow each other as in the query: this in the name, half of it in the first sentence. */
const phrase = 0.3;
/** How much it counts to be of a group that the query names. */
const named = 0.2;
/** How much it counts to be preferred: code that was saved for this does more in fewer words than the tools it is made of. */
const preferred = 0.5;
/** How many of the best are looked at again, word by word. */
const refinedMax = 200;

/** What is asked of a ranking. */
export interface RankOptions {
  /** How many documents to answer with. */
  max: number;
  /** Which documents are meant; all without it. */
  accepts?: (document: number) => boolean;
  /** Whether the document is of a server that the query names. */
  isNamed: (document: number) => boolean;
  /** Whether the document is worth more than others that fit as well. */
  isPreferred?: (document: number) => boolean;
}

/** The best of the documents that answer at least one word of a query, and how many do. */
export type Rank = (query: Query, options: RankOptions) => { documents: number[]; total: number };

/** Makes the ranking of an index's documents. */
export function createRank(index: TermIndex): Rank {
  const scoreByWords = createScoring(index);
  return (query, { max, accepts, isNamed, isPreferred }) => {
    const { scores, found } = scoreByWords(query);
    const accepted = accepts === undefined ? found : found.filter(accepts);
    const inOrder = (documents: number[]): number[] =>
      documents.sort((a, b) => (scores[b] as number) - (scores[a] as number) || a - b);
    const [best, others] = takeBest(accepted, scores);
    const refine = createRefinement(index, query);
    for (const document of best) {
      const refined = refine(document, scores[document] as number);
      scores[document] =
        refined * (isNamed(document) ? 1 + named : 1) * (isPreferred?.(document) === true ? 1 + preferred : 1);
    }
    const documents = inOrder(best);
    if (max > documents.length) documents.push(...inOrder(others));
    return { documents: documents.slice(0, max), total: accepted.length };
  };
}

/** Parts the documents into the `refinedMax` with the highest scores and the others. */
function takeBest(documents: number[], scores: Float64Array): [best: number[], others: number[]] {
  if (documents.length <= refinedMax) return [documents, []];
  // numbers sort far faster than by comparison: find what is good enough first, then order only that
  const sorted = new Float64Array(documents.length);
  for (let at = 0; at < documents.length; at += 1) sorted[at] = scores[documents[at] as number] as number;
  const least = sorted.sort().at(-refinedMax) as number;
  const best: number[] = [];
  const others: number[] = [];
  for (const document of documents)
    (best.length < refinedMax && (scores[document] as number) >= least ? best : others).push(document);
  return [best, others];
}

/** BM25F over concepts: what answers the same word counts as occurrences of one term, each as surely as it answers. */
function createScoring(index: TermIndex): (query: Query) => { scores: Float64Array; found: number[] } {
  const { documents, postings, postingStarts, weights } = index;
  // one set for all queries: each is scored without a pause
  const scores = new Float64Array(documents);
  const shares = new Float64Array(documents);
  const occurrences = new Float64Array(documents);
  const strongest = new Float64Array(documents);
  const touched = new Uint32Array(documents);
  return ({ concepts }) => {
    scores.fill(0);
    shares.fill(0);
    let wanted = 0;
    for (const { terms, weight, rarity } of concepts) {
      let touches = 0;
      for (const [term, certainty] of terms) {
        // a synonym that is everywhere says less than the word that was asked for
        const relevance = certainty * Math.min(1, index.rarity(term) / rarity);
        const end = postingStarts[term + 1] as number;
        for (let at = postingStarts[term] as number; at < end; at += 1) {
          const document = postings[at] as number;
          const count = occurrences[document] as number;
          if (count === 0) {
            touched[touches] = document;
            touches += 1;
          }
          occurrences[document] = count + relevance * (weights[at] as number);
          if (relevance > (strongest[document] as number)) strongest[document] = relevance;
        }
      }
      for (let at = 0; at < touches; at += 1) {
        const document = touched[at] as number;
        const count = occurrences[document] as number;
        const certainty = strongest[document] as number;
        const part = (uncertain + (1 - uncertain) * certainty) * (count / (saturation + count));
        scores[document] = (scores[document] as number) + weight * rarity * part;
        shares[document] = (shares[document] as number) + weight * rarity * certainty;
        occurrences[document] = 0;
        strongest[document] = 0;
      }
      wanted += weight * rarity;
    }
    const found: number[] = [];
    for (let document = 0; document < documents; document += 1) {
      const score = scores[document] as number;
      if (score === 0) continue;
      // a document with all the words of a query is meant more than one that has a rare word often
      scores[document] = score * (1 + (coverage * (shares[document] as number)) / wanted);
      found.push(document);
    }
    return { scores, found };
  };
}

/** What only a look at a document's own words tells: whether its name is covered, and which words follow each other. */
function createRefinement(
  index: TermIndex,
  { concepts, sequence }: Query,
): (document: number, score: number) => number {
  const { phrases, phraseStarts } = index;
  const answered = new Map<number, number>();
  for (const { terms } of concepts)
    for (const [term, certainty] of terms) if ((answered.get(term) ?? 0) < certainty) answered.set(term, certainty);
  const followers = new Map<number, Set<number>>();
  for (const [at, term] of sequence.entries()) {
    const next = sequence[at + 1] ?? -1;
    if (term === -1 || next === -1) continue;
    const known = followers.get(term);
    if (known === undefined) followers.set(term, new Set([next]));
    else known.add(next);
  }
  return (document, score) => {
    const end = phraseStarts[document + 1] as number;
    const pairs = new Set<string>();
    const names = new Set<number>();
    let [inName, sum, got, whole] = [true, score, 0, 0];
    for (let at = phraseStarts[document] as number; at < end; at += 1) {
      const term = phrases[at] as number;
      if (term === phraseEnd) {
        inName = false;
        continue;
      }
      if (inName && !names.has(term)) {
        names.add(term);
        whole += index.rarity(term);
        got += (answered.get(term) ?? 0) * index.rarity(term);
      }
      const next = phrases[at + 1] ?? phraseEnd;
      if (at + 1 < end && followers.get(term)?.has(next) === true && !pairs.has(`${term} ${next}`)) {
        pairs.add(`${term} ${next}`);
        sum += (phrase * (inName ? 1 : 0.5) * (index.rarity(term) + index.rarity(next))) / 2;
      }
    }
    return sum * (1 + (whole === 0 ? 0 : (nameCoverage * got) / whole));
  };
}
