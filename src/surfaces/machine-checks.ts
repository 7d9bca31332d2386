import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { delimiter, join } from "node:path";
import type { HealthCheck, Sluice } from "../runtime/sluice.ts";
import { toWallText } from "./open.ts";

const nodeVersionLeast = "20.19";

/** Whether this Node is new enough. */
export function checkNode(): HealthCheck {
  const version = process.versions.node;
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const ok = major > 20 || (major === 20 && minor >= 19);
  return {
    name: "node",
    ok,
    detail: `${version}, ${process.execPath}`,
    ...(!ok && { remedy: `Install Node ${nodeVersionLeast} or newer` }),
  };
}

/** How children end when Sluice is killed: `setpriv` ends them at once on Linux, the reaper does everywhere. */
export async function checkSetpriv(): Promise<HealthCheck> {
  const name = "setpriv";
  if (process.platform !== "linux") return { name, ok: true, detail: "not on this system; the reaper ends children" };
  for (const directory of (process.env.PATH ?? "").split(delimiter)) {
    const path = join(directory, "setpriv");
    const found = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found && directory !== "") return { name, ok: true, detail: path };
  }
  return { name, ok: true, detail: "not found; the reaper alone ends children (package util-linux has it)" };
}

/** Whether a program really runs, and behind what. */
export async function checkProgram(sluice: Sluice, signal: AbortSignal): Promise<HealthCheck> {
  const name = "program";
  const startedAt = performance.now();
  const { status, result, error, stats } = await sluice.executeCode("return 6 * 7;", { signal, timeoutMs: 30_000 });
  const ms = Math.round(performance.now() - startedAt);
  if (status === "completed" && result === 42) {
    return {
      name,
      ok: true,
      detail: `ran in ${ms} ms: engine ${stats.engine}, wall ${toWallText(stats.wall, stats.runtime)}`,
    };
  }
  return {
    name,
    ok: false,
    detail: error === undefined ? `ended as ${status}` : `${error.code}: ${error.message}`,
    remedy: error?.hint ?? "Mend first what another check says: the engine and its start have checks of their own",
  };
}
