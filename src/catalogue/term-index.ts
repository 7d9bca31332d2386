import { toEditDistance } from "./nearest.ts";

/** How much a field counts, and how much its length matters (0: not at all, 1: fully). */
export interface Field {
  boost: number;
  lengthWeight: number;
}

/** A term to look up; `weight` below 1 for a guess. */
export interface QueryTerm {
  term: string;
  weight: number;
}

/** An index of short documents with a few fields, ranked by BM25F; documents are numbered in the order they are added. */
export interface TermIndex {
  /** Adds the next document: its terms, field by field. */
  add(fields: readonly (readonly string[])[]): void;
  has(term: string): boolean;
  /** Terms of the index that a term may have been meant as, longer or misspelt; the most frequent first. */
  near(term: string, max: number): string[];
  /** The best `max` of the accepted documents that have at least one of the words (each a group of guesses), and how many have. */
  search(
    groups: readonly (readonly QueryTerm[])[],
    max: number,
    accepts: (document: number) => boolean,
  ): { documents: number[]; total: number };
}

/** Bits of one field's term count in a packed number; four fields stay within V8's small integers. */
const countBits = 7;
const countMax = 2 ** countBits - 1;
/** Where further occurrences of a term stop to matter. */
const saturation = 1.2;

/** Makes an empty index with these fields, at most four. */
export function createTermIndex(fields: readonly Field[]): TermIndex {
  // document, packed counts, document, packed counts, …
  const postings = new Map<string, number[]>();
  const lengths = fields.map((): number[] => []);
  let norms: { documents: number; byField: Float64Array[] } | undefined;
  let documents = 0;

  function add(texts: readonly (readonly string[])[]): void {
    const counts = new Map<string, number>();
    for (const [field, terms] of texts.entries()) {
      lengths[field]?.push(terms.length);
      const shift = field * countBits;
      for (const term of terms) {
        const packed = counts.get(term) ?? 0;
        if (((packed >> shift) & countMax) < countMax) counts.set(term, packed + (1 << shift));
      }
    }
    for (const [term, packed] of counts) {
      const known = postings.get(term);
      if (known === undefined) postings.set(term, [documents, packed]);
      else known.push(documents, packed);
    }
    documents += 1;
  }

  /** Per field and document: what one occurrence counts, given the field's boost and length. */
  function toNorms(): Float64Array[] {
    if (norms?.documents === documents) return norms.byField;
    const byField = fields.map(({ boost, lengthWeight }, field) => {
      const known = lengths[field] ?? [];
      const mean = known.reduce((sum, length) => sum + length, 0) / Math.max(1, known.length) || 1;
      return Float64Array.from(known, (length) => boost / (1 - lengthWeight + (lengthWeight * length) / mean));
    });
    norms = { documents, byField };
    return byField;
  }

  function search(
    groups: readonly (readonly QueryTerm[])[],
    max: number,
    accepts: (document: number) => boolean,
  ): { documents: number[]; total: number } {
    const byField = toNorms();
    const scores = new Float64Array(documents);
    const shares = new Float64Array(documents);
    let wanted = 0;
    for (const group of groups) {
      const best = new Map<number, number>();
      let rarest = 0;
      for (const { term, weight } of group) {
        const list = postings.get(term) ?? [];
        const rarity = Math.log(1 + (documents - list.length / 2 + 0.5) / (list.length / 2 + 0.5));
        rarest = Math.max(rarest, rarity);
        for (let at = 0; at < list.length; at += 2) {
          const document = list[at] as number;
          const packed = list[at + 1] as number;
          let count = 0;
          for (let field = 0; field < byField.length; field += 1) {
            const occurrences = (packed >> (field * countBits)) & countMax;
            if (occurrences > 0) count += occurrences * ((byField[field] as Float64Array)[document] as number);
          }
          const score = weight * rarity * (count / (saturation + count));
          if (group.length === 1) {
            scores[document] = (scores[document] as number) + score;
            shares[document] = (shares[document] as number) + rarity;
          } else best.set(document, Math.max(best.get(document) ?? 0, score));
        }
      }
      // of several guesses at one word only the best counts
      for (const [document, score] of best) {
        scores[document] = (scores[document] as number) + score;
        shares[document] = (shares[document] as number) + rarest / 2;
      }
      wanted += rarest;
    }
    const found: number[] = [];
    for (let document = 0; document < documents; document += 1) {
      const score = scores[document] as number;
      if (score === 0 || !accepts(document)) continue;
      // a document with all the words of a query is meant more than one that has a rare word often
      scores[document] = score * (1 + (coverage * (shares[document] as number)) / wanted);
      found.push(document);
    }
    const scoreOf = (document: number): number => scores[document] as number;
    // numbers sort far faster than by comparison: find what is good enough first, then order only that
    const least = max < found.length ? (Float64Array.from(found, scoreOf).sort().at(-max) as number) : 0;
    const best = found
      .filter((document) => scoreOf(document) >= least)
      .sort((a, b) => scoreOf(b) - scoreOf(a) || a - b);
    return { documents: best.slice(0, max), total: found.length };
  }

  function near(term: string, max: number): string[] {
    const slips = term.length < 4 ? 0 : term.length < 8 ? 1 : 2;
    const found: { candidate: string; count: number; distance: number }[] = [];
    for (const [candidate, list] of postings) {
      // slips in the first letter are rare, and leaving them out makes this ten times faster
      if (candidate[0] !== term[0]) continue;
      const isLonger = term.length >= 3 && candidate.startsWith(term);
      if (!isLonger && (slips === 0 || Math.abs(candidate.length - term.length) > slips)) continue;
      const distance = isLonger ? 0 : toEditDistance(term, candidate);
      if (distance <= slips) found.push({ candidate, count: list.length, distance });
    }
    return found
      .sort((a, b) => a.distance - b.distance || b.count - a.count)
      .slice(0, max)
      .map(({ candidate }) => candidate);
  }

  return { add, has: (term) => postings.has(term), near, search };
}

/** How much it counts to have all the words. */
const coverage = 1;
