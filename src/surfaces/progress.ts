import { limits } from "../base/limits.ts";

/** Reports of one running call, on their way to a client that asked for them. */
export interface Progress extends Disposable {
  /** Takes what the program printed or reported last. */
  report(message: string): void;
}

/**
 * Sends at most one report per `limits.progressMs`, the newest, and one each `limits.progressIdleMs` of silence, so that
 * a client which resets its deadline on progress keeps waiting. Dispose it before the answer is sent: none may follow it.
 */
export function createProgress(send: (progress: number, message: string) => void): Progress {
  let sent = 0;
  let sentAt = 0;
  let waiting: string | undefined;
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    const message = waiting ?? "running";
    waiting = undefined;
    sentAt = Date.now();
    sent += 1;
    send(sent, message);
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
    report(message: string): void {
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
