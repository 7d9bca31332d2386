import { SluiceError, toMessage } from "../../base/errors.ts";
import type { SandboxConfig } from "../../config/config.ts";
import type { Engine } from "../engines/engine.ts";
import { none } from "./none.ts";
import { openBwrap, type WallUse } from "./open-bwrap.ts";
import { openContainer } from "./open-container.ts";
import { type Wall, wallStrength } from "./wall.ts";

/** The wall that a config asks for, and why it is not a stronger one. */
export interface WallChoice {
  wall: Wall;
  /** Why `auto` came to `none`. */
  reason?: string;
}

/**
 * The wall of this machine for a config, proved by use. `auto` is `bwrap` where that works, else `none`; a wall that was
 * named must work (`wall_unavailable`), and none may be below the floor (`wall_below_floor`).
 */
export async function chooseWall(
  { wall: wanted, floor, container, memoryMb }: Pick<SandboxConfig, "wall" | "floor" | "container" | "memoryMb">,
  engine: Engine,
  stateDir: string,
): Promise<WallChoice> {
  if (wanted === "none") return checkFloor({ wall: none }, floor);
  let use: WallUse;
  try {
    use = { command: engine.toCommand({ memoryMb }), memoryMb, stateDir };
  } catch (error) {
    if (wanted !== "auto" && engine.start !== undefined) {
      throw new SluiceError("wall_unavailable", `The wall "${wanted}" cannot be used: ${toMessage(error)}`, {
        hint: `Set sandbox.wall to "none", or choose another engine`,
      });
    }
    // A thread has no wall; an engine that is missing starts nothing, and every execution says why.
    return checkFloor({ wall: none, reason: toMessage(error) }, floor);
  }
  switch (wanted) {
    case "bwrap":
      return checkFloor({ wall: await openBwrap(use) }, floor);
    case "container":
      return { wall: await openContainer(container, use) };
    case "auto":
      return checkFloor(await openStrongest(use), floor);
  }
}

async function openStrongest(use: WallUse): Promise<WallChoice & { hint?: string }> {
  try {
    return { wall: await openBwrap(use) };
  } catch (error) {
    const hint = error instanceof SluiceError ? error.hint : undefined;
    return { wall: none, reason: toMessage(error), ...(hint === undefined ? {} : { hint }) };
  }
}

function checkFloor({ wall, reason, hint }: WallChoice & { hint?: string }, floor: SandboxConfig["floor"]): WallChoice {
  if (wallStrength[wall.name] >= wallStrength[floor]) return { wall, ...(reason === undefined ? {} : { reason }) };
  const why = reason === undefined ? "" : `. ${reason}`;
  const remedy = floor === "container" ? `Set sandbox.wall to "container"` : `Set sandbox.wall to "auto" or "${floor}"`;
  throw new SluiceError("wall_below_floor", `The wall would be "${wall.name}", below sandbox.floor "${floor}"${why}`, {
    hint: (floor === "bwrap" ? hint : undefined) ?? remedy,
  });
}

/** The wall in force, for people. */
export function toWallInForce(
  { name, runtime }: Wall,
  reason: string | undefined,
): { name: string; runtime?: string; reason?: string } {
  return { name, ...(runtime === undefined ? {} : { runtime }), ...(reason === undefined ? {} : { reason }) };
}
