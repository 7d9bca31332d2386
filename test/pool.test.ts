import { setMaxListeners } from "node:events";
import { availableParallelism } from "node:os";
import { expect, test } from "vitest";
import { limits } from "../src/base/limits.ts";
import type { Guest } from "../src/sandbox/guest.ts";
import { createPool } from "../src/sandbox/pool.ts";

/** A guest that is ready when it is told to be, and ends every program at once. */
function createGuest(): { guest: Guest; warm: () => void; isKilled: () => boolean } {
  let warm: () => void = () => undefined;
  let fail: (error: Error) => void = () => undefined;
  let exit: () => void = () => undefined;
  const ready = new Promise<void>((resolve, reject) => ([warm, fail] = [resolve, reject]));
  const exited = new Promise<void>((resolve) => (exit = resolve));
  let onFrame: (frame: { kind: string }) => void = () => undefined;
  let isKilled = false;
  const guest = {
    engine: "quickjs",
    ready,
    child: { exited },
    listen: (take: typeof onFrame) => (onFrame = take),
    send: () => queueMicrotask(() => onFrame({ kind: "result" })),
    kill() {
      isKilled = true;
      fail(new Error("killed"));
      exit();
    },
  };
  return { guest: guest as unknown as Guest, warm: () => warm(), isKilled: () => isKilled };
}

const startsMax = limits.startsPerCoreMax * availableParallelism();
const count = 5 * startsMax;

function openPool(): { pool: ReturnType<typeof createPool>; begun: ReturnType<typeof createGuest>[] } {
  const begun: ReturnType<typeof createGuest>[] = [];
  const pool = createPool({
    start() {
      const one = createGuest();
      begun.push(one);
      return Promise.resolve(one.guest);
    },
    onWarm: () => undefined,
    guestsWarm: 0,
    executionsMax: count,
    queuedExecutionsMax: 0,
  });
  return { pool, begun };
}

/** One for all: Node warns of more than ten who listen. */
function createController(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
}

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

test("as many guests are started at once as startsPerCoreMax says, and all come to their turn", async () => {
  const { pool, begun } = openPool();
  await using _ = pool;
  const { signal } = createController();
  const all = Promise.all(Array.from({ length: count }, () => pool.take(signal)));
  for (let warm = 0; warm < count; warm += startsMax) {
    await settle();
    expect(begun).toHaveLength(warm + startsMax);
    for (const one of begun.slice(warm)) one.warm();
  }
  const places = await all;
  expect(new Set(places.map(({ guest }) => guest)).size).toBe(count);
  expect(pool.running()).toBe(count);
  for (const { release } of places) release();
  expect(begun.every(({ isKilled }) => isKilled())).toBe(true);
});

test("who is cancelled before that starts nothing and gives back the place, and so does the end", async () => {
  const { pool, begun } = openPool();
  const first = createController();
  const later = createController();
  const started = Array.from({ length: startsMax }, () => pool.take(first.signal));
  const waiting = Array.from({ length: 3 }, () => pool.take(later.signal));
  await settle();
  later.abort();
  for (const one of waiting) await expect(one).rejects.toMatchObject({ code: "cancelled" });
  expect(pool.running()).toBe(startsMax);
  const last = pool.take(first.signal);
  const ends = [...started, last].map((one) => expect(one).rejects.toMatchObject({ code: expect.any(String) }));
  await settle();
  await pool[Symbol.asyncDispose]();
  await Promise.all(ends);
  expect(begun).toHaveLength(startsMax);
  expect(begun.every(({ isKilled }) => isKilled())).toBe(true);
});
