import { toMessage } from "./errors.ts";
import { limits } from "./limits.ts";

/** Work that is done later, beside everything else. Dispose it: what was asked for is tried once more. */
export interface Background extends Disposable {
  /** Has it done after its time, together with what else asks for it until then. */
  ask(): void;
  /** It is not asked for any more: it was done otherwise. */
  forget(): void;
}

/**
 * Work that nobody waits for, which a full disk or another process may stand in the way of: what it throws ends nothing.
 * It is tried again after a growing pause, and `log` is told of the second failure in a row, once until it works: a lock
 * of another part of this process is gone by then. The last try may take its time.
 */
export function createBackground(
  work: (isLast: boolean) => Promise<void> | void,
  { name, ms, log }: { name: string; ms: number; log: (line: string) => void },
): Background {
  /** In a row. */
  let failures = 0;
  let timer: NodeJS.Timeout | undefined;
  let pauseMs = ms;
  let isClosed = false;

  async function attempt(isLast: boolean): Promise<void> {
    timer = undefined;
    try {
      await work(isLast);
      pauseMs = ms;
      failures = 0;
    } catch (error) {
      failures += 1;
      if (failures === 2 || (isLast && failures === 1)) log(`${name}: ${toMessage(error)}`);
      pauseMs = Math.min(pauseMs * 2, Math.max(ms, limits.backgroundMsMax));
      ask();
    }
  }

  function ask(): void {
    if (!isClosed) timer ??= setTimeout(() => void attempt(false), pauseMs).unref();
  }

  function forget(): void {
    clearTimeout(timer);
    timer = undefined;
    pauseMs = ms;
  }

  return {
    ask,
    forget,
    [Symbol.dispose]() {
      const isAsked = timer !== undefined;
      forget();
      isClosed = true;
      if (isAsked) void attempt(true);
    },
  };
}

/**
 * Does acts that nobody waits for: what one throws harms nobody, and `log` is told once until one of them works. Gives
 * whether it worked; what an act does before it first waits is done when this returns.
 */
export function createQuietly(
  name: string,
  log: (line: string) => void,
): (act: () => Promise<void> | void) => Promise<boolean> {
  let isSaid = false;
  return async (act) => {
    try {
      await act();
      isSaid = false;
      return true;
    } catch (error) {
      if (!isSaid) log(`${name}: ${toMessage(error)}`);
      isSaid = true;
      return false;
    }
  };
}
