// What other processes use, from /proc; on systems without it nothing is found, and who asks has to wait by time.
import { readdirSync, readFileSync } from "node:fs";

/**
 * The sandbox processes that this process or its reaper has started and that live: their pids, and the processor ticks
 * of all and of what runs below them (behind a wall, the guest itself).
 * @returns {{ pids: number[], ticks: number }}
 */
export function findGuests() {
  const pids = guestsBelow(process.pid);
  let ticks = 0;
  for (const pid of pids) {
    try {
      ticks += ticksOf(pid);
    } catch {
      // It has just ended.
    }
  }
  return { pids, ticks };
}

/** @param {number} parent @returns {number[]} */
function guestsBelow(parent) {
  return listChildren(parent).flatMap((pid) => {
    try {
      if (readFields(pid)[0] === "Z") return [];
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

/** Of a process and all below it. @param {number} pid @returns {number} */
function ticksOf(pid) {
  const fields = readFields(pid);
  const own = Number(fields[11]) + Number(fields[12]);
  return listChildren(pid).reduce((sum, child) => sum + ticksOf(child), own);
}

/** What /proc/PID/stat says after the name. @param {number} pid */
function readFields(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
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
    const { pids, ticks } = findGuests();
    quiet = pids.length >= count && ticks === before ? quiet + 1 : 0;
    before = ticks;
  }
}

/** @param {number} ms @returns {Promise<void>} */
export function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
