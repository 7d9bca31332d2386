// The watchdog: a thread that looks at every guest's memory and processor time and kills its process group when it
// passes a limit. A thread of its own, because the main one may be busy when a guest must die.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { parentPort } from "node:worker_threads";

const POLL_MS = 25;
const POLL_SLOW_MS = 250; // where there is no /proc, each look starts a process
const TICKS_PER_SECOND = 100; // USER_HZ: fixed by the kernel's interface
const PAGE_BYTES = 4096;

/** @type {Map<number, { memoryBytes: number, cpuMs: number, peakBytes: number, baseCpuMs: number }>} */
const guests = new Map();
const onLinux = process.platform === "linux";
const port = /** @type {import("node:worker_threads").MessagePort} */ (parentPort);
/** @type {NodeJS.Timeout | undefined} */
let timer;

/** @param {number} pid @returns {{ residentBytes: number, cpuMs: number } | undefined} */
function read(pid) {
  try {
    if (onLinux) {
      const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      return {
        cpuMs: ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS_PER_SECOND,
        residentBytes: Number(fields[21]) * PAGE_BYTES,
      };
    }
    const [rss, time] = execFileSync("ps", ["-o", "rss=,time=", "-p", String(pid)], { encoding: "utf8" })
      .trim()
      .split(/\s+/);
    const seconds = (time ?? "0").split(/[:-]/).reduce((sum, part) => sum * 60 + Number(part), 0);
    return { cpuMs: seconds * 1000, residentBytes: Number(rss) * 1024 };
  } catch {
    return undefined;
  }
}

function look() {
  for (const [pid, guest] of guests) {
    const now = read(pid);
    if (now === undefined) continue;
    guest.peakBytes = Math.max(guest.peakBytes, now.residentBytes);
    const cpuMs = now.cpuMs - guest.baseCpuMs;
    const limit = now.residentBytes > guest.memoryBytes ? "memoryMb" : cpuMs > guest.cpuMs ? "cpuMs" : undefined;
    if (limit === undefined) continue;
    guests.delete(pid);
    try {
      process.kill(-pid, "SIGKILL");
    } catch {
      // It has just ended by itself.
    }
    port.postMessage({ kind: "killed", pid, limit, peakBytes: guest.peakBytes, cpuMs });
  }
  timer = guests.size === 0 ? undefined : setTimeout(look, onLinux ? POLL_MS : POLL_SLOW_MS);
}

port.on("message", (message) => {
  if (message.kind === "watch") {
    guests.set(message.pid, {
      memoryBytes: message.memoryBytes,
      cpuMs: message.cpuMs,
      peakBytes: 0,
      baseCpuMs: read(message.pid)?.cpuMs ?? 0,
    });
    if (timer === undefined) look();
  } else if (message.kind === "forget") {
    const guest = guests.get(message.pid);
    guests.delete(message.pid);
    const now = guest === undefined ? undefined : read(message.pid);
    port.postMessage({
      kind: "forgotten",
      pid: message.pid,
      peakBytes: Math.max(guest?.peakBytes ?? 0, now?.residentBytes ?? 0),
      cpuMs: now === undefined || guest === undefined ? 0 : now.cpuMs - guest.baseCpuMs,
    });
  }
});
