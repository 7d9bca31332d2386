// What Linux tells about a process and all that descends from it. Used by the watchdog's thread, and where a process
// that somebody else started must be found.

import { readdirSync, readFileSync } from "node:fs";

const TICKS_PER_SECOND = 100; // USER_HZ: fixed by the kernel's interface
const PAGE_BYTES = 4096;
const PROCESSES_MAX = 1_024;

// Files of /proc are read as UTF-8: Node takes 64 KB of memory for each in any other way, and collects it soon after.

/** The process and all its descendants, parents first; empty when it has ended. @param {number} pid @returns {number[]} */
export function listTree(pid) {
  const found = new Set([pid]);
  for (const parent of found) {
    if (found.size > PROCESSES_MAX) break;
    for (const child of listChildren(parent)) found.add(child);
  }
  return [...found].filter((one) => isThere(one));
}

/** @param {number} pid @returns {number[]} */
function listChildren(pid) {
  try {
    // A child is listed under the thread that made it.
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) => {
      const text = readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").trim();
      return text === "" ? [] : text.split(" ").map(Number);
    });
  } catch {
    return [];
  }
}

/** @param {number} pid */
function isThere(pid) {
  return readProcess(pid) !== undefined;
}

/**
 * Processor time, its ended children's included, and resident memory; nothing when it has ended.
 * @param {number} pid @returns {{ cpuMs: number, residentBytes: number, startTime: string, state: string } | undefined}
 */
export function readProcess(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // After the command's name, which may hold anything.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const ticks = Number(fields[11]) + Number(fields[12]) + Number(fields[13]) + Number(fields[14]);
    return {
      cpuMs: (ticks * 1000) / TICKS_PER_SECOND,
      residentBytes: Number(fields[21]) * PAGE_BYTES,
      startTime: fields[19] ?? "",
      state: fields[0] ?? "",
    };
  } catch {
    return undefined;
  }
}
