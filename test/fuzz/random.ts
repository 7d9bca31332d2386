/** Chance that a seed decides: the same seed, the same choices. */
export interface Chance {
  below(count: number): number;
  pick<T>(values: readonly T[]): T;
  one(outOf: number): boolean;
}

/** A small generator (mulberry32). */
export function createChance(seed: number): Chance {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (count: number): number => Math.floor(next() * count);
  return { below, pick: (values) => values[below(values.length)] as never, one: (outOf) => below(outOf) === 0 };
}
