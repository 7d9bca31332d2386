import { SluiceError } from "../base/errors.ts";

/** A number of places; who finds none waits in order. */
export interface Places {
  /** Waits for a place; call what it gives to leave it. Throws `cancelled`. */
  enter(signal: AbortSignal): Promise<() => void>;
}

export function createPlaces(count: number): Places {
  const waiting = new Set<() => void>();
  let free = count;

  function leave(): void {
    const [next] = waiting;
    if (next === undefined) free += 1;
    else {
      waiting.delete(next);
      next();
    }
  }

  return {
    async enter(signal) {
      if (signal.aborted) throw new SluiceError("cancelled", "Cancelled before it began");
      if (free > 0) free -= 1;
      else
        await new Promise<void>((resolve, reject) => {
          const give = (): void => {
            signal.removeEventListener("abort", stop);
            resolve();
          };
          const stop = (): void => {
            waiting.delete(give);
            reject(new SluiceError("cancelled", "Cancelled while it waited for a place"));
          };
          waiting.add(give);
          signal.addEventListener("abort", stop, { once: true });
        });
      return leave;
    },
  };
}
