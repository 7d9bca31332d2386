import type { GuestProcess } from "../walls/wall.ts";

/** A command that runs a guest, before any wall: what it is, and all that it must be able to read. */
export interface GuestCommand {
  /** Absolute path. */
  program: string;
  args: readonly string[];
  /** The whole environment. */
  env: Readonly<Record<string, string>>;
  /** Absolute paths of the files and folders it reads: the program itself, its libraries' folders aside. */
  reads: readonly string[];
}

/** What runs the guest's JavaScript. */
export interface Engine {
  readonly name: "deno" | "quickjs" | "worker";
  /** What is installed, for people: version and path; throws `engine_unavailable` too. */
  describe(): Promise<string>;
  /** The command; throws `engine_unavailable` with the remedy where the engine is not installed. */
  toCommand(limits: { memoryMb: number }): GuestCommand;
  /** Only of an engine without a process of its own: starts a guest, with no wall around it. */
  start?(limits: { memoryMb: number }): GuestProcess;
}
