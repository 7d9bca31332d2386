import { readFileSync } from "node:fs";
import { SluiceError, toMessage } from "../base/errors.ts";
import type { Config, ContainerConfig } from "../config/config.ts";
import type { Engine } from "../sandbox/engines/engine.ts";
import { findParentGroup } from "../sandbox/memory-group.js";
import type { Pool } from "../sandbox/pool.ts";
import { listTree } from "../sandbox/process-tree.js";
import { openBwrap, type WallUse } from "../sandbox/walls/open-bwrap.ts";
import { openContainer } from "../sandbox/walls/open-container.ts";
import type { HealthCheck } from "./sluice.ts";

/**
 * Every wall, whether this machine can use it, and the command that would make it usable. None of them has to be: one
 * that the config asks for and that cannot be used keeps Sluice from opening at all.
 */
export async function checkWalls(config: Config, engine: Engine): Promise<HealthCheck[]> {
  const { memoryMb } = config.sandbox;
  let use: WallUse;
  try {
    use = { command: engine.toCommand({ memoryMb }), memoryMb, stateDir: config.stateDir };
  } catch {
    // Said by the check of the engine.
    return [];
  }
  const containers: ContainerConfig[] = [
    { command: "podman", runtime: "runc" },
    { command: "podman", runtime: "runsc" },
    { command: "docker", runtime: "runc" },
  ];
  const checks = [await checkWall("wall bwrap", () => openBwrap(use))];
  // One after the other: the first makes the image that the next one uses.
  for (const container of containers) {
    const name = `wall container (${container.command}, ${container.runtime})`;
    checks.push(await checkWall(name, () => openContainer(container, use)));
  }
  return checks;
}

async function checkWall(name: string, open: () => Promise<unknown>): Promise<HealthCheck> {
  const startedAt = performance.now();
  try {
    await open();
    return { name, ok: true, detail: `usable, found in ${Math.round(performance.now() - startedAt)} ms` };
  } catch (error) {
    const remedy = error instanceof SluiceError ? error.hint : undefined;
    return {
      name,
      ok: true,
      isUsable: false,
      detail: `not usable: ${toMessage(error)}`,
      ...(remedy === undefined ? {} : { remedy }),
    };
  }
}

/** What bounds a guest's memory: the kernel at once, or the watchdog within 25 ms. */
export function checkMemoryBound(): HealthCheck {
  const parent = findParentGroup();
  const detail =
    parent === undefined
      ? "the watchdog looks every 25 ms; no memory cgroup can be made here"
      : `the kernel, by a cgroup of version ${parent.version} per guest below ${parent.folder}`;
  return { name: "memory limit", ok: true, detail };
}

/** Whether an AppArmor profile confines the guest. */
export async function checkAppArmor(pool: Pool): Promise<HealthCheck> {
  const name = "apparmor";
  if (read("/sys/module/apparmor/parameters/enabled") !== "Y")
    return { name, ok: true, detail: "not enabled on this system: no profile confines the guest" };
  try {
    const { guest, release } = await pool.take(AbortSignal.timeout(20_000));
    const profile = read(`/proc/${listTree(guest.child.pid).at(-1)}/attr/current`) ?? "unknown";
    release();
    if (profile !== "unconfined" && profile !== "unknown" && !profile.includes("(unconfined)"))
      return { name, ok: true, detail: `the profile ${profile} confines the guest` };
    const remedy =
      "sudo cp etc/apparmor/sluice-guest /etc/apparmor.d/ && sudo apparmor_parser -r /etc/apparmor.d/sluice-guest";
    return { name, ok: true, isUsable: false, detail: `no profile confines the guest (${profile})`, remedy };
  } catch (error) {
    return { name, ok: true, detail: `unknown, since no guest started: ${toMessage(error)}` };
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "latin1").trim();
  } catch {
    return undefined;
  }
}
