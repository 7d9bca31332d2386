import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { isJsonObject, type Json, type JsonObject } from "../src/base/json.ts";
import { openHouse } from "./house.ts";

// Many programs at once over a real server that fails in every way that servers fail.

const flaky = fileURLToPath(new URL("servers/flaky.mjs", import.meta.url));
let folder: string;
let journal: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-load-"));
  journal = join(folder, "calls");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const serverOf = (percent: number, more: JsonObject = {}): JsonObject => ({
  command: process.execPath,
  args: [flaky, journal, String(percent), "7"],
  callMs: 1_500,
  ...more,
});

const PROGRAMS = 20;
const CALLS = 500;

/** One of them; what it did: keys by how they ended, and when each call ended. */
const program = (name: number): string => `
  // All begin together: guests start one after the other.
  await fs.promises.writeFile("./workspace/ready-${name}", "");
  while ((await fs.promises.readdir("./workspace")).filter((file) => file.startsWith("ready-")).length < ${PROGRAMS})
    await new Promise((resolve) => setTimeout(resolve, 200));
  const tools = [flaky.read, flaky.put, flaky.add];
  const seen = { done: [] as string[], failed: [] as [string, string][], times: [] as number[] };
  const keys = Array.from({ length: ${CALLS} }, (_, n) => "p${name}-" + n);
  await Promise.all(Array.from({ length: 10 }, async () => {
    for (let key = keys.shift(); key !== undefined; key = keys.shift()) {
      const at = Number(key.split("-")[1]);
      try {
        const answer = await tools[at % 3]({ key });
        if (answer !== key) throw new Error("the answer of " + key + " is " + answer);
        seen.done.push(key);
      } catch (error) { seen.failed.push([key, error.code ?? error.message]); }
      seen.times.push(Date.now());
    }
  }));
  return seen;`;

interface Seen {
  done: string[];
  failed: [string, string][];
  times: number[];
}

test("10,000 calls of 20 programs with 20 % faults: none lost, none doubled, everybody served alike", async () => {
  await using house = await openHouse({
    mcpServers: { flaky: serverOf(20) },
    privacy: { mode: "off" },
    // A crash fails forty calls at once, which may open the breaker: it has a test of its own below.
    policy: { limits: { flaky: { inFlight: 40 } }, breaker: { callsMin: 100_000 } },
    sandbox: { executionsMax: PROGRAMS, timeoutMs: 600_000, resultBytesMax: 10_000_000, previewBytes: 1_000_000 },
  });
  await house.run("return 1");
  const outcomes = await Promise.all(
    Array.from({ length: PROGRAMS }, (_, name) => house.run(program(name), { answerMs: 600_000 })),
  );
  const seen = outcomes.map(({ status, result, error }) => {
    expect([status, error]).toEqual(["completed", undefined]);
    return toSeen(result);
  });

  // Every call ended, once, and what came back is its own.
  const ended = seen.flatMap(({ done, failed }) => [...done, ...failed.map(([key]) => key)]);
  expect(new Set(ended).size).toBe(PROGRAMS * CALLS);
  expect(ended).toHaveLength(PROGRAMS * CALLS);
  const effects = new Map<string, number>();
  for (const line of readFileSync(journal, "utf8").trimEnd().split("\n"))
    effects.set(line, (effects.get(line) ?? 0) + 1);
  // What a program was told is done has been done.
  for (const key of seen.flatMap(({ done }) => done))
    expect(effects.has(`${["read", "put", "add"][Number(key.split("-")[1]) % 3]} ${key}`)).toBe(true);
  // What may not be repeated was not, whatever its answer.
  expect([...effects].filter(([line, times]) => line.startsWith("add ") && times > 1)).toEqual([]);
  // What may be was, so almost all of it ended well.
  const failedOf = (which: number): number =>
    seen.flatMap(({ failed }) => failed).filter(([key]) => Number(key.split("-")[1]) % 3 === which).length;
  expect(failedOf(0) + failedOf(1)).toBeLessThan(0.05 * PROGRAMS * CALLS);
  expect(failedOf(2)).toBeGreaterThan(0.03 * PROGRAMS * CALLS);
  expect(outcomes.reduce((sum, { stats }) => sum + (stats.retries ?? 0), 0)).toBeGreaterThan(0.1 * PROGRAMS * CALLS);

  // Fair: when half of all calls had ended, each program had had its share, within a tenth of the whole.
  const half = seen.flatMap(({ times }) => times).sort((a, b) => a - b)[(PROGRAMS * CALLS) / 2] as number;
  const shares = seen.map(({ times }) => times.filter((time) => time <= half).length / CALLS);
  expect(Math.max(...shares) - Math.min(...shares)).toBeLessThan(0.2);
}, 600_000);

test("a server that is down is left alone, and is there again when it works", async () => {
  await using house = await openHouse({
    mcpServers: { flaky: serverOf(0) },
    policy: { retry: { attempts: 1 }, breaker: { callsMin: 10, openMs: 5_000 } },
  });
  const down = await house.run(`
    await flaky.faults({ percent: 100 });
    const codes: string[] = [];
    for (let n = 0; n < 60; n += 1) await flaky.add({ key: "k" + n }).catch((error) => codes.push(error.code));
    return codes;`);
  const codes = down.result as string[];
  expect(codes.slice(0, 9)).not.toContain("circuit_open");
  expect(codes.filter((code) => code === "circuit_open").length).toBeGreaterThan(20);
  expect(down.stats.breakers).toMatchObject({ flaky: { state: "open" } });
  expect(house.sluice.servers()).toMatchObject([{ key: "flaky", breaker: { state: "open" } }]);
  // The server is mended by hand: its own door is closed.
  const mended = await house.run(`
    for (let n = 0; n < 200; n += 1) {
      try { return await flaky.faults({ percent: 0 }); } catch { await new Promise((r) => setTimeout(r, 100)); }
    }`);
  expect(mended.result).toBe("set");
  const up = await house.run('return await Promise.all([1, 2, 3].map((n) => flaky.add({ key: "up" + n })))');
  expect(up.result).toEqual(["up1", "up2", "up3"]);
  expect(up.stats.breakers).toBeUndefined();
  expect(house.sluice.servers()[0]).not.toHaveProperty("breaker");
});

test("a greedy program does not keep others waiting", async () => {
  await using house = await openHouse({
    mcpServers: { flaky: serverOf(0) },
    policy: { limits: { flaky: { perSecond: 40, burst: 1 } } },
  });
  await house.run("return 1");
  const greedy = house.run('await Promise.all(Array.from({ length: 200 }, (_, n) => flaky.read({ key: "g" + n })))');
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const since = performance.now();
  const modest = await house.run('for (let n = 0; n < 10; n += 1) await flaky.read({ key: "m" + n }); return "ok"');
  // Every second turn is its own, one at a time: 0.5 s and its start, not the 4 s that the greedy one still takes.
  expect(modest.result).toBe("ok");
  expect(performance.now() - since).toBeLessThan(3_000);
  expect((await greedy).status).toBe("completed");
});

test("what cannot have its turn in time is refused at once, and can be caught", async () => {
  await using house = await openHouse({
    mcpServers: { flaky: serverOf(0) },
    policy: { limits: { "flaky.read": { perSecond: 1, burst: 1 } } },
  });
  const { result, status } = await house.run(
    `const calls = Array.from({ length: 30 }, (_, n) => flaky.read({ key: "k" + n }).then(() => "done", (error) => error.code));
     const first = await Promise.race([calls[29], new Promise((r) => setTimeout(r, 10_000, "late"))]);
     return [first, ...(await Promise.all(calls.slice(0, 2)))];`,
    { limits: { timeoutMs: 20_000 } },
  );
  // Its turn would come after 28 seconds.
  expect([status, result]).toEqual(["completed", ["rate_limited", "done", "done"]]);
});

function toSeen(result: Json | undefined): Seen {
  if (!isJsonObject(result)) expect.unreachable(JSON.stringify(result)?.slice(0, 300));
  return result as unknown as Seen;
}
