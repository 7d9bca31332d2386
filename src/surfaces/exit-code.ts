import { errorCodes } from "../base/errors.ts";
import type { Outcome } from "../runtime/outcome.ts";

/** The exit codes of the CLI. */
export const exitCodes = {
  completed: 0,
  failed: 1,
  /** Usage, config, or an engine that cannot start. */
  usage: 2,
  killed: 3,
  paused: 4,
  denied: 5,
  interrupted: 130,
  terminated: 143,
} as const;

/** The exit code that says how an execution ended. */
export function toExitCode({ status, error }: Outcome): number {
  switch (status) {
    case "completed":
      return exitCodes.completed;
    case "failed":
      return isOurFault(error?.code) ? exitCodes.usage : exitCodes.failed;
    case "killed":
      return exitCodes.killed;
    case "paused":
    case "running":
      return exitCodes.paused;
    case "denied":
      return exitCodes.denied;
  }
}

function isOurFault(code: string | undefined): boolean {
  return code !== undefined && new Map<string, string>(Object.entries(errorCodes)).get(code) === "internal";
}
