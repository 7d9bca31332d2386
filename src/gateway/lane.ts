import { SluiceError } from "../base/errors.ts";
import { toSeconds } from "../base/in-time.ts";
import { limits } from "../base/limits.ts";
import type { LimitRule } from "../config/config.ts";

/** The way to one server, or one tool: a token bucket, places, and a queue that is fair between executions. */
export interface Lane {
  /** Waits for a turn; call what it gives back when the call has ended. Rejects with `rate_limited`, `callsQueuedMax` or `cancelled`. */
  enter(executionId: string, options: { signal: AbortSignal; remainingMs: number }): Promise<() => void>;
  /** The server has asked for fewer calls. */
  slow(retryAfterMs?: number): void;
  /** A call went well. */
  ease(): void;
  waiting(): number;
}

interface Waiter {
  go: () => void;
  fail: (error: SluiceError) => void;
}

const PAUSE_MS = 1_000;
const FACTOR_MIN = 1 / 16;

/**
 * A lane called `name` in messages, whose rule stands in `source` of the config. Time is `performance.now()`. Executions take turns: each gets
 * as much as any other that waits, however many calls it has made.
 */
export function createLane(name: string, source: string, rule: LimitRule): Lane {
  const { perSecond = Number.POSITIVE_INFINITY, inFlight = Number.POSITIVE_INFINITY } = rule;
  const burst = Math.max(1, rule.burst ?? perSecond);
  /** By execution; the one whose turn is next first. */
  const queues = new Map<string, Waiter[]>();
  let queued = 0;
  let running = 0;
  let tokens = burst;
  let filledAt = performance.now();
  /** Nothing leaves before: the server has said so. */
  let closedUntil = 0;
  let strikes = 0;
  /** The part of its rate that the server takes at the moment. */
  let factor = 1;
  /** How long a call takes, on average. */
  let callMs = 0;
  let timer: NodeJS.Timeout | undefined;

  function fill(now: number): void {
    if (perSecond !== Number.POSITIVE_INFINITY)
      tokens = Math.min(burst, tokens + ((now - filledAt) / 1_000) * perSecond * factor);
    filledAt = now;
  }

  /** Milliseconds until the next call may begin; 0: now; infinite: when one has ended. */
  function untilNext(now: number): number {
    if (running >= inFlight) return Number.POSITIVE_INFINITY;
    const forToken = tokens >= 1 ? 0 : ((1 - tokens) / (perSecond * factor)) * 1_000;
    return Math.max(forToken, closedUntil - now, 0);
  }

  function begin(): () => void {
    tokens -= 1;
    running += 1;
    const since = performance.now();
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      running -= 1;
      const took = performance.now() - since;
      callMs = callMs === 0 ? took : callMs * 0.8 + took * 0.2;
      pump();
    };
  }

  function pump(): void {
    clearTimeout(timer);
    timer = undefined;
    while (queued > 0) {
      const now = performance.now();
      fill(now);
      const ms = untilNext(now);
      if (ms > 0) {
        // Rounded up: a timer that rings too early would ring again and again.
        if (ms !== Number.POSITIVE_INFINITY) timer = setTimeout(pump, Math.ceil(ms));
        return;
      }
      const [executionId, queue] = queues.entries().next().value as [string, Waiter[]];
      const waiter = queue.shift();
      queues.delete(executionId);
      if (queue.length > 0) queues.set(executionId, queue);
      queued -= 1;
      waiter?.go();
    }
  }

  /** How long a call that comes now would wait, if those before it take as long as others did. */
  function estimate(executionId: string, now: number): number {
    const own = queues.get(executionId)?.length ?? 0;
    let ahead = own;
    for (const [id, queue] of queues) if (id !== executionId) ahead += Math.min(queue.length, own + 1);
    const forRate = perSecond === Number.POSITIVE_INFINITY ? 0 : ((ahead + 1 - tokens) / (perSecond * factor)) * 1_000;
    const over = ahead + 1 - Math.max(0, inFlight - running);
    const forPlace = over <= 0 ? 0 : (over / inFlight) * callMs;
    return Math.max(0, closedUntil - now, forRate, forPlace);
  }

  return {
    async enter(executionId, { signal, remainingMs }) {
      if (signal.aborted) throw cancelled(name);
      const now = performance.now();
      fill(now);
      if (queued === 0 && untilNext(now) === 0) return begin();
      const waitMs = estimate(executionId, now);
      if (waitMs > remainingMs)
        throw new SluiceError(
          "rate_limited",
          `Cannot call ${name} now: it would wait ${toSeconds(waitMs)} s for its turn, and this execution has ${toSeconds(remainingMs)} s left (${source}: ${toText(rule, closedUntil - now)})`,
          { hint: "Make fewer calls in one execution, or do the rest in the next one" },
        );
      if (queued >= limits.callsQueuedMax)
        throw new SluiceError(
          "callsQueuedMax",
          `Cannot call ${name} now: ${queued} calls wait for it already; callsQueuedMax is ${limits.callsQueuedMax}`,
          { hint: "Wait for calls before you make more" },
        );
      return new Promise((resolve, reject) => {
        const leave = (): void => {
          const queue = queues.get(executionId);
          const at = queue?.indexOf(waiter) ?? -1;
          if (queue === undefined || at === -1) return;
          queue.splice(at, 1);
          queued -= 1;
          if (queue.length === 0) queues.delete(executionId);
          waiter.fail(cancelled(name));
        };
        const waiter: Waiter = {
          go() {
            signal.removeEventListener("abort", leave);
            resolve(begin());
          },
          fail: reject,
        };
        signal.addEventListener("abort", leave, { once: true });
        const queue = queues.get(executionId);
        if (queue === undefined) queues.set(executionId, [waiter]);
        else queue.push(waiter);
        queued += 1;
        pump();
      });
    },
    slow(retryAfterMs) {
      const pauseMs = Math.min(retryAfterMs ?? PAUSE_MS * 2 ** strikes, limits.slowedMsMax);
      strikes = Math.min(strikes + 1, 10);
      factor = Math.max(FACTOR_MIN, factor / 2);
      fill(performance.now());
      closedUntil = Math.max(closedUntil, performance.now() + pauseMs);
      pump();
    },
    ease() {
      strikes = 0;
      if (factor === 1) return;
      fill(performance.now());
      factor = Math.min(1, factor * 1.1);
    },
    waiting: () => queued,
  };
}

function cancelled(name: string): SluiceError {
  return new SluiceError("cancelled", `The call of ${name} was cancelled while it waited for its turn`);
}

function toText({ perSecond, inFlight }: LimitRule, closedMs: number): string {
  return [
    ...(perSecond === undefined ? [] : [`${perSecond} calls per second`]),
    ...(inFlight === undefined ? [] : [`${inFlight} calls at once`]),
    ...(closedMs > 0 ? [`the server asked to wait ${toSeconds(closedMs)} s`] : []),
  ].join(", ");
}
