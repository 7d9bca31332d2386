import { limits } from "../base/limits.ts";
import type { Engine } from "./engines/engine.ts";
import { type Guest, openGuest } from "./guest.ts";
import type { Level, Wall } from "./walls/wall.ts";
import type { Watchdog } from "./watchdog.ts";

/** Where programs run, in the words of outcomes and the audit. A thread has no process that could be watched or walled. */
export function toLevel(engine: Engine, { name, runtime }: Wall): Level {
  if (engine.start !== undefined) return { engine: engine.name, wall: "none (no boundary)" };
  return { engine: engine.name, wall: name, ...(runtime === undefined ? {} : { runtime }) };
}

/** Starts one guest: an engine's command behind a wall, its memory bounded, with the channel to it open. */
export async function startGuest(
  engine: Engine,
  wall: Wall,
  bounds: { memoryMb: number },
  watchdog?: Watchdog,
): Promise<Guest> {
  const level = toLevel(engine, wall);
  if (engine.start !== undefined) return openGuest(engine.start(bounds), level, limits.frameBytesMax);
  const child = await wall.start(engine.toCommand(bounds), bounds);
  watchdog?.adopt(child.account, { memoryBytes: bounds.memoryMb * 1024 * 1024 });
  void child.exited.then(() => watchdog?.release(child.pid));
  return openGuest(child, level, limits.frameBytesMax);
}
