import { limits } from "../base/limits.ts";
import type { Engine } from "./engines/engine.ts";
import { type Guest, openGuest } from "./guest.ts";
import type { Wall } from "./walls/wall.ts";

/** Starts one guest: an engine's command behind a wall, with the channel to it open. */
export function startGuest(engine: Engine, wall: Wall, bounds: { memoryMb: number }): Guest {
  const child = wall.start(engine.toCommand(bounds), bounds);
  return openGuest(child, { engine: engine.name, wall: wall.name }, limits.frameBytesMax);
}
