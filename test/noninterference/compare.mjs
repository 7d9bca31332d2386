// Runs programs over two worlds that are alike, and compares everything that a model would see of them.
import crypto from "node:crypto";
import { writeFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { makeProgram } from "./programs.mjs";
import { makeWorld } from "./worlds.mjs";

const server = fileURLToPath(new URL("../servers/people.mjs", import.meta.url));

/** Differences that are told when they are found: one is often the cause of those after it. */
const SHOWN = 5;

/**
 * What is the same for both worlds by definition: the clock, the seed of each execution, and that an outcome waits for its
 * type check, however busy the machine is.
 * @param {any} limits
 */
export function holdStill(limits) {
  Object.assign(limits, { typeCheckAloneMs: 120_000, typeCheckMs: 120_000 });
  const now = Date.UTC(2026, 0, 1);
  Date.now = () => now;
  crypto.randomFillSync = /** @type {any} */ ((/** @type {Uint32Array} */ target) => target.fill(0x5eed));
  syncBuiltinESMExports();
}

/**
 * Programs `from` to `to`, each over both worlds, in one Sluice per world: what one program leaves behind, the next finds.
 * @param {{ createSluice: any, folder: string, from: number, to: number, program?: (seed: number) => string, say?: (text: string) => void }} options
 * @returns {Promise<{ programs: number, statuses: Record<string, number>, differences: { seed: number, code: string, a: string, b: string }[] }>}
 */
export async function compareWorlds({ createSluice, folder, from, to, program = makeProgram, say = () => undefined }) {
  const worlds = [];
  for (const name of /** @type {const} */ (["a", "b"])) {
    writeFileSync(join(folder, `${name}-hr.json`), JSON.stringify(makeWorld(name)));
    writeFileSync(join(folder, `${name}-crm.json`), "{}");
    const entry = (/** @type {string} */ key) => ({
      command: process.execPath,
      args: [server, join(folder, `${name}-${key}.json`)],
    });
    const config = {
      mcpServers: { hr: entry("hr"), crm: entry("crm") },
      stateDir: join(folder, `${name}-state`),
      sandbox: { wall: "none", guestsWarm: 0 },
    };
    // Alone: its outcomes wait for the type check, whose warnings are part of what is compared.
    const sluice = await createSluice(config, { alone: true });
    // A person who always says the same.
    sluice.onQuestion((/** @type {any} */ { id, tool }) => {
      sluice.answer(id, tool.endsWith("note") ? "allow-once" : "deny-once", "bench");
      return true;
    });
    worlds.push(sluice);
  }
  const [a, b] = worlds;
  /** @type {Record<string, number>} */
  const statuses = {};
  const differences = [];
  try {
    for (let seed = from; seed < to; seed += 1) {
      const code = program(seed);
      const [inA, inB] = await Promise.all([see(a, code), see(b, code)]);
      statuses[JSON.parse(inA).status] = (statuses[JSON.parse(inA).status] ?? 0) + 1;
      if (inA !== inB) {
        differences.push({ seed, code, a: inA, b: inB });
        if (differences.length <= SHOWN)
          say(`seed ${seed}\n${code}\n  ${inA.slice(0, 2_000)}\n  ${inB.slice(0, 2_000)}`);
      }
      if ((seed - from) % 100 === 99) say(`${seed - from + 1} programs, ${differences.length} differences`);
    }
    const [modulesA, modulesB] = await Promise.all(
      [a, b].map((one) => one.searchTools("", { server: "hr", detail: "full", limit: 50 })),
    );
    if (JSON.stringify(modulesA) !== JSON.stringify(modulesB))
      differences.push({ seed: -1, code: "searchTools", a: JSON.stringify(modulesA), b: JSON.stringify(modulesB) });
  } finally {
    for (const sluice of worlds) await sluice[Symbol.asyncDispose]();
  }
  return { programs: to - from, statuses, differences };
}

/** All that a model sees of one execution; ids, stats and what only time decides are outside. @param {any} sluice @param {string} code */
async function see(sluice, code) {
  const { executionId, stats: _, spilled, warnings = [], ...outcome } = await sluice.executeCode(code);
  // Which calls that go on together had not come back when the program ended is a matter of time.
  const lasting = warnings.filter((/** @type {any} */ { code }) => code !== "unawaited_call" && code !== "open_call");
  // Its own id, and those of programs that it is like.
  return JSON.stringify({ ...outcome, spilled, warnings: lasting })
    .replaceAll(executionId, "run")
    .replace(/run_[\da-f]{10}/g, "run");
}
