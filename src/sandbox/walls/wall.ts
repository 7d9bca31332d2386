import type { Child } from "../../base/child-process.ts";
import type { ContainerConfig } from "../../config/config.ts";
import type { GuestCommand } from "../engines/engine.ts";

/** What the operating system puts around a guest's process. */
export interface Wall {
  readonly name: "none" | "bwrap" | "container";
  /** What runs a container: `runsc` is gVisor. */
  readonly runtime?: ContainerConfig["runtime"];
  /** Starts the command behind the wall. Rejects with `wall_unavailable` where it cannot; the child's `kill` reaches all of it. */
  start(command: GuestCommand, limits: { memoryMb: number }): Promise<GuestProcess>;
}

/** What is in force around a program, in the words of outcomes and the audit. */
export interface Level {
  engine: string;
  wall: string;
  /** Of a container: what it is made by. */
  runtime?: string;
}

/** A guest's process behind its wall. */
export interface GuestProcess extends Child {
  readonly account: GuestAccount;
}

/**
 * Where the guest's memory and processor time are read: the process and all its descendants; for a container those of
 * the process whose number the file tells, once it is there (the client that was started is not their parent).
 */
export interface GuestAccount {
  pid: number;
  pidFile?: string;
}

/** How strong a wall is, for the floor. */
export const wallStrength: Readonly<Record<Wall["name"], number>> = { none: 0, bwrap: 1, container: 2 };
