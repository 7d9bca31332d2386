import type { ChildProcess } from "node:child_process";
import type { Readable, Writable } from "node:stream";

/** The variable that marks a child and all that descends from it. */
export declare const markName: "SLUICE_CHILD";

/** What is started, whoever starts it. */
export interface StartRequest {
  program: string;
  args: string[];
  /** The whole environment. */
  env: Record<string, string>;
  cwd: string;
  user?: number;
  /** Files that it gets open for reading as 3, 4, … */
  files: string[];
}

export interface StartedProcess {
  child: ChildProcess;
  pid: number;
  stdin: Writable;
  stdout: Readable;
  stderr: Readable;
}

/**
 * Starts a process with pipes on 0, 1 and 2, in a group of its own; throws what the system says. Whoever calls stands
 * still as long as the system takes to copy its page tables.
 */
export declare function startProcess(request: StartRequest): StartedProcess;
/** Linux: field 22 of /proc/PID/stat, which with the pid names one process for ever; elsewhere the reaper asks `ps`. */
export declare function readStartTime(pid: number): string;
