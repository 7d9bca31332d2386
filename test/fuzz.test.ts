import { hostname } from "node:os";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { toActs } from "./fuzz/frames.ts";
import { toProgram } from "./fuzz/programs.ts";
import { type Planted, plantSecrets, spellingsOf } from "./hostile/secrets.ts";
import { type GuestBed, openGuestBed } from "./hostile-guest.ts";
import { type House, openHouse, zooServer } from "./house.ts";

// Programs and frames out of chance: short here, long by `npm run fuzz`, which sets the variables below. What fails is
// printed with its seed; `npm run fuzz -- --seed SEED` begins with it.

const minutes = Number(process.env["SLUICE_FUZZ_MINUTES"] ?? 1 / 3);
const what = process.env["SLUICE_FUZZ_WHAT"];
const engine = process.env["SLUICE_FUZZ_ENGINE"] ?? "deno";
/** Another one every day, so that the short runs of many days are a long one. */
const firstSeed = Number(process.env["SLUICE_FUZZ_SEED"] ?? Math.floor(Date.now() / 86_400_000) * 1_000_000);
const budgetMs = minutes * 60_000;
const TIMEOUT_MS = 1_500;
/** Waiting for a guest and for its end, on a machine that is busy with other tests. */
const GRACE_MS = 8_000;

/** Runs seed after seed until the time is over, or one fails; answers how many there were. */
async function untilOver(act: (seed: number) => Promise<void>, shown: (seed: number) => string): Promise<number> {
  const end = performance.now() + budgetMs;
  let count = 0;
  for (let seed = firstSeed; performance.now() < end; seed += 1) {
    count += 1;
    try {
      await act(seed);
    } catch (error) {
      process.stderr.write(`\nseed ${seed} fails: npm run fuzz -- --seed ${seed}\n${shown(seed)}\n`);
      throw error;
    }
  }
  process.stderr.write(`fuzz: ${count} from seed ${firstSeed}\n`);
  return count;
}

describe.runIf(what === undefined || what === "programs")("programs out of chance", () => {
  let house: House;
  let planted: Planted;
  beforeAll(async () => {
    planted = await plantSecrets();
    house = await openHouse({
      mcpServers: { zoo: { ...zooServer(), env: { ZOO_KEY: planted.secrets.get("the config's variables") ?? "" } } },
      policy: { tools: { "zoo.delete": "deny" } },
      sandbox: {
        engine,
        timeoutMs: TIMEOUT_MS,
        cpuMs: 400,
        memoryMb: 192,
        workspaceBytesMax: 5_000_000,
        workspaceFilesMax: 200,
        network: { allow: [`${hostname().toLowerCase()}:${planted.port}`] },
      },
    });
    await planted.plantBeside(house.stateDir);
    // The server is asked for its tools once, and a guest is started: neither is the first program's time.
    await house.run("return await zoo.echo({})");
  });
  afterAll(async () => {
    await planted[Symbol.asyncDispose]();
    await house[Symbol.asyncDispose]();
  });

  test(
    "leave the host alive, what is outside as it was, and the next program right",
    async () => {
      const fingerprint = await planted.fingerprint();
      const count = await untilOver(
        async (seed) => {
          const outcome = await house.run(planted.fill(toProgram(seed)));
          expect(["completed", "failed", "killed"]).toContain(outcome.status);
          expect(outcome.error?.code).not.toBe("internal");
          expect(outcome.stats.durationMs).toBeLessThan(TIMEOUT_MS + GRACE_MS);
          const told = JSON.stringify(outcome);
          for (const [where, secret] of planted.secrets)
            expect([where, spellingsOf(secret).filter((spelling) => told.includes(spelling))]).toEqual([where, []]);
          expect(planted.visits()).toBe(0);
          expect(await planted.fingerprint()).toBe(fingerprint);
          if (outcome.status === "killed" || seed % 10 === 0)
            expect(await house.run("return 6 * 7")).toMatchObject({ status: "completed", result: 42 });
        },
        (seed) => planted.fill(toProgram(seed)),
      );
      expect(count).toBeGreaterThan(0);
    },
    budgetMs + 60_000,
  );
});

describe.runIf(what === undefined || what === "frames")("frames out of chance", () => {
  let bed: GuestBed;
  const prototypes = [Object.prototype, Array.prototype, Function.prototype, Promise.prototype, Map.prototype];
  const ownKeys = prototypes.map((each) => Reflect.ownKeys(each).length);
  beforeAll(async () => {
    bed = await openGuestBed();
  });
  afterAll(() => bed[Symbol.asyncDispose]());

  test(
    "end their own execution and nothing else",
    async () => {
      const count = await untilOver(
        async (seed) => {
          const end = await bed.run(toActs(seed), { limits: { timeoutMs: 400 } });
          expect(["completed", "failed", "killed"]).toContain(end.status);
          expect(end.error?.code).not.toBe("internal");
          expect(JSON.stringify(end).length).toBeLessThan(400_000);
          expect(end.called.length).toBeLessThanOrEqual(50);
          expect(prototypes.map((each) => Reflect.ownKeys(each).length)).toEqual(ownKeys);
        },
        (seed) => JSON.stringify(toActs(seed)).slice(0, 20_000),
      );
      expect(count).toBeGreaterThan(0);
    },
    budgetMs + 60_000,
  );
});
