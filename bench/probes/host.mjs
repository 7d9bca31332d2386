// A host process of its own for one system under probe: it opens the system, runs the programs that it is told to, and
// says what it saw after every step, so that the process above knows how far it came when it stops answering.
import { createServer } from "node:http";
import { readFileSync } from "node:fs";
import { pause } from "../parts/processes.mjs";
import { watchStalls } from "../parts/stall.mjs";
import { probes, PATIENT_MS, MEMORY_MB } from "./programs.mjs";

/**
 * A system under probe.
 * @typedef {object} System
 * @property {(code: string) => Promise<import("./verdicts.mjs").Ran>} run with the time limit it was opened with
 * @property {(tool: string) => string} toCall how a program names a tool
 * @property {() => Promise<void>} [settle] until it is ready for the next program
 * @property {() => boolean} [isIdle] whether every tool call has ended
 * @property {() => Promise<void>} [ping] an answer of the host, where that is another process
 * @property {() => Promise<void>} close
 */

/**
 * What a system is opened with.
 * @typedef {object} Ground
 * @property {string} folder of its packages
 * @property {Record<string, unknown>} options of the system
 * @property {number} timeoutMs
 * @property {number} memoryMb
 * @property {boolean} isCold with nothing started ahead
 */

const NEXT_MS = 5_000;
const BESIDE_AFTER_MS = 100;
const WARM_UP = 3;

/** @type {{ module: string, folder: string, options: Record<string, unknown>, probes: string[], file: string, env: string }} */
const told = JSON.parse(process.argv[2] ?? "{}");
const secret = readFileSync(told.file, "utf8");
// Who asked has gone.
process.once("disconnect", () => process.exit(1));
let hits = 0;
const server = createServer((_, response) => {
  hits += 1;
  response.end(secret);
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
const url = `http://127.0.0.1:${/** @type {import("node:net").AddressInfo} */ (server.address()).port}/`;

/** @type {{ open: (ground: Ground) => Promise<System> }} */
const { open } = await import(told.module);
/** @type {{ system: System, timeoutMs: number } | undefined} */
let opened;
for (const name of told.probes) {
  const probe = probes.find((probe) => probe.name === name);
  if (probe !== undefined) await examine(probe);
}
await opened?.system.close();
say({ kind: "done" });
process.exit(0);

/** @param {import("./programs.mjs").Probe} probe */
async function examine(probe) {
  say({ kind: "opening", probe: probe.name });
  const timeoutMs = probe.timeoutMs ?? PATIENT_MS;
  // One system per time limit, since most take it when they are opened.
  if (opened === undefined || opened.timeoutMs !== timeoutMs || probe.isCold === true) {
    await opened?.system.close();
    const isCold = probe.isCold === true;
    opened = {
      system: await open({ folder: told.folder, options: told.options, timeoutMs, memoryMb: MEMORY_MB, isCold }),
      timeoutMs: isCold ? Number.NaN : timeoutMs,
    };
  }
  const { system } = opened;
  const codes = probe.codes.map((code) => toCode(code, system));
  if (probe.isCold !== true) for (let run = 0; run < WARM_UP; run += 1) await ready(system, "return 1;");
  await system.settle?.();
  const watch = await startWatch(system);
  hits = 0;
  say({ kind: "started", probe: probe.name });
  await pause(30);
  /** @type {import("./verdicts.mjs").Ran[]} */
  const ran = [];
  const times = [];
  let besides = {};
  for (let round = 0; round < (probe.repeat ?? 1); round += 1) {
    for (const code of codes) {
      if (round > 0) await system.settle?.();
      const begin = performance.now();
      const running = system.run(code);
      if (probe.beside !== undefined) besides = await runBeside(system, probe.beside);
      ran.push(await running);
      times.push(performance.now() - begin);
      say({ kind: "ran" });
    }
  }
  const finished = system.isIdle?.() ?? true;
  const lagMs = await watch();
  const touched = hits > 0 || JSON.stringify([ran, besides]).includes(secret) || "left" in {};
  const shown = ran.map((run) => ({ ...run, value: toShort(run.value) }));
  say({ kind: "ended", probe: probe.name, ran: shown, times, lagMs, touched, finished, ...besides });
  const next = await Promise.race([tryNext(system), pause(NEXT_MS).then(() => false)]);
  say({ kind: "judged", probe: probe.name, next });
}

/** @param {System} system @param {string} code */
async function runBeside(system, code) {
  await pause(BESIDE_AFTER_MS);
  const begin = performance.now();
  const beside = await system.run(code);
  return { beside, besideMs: performance.now() - begin };
}

/** Whether the next program does its work, by the third try: a busy machine may miss a limit of a second. @param {System} system */
async function tryNext(system) {
  for (let tries = 0; tries < 3; tries += 1) if (await ready(system, "return 42;")) return true;
  return false;
}

/** Whether a small program does its work. @param {System} system @param {string} code */
async function ready(system, code) {
  const { ok, value } = await system.run(code);
  return ok && (value === 42 || value === 1);
}

/** Watches how long the host stands still, by its own doing; the answer ends the watch. @param {System} system */
async function startWatch(system) {
  const endStalls = await watchStalls();
  let longest = 0;
  const end = new AbortController();
  const pinging = (async () => {
    while (!end.signal.aborted && system.ping !== undefined) {
      const begin = performance.now();
      await Promise.race([system.ping(), pause(NEXT_MS)]);
      longest = Math.max(longest, performance.now() - begin);
      await pause(10);
    }
  })();
  return async () => {
    const { ownMs } = await endStalls();
    end.abort();
    await pinging;
    return Math.max(longest, ownMs);
  };
}

/** @param {string} code @param {System} system */
function toCode(code, system) {
  return code
    .replaceAll(/TOOL\.(\w+)/g, (_, name) => system.toCall(name))
    .replaceAll("$FILE", JSON.stringify(told.file))
    .replaceAll("$URL", JSON.stringify(url))
    .replaceAll("$ENV", JSON.stringify(told.env));
}

/** @param {unknown} value */
function toShort(value) {
  return typeof value === "string" ? value.slice(0, 200) : value;
}

/** @param {object} message */
function say(message) {
  process.send?.(message);
}
