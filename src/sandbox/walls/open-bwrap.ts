import { SluiceError, toMessage } from "../../base/errors.ts";
import { findProgram } from "../../base/find-program.ts";
import type { GuestCommand } from "../engines/engine.ts";
import { createBwrap, hasFilter } from "./bwrap.ts";
import { listLibraries } from "./libraries.ts";
import { probeWall, readProbe, toNamespaceRemedy, toProbeKey, writeProbe } from "./probe.ts";
import type { Wall } from "./wall.ts";

/** For whom a wall is opened: the engine's command, its memory, and the folder where a proof is kept. */
export interface WallUse {
  command: GuestCommand;
  memoryMb: number;
  stateDir: string;
}

/** The bubblewrap wall, proved by a start of the engine behind it; throws `wall_unavailable` with the remedy. */
export async function openBwrap({ command, memoryMb, stateDir }: WallUse): Promise<Wall> {
  if (process.platform !== "linux") throw unavailable(`it needs Linux, this is ${process.platform}`, undefined);
  if (!hasFilter()) throw unavailable(`there is no system call filter for ${process.arch}`, undefined);
  const program = findProgram("bwrap");
  if (program === undefined) throw unavailable("bubblewrap is not installed", "sudo apt-get install bubblewrap");

  const key = toProbeKey([program, command.program], command.reads);
  const kept = await readProbe(stateDir, "bwrap", key);
  if (kept !== undefined && Array.isArray(kept["libraries"])) {
    const libraries = kept["libraries"].filter((path): path is string => typeof path === "string");
    return createBwrap({ program, libraries, asNobody: kept["asNobody"] === true });
  }

  const libraries = await listLibraries(command.program).catch((error: unknown) => {
    throw unavailable(`the libraries of ${command.program} cannot be listed: ${toMessage(error)}`, undefined);
  });
  let failure = "";
  // Root gives up being root first; where that leaves the files unreadable, it stays root outside, without capabilities.
  for (const asNobody of process.getuid?.() === 0 ? [true, false] : [false]) {
    const wall = createBwrap({ program, libraries, asNobody });
    const failed = await probeWall(wall, command, memoryMb);
    if (failed === undefined) {
      await writeProbe(stateDir, "bwrap", key, { asNobody, libraries });
      return wall;
    }
    failure = failed;
  }
  throw unavailable(
    failure,
    toNamespaceRemedy() ?? `Read what it says, and try: bwrap --unshare-all --ro-bind / / true`,
  );
}

function unavailable(reason: string, hint: string | undefined): SluiceError {
  return new SluiceError("wall_unavailable", `The wall "bwrap" cannot be used: ${reason}`, {
    hint: hint ?? `Set sandbox.wall to "none", or to "container"`,
  });
}
