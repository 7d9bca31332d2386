/** What a recogniser saw: of two that overlap the one that reaches further wins, then the one of higher rank. */
export interface Candidate {
  start: number;
  end: number;
  class: string;
  rank: number;
}

/** Takes one candidate. Ranks: 3 a shape that proves itself, 2 a key or a word beside it says so, 1 a guess from form. */
export type Report = (kind: string, start: number, end: number, rank: 1 | 2 | 3) => void;

/** The candidates that stay: sorted by start, disjoint. */
export function toDisjoint(candidates: readonly Candidate[]): Candidate[] {
  const sorted = candidates.toSorted((a, b) => a.start - b.start || b.end - a.end || b.rank - a.rank);
  const kept: Candidate[] = [];
  for (const candidate of sorted) {
    const last = kept.at(-1);
    if (last === undefined || candidate.start >= last.end) {
      kept.push(candidate);
      continue;
    }
    // Inside what is kept: nothing to add. Reaching over its end: the better one stays, and no part of the other.
    if (candidate.end <= last.end) {
      if (candidate.rank > last.rank && candidate.start === last.start && candidate.end === last.end)
        kept[kept.length - 1] = candidate;
      continue;
    }
    if (
      candidate.rank > last.rank ||
      (candidate.rank === last.rank && candidate.end - candidate.start > last.end - last.start)
    ) {
      kept[kept.length - 1] = candidate;
    }
  }
  return kept;
}
