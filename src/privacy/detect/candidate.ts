/** What a recogniser saw: of two that overlap the one that reaches further wins, then the one of higher rank. */
export interface Candidate {
  start: number;
  end: number;
  class: string;
  rank: number;
}

/** Takes one candidate. Ranks: 3 a shape that proves itself, 2 a key or a word beside it says so, 1 a guess from form. */
export type Report = (kind: string, start: number, end: number, rank: 1 | 2 | 3) => void;

const REST_MIN = 2;

/**
 * The candidates that stay: sorted by start, disjoint. What is inside another goes; of two that overlap the better one
 * stays whole, and the rest of the other stays too: no character that was found may leak.
 */
export function toDisjoint(candidates: readonly Candidate[]): Candidate[] {
  const sorted = candidates.toSorted((a, b) => a.start - b.start || b.end - a.end || b.rank - a.rank);
  const kept: Candidate[] = [];
  for (const candidate of sorted) {
    const last = kept.at(-1);
    if (last === undefined || candidate.start >= last.end) {
      kept.push(candidate);
    } else if (candidate.end > last.end) {
      kept.push(...toRests(last, candidate, kept));
    }
  }
  return kept;
}

/** What is to be kept after `last` where `candidate` reaches over its end; shortens `last` if that is the lesser one. */
function toRests(last: Candidate, candidate: Candidate, kept: Candidate[]): Candidate[] {
  const isBetter =
    candidate.rank > last.rank ||
    (candidate.rank === last.rank && candidate.end - candidate.start > last.end - last.start);
  if (!isBetter) return candidate.end - last.end < REST_MIN ? [] : [{ ...candidate, start: last.end }];
  kept.pop();
  if (candidate.start - last.start >= REST_MIN) kept.push({ ...last, end: candidate.start });
  return [candidate];
}
