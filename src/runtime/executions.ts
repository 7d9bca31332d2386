import { inTime } from "../base/in-time.ts";
import { limits } from "../base/limits.ts";
import type { ExecutionResult, LogEntry, RunProgress } from "./outcome.ts";
import type { WaitOptions } from "./sluice.ts";

/** One execution while it runs and while its outcome is kept. */
export interface RunningExecution {
  id: string;
  /** Settles with the outcome; never rejects. */
  result: Promise<ExecutionResult>;
  /** What it has printed and done so far, as an outcome `running`. */
  snapshot(): Promise<ExecutionResult>;
  /** Resolves when it waits for a person who is not asked here; until then, and after, it may wait for others. */
  paused: () => Promise<void>;
  /** `mayGoOn`: not because somebody does not want it any more. */
  cancel(code: "cancelled" | "parkMs" | "parkedMax", message: string, mayGoOn?: boolean): void;
  /** Resolves when no call is under way whose answer would be lost, and after a bounded time. */
  settled(): Promise<unknown>;
  /** Calls the listener with what is printed and reported, until the returned function is called. */
  listen(listener: (entry: LogEntry, progress?: RunProgress) => void): () => void;
}

/** Executions that run, that wait for `resume`, and the outcomes of those that ended. */
export interface Executions {
  /** Waits for it until its end, `answerMs` or the signal (which cancels it). */
  wait(execution: RunningExecution, options: WaitOptions): Promise<ExecutionResult>;
  find(id: string): RunningExecution | undefined;
  /** Whether its outcome was given to somebody. */
  wasTold(id: string): boolean;
  add(execution: RunningExecution): void;
  /** Cancels all and waits for their ends. */
  close(): Promise<void>;
}

interface Entry {
  execution: RunningExecution;
  ended: boolean;
  waiters: number;
  wasTold: boolean;
  /** Ends the parking: running executions are killed then, outcomes forgotten. */
  timer?: NodeJS.Timeout;
}

export function createExecutions({ parkMs, parkedMax }: { parkMs: number; parkedMax: number }): Executions {
  const entries = new Map<string, Entry>();

  function park(entry: Entry): void {
    clearTimeout(entry.timer);
    const parked = [...entries.values()].filter(
      ({ ended, waiters, timer }) => !ended && waiters === 0 && timer !== undefined,
    );
    if (!entry.ended && parked.length >= parkedMax) {
      return entry.execution.cancel(
        "parkedMax",
        `${parked.length} executions are parked already; parkedMax is ${parkedMax}`,
        true,
      );
    }
    entry.timer = setTimeout(() => {
      if (entry.ended) entries.delete(entry.execution.id);
      else
        void entry.execution.settled().then(() => {
          if (entry.waiters === 0)
            entry.execution.cancel("parkMs", `Nobody resumed the execution for ${parkMs} ms (parkMs)`, true);
        });
    }, parkMs);
    entry.timer.unref();
  }

  /** Forgets the oldest outcomes past the bound. */
  function trim(): void {
    const ended = [...entries].filter(([, entry]) => entry.ended && entry.waiters === 0);
    for (const [id, { timer }] of ended.slice(0, Math.max(0, ended.length - limits.outcomesKeptMax))) {
      clearTimeout(timer);
      entries.delete(id);
    }
  }

  return {
    add(execution) {
      const entry: Entry = { execution, ended: false, waiters: 0, wasTold: false };
      // One that goes on takes the place of its earlier part.
      clearTimeout(entries.get(execution.id)?.timer);
      entries.set(execution.id, entry);
      void execution.result.then(() => {
        entry.ended = true;
        park(entry);
        trim();
      });
    },
    find: (id) => entries.get(id)?.execution,
    wasTold: (id) => entries.get(id)?.wasTold === true,
    async wait(execution, { signal, answerMs, onProgress }) {
      const entry = entries.get(execution.id);
      if (entry !== undefined) {
        entry.waiters += 1;
        clearTimeout(entry.timer);
        delete entry.timer;
      }
      const cancel = (): void => execution.cancel("cancelled", "The execution was cancelled");
      const stopListening =
        onProgress === undefined ? undefined : execution.listen(({ text }, progress) => onProgress(text, progress));
      try {
        if (signal?.aborted) cancel();
        signal?.addEventListener("abort", cancel, { once: true });
        const ended = Promise.race([execution.result, execution.paused()]);
        const result = answerMs === undefined ? await ended : await inTime(ended, answerMs);
        if (entry?.ended === true) entry.wasTold = true;
        return result ?? (await execution.snapshot());
      } finally {
        stopListening?.();
        signal?.removeEventListener("abort", cancel);
        if (entry !== undefined) {
          entry.waiters -= 1;
          if (entry.waiters === 0) park(entry);
        }
      }
    },
    async close() {
      await Promise.all(
        [...entries.values()].map(async ({ execution, timer }) => {
          clearTimeout(timer);
          await execution.settled();
          execution.cancel("cancelled", "Sluice is closing", true);
          await execution.result;
        }),
      );
      for (const { timer } of entries.values()) clearTimeout(timer);
      entries.clear();
    },
  };
}
