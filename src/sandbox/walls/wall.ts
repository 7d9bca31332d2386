import type { Child } from "../../base/child-process.ts";
import type { GuestCommand } from "../engines/engine.ts";

/** What the operating system puts around a guest's process. */
export interface Wall {
  readonly name: "none" | "bwrap" | "container";
  /** Starts the command behind the wall. Throws `wall_unavailable` where it cannot; the child's `kill` reaches all of it. */
  start(command: GuestCommand, limits: { memoryMb: number }): GuestProcess;
}

/** A guest's process behind its wall. */
export interface GuestProcess extends Child {
  /**
   * Where its memory and processor time are read: the process and all its descendants, or a cgroup's folder
   * (v2, or the memory controller of v1) where the kernel counts and bounds them.
   */
  readonly account: { kind: "tree"; pid: number } | { kind: "cgroup"; folder: string; pid: number };
}
