// What many guests take that live at the same time.
import { setMaxListeners } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { toValueRow } from "../parts/figures.mjs";
import { load, withSluice } from "../parts/ground.mjs";
import { pause } from "../parts/processes.mjs";

const GUESTS = 50;
const CONTAINERS = 10;
const BEGUN_MS = 90_000;
const MB = 2 ** 20;

/** @param {import("../parts/cells.mjs").Cell} cell */
export async function measureMemory(cell) {
  const count = cell.isContained ? CONTAINERS : GUESTS;
  const { listTree } = await load("sandbox/process-tree.js");
  return await withSluice({ ...cell.sandbox, guestsWarm: 0, executionsMax: count }, async (sluice, folder) => {
    const others = new Set(listTree(process.pid));
    /** @type {Set<string>} */
    const begun = new Set();
    const stop = sluice.events.on((/** @type {{ kind: string, executionId: string }} */ { kind, executionId }) => {
      if (kind === "tool-call-started") begun.add(executionId);
    });
    const end = new AbortController();
    setMaxListeners(0, end.signal);
    const running = Array.from({ length: count }, () =>
      sluice.executeCode("await bench.wait({ ms: 120_000 }); return 1;", { signal: end.signal }),
    );
    try {
      const deadline = performance.now() + BEGUN_MS;
      while (begun.size < count) {
        if (performance.now() > deadline) throw new Error(`Only ${begun.size} of ${count} guests ran at once`);
        await pause(50);
      }
      const pids = [process.pid, ...listRoots(folder)].flatMap((pid) => listTree(pid));
      const bytes = pids.filter((pid) => !others.has(pid)).reduce((sum, pid) => sum + readShare(pid), 0);
      return [toValueRow("memory of one guest among many", "MB", bytes / count / MB)];
    } finally {
      stop();
      end.abort();
      await Promise.all(running);
    }
  });
}

/** What stands around containers: no children of this process. @param {string} folder the state directory */
function listRoots(folder) {
  try {
    const home = join(folder, "containers");
    return readdirSync(home)
      .filter((name) => name.endsWith(".pid"))
      .map((name) => Number(readFileSync(join(home, name), "latin1")))
      .filter((pid) => pid > 0);
  } catch {
    return [];
  }
}

/** Memory of a process, with pages that others use too counted by its share. @param {number} pid */
function readShare(pid) {
  try {
    const kb = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "latin1"))?.[1];
    return Number(kb ?? 0) * 1024;
  } catch {
    return 0;
  }
}
