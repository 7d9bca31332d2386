import { toEditDistance } from "../base/edit-distance.ts";
import { limits } from "../base/limits.ts";
import { toWords } from "./words.ts";

/** Finds the names most like one: those that share beginnings of words with it, then by edit distance. */
export function createNearest(names: readonly string[]): (name: string) => string[] {
  const byPrefix = new Map<string, number[]>();
  for (const [position, name] of names.entries()) {
    for (const prefix of toPrefixes(name)) {
      const positions = byPrefix.get(prefix);
      if (positions === undefined) byPrefix.set(prefix, [position]);
      else positions.push(position);
    }
  }
  return (name) => {
    const scores = new Map<number, number>();
    for (const prefix of toPrefixes(name)) {
      const positions = byPrefix.get(prefix) ?? [];
      for (const position of positions)
        scores.set(position, (scores.get(position) ?? 0) + 1 / Math.sqrt(positions.length));
    }
    const likely = [...scores].sort((a, b) => b[1] - a[1]).slice(0, limits.nearestComparedMax);
    return likely
      .map(([position]) => ({
        candidate: names[position] as string,
        distance: toDistance(name, names[position] as string),
      }))
      .filter(({ distance }) => distance < 0.65)
      .sort((a, b) => a.distance - b.distance)
      .slice(0, limits.nearestMax)
      .map(({ candidate }) => candidate);
  };
}

/** The first letters of every word: a slip of the pen leaves most of them as they are. */
function toPrefixes(name: string): Set<string> {
  return new Set(toWords(name.slice(0, 128)).flatMap((word) => [word.slice(0, 2), word.slice(0, 4)]));
}

/** From 0 (the same) upward; the right tool on another server is nearer than another tool on the right one. */
function toDistance(name: string, candidate: string): number {
  const whole = toDifference(name, candidate) / Math.max(name.length, candidate.length, 1);
  const [wanted, tool] = [toLastPart(name), toLastPart(candidate)];
  return Math.min(whole, toDifference(wanted, tool) / Math.max(wanted.length, tool.length, 1)) + whole / 4;
}

function toLastPart(name: string): string {
  return name.slice(name.lastIndexOf(".") + 1);
}

/** Edit distance of the first 64 characters, without case. */
function toDifference(a: string, b: string): number {
  return toEditDistance(a.slice(0, 64).toLowerCase(), b.slice(0, 64).toLowerCase());
}
