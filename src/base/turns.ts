import { availableParallelism } from "node:os";
import { limits } from "./limits.ts";

/** Whose turn it is to be started or reached: many that start together all take too long. */
export interface Turns {
  /**
   * Waits for the turn of this one; rejects with the signal's reason when it aborts first. The function that it gives ends
   * the turn; one that takes longer than `startTurnMs` ends by itself, so that who hangs does not hold up the others.
   */
  take(key: string, signal: AbortSignal): Promise<() => void>;
  /** Those of these that wait come next, in this order. */
  hurry(keys: readonly string[]): void;
}

/** Turns of which so many are taken at once. */
export function createTurns(max: number = limits.startsPerCoreMax * availableParallelism()): Turns {
  let waiting = new Map<string, () => void>();
  let taken = 0;

  function next(): void {
    for (const [key, begin] of waiting) {
      if (taken >= max) return;
      waiting.delete(key);
      taken++;
      begin();
    }
  }

  function toEnd(): () => void {
    let isOver = false;
    const end = (): void => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      taken--;
      next();
    };
    const timer = setTimeout(end, limits.startTurnMs).unref();
    return end;
  }

  return {
    take: (key, signal) =>
      new Promise((resolve, reject) => {
        signal.throwIfAborted();
        const giveUp = (): void => {
          waiting.delete(key);
          reject(signal.reason as Error);
        };
        waiting.set(key, () => {
          signal.removeEventListener("abort", giveUp);
          resolve(toEnd());
        });
        signal.addEventListener("abort", giveUp, { once: true });
        next();
      }),
    hurry(keys) {
      const first = keys.flatMap((key): [string, () => void][] => {
        const begin = waiting.get(key);
        return begin === undefined ? [] : [[key, begin]];
      });
      if (first.length > 0) waiting = new Map([...first, ...waiting]);
    },
  };
}
