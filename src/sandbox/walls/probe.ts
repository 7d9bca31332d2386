import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { SluiceError, toMessage } from "../../base/errors.ts";
import { isJsonObject, type JsonObject } from "../../base/json.ts";
import { limits } from "../../base/limits.ts";
import { writeWhole } from "../../base/write-whole.ts";
import type { GuestCommand } from "../engines/engine.ts";
import { openGuest } from "../guest.ts";
import type { Wall } from "./wall.ts";

const REASON_CHARS = 400;

/** Starts the real engine behind a wall, once; answers what went wrong, if something did. */
export async function probeWall(wall: Wall, command: GuestCommand, memoryMb: number): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined;
  try {
    const guest = openGuest(
      await wall.start(command, { memoryMb }),
      { engine: "", wall: wall.name },
      limits.frameBytesMax,
    );
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new SluiceError("wall_unavailable", `no guest was ready after ${limits.wallProbeMs} ms`)),
        limits.wallProbeMs,
      );
    });
    try {
      await Promise.race([guest.ready, late]);
    } finally {
      guest.kill();
      await guest.child.exited;
    }
    return undefined;
  } catch (error) {
    return toMessage(error).replace(/\s+/g, " ").slice(0, REASON_CHARS);
  } finally {
    clearTimeout(timer);
  }
}

/** What a success depends on: the files of these programs, this boot of this kernel, its switches, this user. */
export function toProbeKey(programs: readonly string[], extra: readonly string[]): string {
  const hash = createHash("sha256");
  for (const path of programs) {
    const { mtimeMs, size, ino } = statSync(path);
    hash.update(`${path}\0${mtimeMs}\0${size}\0${ino}\0`);
  }
  for (const path of ["/proc/sys/kernel/random/boot_id", ...kernelSwitches.map(({ file }) => file)])
    hash.update(`${readSetting(path) ?? ""}\0`);
  return hash.update([process.getuid?.(), process.arch, ...extra].join("\0")).digest("hex");
}

/** What was kept of a success of this wall with this key: how it succeeded. A failure is tried again at each start. */
export async function readProbe(stateDir: string, wall: string, key: string): Promise<JsonObject | undefined> {
  try {
    const record: unknown = JSON.parse(await readFile(toFile(stateDir, wall), "utf8"));
    return isJsonObject(record) && record["key"] === key ? record : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps a success; that it cannot be kept costs the next start a probe and nothing else. */
export async function writeProbe(stateDir: string, wall: string, key: string, how: JsonObject): Promise<void> {
  try {
    await mkdir(stateDir, { recursive: true, mode: 0o700 });
    await writeWhole(toFile(stateDir, wall), JSON.stringify({ ...how, key }));
  } catch {
    // Tried again next time.
  }
}

function toFile(stateDir: string, wall: string): string {
  return join(stateDir, `wall-${wall}.json`);
}

/** Settings of the kernel that keep a user from making namespaces, and the command that changes each. */
const kernelSwitches = [
  {
    file: "/proc/sys/kernel/unprivileged_userns_clone",
    off: "0",
    remedy: "sudo sysctl -w kernel.unprivileged_userns_clone=1",
  },
  { file: "/proc/sys/user/max_user_namespaces", off: "0", remedy: "sudo sysctl -w user.max_user_namespaces=10000" },
  {
    file: "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
    off: "1",
    remedy:
      "sudo cp etc/apparmor/sluice-bwrap /etc/apparmor.d/ && sudo apparmor_parser -r /etc/apparmor.d/sluice-bwrap (or sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0)",
  },
] as const;

/** The command for the first switch that forbids namespaces here. */
export function toNamespaceRemedy(): string | undefined {
  return kernelSwitches.find(({ file, off }) => readSetting(file) === off)?.remedy;
}

function readSetting(file: string): string | undefined {
  try {
    return readFileSync(file, "latin1").trim();
  } catch {
    return undefined;
  }
}
