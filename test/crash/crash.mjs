// Kills hosts at one moment of a run's journal and continues their runs in this process: `npm test` does some, the
// benchmark `crash` many.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { programs, skills } from "./programs.mjs";

const ledger = fileURLToPath(new URL("../servers/ledger.mjs", import.meta.url));
const host = fileURLToPath(new URL("../servers/crashing-host.mjs", import.meta.url));

/**
 * @typedef {{ tool: string, key: string }} Effect
 * @typedef {{ program: string, moment: string, wasKilled: boolean, problem?: string }} Crash
 */

/** @param {typeof import("../../src/index.ts").createSluice} createSluice of the build: hosts that are killed run it too */
export async function openCrashes(createSluice) {
  const folder = mkdtempSync(join(tmpdir(), "sluice-crash-"));
  const stateDir = join(folder, "state");
  const journal = join(folder, "effects");
  for (const [path, text] of Object.entries(skills)) {
    const file = join(stateDir, "skills", path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  const server = { command: process.execPath, args: [ledger, journal], trust: "internal" };
  const sluice = await createSluice({
    mcpServers: { ledger: server },
    stateDir,
    skills: { dir: join(stateDir, "skills") },
    privacy: { mode: "off" },
    sandbox: { wall: "none", guestsWarm: 2 },
  });
  let prefixes = 0;
  /** @type {Map<string, { result: string, effects: string }>} */
  const references = new Map();

  /** @returns {Effect[]} */
  const effectsOf = (/** @type {string} */ prefix) =>
    (existsSync(journal) ? readFileSync(journal, "utf8").trimEnd().split("\n") : [])
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line))
      .filter(({ key }) => key.startsWith(`${prefix}-`));

  // A person who looks whether it was done, and allows what was not.
  sluice.onQuestion((question) => {
    const keys = question.body.arguments.map((text) => JSON.parse(text).key);
    const isDone = keys.some((key) => effectsOf(key.split("-")[0]).some((one) => one.key === key));
    setImmediate(() => sluice.answer(question.id, isDone ? "deny-once" : "allow-once", "test"));
    return true;
  });

  /** What an end comes to, whatever the run's own prefix: its result, and each effect with how often it happened. */
  function toEnd(/** @type {string} */ prefix, /** @type {unknown} */ result) {
    const own = (/** @type {unknown} */ value) => JSON.stringify(value).replaceAll(`${prefix}-`, "K-");
    const effects = effectsOf(prefix).map(({ tool, key }) => `${tool} ${key.replace(/-[\da-f]{8}-.*/, "-random")}`);
    return { result: own(result), effects: own(effects.sort()) };
  }

  /** @param {string} name @param {string} moment */
  async function runHost(name, moment) {
    const prefix = `k${(prefixes += 1)}`;
    const file = join(folder, `${prefix}.ts`);
    writeFileSync(file, programs[/** @type {keyof typeof programs} */ (name)].replaceAll("K", prefix));
    const child = spawn(process.execPath, [host, stateDir, JSON.stringify(server), file, moment], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let said = "";
    child.stdout.on("data", (/** @type {Buffer} */ chunk) => (said += chunk.toString()));
    const [code, signal] = await once(child, "close");
    return { prefix, said, wasKilled: signal === "SIGKILL", code };
  }

  /** How often a program writes to its journal, and what it comes to. @param {string} name */
  async function runWhole(name) {
    const { prefix, said } = await runHost(name, "never");
    const { outcome, writes } = JSON.parse(said);
    if (outcome.status !== "completed") throw new Error(`${name} ended ${JSON.stringify(outcome.error)}`);
    references.set(name, toEnd(prefix, outcome.result));
    return Number(writes);
  }

  /** @param {string} name @param {string} moment @returns {Promise<Crash>} */
  async function crash(name, moment) {
    const { prefix, wasKilled, code, said } = await runHost(name, moment);
    const about = { program: name, moment, wasKilled };
    if (!wasKilled && code !== 0) return { ...about, problem: `the host ended with ${code}` };
    if (!wasKilled) {
      // Steps that come together are one write: a faster host writes less often, and this one was done before its moment.
      const [when, number] = moment.split(" ");
      const earlier = Math.min(Number(number) - 1, Number(JSON.parse(said).writes));
      return earlier < 1 ? { ...about, problem: "it never wrote" } : await crash(name, `${when} ${earlier}`);
    }
    const id = sluice.runs.list({ limit: 40 }).find((run) => sluice.runs.show(run.id).code.includes(`${prefix}-`))?.id;
    if (id === undefined) return { ...about, problem: "no run is kept" };
    const resumed = await sluice.resume(id);
    if (resumed.status !== "completed")
      return { ...about, problem: `resumed, it ended ${resumed.status} ${JSON.stringify(resumed.error)}` };
    const end = toEnd(prefix, resumed.result);
    const reference = references.get(name);
    if (end.result !== reference?.result) return { ...about, problem: `${end.result}, not ${reference?.result}` };
    if (end.effects !== reference.effects) return { ...about, problem: `${end.effects}, not ${reference.effects}` };
    return about;
  }

  return {
    sluice,
    names: Object.keys(programs),
    runWhole,
    crash,
    async [Symbol.asyncDispose]() {
      await sluice[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/**
 * So many moments of a run that writes so often, spread evenly; a run with fewer is killed at each more than once, which
 * is another kill: what else was under way differs.
 * @param {number} writes @param {number} count
 */
export function toMoments(writes, count) {
  const all = Array.from({ length: writes }, (_, n) => [`before ${n + 1}`, `after ${n + 1}`]).flat();
  const step = all.length / count;
  return Array.from({ length: count }, (_, n) => all[step < 1 ? n % all.length : Math.floor(n * step)] ?? "never");
}
