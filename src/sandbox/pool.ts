import { SluiceError } from "../base/errors.ts";
import { createTurns } from "../base/turns.ts";
import type { Guest } from "./guest.ts";
import { warmUp } from "./warm-up.ts";

/** Guests started and warmed ahead of need, each used once, and the places for executions that run at once. */
export interface Pool extends AsyncDisposable {
  /** Starts the spare guests now, instead of with the first execution. */
  fill(): void;
  /** Waits for a place and a guest; `release` gives the place back and kills the guest. */
  take(signal: AbortSignal): Promise<{ guest: Guest; release: () => void }>;
  /** Executions running now. */
  running(): number;
}

export interface PoolOptions {
  start: () => Promise<Guest>;
  /** A guest can take a program now, and waits for one. */
  onWarm: (guest: Guest) => void;
  guestsWarm: number;
  executionsMax: number;
  queuedExecutionsMax: number;
}

/** Time after an execution began before its replacement is started: short ones are not slowed down by it. */
const REFILL_DELAY_MS = 100;
/** The same after one has ended: what waits for its outcome comes first. */
const REFILL_AFTER_END_MS = 5;
/** A guest whose turn to start came, and that has not said `ready` after this long, never will. */
const READY_MS = 15_000;

/** A guest that is started: its process is there, and then it can take a program. */
interface Spare {
  started: Promise<Guest>;
  warm: Promise<Guest>;
  /** Kills it, also while it starts. */
  stop: () => void;
}

export function createPool({ start, onWarm, guestsWarm, executionsMax, queuedExecutionsMax }: PoolOptions): Pool {
  const spare: Spare[] = [];
  const waiting: { enter: () => void; leave: (error: SluiceError) => void }[] = [];
  /** The ends of all that live. */
  const live = new Map<Spare, Promise<unknown>>();
  let running = 0;
  let closed = false;
  let refill: NodeJS.Timeout | undefined;
  let refillAt = 0;
  const turns = createTurns();
  let starts = 0;

  function startSpare(): Spare {
    const stopping = new AbortController();
    let late: NodeJS.Timeout | undefined;
    const turn = turns.take(`${++starts}`, stopping.signal);
    const started = turn.then(() => {
      late = setTimeout(stop, READY_MS);
      return start();
    });
    function stop(): void {
      stopping.abort(new SluiceError("cancelled", "Cancelled before its sandbox was started"));
      void started.then((guest) => guest.kill()).catch(() => undefined);
    }
    const warm = started
      .then(async (guest) => {
        await guest.ready;
        await warmUp(guest);
        onWarm(guest);
        return guest;
      })
      .finally(() => {
        clearTimeout(late);
        void turn.then((end) => end()).catch(() => undefined);
      });
    const entry = { started, warm, stop };
    warm.catch(() => undefined);
    const ended = started.then((guest) => guest.child.exited).catch(() => undefined);
    live.set(entry, ended);
    void ended.then(() => {
      live.delete(entry);
      const at = spare.indexOf(entry);
      if (at !== -1) spare.splice(at, 1);
    });
    return entry;
  }

  function fill(): void {
    refill = undefined;
    // Started one after the other: two at once would share what one of them needs.
    if (closed || spare.length >= guestsWarm) return;
    const entry = startSpare();
    spare.push(entry);
    entry.warm.then(
      () => scheduleFill(REFILL_AFTER_END_MS),
      // The next execution meets the same error and reports it.
      () => undefined,
    );
  }

  function scheduleFill(delayMs: number): void {
    const dueAt = performance.now() + delayMs;
    // Never put off: programs that come one after the other would keep the pool empty.
    if (closed || spare.length >= guestsWarm || (refill !== undefined && refillAt <= dueAt)) return;
    clearTimeout(refill);
    refillAt = dueAt;
    refill = setTimeout(fill, delayMs);
    refill.unref();
  }

  async function enter(signal: AbortSignal): Promise<void> {
    if (closed) throw new SluiceError("cancelled", "Sluice is closing");
    if (running < executionsMax) {
      running += 1;
      return;
    }
    if (waiting.length >= queuedExecutionsMax) {
      throw new SluiceError(
        "queuedExecutionsMax",
        `${running} executions run and ${waiting.length} wait; queuedExecutionsMax is ${queuedExecutionsMax}`,
        { hint: "Try again when one has ended" },
      );
    }
    await new Promise<void>((resolve, reject) => {
      const abort = (): void => place.leave(new SluiceError("cancelled", "Cancelled while it waited for a place"));
      const place = {
        enter: () => {
          signal.removeEventListener("abort", abort);
          resolve();
        },
        leave: (error: SluiceError) => {
          signal.removeEventListener("abort", abort);
          const at = waiting.indexOf(place);
          if (at !== -1) waiting.splice(at, 1);
          reject(error);
        },
      };
      signal.addEventListener("abort", abort, { once: true });
      waiting.push(place);
    });
  }

  function leave(): void {
    const next = waiting.shift();
    if (next === undefined) running -= 1;
    else next.enter();
  }

  async function takeGuest(signal: AbortSignal): Promise<Guest> {
    // A warmed one if there is one, else the one that is nearest to it.
    for (;;) {
      const entry = spare.shift() ?? startSpare();
      // Whoever cancels does not wait for a start.
      signal.addEventListener("abort", entry.stop, { once: true });
      // What cannot be started says so itself.
      await entry.started;
      try {
        return await entry.warm;
      } catch (error) {
        if (signal.aborted) throw new SluiceError("cancelled", "Cancelled while its sandbox started", { cause: error });
        if (spare.length === 0) {
          const message = error instanceof Error ? error.message : String(error);
          throw new SluiceError("engine_unavailable", `The sandbox did not start: ${message}`, {
            cause: error,
            hint: "Run `sluice doctor`",
          });
        }
      } finally {
        signal.removeEventListener("abort", entry.stop);
      }
    }
  }

  return {
    fill,
    running: () => running,
    async take(signal) {
      await enter(signal);
      let guest: Guest;
      try {
        guest = await takeGuest(signal);
      } catch (error) {
        leave();
        throw error;
      }
      scheduleFill(REFILL_DELAY_MS);
      let released = false;
      return {
        guest,
        release() {
          if (released) return;
          released = true;
          guest.kill();
          leave();
          scheduleFill(REFILL_AFTER_END_MS);
        },
      };
    },
    async [Symbol.asyncDispose]() {
      closed = true;
      clearTimeout(refill);
      for (const place of waiting.splice(0)) place.leave(new SluiceError("cancelled", "Sluice is closing"));
      for (const { stop } of live.keys()) stop();
      await Promise.all(live.values());
    },
  };
}
