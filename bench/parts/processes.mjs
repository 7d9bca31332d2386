// What other processes use, from /proc; on systems without it nothing is found, and who asks has to wait by time.
import { readdirSync, readFileSync } from "node:fs";
import { load } from "./ground.mjs";

const { listTree, readProcess } = await load("sandbox/process-tree.js");
const { listContainerProcesses } = await load("sandbox/walls/container-processes.js");

/**
 * The sandbox processes that this process or its reaper has started and that live: their pids, and the processor time of
 * all and of what runs below them (behind a wall, the guest itself).
 * @returns {{ pids: number[], cpuMs: number }}
 */
export function findGuests() {
  const pids = guestsBelow(process.pid);
  const all = pids.flatMap((pid) => /** @type {number[]} */ (listTree(pid)));
  return { pids, cpuMs: all.reduce((sum, pid) => sum + (readProcess(pid)?.cpuMs ?? 0), 0) };
}

/** The processes that run a guest's program: those in its container where the guest is a container's client, else itself. @param {number} pid */
export function findInside(pid) {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    const named = words.indexOf("--conmon-pidfile");
    return named === -1 ? [pid] : /** @type {number[]} */ (listContainerProcesses(words[named + 1]));
  } catch {
    return [];
  }
}

/** @param {number} parent @returns {number[]} */
function guestsBelow(parent) {
  return listChildren(parent).flatMap((pid) => {
    try {
      if (/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, "utf8"))) return [];
      // While it becomes `deno`, it is `setpriv` with the same arguments.
      // Behind a container it is the client that has been told to start it.
      const isGuest = /guest\/(deno|quickjs)\.js/.test(readFileSync(`/proc/${pid}/cmdline`, "utf8"));
      return isGuest ? [pid] : guestsBelow(pid);
    } catch {
      // It has just ended.
      return [];
    }
  });
}

/** @param {number} pid @returns {number[]} */
function listChildren(pid) {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").split(" ").filter(Boolean).map(Number),
    );
  } catch {
    return [];
  }
}

/**
 * A field of /proc/PID/status in bytes (`VmRSS`: resident memory now; `RssAnon`, `RssShmem`: the parts that are no file's); 0 where there is none.
 * @param {number} pid
 * @param {"VmRSS" | "RssAnon" | "RssShmem"} field
 */
export function readMemory(pid, field) {
  try {
    const match = new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"));
    return Number(match?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

const WAIT_MS = 20_000;
const QUIET_LOOKS = 3;
const LOOK_MS = 40;

/**
 * Waits until as many guests live as the pool keeps, and none of them uses the processor any more: all are warmed.
 * @param {number} count
 * @param {number} [waitMs] after this long it is an error
 */
export async function waitForPool(count, waitMs = WAIT_MS) {
  if (process.platform !== "linux") return pause(600 * count);
  const end = performance.now() + waitMs;
  let quiet = 0;
  let before = -1;
  while (quiet < QUIET_LOOKS) {
    if (performance.now() > end) throw new Error(`The pool of ${count} guests was not full after ${waitMs} ms`);
    await pause(LOOK_MS);
    const { pids, cpuMs } = findGuests();
    quiet = pids.length >= count && cpuMs === before ? quiet + 1 : 0;
    before = cpuMs;
  }
}

/** @param {number} ms @returns {Promise<void>} */
export function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
