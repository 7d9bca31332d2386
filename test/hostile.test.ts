import { readdir, readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import type { JsonObject } from "../src/base/json.ts";
import type { ExecutionResult } from "../src/runtime/outcome.ts";
import { classes } from "./hostile/classes.ts";
import type { HostileClass, HostileProgram } from "./hostile/program.ts";
import { type Planted, plantSecrets, spellingsOf } from "./hostile/secrets.ts";
import { type House, openHouse, zooServer } from "./house.ts";
import { descendantsOf } from "./processes.ts";
import { requires } from "./require.ts";
import { watchStall } from "./stall.ts";

// Hostile programs, by class, against a whole Sluice with secrets planted around it. After each: the host lives and runs
// the next program right, no secret is in what came back, nobody called on the loopback server, nothing outside the
// workspace changed, no process stays, and the program ended within its limit.

const TIMEOUT_MS = 5_000;
/** Waiting for a guest and for its end, on a machine that is busy with other tests. */
const GRACE_MS = 8_000;
/** What a class may hold the event loop up: twice what was seen. `npm run bench` measures it alone on the machine. */
const STALL_MS = 500;
const guestFolder = fileURLToPath(new URL("../src/sandbox/guest/", import.meta.url));

/** Classes whose programs need the workspace, or the order, for themselves. */
const ALONE = new Set(["files", "persistence", "memory"]);

/** The reaper comes with the first child, and goes with this process. */
beforeAll(async () => {
  const house = await openHouse();
  await house.run("return 1");
  await house[Symbol.asyncDispose]();
});

async function openField(sandbox: JsonObject) {
  const planted = await plantSecrets();
  const zoo = { ...zooServer(), env: { ZOO_KEY: planted.secrets.get("the config's variables") ?? "" } };
  const house = await openHouse({
    mcpServers: { zoo },
    policy: { tools: { "zoo.delete": "deny" } },
    sandbox: {
      ...sandbox,
      timeoutMs: TIMEOUT_MS,
      cpuMs: 600,
      memoryMb: 192,
      callsMax: 1_000,
      resultBytesMax: 33_554_432,
      workspaceBytesMax: 4_000_000,
      workspaceFilesMax: 120,
      fileBytesMax: 2_000_000,
      // A name that leads to this machine: what is left is the check of the address.
      network: { allow: [`${hostname().toLowerCase()}:${planted.port}`] },
    },
  });
  await planted.plantBeside(house.stateDir);
  return { house, planted };
}

/** What is wrong with how a program ended; nothing if it was held. */
async function judge(
  { ends }: HostileProgram,
  outcome: ExecutionResult,
  planted: Planted,
  house: House,
): Promise<string[]> {
  const wrong: string[] = [];
  const { status, result, error, spilled } = outcome;
  const how = status === "completed" ? "completed" : (error?.code ?? status);
  if (ends === "held" && result !== "held") wrong.push(`it was not held: ${how} ${JSON.stringify(result ?? error)}`);
  if (Array.isArray(ends) && !ends.includes(how))
    wrong.push(`it ended by ${how} ${JSON.stringify(result ?? error)?.slice(0, 300)}`);
  if (how === "internal") wrong.push(`it met a defect of the host: ${error?.message}`);
  const said = typeof result === "string" ? result : (error?.message ?? "");
  if (/^(The program threw )?LANDED/.test(said)) wrong.push(said.slice(0, 500));
  let told = JSON.stringify({ ...outcome, stats: null });
  for (const path of spilled ?? [])
    told += await readFile(join(house.workspace, path.replace("./workspace/", "")), "latin1").catch(() => "");
  for (const [where, secret] of planted.secrets)
    if (spellingsOf(secret).some((spelling) => told.includes(spelling))) wrong.push(`it told the secret of ${where}`);
  for (const path of [guestFolder, join(house.stateDir, "workspaces"), process.execPath])
    if (told.includes(path)) wrong.push(`it told a path of the machine: ${path}`);
  if (outcome.stats.durationMs > TIMEOUT_MS + GRACE_MS) wrong.push(`it took ${outcome.stats.durationMs} ms`);
  return wrong;
}

async function attack(sandbox: JsonObject, name: string, programs: HostileClass): Promise<void> {
  const before = descendantsOf(process.pid);
  const { house, planted } = await openField(sandbox);
  const wrong: string[] = [];
  try {
    const fingerprint = await planted.fingerprint();
    const waiting = Object.entries(programs);
    const work = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const [program, each] = next;
        const outcome = await house.run(planted.fill(each.code));
        const found = await judge(each, outcome, planted, house);
        if (planted.visits() > 0) found.push("somebody called on the loopback server");
        if ((await planted.fingerprint()) !== fingerprint) found.push("something outside the workspace changed");
        if (outcome.status === "killed") {
          const { result } = await house.run("return 6 * 7");
          if (result !== 42) found.push(`the next program returned ${JSON.stringify(result)}`);
        }
        wrong.push(...found.map((what) => `${program}: ${what}`));
      }
    };
    // The server is asked for its tools once: not the first program's time.
    await house.run("return await zoo.echo({})");
    const stall = watchStall();
    await Promise.all(ALONE.has(name) ? [work()] : [work(), work()]);
    const stallMs = stall.stop();
    const outside = (await readdir(house.workspace)).filter((entry) => /secret|stolen/.test(entry));
    if (outside.length > 0) wrong.push(`the workspace holds ${outside}`);
    if ((await house.run("return 6 * 7")).result !== 42) wrong.push("the last program was not right");
    if (stallMs > STALL_MS) wrong.push(`the event loop was held up for ${stallMs} ms`);
  } finally {
    await planted[Symbol.asyncDispose]();
    await house[Symbol.asyncDispose]();
  }
  const left = descendantsOf(process.pid).filter((pid) => !before.includes(pid));
  if (left.length > 0) wrong.push(`processes that stay: ${left.join(", ")}`);
  expect(wrong).toEqual([]);
}

/** One engine behind one wall, with every how many-eth program of a class it gets; `0`: none, unless all are asked for. */
const cells: { name: string; needs?: string[]; sandbox: JsonObject; each: number }[] = [
  { name: "deno without a wall", sandbox: { engine: "deno", wall: "none" }, each: 8 },
  { name: "quickjs without a wall", sandbox: { engine: "quickjs", wall: "none" }, each: 24 },
  { name: "deno behind bwrap", needs: ["bwrap"], sandbox: { engine: "deno", wall: "bwrap" }, each: 24 },
  { name: "quickjs behind bwrap", needs: ["bwrap"], sandbox: { engine: "quickjs", wall: "bwrap" }, each: 0 },
  ...["deno", "quickjs"].flatMap((engine) =>
    ["runc", "runsc"].map((runtime) => ({
      name: `${engine} behind podman with ${runtime}`,
      needs: ["podman", runtime],
      sandbox: { engine, wall: "container", container: { runtime } },
      each: 0,
    })),
  ),
];

// All of them in every cell takes hours: SLUICE_TEST_HOSTILE=all, and `-t` with a cell's name.
const isWhole = process.env["SLUICE_TEST_HOSTILE"] === "all";
for (const { name: cell, needs = [], sandbox, each } of cells) {
  const rate = isWhole ? 1 : each;
  if (rate === 0) continue;
  describe.runIf(requires(...needs))(cell, () => {
    test.each(Object.keys(classes))(
      "%s",
      (name) => {
        const programs = Object.entries(classes[name] as HostileClass).filter((_, at) => at % rate === 0);
        return attack(sandbox, name, Object.fromEntries(programs));
      },
      1_800_000,
    );
  });
}

test("there are more than 200 programs in at least 15 classes", () => {
  expect(Object.keys(classes).length).toBeGreaterThanOrEqual(15);
  expect(Object.values(classes).flatMap((programs) => Object.keys(programs)).length).toBeGreaterThan(200);
});
