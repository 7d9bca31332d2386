import { toEditDistance } from "./edit-distance.ts";
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
    const distance = toEditDistance(wanted, toComparable(candidate), best);
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
