import { limits } from "./limits.ts";

/** The candidate that `name` was probably meant to be, case and separators aside; `undefined` if none is near. */
export function toNearest(name: string, candidates: Iterable<string>): string | undefined {
  const wanted = toComparable(name);
  if (wanted === "") return undefined;
  let nearest: string | undefined;
  // A third of the name may be wrong; more than that is another name.
  let best = Math.floor(wanted.length / 3) + 1;
  let seen = 0;
  for (const candidate of candidates) {
    if (++seen > limits.nearestCandidatesMax) break;
    const distance = editDistance(wanted, toComparable(candidate), best);
    if (distance < best) [nearest, best] = [candidate, distance];
  }
  return nearest;
}

function toComparable(name: string): string {
  return name
    .slice(0, limits.nearestCharsMax)
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, "");
}

/** Insertions, deletions, substitutions and swaps of neighbours between two names; `bound` or more is answered as `bound`. */
function editDistance(a: string, b: string, bound: number): number {
  if (Math.abs(a.length - b.length) >= bound) return bound;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      const cost = Math.min(
        at(last, column) + 1,
        at(current, column - 1) + 1,
        at(last, column - 1) + (same ? 0 : 1),
        swapped ? at(beforeLast, column - 2) + 1 : Infinity,
      );
      current.push(cost);
    }
    if (Math.min(...current) >= bound) return bound;
    [beforeLast, last] = [last, current];
  }
  return at(last, b.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Infinity;
}
