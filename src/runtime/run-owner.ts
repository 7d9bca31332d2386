import { readFileSync, readlinkSync } from "node:fs";
import { parseJsonObject } from "../base/json.ts";
import { limits } from "../base/limits.ts";
import { readProcess } from "../sandbox/process-tree.js";

/** Who has a run: this process, so that others on the machine find out whether it still lives. */
export function toOwner(pid: number = process.pid): string {
  return JSON.stringify({ pid, startTime: readProcess(pid)?.startTime ?? "", place: readPlace() });
}

/**
 * Whether the owner of a run lives. Of one that cannot be seen from here (another container), or that somebody has made
 * unreadable, by when it last said so.
 */
export function isOwnerAlive(owner: string, touchedAt: number, now: number = Date.now()): boolean {
  const known = parseOwner(owner);
  if (known === undefined) return now - touchedAt < limits.journalStaleMs;
  const { pid, startTime, place } = known;
  const [boot, space] = readPlace().split(" ");
  const [ownBoot, ownSpace] = place.split(" ");
  if (boot !== ownBoot) return false;
  if (space !== ownSpace) return now - touchedAt < limits.journalStaleMs;
  if (startTime !== "") {
    const found = readProcess(pid);
    // One that was killed and not yet taken note of by its parent does nothing any more.
    return found?.startTime === startTime && found.state !== "Z";
  }
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function parseOwner(text: string): { pid: number; startTime: string; place: string } | undefined {
  const { pid, startTime, place } = parseJsonObject(text) ?? {};
  if (typeof pid !== "number" || typeof startTime !== "string" || typeof place !== "string") return undefined;
  return { pid, startTime, place };
}

/** The boot of the machine, and the space of process numbers; empty where the system does not say. */
function readPlace(): string {
  try {
    return `${readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()} ${readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    return "";
  }
}
