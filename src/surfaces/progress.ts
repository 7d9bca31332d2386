import { limits } from "../base/limits.ts";
import type { RunProgress } from "../runtime/outcome.ts";

/** Reports of one running call, on their way to a client that asked for them. */
export interface Progress extends Disposable {
  /** Takes what the program printed or reported last, with how far it says it is. */
  report(message: string, numbers?: RunProgress): void;
}

/** One notification: `progress` grows with each, as MCP wants it. */
export interface ProgressReport {
  progress: number;
  total?: number;
  message: string;
}

/** What a report counts for beside what the program says that is done. */
const STEP = 0.0001;

/**
 * Sends at most one report per `limits.progressMs`, the newest, and one each `limits.progressIdleMs` of silence, so that
 * a client which resets its deadline on progress keeps waiting. Dispose it before the answer is sent: none may follow it.
 */
export function createProgress(send: (report: ProgressReport) => void): Progress {
  let sent = 0;
  let numbers: RunProgress = {};
  let sentAt = 0;
  let waiting: string | undefined;
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    const message = waiting ?? "running";
    waiting = undefined;
    sentAt = Date.now();
    sent = Math.max(sent + STEP, numbers.done ?? 0);
    send({ progress: sent, ...(numbers.total === undefined ? {} : { total: numbers.total }), message });
    arm();
  };
  const arm = (): void => {
    clearTimeout(timer);
    const delayMs =
      waiting === undefined ? limits.progressIdleMs : Math.max(0, sentAt + limits.progressMs - Date.now());
    timer = setTimeout(flush, delayMs);
    timer.unref();
  };
  arm();
  return {
    report(message: string, said?: RunProgress): void {
      if (said !== undefined) numbers = said;
      const first = waiting === undefined;
      waiting = toLine(message);
      if (first) arm();
    },
    [Symbol.dispose](): void {
      clearTimeout(timer);
    },
  };
}

/** One line, short enough for a status bar. */
function toLine(message: string): string {
  const line = message
    .slice(0, limits.progressTextMax * 4)
    .replace(/\s+/g, " ")
    .trim();
  return line.length > limits.progressTextMax ? `${line.slice(0, limits.progressTextMax)}…` : line;
}
