import type { BreakerConfig } from "../config/config.ts";

/** `half-open`: one call tries whether the server works again. */
export type BreakerState = "closed" | "open" | "half-open";

/** What is known of a breaker: kept in the store, shown by `doctor` and in stats. */
export interface BreakerReport {
  state: BreakerState;
  /** Milliseconds since the epoch at which the next call is let through to try. */
  retryAt: number;
  /** Tries in a row that failed. */
  failedTries: number;
}

/** Keeps calls from a server that fails, and finds out when it works again. */
export interface Breaker {
  /** Milliseconds until the next try; 0: calls go through. */
  openFor(): number;
  /** A call leaves. `false`: it must not; another one is the try. */
  admit(): boolean;
  /** How it ended: the server's fault, not its fault, or nobody knows. */
  note(end: "good" | "failed" | "unknown"): void;
  report(): BreakerReport;
}

const SLICES = 10;
const OPEN_FACTOR_MAX = 32;

/** A closed breaker, or one as it was left; `onChange` is told of each change of its state. */
export function createBreaker(
  rule: BreakerConfig,
  onChange: (report: BreakerReport) => void,
  left?: BreakerReport,
): Breaker {
  /** Counts of the window in slices, each with the number of its time. */
  const slices = Array.from({ length: SLICES }, () => ({ at: -1, good: 0, failed: 0 }));
  const sliceMs = rule.windowMs / SLICES;
  let state: BreakerState = left?.state === undefined || left.state === "closed" ? "closed" : "open";
  let retryAt = left?.retryAt ?? 0;
  let failedTries = left?.failedTries ?? 0;
  let isTrying = false;

  const report = (): BreakerReport => ({ state, retryAt, failedTries });

  function count(end: "good" | "failed"): void {
    const at = Math.floor(Date.now() / sliceMs);
    const slice = slices[at % SLICES] as (typeof slices)[number];
    if (slice.at !== at) Object.assign(slice, { at, good: 0, failed: 0 });
    slice[end] += 1;
    const recent = slices.filter((one) => one.at > at - SLICES);
    const failed = recent.reduce((sum, one) => sum + one.failed, 0);
    const all = failed + recent.reduce((sum, one) => sum + one.good, 0);
    if (end === "failed" && all >= rule.callsMin && failed * 100 >= rule.errorPercent * all) open();
  }

  function open(): void {
    state = "open";
    retryAt = Date.now() + rule.openMs * Math.min(2 ** failedTries, OPEN_FACTOR_MAX);
    failedTries += 1;
    onChange(report());
  }

  function close(): void {
    state = "closed";
    failedTries = 0;
    retryAt = 0;
    for (const slice of slices) slice.at = -1;
    onChange(report());
  }

  return {
    openFor: () => (state === "closed" ? 0 : isTrying ? Math.max(1, rule.openMs) : Math.max(0, retryAt - Date.now())),
    admit() {
      if (state === "closed") return true;
      if (isTrying || Date.now() < retryAt) return false;
      isTrying = true;
      if (state === "open") {
        state = "half-open";
        onChange(report());
      }
      return true;
    },
    note(end) {
      if (state !== "half-open") {
        // What left before it opened says nothing about now.
        if (end !== "unknown" && state === "closed") count(end);
        return;
      }
      if (!isTrying) return;
      isTrying = false;
      if (end === "good") close();
      else if (end === "failed") open();
    },
    report,
  };
}
