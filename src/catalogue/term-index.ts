import { nextTurn } from "../base/next-turn.ts";
import { splitGlued } from "./glued.ts";
import { createSlips } from "./slips.ts";
import { toRoot } from "./stem.ts";
import { toLength } from "./words.ts";

/** How much a field counts, and how much its length matters (0: not at all, 1: fully). */
export interface Field {
  boost: number;
  lengthWeight: number;
}

/** The numbers of an index: what is kept on disk. Documents and terms are numbered from 0. */
export interface IndexData {
  documents: number;
  terms: readonly string[];
  /** Where each term's postings begin; one more at the end. */
  postingStarts: Uint32Array;
  /** Documents of the postings. */
  postings: Uint32Array;
  /** Beside each posting: occurrences, by the field's boost and length. */
  weights: Float32Array;
  /** Where each document's phrases begin; one more at the end. */
  phraseStarts: Uint32Array;
  /** The terms of each document's name, `phraseEnd`, and those of its first sentence. */
  phrases: Uint32Array;
}

/** An index of short documents with a few fields; immutable. */
export interface TermIndex extends IndexData {
  id(term: string): number | undefined;
  /** How rare a term is. */
  rarity(term: number): number;
  /** Terms that a word may have been meant as, longer or misspelt, with its stem; the likeliest first. */
  near(word: string, stem: string, max: number): Near[];
  /** The words of names, and stop words between them, of which this one is made without a space; `undefined` if it is not. */
  split(word: string): string[] | undefined;
  /** Terms of names that contain a word. */
  containing(word: string): readonly number[];
  /** Terms with the root of a word. */
  related(word: string): readonly number[];
}

/** A term that a word is like; 0 slips: it is only longer. */
export interface Near {
  id: number;
  slips: number;
  /** Meant only where nothing else is. */
  isRare: boolean;
}

/** Takes documents one by one, then makes the index. */
export interface TermIndexBuilder {
  /** Adds the next document: its terms, field by field; the first field is its name, the second its first sentence. */
  add(fields: readonly (readonly string[])[]): void;
  /** Makes the index, in slices between which other work gets a turn. */
  finish(sliceMs: number): Promise<IndexData>;
}

/** Stands between a document's name and its first sentence in `phrases`. */
export const phraseEnd = 0xff_ff_ff_ff;
/** Bits of one field's count in a packed number; six fields stay within V8's small integers. */
const countBits = 5;
const countMax = 2 ** countBits - 1;
/** Shortest beginning of a word that is completed. */
const completedCharsMin = 3;

/** Begins an index with these fields, at most six. */
export function createTermIndexBuilder(fields: readonly Field[]): TermIndexBuilder {
  const ids = new Map<string, number>();
  const frequencies: number[] = [];
  const lengths = fields.map((): number[] => []);
  // document by document: its terms, and their counts in each field
  const starts = [0];
  const terms: number[] = [];
  const counts: number[] = [];
  const phraseStarts = [0];
  const phrases: number[] = [];

  function toId(term: string): number {
    let id = ids.get(term);
    if (id === undefined) {
      id = ids.size;
      ids.set(term, id);
      frequencies.push(0);
    }
    return id;
  }

  function add(texts: readonly (readonly string[])[]): void {
    const found = new Map<number, number>();
    for (const [field, words] of texts.entries()) {
      lengths[field]?.push(toLength(words));
      const shift = field * countBits;
      for (const word of words) {
        const id = toId(word);
        const packed = found.get(id) ?? 0;
        if (((packed >> shift) & countMax) < countMax) found.set(id, packed + (1 << shift));
        if (field < 2) phrases.push(id);
      }
      if (field === 0) phrases.push(phraseEnd);
    }
    phraseStarts.push(phrases.length);
    for (const [id, packed] of found) {
      terms.push(id);
      counts.push(packed);
      frequencies[id] = (frequencies[id] as number) + 1;
    }
    starts.push(terms.length);
  }

  async function finish(sliceMs: number): Promise<IndexData> {
    const documents = starts.length - 1;
    const postingStarts = new Uint32Array(ids.size + 1);
    for (const [id, frequency] of frequencies.entries())
      postingStarts[id + 1] = (postingStarts[id] as number) + frequency;
    const ends = postingStarts.slice();
    const postings = new Uint32Array(terms.length);
    const weights = new Float32Array(terms.length);
    const means = lengths.map((known) => known.reduce((sum, length) => sum + length, 0) / (documents || 1) || 1);
    const norms = new Float64Array(fields.length);
    let sliceEnd = performance.now() + sliceMs;
    for (let document = 0; document < documents; document += 1) {
      for (const [field, { boost, lengthWeight }] of fields.entries()) {
        const length = lengths[field]?.[document] ?? 0;
        norms[field] = boost / (1 - lengthWeight + (lengthWeight * length) / (means[field] as number));
      }
      for (let at = starts[document] as number; at < (starts[document + 1] as number); at += 1) {
        const id = terms[at] as number;
        let weight = 0;
        for (let field = 0; field < norms.length; field += 1)
          weight += (((counts[at] as number) >> (field * countBits)) & countMax) * (norms[field] as number);
        const place = ends[id] as number;
        ends[id] = place + 1;
        postings[place] = document;
        weights[place] = weight;
      }
      if (performance.now() < sliceEnd) continue;
      await nextTurn();
      sliceEnd = performance.now() + sliceMs;
    }
    return {
      documents,
      terms: [...ids.keys()],
      postingStarts,
      postings,
      weights,
      phraseStarts: Uint32Array.from(phraseStarts),
      phrases: Uint32Array.from(phrases),
    };
  }

  return { add, finish };
}

/** Makes an index usable; `spelling` has the word that a term was first seen as, where it is not the term itself. */
export function createTermIndex(data: IndexData, spelling: ReadonlyMap<string, string>): TermIndex {
  const { terms, postingStarts, phrases, phraseStarts, documents } = data;
  const ids = new Map(terms.map((term, id) => [term, id]));
  let nameTerms: number[] | undefined;
  let named: ReadonlySet<number> | undefined;
  let roots: Map<string, number[]> | undefined;

  const frequency = (id: number): number => (postingStarts[id + 1] as number) - (postingStarts[id] as number);

  const rarities = Float64Array.from(terms, (_, id) =>
    Math.log(1 + (documents - frequency(id) + 0.5) / (frequency(id) + 0.5)),
  );

  function findNameTerms(): number[] {
    const found = new Set<number>();
    for (let document = 0; document < documents; document += 1) {
      for (let at = phraseStarts[document] as number; phrases[at] !== phraseEnd; at += 1)
        found.add(phrases[at] as number);
    }
    return [...found];
  }

  function findRoots(): Map<string, number[]> {
    const found = new Map<string, number[]>();
    for (const [id, term] of terms.entries()) {
      const root = toRoot(term);
      const known = found.get(root);
      if (known === undefined) found.set(root, [id]);
      else known.push(id);
    }
    return found;
  }

  return {
    ...data,
    id: (term) => ids.get(term),
    rarity: (id) => rarities[id] as number,
    containing(word) {
      nameTerms ??= findNameTerms();
      return nameTerms.filter((id) => (terms[id] as string).includes(word));
    },
    related(word) {
      roots ??= findRoots();
      return roots.get(toRoot(word)) ?? [];
    },
    near(word, stem, max) {
      const toSlips = createSlips(word, stem, spelling);
      const found: Near[] = [];
      for (const [id, term] of terms.entries()) {
        const isLonger = stem.length >= completedCharsMin && term.startsWith(stem);
        const near = isLonger ? { slips: 0, isRare: false } : toSlips(term);
        if (near !== undefined) found.push({ id, ...near });
      }
      return found
        .sort((a, b) => Number(a.isRare) - Number(b.isRare) || a.slips - b.slips || frequency(b.id) - frequency(a.id))
        .slice(0, max);
    },
    split(word) {
      named ??= new Set((nameTerms ??= findNameTerms()));
      return splitGlued(word, (term) => {
        const id = ids.get(term);
        return id !== undefined && named?.has(id) === true ? rarities[id] : undefined;
      });
    },
  };
}
