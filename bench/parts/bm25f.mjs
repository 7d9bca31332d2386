// Plain BM25F over a few fields: what search is compared with. The constants are the best of 43 drawn at random or by
// hand, by the mean hit@5 of the suites with more than 60 queries.

export const bestConstants = { boosts: [5, 3, 1, 0.5], lengthWeights: [0.3, 0.75, 0.5, 0.75], saturation: 0.8 };

/**
 * Makes the ranking of documents; each is a list of fields, each field a list of terms.
 * @param {readonly (readonly (readonly string[])[])[]} documents
 * @param {{ boosts: readonly number[], lengthWeights: readonly number[], saturation: number }} constants
 * @returns {(terms: readonly string[], max: number) => number[]} numbers of the best documents
 */
export function createBm25f(documents, { boosts, lengthWeights, saturation }) {
  const means = boosts.map(
    (_, field) => documents.reduce((sum, fields) => sum + (fields[field]?.length ?? 0), 0) / documents.length || 1,
  );
  /** @type {Map<string, Map<number, number>>} */
  const postings = new Map();
  for (const [number, fields] of documents.entries()) {
    for (const [field, terms] of fields.entries()) {
      const weight = lengthWeights[field] ?? 0;
      const norm = (boosts[field] ?? 0) / (1 - weight + (weight * terms.length) / (means[field] ?? 1));
      for (const term of terms) {
        const known = postings.get(term) ?? new Map();
        known.set(number, (known.get(number) ?? 0) + norm);
        postings.set(term, known);
      }
    }
  }
  return (terms, max) => {
    /** @type {Map<number, number>} */
    const scores = new Map();
    for (const term of new Set(terms)) {
      const found = postings.get(term) ?? new Map();
      const rarity = Math.log(1 + (documents.length - found.size + 0.5) / (found.size + 0.5));
      for (const [number, count] of found)
        scores.set(number, (scores.get(number) ?? 0) + (rarity * count) / (saturation + count));
    }
    return [...scores]
      .sort(([a, scoreA], [b, scoreB]) => scoreB - scoreA || a - b)
      .slice(0, max)
      .map(([number]) => number);
  };
}
