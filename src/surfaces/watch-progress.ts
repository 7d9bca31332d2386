import type { Sluice } from "../runtime/sluice.ts";
import type { RunProgress } from "../runtime/outcome.ts";
import type { Terminal } from "./terminal.ts";

/** Shows on the terminal what a running program is doing, until it is disposed. */
export function watchProgress(sluice: Sluice, terminal: Terminal): Disposable {
  let calls = 0;
  const stop = sluice.events.on((event) => {
    if (event.kind === "tool-call-started") terminal.progress(`${(calls += 1)} calls · ${event.tool}`);
    if (event.kind === "progress-reported") terminal.progress(`${toBar(event.progress)}${event.message}`);
  });
  return {
    [Symbol.dispose](): void {
      stop();
      terminal.progress("");
    },
  };
}

const BAR_CHARS = 20;

/** How far it is, where that can be drawn. */
function toBar({ done, total }: RunProgress): string {
  if (done === undefined || total === undefined || !(total > 0)) return "";
  const full = Math.round(Math.min(Math.max(done / total, 0), 1) * BAR_CHARS);
  return `${"█".repeat(full)}${"░".repeat(BAR_CHARS - full)} `;
}
