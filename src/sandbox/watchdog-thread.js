// The watchdog: a thread that looks at every guest's memory and processor time and kills it when it passes a limit. A
// thread of its own, because the main one may be busy when a guest must die.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { parentPort } from "node:worker_threads";
import {
  createGroup,
  enterGroup,
  findGroupOf,
  findParentGroup,
  limitGroup,
  readGroup,
  removeGroup,
} from "./memory-group.js";
import { listTree, readProcess } from "./process-tree.js";

/** @typedef {{ residentBytes: number, cpuMs: number }} Look */
/**
 * A guest from its start on, and the limits of its execution once it has one.
 * @typedef {object} Entry
 * @property {number} pid the process that Sluice started
 * @property {string} [pidFile] tells the process whose descendants count, when it is not that one
 * @property {number[]} tree the processes that were found at the last full look
 * @property {number} looks since then
 * @property {import("./memory-group.js").Group} [group]
 * @property {boolean} isWatched
 * @property {boolean} isResting whether it was looked at when it began to wait for its program
 * @property {boolean} isEnded
 * @property {number} memoryBytes
 * @property {number} cpuMs
 * @property {number} peakBytes
 * @property {number} usedCpuMs at the last look
 * @property {number} baseCpuMs what the start and the warm-up took
 */

const POLL_MS = 25;
const POLL_SLOW_MS = 250; // where there is no /proc, each look starts a process
const TREE_LOOKS = 20; // looks at known processes before they are searched for again
const TREE_LOOKS_INSIDE = 4; // the same of a container's: gVisor runs a program in processes that come and go
const REMOVE_MS = 20;
const REMOVALS_MAX = 100;
const NEAR_LIMIT = 0.5; // of a guest that somebody else killed: the kernel, for its memory
const KEPT_MS = 2_000;

/** @type {Map<number, Entry>} */
const guests = new Map();
/** Groups whose processes are dying. @type {Set<import("./memory-group.js").Group>} */
const removing = new Set();
const onLinux = process.platform === "linux";
const POLL = onLinux ? POLL_MS : POLL_SLOW_MS;
const port = /** @type {import("node:worker_threads").MessagePort} */ (parentPort);
/** @type {NodeJS.Timeout | undefined} */
let timer;

/** @param {Entry} entry @returns {Look | undefined} */
function read(entry) {
  return onLinux ? readByProc(entry) : readByPs(entry.pid);
}

/** @param {Entry} entry @returns {Look | undefined} */
function readByProc(entry) {
  entry.looks += 1;
  let looks = entry.tree.map((pid) => readProcess(pid));
  const looksMax = entry.pidFile === undefined ? TREE_LOOKS : TREE_LOOKS_INSIDE;
  if (entry.looks >= looksMax || looks.length === 0 || looks.includes(undefined)) {
    entry.looks = 0;
    const root = findRoot(entry);
    entry.tree = listTree(root).filter((pid) => entry.pidFile === undefined || pid !== root);
    const inside = entry.tree.at(-1);
    // The client has bounded it: the kernel's count is better than ours.
    if (entry.pidFile !== undefined && inside !== undefined) entry.group ??= findGroupOf(inside);
    looks = entry.tree.map((pid) => readProcess(pid));
  }
  let cpuMs = 0;
  let residentBytes = 0;
  for (const look of looks) {
    cpuMs += look?.cpuMs ?? 0;
    residentBytes += look?.residentBytes ?? 0;
  }
  return looks.length === 0 ? undefined : { cpuMs, residentBytes };
}

/** @param {Entry} entry */
function findRoot({ pid, pidFile }) {
  if (pidFile === undefined) return pid;
  try {
    return Number(readFileSync(pidFile, "utf8")) || pid;
  } catch {
    // Not started yet.
    return pid;
  }
}

/** @param {number} pid @returns {Look | undefined} */
function readByPs(pid) {
  try {
    const [rss, time] = execFileSync("ps", ["-o", "rss=,time=", "-p", String(pid)], { encoding: "utf8" })
      .trim()
      .split(/\s+/);
    const seconds = (time ?? "0").split(/[:-]/).reduce((sum, part) => sum * 60 + Number(part), 0);
    return { cpuMs: seconds * 1000, residentBytes: Number(rss) * 1024 };
  } catch {
    return undefined;
  }
}

/** Looks at one guest, and kills it if it is over a limit. @param {Entry} entry */
function judge(entry) {
  const now = entry.isEnded ? undefined : read(entry);
  const memory = entry.group === undefined ? undefined : readGroup(entry.group);
  const usedBytes = memory?.usageBytes ?? now?.residentBytes ?? 0;
  entry.peakBytes = Math.max(entry.peakBytes, usedBytes, memory?.peakBytes ?? 0);
  // A process that has ended counts no more: what it had used before stays.
  entry.usedCpuMs = Math.max(entry.usedCpuMs, now?.cpuMs ?? 0);
  if (!entry.isWatched) return;
  const cpuMs = entry.usedCpuMs - entry.baseCpuMs;
  const isOver = (memory?.kills ?? 0) > 0 || usedBytes > entry.memoryBytes;
  const limit = isOver ? "memoryMb" : cpuMs > entry.cpuMs ? "cpuMs" : undefined;
  if (limit === undefined) return;
  kill(entry);
  report(entry, limit);
}

/** @param {Entry} entry @param {"memoryMb" | "cpuMs"} limit */
function report(entry, limit) {
  entry.isWatched = false;
  port.postMessage({ kind: "killed", pid: entry.pid, limit, ...toUsage(entry) });
}

/** @param {Entry | undefined} entry */
function toUsage(entry) {
  if (entry === undefined) return { peakBytes: 0, cpuMs: 0 };
  return { peakBytes: entry.peakBytes, cpuMs: Math.max(0, entry.usedCpuMs - entry.baseCpuMs) };
}

/** @param {Entry} entry */
function kill(entry) {
  // The group first, then one by one what is in other groups; of a container only what is inside, so that what stands
  // around it can clear up.
  const root = findRoot(entry);
  if (entry.pid <= 0) return; // a thread, which its owner ends
  if (entry.pidFile === undefined) signal(-entry.pid);
  if (onLinux) for (const pid of listTree(root)) if (pid !== entry.pid && pid !== root) signal(pid);
}

/** @param {number} target */
function signal(target) {
  try {
    process.kill(target, "SIGKILL");
  } catch {
    // It has just ended by itself.
  }
}

function look() {
  for (const entry of guests.values()) if (entry.isWatched) judge(entry);
  const isNeeded = [...guests.values()].some((entry) => entry.isWatched);
  timer = isNeeded ? setTimeout(look, POLL) : undefined;
}

/** Puts a guest that has just started into a memory group. @param {Entry} entry */
function confine(entry) {
  // A container has one of its own, a thread cannot have one.
  if (entry.pidFile !== undefined || entry.pid <= 0) return;
  const parent = findParentGroup();
  if (parent === undefined) return;
  try {
    const group = createGroup(parent, entry.memoryBytes);
    entry.group = group;
    // Parents first: what a process starts before it is moved is found below it, what it starts later is moved with it.
    const moved = new Set();
    for (let left = [entry.pid]; left.length > 0; left = listTree(entry.pid).filter((pid) => !moved.has(pid))) {
      for (const pid of left) {
        moved.add(pid);
        enterGroup(group, pid);
      }
    }
  } catch {
    // It has ended, or there may be no more groups: then it is only watched.
    if (entry.group !== undefined) remove(entry.group, REMOVALS_MAX);
    delete entry.group;
  }
}

/** @param {import("./memory-group.js").Group} group @param {number} left */
function remove(group, left) {
  removing.add(group);
  // Its last process may still be dying.
  if (removeGroup(group) || left === 0) removing.delete(group);
  else setTimeout(remove, REMOVE_MS, group, left - 1);
}

/** @param {number} left */
function close(left) {
  if (removing.size > 0 && left > 0) setTimeout(close, REMOVE_MS, left - 1);
  else port.postMessage({ kind: "closed" });
}

/** Forgets nothing of a guest that another started under the same number. @param {number} pid @returns {Entry} */
function add(pid) {
  /** @type {Entry} */
  const entry = {
    pid,
    tree: [],
    looks: 0,
    isWatched: false,
    isResting: false,
    isEnded: false,
    memoryBytes: Number.POSITIVE_INFINITY,
    cpuMs: Number.POSITIVE_INFINITY,
    peakBytes: 0,
    usedCpuMs: 0,
    baseCpuMs: 0,
  };
  guests.set(pid, entry);
  return entry;
}

/** What it has used by now is not its program's. @param {Entry} entry */
function begin(entry) {
  entry.tree = [];
  entry.usedCpuMs = entry.baseCpuMs = read(entry)?.cpuMs ?? 0;
}

/** @param {{ pid: number, memoryBytes: number, cpuMs: number }} message */
function watch({ pid, memoryBytes, cpuMs }) {
  const known = guests.get(pid);
  const entry = known === undefined || known.isEnded ? add(pid) : known;
  if (entry.group !== undefined && entry.pidFile === undefined && memoryBytes !== entry.memoryBytes) {
    try {
      limitGroup(entry.group, memoryBytes);
    } catch {
      // It already uses more: the next look says so.
    }
  }
  entry.memoryBytes = memoryBytes;
  entry.cpuMs = cpuMs;
  // Not while its program starts, where that can be helped; gVisor goes on working for a guest that waits.
  if (!entry.isResting || entry.pidFile !== undefined) begin(entry);
  entry.isWatched = true;
  // It was looked at just now.
  timer ??= setTimeout(look, POLL);
}

port.on("message", (message) => {
  const { pid } = message;
  const entry = guests.get(pid);
  switch (message.kind) {
    case "adopt": {
      const adopted = add(pid);
      if (message.pidFile !== undefined) adopted.pidFile = message.pidFile;
      adopted.memoryBytes = message.memoryBytes;
      return confine(adopted);
    }
    case "rest":
      if (entry === undefined) return;
      begin(entry);
      entry.isResting = true;
      return;
    case "watch":
      return watch(message);
    case "settle":
      // It has ended by itself, or so it seems: the last word on why.
      if (entry !== undefined) {
        judge(entry);
        if (entry.isWatched && message.wasKilled && entry.peakBytes > entry.memoryBytes * NEAR_LIMIT)
          report(entry, "memoryMb");
      }
      return port.postMessage({ kind: "settled", pid, ...toUsage(entry) });
    case "forget":
      if (entry !== undefined) {
        entry.isWatched = false;
        judge(entry);
      }
      return port.postMessage({ kind: "forgotten", pid, ...toUsage(entry) });
    case "release":
      if (entry === undefined) return;
      judge(entry);
      entry.isEnded = true;
      if (entry.group !== undefined && entry.pidFile === undefined) remove(entry.group, REMOVALS_MAX);
      delete entry.group;
      // Somebody may still ask what it used.
      setTimeout(() => guests.get(pid) === entry && guests.delete(pid), KEPT_MS);
      return;
    case "close":
      return close(REMOVALS_MAX);
  }
});
