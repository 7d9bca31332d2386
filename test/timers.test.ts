import { expect, test } from "vitest";
import { createClock, createTimers } from "../src/sandbox/guest/world.js";
import { createChance } from "./fuzz/random.ts";

// The host rings timers in any order that its own time gives it; a program sees them in the order of their times.

type Rings = Map<number, () => void>;

function openTimers() {
  const rings: Rings = new Map();
  let last = 0;
  const clock = createClock();
  clock.start(1_000);
  const timers = createTimers(
    {
      start(_op: string, _args: object, done: (value: unknown) => void) {
        last += 1;
        rings.set(last, () => done(null));
        return last;
      },
      forget: (call: number) => expect(rings.delete(call)).toBe(true),
    } as never,
    clock,
  );
  return { timers, rings, clock };
}

function take(rings: Rings, at: number): void {
  const [call, ring] = [...rings][at] ?? [];
  if (call === undefined) return;
  rings.delete(call);
  ring?.();
}

test("those of one turn run in the order of their times, whichever the host rings first", () => {
  const { timers, rings } = openTimers();
  const order: number[] = [];
  for (const ms of [60, 5, 30, 5, 0]) timers.setTimeout((n: number) => order.push(n), ms, ms);
  while (rings.size > 0) take(rings, 0);
  expect(order).toEqual([0, 5, 5, 30, 60]);
});

test("whatever is set, cleared and rung: each runs once, in order, and the cleared ones never", () => {
  for (let seed = 1; seed <= 300; seed += 1) {
    const random = createChance(seed);
    const { timers, rings, clock } = openTimers();
    const due = new Map<number, number>();
    const ran: number[] = [];
    let cleared = 0;
    for (let step = 0; step < 120; step += 1) {
      const what = random.below(10);
      if (what < 5) {
        const ms = random.below(50);
        const id: number = timers.setTimeout(() => {
          expect(due.get(id)).toBe(Math.min(...due.values()));
          due.delete(id);
          ran.push(id);
        }, ms);
        due.set(id, clock.peek() + ms);
      } else if (what < 7) {
        const [id] = [...due.keys()].slice(random.below(due.size + 1));
        timers.clearTimeout(id);
        if (id !== undefined && due.delete(id)) cleared += 1;
      } else if (what < 9) take(rings, random.below(rings.size));
      else clock.set(clock.peek() + random.below(20));
      expect([timers.open(), rings.size]).toEqual([due.size, due.size]);
    }
    while (rings.size > 0) take(rings, random.below(rings.size));
    expect(new Set(ran).size).toBe(ran.length);
    expect(due.size).toBe(0);
    expect(ran.length + cleared).toBeGreaterThan(20);
  }
});

test("an interval goes on until it is cleared, in its own callback too", () => {
  const { timers, rings } = openTimers();
  let ticks = 0;
  const id = timers.setInterval(() => {
    ticks += 1;
    if (ticks === 5) timers.clearInterval(id);
  }, 10);
  timers.setTimeout(() => {}, 1_000);
  for (let round = 0; round < 20; round += 1) take(rings, 0);
  expect([ticks, timers.open(), rings.size]).toEqual([5, 0, 0]);
});
