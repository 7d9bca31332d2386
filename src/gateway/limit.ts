import { SluiceError } from "../base/errors.ts";
import { toSeconds } from "../base/in-time.ts";
import { readTransient, type Transient } from "../base/transient.ts";
import type { BreakerConfig, LimitRule, RetryConfig, Trust } from "../config/config.ts";
import type { Audit } from "./audit.ts";
import { type Breaker, type BreakerReport, createBreaker } from "./breaker.ts";
import type { BreakerStore } from "./breaker-store.ts";
import type { CallOutcome, ToolCall } from "./call.ts";
import { type Invoke, toErrorValue } from "./compose.ts";
import { createLane, type Lane } from "./lane.ts";
import { matchesPattern } from "./pattern.ts";
import { createRepeatable } from "./repeatable.ts";

export interface LimitParts {
  audit: Pick<Audit, "record">;
  /** By name of a server (`*`: each that has none of its own) or by address pattern, in which case each tool has its own. */
  limits: Readonly<Record<string, LimitRule>>;
  retry: RetryConfig;
  breaker: BreakerConfig;
  trustOf: (server: string) => Trust;
  breakers: BreakerStore;
}

/** The way to the servers: its turns, tries and breakers. */
export interface Limit {
  /** Makes a call when it is its turn; again where that is safe and may help. */
  around(inner: Invoke): Invoke;
  /** Breakers of the servers that are not closed. */
  open(): Record<string, BreakerReport>;
}

const BACKOFF_MS = 200;
const BACKOFF_MS_MAX = 5_000;

export function createLimit(parts: LimitParts): Limit {
  const lanes = new Map<string, Lane>();
  const breakers = new Map<string, Breaker>();
  const rules = Object.entries(parts.limits);
  const isRepeatable = createRepeatable(parts);

  function laneOf(key: string, name: string, source: string, rule: LimitRule): Lane {
    const id = JSON.stringify([key, name]);
    const known = lanes.get(id);
    if (known !== undefined) return known;
    const lane = createLane(name, source, rule);
    lanes.set(id, lane);
    return lane;
  }

  /** Those of its tool first, then its server's: always in this order, so that nobody waits for each other. */
  function lanesOf({ tool: { server, address } }: ToolCall): Lane[] {
    const own = rules.filter(([key]) => key.includes(".") && matchesPattern(key, address));
    const ofServer = Object.hasOwn(parts.limits, server) ? server : "*";
    const rule = parts.limits[ofServer];
    return [
      ...own.map(([key, each]) => laneOf(key, address, `policy.limits "${key}"`, each)),
      ...(rule === undefined ? [] : [laneOf(ofServer, server, `policy.limits "${ofServer}"`, rule)]),
    ];
  }

  function breakerOf(server: string): Breaker {
    const known = breakers.get(server);
    if (known !== undefined) return known;
    const save = (report: BreakerReport): void => parts.breakers.save(server, report);
    const breaker = createBreaker(parts.breaker, save, parts.breakers.load(server));
    breakers.set(server, breaker);
    return breaker;
  }

  async function attempt(call: ToolCall, breaker: Breaker, own: readonly Lane[], inner: Invoke): Promise<CallOutcome> {
    const leaving: (() => void)[] = [];
    try {
      for (const lane of own)
        leaving.push(
          await lane.enter(call.executionId, {
            signal: call.signal,
            remainingMs: call.remainingMs?.() ?? Number.POSITIVE_INFINITY,
          }),
        );
      if (!breaker.admit()) return toOpen(call, breaker);
      const outcome = await inner(call);
      const transient = toTransient(outcome);
      breaker.note(toEnd(outcome, transient));
      for (const lane of own) {
        if (transient?.isBusy === true || transient?.retryAfterMs !== undefined) lane.slow(transient.retryAfterMs);
        else if (outcome.kind !== "error") lane.ease();
      }
      return outcome;
    } catch (error) {
      if (error instanceof SluiceError) return toErrorValue(error);
      throw error;
    } finally {
      for (const leave of leaving) leave();
    }
  }

  function around(inner: Invoke): Invoke {
    return async (call) => {
      const { executionId, callId, signal, tool } = call;
      const breaker = breakerOf(tool.server);
      const own = lanesOf(call);
      const about = { executionId, callId, tool: tool.address };
      const since = performance.now();
      for (let tries = 1, isSame = false; ; tries += isSame ? 0 : 1) {
        if (breaker.openFor() > 0) return toOpen(call, breaker);
        if (tries > 1 && !isSame) parts.audit.record({ kind: "attempt-started", ...about, attempt: tries });
        const outcome = await attempt(call, breaker, own, inner);
        if (outcome.kind !== "error") return tries === 1 ? outcome : { ...outcome, tries };
        const transient = toTransient(outcome);
        if (transient === undefined || signal.aborted || !isRepeatable(call.tool, transient.mayHaveRun))
          return told(outcome, tries);
        // Its server starts again in a moment: what waits for that was no try.
        isSame = parts.retry.attempts > 1 && isBeforeStart(outcome.code, transient);
        if (tries >= parts.retry.attempts && !isSame) return told(outcome, tries);
        const pauseMs = Math.max(transient.retryAfterMs ?? 0, toBackoff(tries));
        const leftMs = Math.min(parts.retry.maxMs - (performance.now() - since), call.remainingMs?.() ?? Infinity);
        if (pauseMs > leftMs) return told(outcome, tries);
        if (!isSame)
          parts.audit.record({
            kind: "attempt-failed",
            ...about,
            attempt: tries,
            code: outcome.code,
            pauseMs: Math.round(pauseMs),
          });
        await pause(pauseMs, signal);
        if (signal.aborted) return told(outcome, tries);
      }
    };
  }

  return {
    around,
    open: () =>
      Object.fromEntries(
        [...breakers]
          .map(([server, breaker]) => [server, breaker.report()] as const)
          .filter(([, { state }]) => state !== "closed"),
      ),
  };
}

/** Exponential with full jitter: those that failed together do not come back together. */
function toBackoff(tries: number): number {
  return Math.random() * Math.min(BACKOFF_MS * 2 ** tries, BACKOFF_MS_MAX);
}

function toTransient(outcome: CallOutcome): Transient | undefined {
  if (outcome.kind !== "error") return undefined;
  if (outcome.transient !== undefined) return outcome.transient;
  return outcome.code === "tool_error" || outcome.code === "upstream_error"
    ? readTransient(outcome.message)
    : undefined;
}

/** The server has failed before, and nothing is sent to it until it is started or reached again. */
function isBeforeStart(code: string, { mayHaveRun, retryAfterMs }: Transient): boolean {
  return code === "upstream_unavailable" && !mayHaveRun && retryAfterMs !== undefined;
}

/** The upstream's faults only: a refusal, wrong arguments and what the tool says of them are answers of a server that works. */
function toEnd(outcome: CallOutcome, transient: Transient | undefined): "good" | "failed" | "unknown" {
  if (outcome.kind !== "error") return "good";
  if (outcome.code === "cancelled") return "unknown";
  const isDown = outcome.isServerFault ?? (outcome.code.startsWith("upstream_") && outcome.code !== "upstream_error");
  return (isDown || transient !== undefined) && transient?.isBusy !== true ? "failed" : "good";
}

function toOpen({ tool }: ToolCall, breaker: Breaker): CallOutcome {
  const ms = breaker.openFor();
  return {
    kind: "error",
    code: "circuit_open",
    message: `Cannot call ${tool.address}: server "${tool.server}" has failed too often, and is tried again in ${toSeconds(ms)} s (policy.breaker)`,
    hint: "Do what does not need this server, or try again then",
  };
}

/** What the program sees is one call: its last failure, and how often it was tried. */
function told(outcome: CallOutcome & { kind: "error" }, tries: number): CallOutcome {
  return tries === 1 ? outcome : { ...outcome, tries, message: `${outcome.message} (tried ${tries} times)` };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", wake);
      resolve();
    };
    const timer = setTimeout(wake, ms);
    signal.addEventListener("abort", wake, { once: true });
  });
}
