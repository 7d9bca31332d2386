import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Crash, openCrashes, toMoments } from "./crash/crash.mjs";
import { programs } from "./crash/programs.mjs";
import { compareReplays } from "./crash/racy.mjs";

// Hosts that are killed run the build, and so does the one that goes on with their runs: another runner would refuse.
const { createSluice } = (await import(
  new URL("../dist/index.js", import.meta.url).href
)) as typeof import("../src/index.ts");

const KILLS = 100;
const REPLAYS = 40;
const names = Object.keys(programs);

let site: Awaited<ReturnType<typeof openCrashes>>;
const crashes = new Map<string, Crash[]>();

beforeAll(async () => {
  site = await openCrashes(createSluice);
  // Two at a time: each host waits for its children half of the time.
  const left = [...names];
  await Promise.all(
    [1, 2].map(async () => {
      for (let name = left.shift(); name !== undefined; name = left.shift()) {
        const writes = await site.runWhole(name);
        const own: Crash[] = [];
        crashes.set(name, own);
        for (const moment of toMoments(writes, KILLS / names.length)) own.push(await site.crash(name, moment));
      }
    }),
  );
}, 900_000);
afterAll(() => site[Symbol.asyncDispose]());

describe("a host that is killed at a step of its journal", () => {
  test.each(names)("%s comes to the same, and each effect happens once", (name) => {
    const own = crashes.get(name) ?? [];
    expect(own.filter(({ problem }) => problem !== undefined)).toEqual([]);
    expect(own.every(({ wasKilled }) => wasKilled)).toBe(true);
    expect(own).toHaveLength(KILLS / names.length);
  });
});

test("programs that race are replayed as they ran", async () => {
  const { programs: compared, different } = await compareReplays({
    ...{ sluice: site.sluice, from: 0, to: REPLAYS, lanes: 4 },
  });
  expect(compared).toBe(REPLAYS);
  expect(different).toEqual([]);
});
