import type { Sluice } from "../runtime/sluice.ts";
import type { Terminal } from "./terminal.ts";

/** Shows on the terminal what a running program is doing, until it is disposed. */
export function watchProgress(sluice: Sluice, terminal: Terminal): Disposable {
  let calls = 0;
  const stop = sluice.events.on((event) => {
    if (event.kind === "tool-call-started") terminal.progress(`${(calls += 1)} calls · ${event.tool}`);
    if (event.kind === "progress-reported") terminal.progress(event.message);
  });
  return {
    [Symbol.dispose](): void {
      stop();
      terminal.progress("");
    },
  };
}
