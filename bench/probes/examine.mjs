// Runs probes on one system in host processes that cannot harm this one: each has a deadline and a bound on its memory.
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { load } from "../parts/ground.mjs";
import { readMemory } from "../parts/processes.mjs";
import { probes } from "./programs.mjs";
import { WEDGED_MS } from "./verdicts.mjs";

/**
 * @typedef {object} Candidate
 * @property {string} name
 * @property {string} module its file in `systems`
 * @property {string} folder of its packages
 * @property {string} node what runs it
 * @property {string[]} nodeFlags
 * @property {Record<string, unknown>} options
 * @property {boolean} isApart whether every probe has a host of its own
 */

/** @typedef {import("./verdicts.mjs").Cell} Cell */
/** @typedef {{ cells: Map<string, Cell>, lagMs: number, reason?: string }} Column */

const OPEN_MS = 60_000;
const CLOSE_MS = 10_000;
const NEXT_MS = 10_000;
const LOOK_MS = 50;
const HOST_MB_MAX = 4_096;
const MB = 2 ** 20;

/** @param {Candidate} candidate @param {(text: string) => void} say @returns {Promise<Column>} */
export async function examine(candidate, say) {
  const ground = await mkdtemp(join(tmpdir(), "sluice-planted-"));
  const secret = `planted-${Math.random().toString(36).slice(2)}${Math.random().toString(36).slice(2)}`;
  const file = join(ground, "secret.txt");
  await writeFile(file, secret);
  /** @type {Column} */
  const column = { cells: new Map(), lagMs: 0 };
  try {
    let left = probes.map(({ name }) => name);
    while (left.length > 0) {
      const now = candidate.isApart ? left.slice(0, 1) : left;
      const { seen, reason } = await runHost(candidate, now, { file, secret, say });
      // What never opened once never will.
      if (seen.size === 0 && column.cells.size === 0) return { ...column, reason: reason ?? "does not start" };
      for (const [name, one] of seen) {
        const probe = probes.find((probe) => probe.name === name);
        if (probe === undefined) continue;
        const cell = probe.judge(one);
        say(`${candidate.name}: ${name}: ${cell.passes ? "" : "✗ "}${cell.text}`);
        column.cells.set(name, cell);
        if (one.end === "ended") column.lagMs = Math.max(column.lagMs, one.lagMs);
      }
      if (seen.size === 0)
        column.cells.set(/** @type {string} */ (now[0]), { text: reason ?? "does not start", passes: false });
      left = left.filter((name) => !column.cells.has(name));
    }
    return column;
  } finally {
    await rm(ground, { recursive: true, force: true });
  }
}

/**
 * @param {Candidate} candidate @param {readonly string[]} names @param {{ file: string, secret: string, say: (text: string) => void }} ground
 * @returns {Promise<{ seen: Map<string, import("./verdicts.mjs").Seen>, reason?: string }>}
 */
async function runHost({ name, module, folder, node, nodeFlags, options }, names, { file, secret, say }) {
  const { listTree } = await load("sandbox/process-tree.js");
  const told = {
    module: new URL(`./systems/${module}.mjs`, import.meta.url).href,
    folder,
    options,
    probes: names,
    file,
    env: "SLUICE_BENCH_SECRET",
  };
  const host = fileURLToPath(new URL("./host.mjs", import.meta.url));
  const child = spawn(node, [...nodeFlags, host, JSON.stringify(told)], {
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"], TMPDIR: tmpdir(), SLUICE_BENCH_SECRET: secret },
  });
  let words = "";
  child.stderr?.on("data", (chunk) => {
    words = `${words}${chunk}`.slice(-20_000);
  });
  /** @type {Map<string, import("./verdicts.mjs").Seen>} */
  const seen = new Map();
  /** @type {{ probe: string, isStarted: boolean, baseMb: number, peakMb: number } | undefined} */
  let current;
  /** @type {"wedged" | "died" | "bloated" | undefined} */
  let end;
  const tree = () => /** @type {number[]} */ (listTree(child.pid));
  const measure = () => tree().reduce((sum, pid) => sum + readMemory(pid, "VmRSS") / MB, 0);
  const stop = (/** @type {"wedged" | "bloated"} */ why) => {
    end ??= why;
    // Only what descends from the host that was started here.
    for (const pid of tree().reverse()) kill(pid);
  };
  let late = setTimeout(stop, OPEN_MS, "wedged");
  const expect = (/** @type {number} */ ms) => {
    clearTimeout(late);
    late = setTimeout(stop, ms, "wedged");
  };
  child.on("message", (/** @type {any} */ message) => {
    switch (message.kind) {
      case "opening":
        expect(OPEN_MS);
        say(`${name}: ${message.probe} …`);
        current = { probe: message.probe, isStarted: false, baseMb: 0, peakMb: 0 };
        return;
      case "started":
        expect(WEDGED_MS);
        if (current === undefined) return;
        current.isStarted = true;
        current.baseMb = measure();
        return;
      case "ran":
        return expect(WEDGED_MS);
      case "ended": {
        expect(NEXT_MS);
        const { kind: _, probe, ...rest } = message;
        const peakMb = Math.max(0, (current?.peakMb ?? 0) - (current?.baseMb ?? 0));
        seen.set(probe, { end: "ended", next: false, peakMb, ...rest });
        return;
      }
      case "judged": {
        expect(OPEN_MS);
        const known = seen.get(message.probe);
        if (known !== undefined) known.next = message.next;
        current = undefined;
        return;
      }
      case "done":
        expect(CLOSE_MS);
    }
  });
  const looking = setInterval(() => {
    if (current?.isStarted !== true) return;
    current.peakMb = Math.max(current.peakMb, measure());
    if (current.peakMb - current.baseMb > HOST_MB_MAX) stop("bloated");
  }, LOOK_MS);
  await new Promise((resolve) => {
    child.once("error", resolve);
    child.once("exit", resolve);
  });
  clearTimeout(late);
  clearInterval(looking);
  if (current?.isStarted === true && !seen.has(current.probe)) {
    const peakMb = Math.max(0, current.peakMb - current.baseMb);
    const nothing = { ran: [], times: [], lagMs: 0, touched: false, finished: false, next: false };
    seen.set(current.probe, { end: end ?? "died", peakMb, ...nothing });
  }
  const word = /^(?:\w*Error.*|.*\bError: .*)$/m.exec(words)?.[0].trim().slice(0, 120);
  return { seen, ...(word === undefined ? {} : { reason: `does not start: ${word}` }) };
}

/** @param {number} pid */
function kill(pid) {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has just ended.
  }
}
