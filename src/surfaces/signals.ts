import { setMaxListeners } from "node:events";
import { exitCodes } from "./exit-code.ts";

/** Ctrl-C and SIGTERM of one command. */
export interface Signals extends Disposable {
  /** Aborted by the first of them. */
  signal: AbortSignal;
  /** The code to exit with, once one has come. */
  readonly exitCode: number | undefined;
}

/** The first signal asks the command to stop, and it cleans up; the second one ends the process at once. */
export function watchSignals(): Signals {
  const controller = new AbortController();
  // Every server that a command asks listens to it.
  setMaxListeners(0, controller.signal);
  let exitCode: number | undefined;
  const stop = (code: number): void => {
    if (exitCode !== undefined) process.exit(code);
    exitCode = code;
    controller.abort();
  };
  const onInterrupt = (): void => stop(exitCodes.interrupted);
  const onTerminate = (): void => stop(exitCodes.terminated);
  process.on("SIGINT", onInterrupt);
  process.on("SIGTERM", onTerminate);
  return {
    signal: controller.signal,
    get exitCode() {
      return exitCode;
    },
    [Symbol.dispose](): void {
      process.off("SIGINT", onInterrupt);
      process.off("SIGTERM", onTerminate);
    },
  };
}
