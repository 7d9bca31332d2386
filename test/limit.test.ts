import { setMaxListeners } from "node:events";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { readTransient } from "../src/base/transient.ts";
import type { LimitRule } from "../src/config/config.ts";
import { type BreakerReport, createBreaker } from "../src/gateway/breaker.ts";
import type { AuditRecord } from "../src/gateway/audit-record.ts";
import type { CallOutcome, ToolCall } from "../src/gateway/call.ts";
import { createLane, type Lane } from "../src/gateway/lane.ts";
import { createLimit, type LimitParts } from "../src/gateway/limit.ts";

// Time is the test's: no wait here is a wait.
beforeEach(() => vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance", "Date"] }));
afterEach(() => vi.useRealTimers());

const never = new AbortController().signal;
setMaxListeners(0, never);
const patient = { signal: never, remainingMs: Number.POSITIVE_INFINITY };
const laneOf = (rule: LimitRule): Lane => createLane("crm", 'policy.limits "crm"', rule);

describe("a lane", () => {
  test("lets a burst through at once and the rest at its rate", async () => {
    const lane = laneOf({ perSecond: 10, burst: 3 });
    const begun: number[] = [];
    const since = performance.now();
    for (let call = 0; call < 8; call += 1)
      void lane.enter("a", patient).then((leave) => {
        begun.push(performance.now() - since);
        leave();
      });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(begun.map((ms) => Math.round(ms))).toEqual([0, 0, 0, 100, 200, 300, 400, 500]);
  });

  test("takes slow rates exactly, and saves no more than its burst", async () => {
    const lane = laneOf({ perSecond: 0.5 });
    await vi.advanceTimersByTimeAsync(60_000);
    const begun: number[] = [];
    const since = performance.now();
    for (let call = 0; call < 4; call += 1)
      void lane.enter("a", patient).then(() => begun.push(performance.now() - since));
    await vi.advanceTimersByTimeAsync(20_000);
    expect(begun.map((ms) => Math.round(ms))).toEqual([0, 2_000, 4_000, 6_000]);
  });

  test("has so many places, and gives a freed one on", async () => {
    const lane = laneOf({ inFlight: 2 });
    const leaves: (() => void)[] = [];
    for (let call = 0; call < 5; call += 1) void lane.enter("a", patient).then((leave) => leaves.push(leave));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(leaves).toHaveLength(2);
    leaves[0]?.();
    leaves[0]?.(); // a place is given back once
    await vi.advanceTimersByTimeAsync(1_000);
    expect(leaves).toHaveLength(3);
    expect(lane.waiting()).toBe(2);
  });

  test("is fair between executions, however greedy one is", async () => {
    const lane = laneOf({ perSecond: 100, burst: 1 });
    const begun: string[] = [];
    const call = (who: string): void => void lane.enter(who, patient).then((leave) => (begun.push(who), leave()));
    for (let n = 0; n < 500; n += 1) call("greedy");
    for (let n = 0; n < 20; n += 1) for (const who of ["b", "c", "d"]) call(who);
    await vi.advanceTimersByTimeAsync(900);
    for (const who of ["b", "c", "d"]) expect(begun.filter((one) => one === who)).toHaveLength(20);
  });

  test("refuses at once what would outlast the execution, and says how long it would take", async () => {
    const lane = laneOf({ perSecond: 1, burst: 1 });
    const waiting = Array.from({ length: 30 }, () => lane.enter("a", patient));
    await expect(lane.enter("a", { signal: never, remainingMs: 10_000 })).rejects.toMatchObject({
      code: "rate_limited",
      message:
        'Cannot call crm now: it would wait 30.0 s for its turn, and this execution has 10.0 s left (policy.limits "crm": 1 calls per second)',
    });
    // Another one comes after the first of it, not after all thirty.
    const other = lane.enter("b", { signal: never, remainingMs: 10_000 });
    await vi.advanceTimersByTimeAsync(40_000);
    await expect(Promise.all([...waiting, other])).resolves.toHaveLength(31);
  });

  test("estimates the wait for a place by how long calls take", async () => {
    const lane = laneOf({ inFlight: 1 });
    const first = await lane.enter("a", patient);
    await vi.advanceTimersByTimeAsync(2_000);
    first();
    await lane.enter("a", patient);
    void lane.enter("a", patient);
    await expect(lane.enter("a", { signal: never, remainingMs: 1_000 })).rejects.toMatchObject({
      code: "rate_limited",
      message: /would wait 4\.0 s/,
    });
  });

  test("has an end", async () => {
    const lane = laneOf({ inFlight: 1 });
    await lane.enter("a", patient);
    // A signal of its own for each: listeners of one are looked through one by one.
    for (let n = 0; n < 10_000; n += 1) void lane.enter("a", { ...patient, signal: new AbortController().signal });
    await expect(lane.enter("b", patient)).rejects.toMatchObject({
      code: "callsQueuedMax",
      message: /10000 calls wait for it already; callsQueuedMax is 10000/,
    });
  });

  test("forgets who gives up waiting", async () => {
    const lane = laneOf({ inFlight: 1 });
    const leave = await lane.enter("a", patient);
    const stop = new AbortController();
    const given = lane.enter("a", { ...patient, signal: stop.signal });
    const next = lane.enter("b", patient);
    stop.abort();
    await expect(given).rejects.toMatchObject({ code: "cancelled" });
    leave();
    await expect(next).resolves.toBeTypeOf("function");
    await expect(lane.enter("a", { ...patient, signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: "cancelled",
    });
    expect(lane.waiting()).toBe(0);
  });

  test("stands still as long as the server asks, then goes on slower, then as before", async () => {
    const lane = laneOf({ perSecond: 10, burst: 1 });
    (await lane.enter("a", patient))();
    lane.slow(3_000);
    const begun: number[] = [];
    const since = performance.now();
    for (let n = 0; n < 4; n += 1) void lane.enter("a", patient).then(() => begun.push(performance.now() - since));
    await vi.advanceTimersByTimeAsync(5_000);
    expect(begun.map((ms) => Math.round(ms / 10) * 10)).toEqual([3_000, 3_200, 3_400, 3_600]);
    for (let n = 0; n < 20; n += 1) lane.ease();
    const again: number[] = [];
    const from = performance.now();
    for (let n = 0; n < 4; n += 1) void lane.enter("a", patient).then(() => again.push(performance.now() - from));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(again.map((ms) => Math.round(ms))).toEqual([0, 100, 200, 300]);
  });

  test("stands still longer each time a server says no without saying how long", async () => {
    const lane = laneOf({ inFlight: 4 });
    const waits: number[] = [];
    for (let strike = 0; strike < 8; strike += 1) {
      lane.slow();
      const since = performance.now();
      const entered = lane.enter("a", patient).then((leave) => {
        waits.push(Math.round((performance.now() - since) / 1_000));
        leave();
      });
      await vi.advanceTimersByTimeAsync(120_000);
      await entered;
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
    lane.slow(86_400_000);
    await expect(lane.enter("a", { signal: never, remainingMs: 30_000 })).rejects.toMatchObject({
      message: /would wait 60\.0 s .*the server asked to wait 60\.0 s/,
    });
  });
});

describe("a breaker", () => {
  const rule = { errorPercent: 50, windowMs: 10_000, callsMin: 4, openMs: 1_000 };

  test("opens at the share of failures, never on too few calls", () => {
    const changes: BreakerReport[] = [];
    const breaker = createBreaker(rule, (report) => changes.push(report));
    for (let n = 0; n < 3; n += 1) breaker.note("failed");
    expect([breaker.openFor(), breaker.admit()]).toEqual([0, true]);
    breaker.note("failed");
    expect(changes.map(({ state }) => state)).toEqual(["open"]);
    expect([breaker.openFor(), breaker.admit()]).toEqual([1_000, false]);
  });

  test("stays closed below the share, and forgets what is out of the window", async () => {
    const breaker = createBreaker(rule, () => expect.unreachable());
    for (let n = 0; n < 40; n += 1) {
      breaker.note("good");
      breaker.note(n % 3 === 0 ? "failed" : "good");
      breaker.note("unknown");
    }
    await vi.advanceTimersByTimeAsync(11_000);
    for (let n = 0; n < 3; n += 1) breaker.note("failed");
    expect(breaker.report().state).toBe("closed");
  });

  test("lets one call try; it closes by a good one, and stays open twice as long after a bad one", async () => {
    const breaker = createBreaker(rule, () => undefined);
    for (let n = 0; n < 4; n += 1) breaker.note("failed");
    await vi.advanceTimersByTimeAsync(1_000);
    expect([breaker.openFor(), breaker.admit(), breaker.admit(), breaker.openFor() > 0]).toEqual([
      0,
      true,
      false,
      true,
    ]);
    breaker.note("failed");
    expect(breaker.openFor()).toBe(2_000);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(breaker.admit()).toBe(true);
    breaker.note("unknown");
    expect([breaker.report().state, breaker.admit()]).toEqual(["half-open", true]);
    breaker.note("good");
    expect(breaker.report()).toEqual({ state: "closed", retryAt: 0, failedTries: 0 });
    // What failed before is forgotten with it.
    breaker.note("failed");
    expect(breaker.admit()).toBe(true);
  });

  test("goes on where another process left it", async () => {
    const left = { state: "half-open", retryAt: Date.now() + 500, failedTries: 3 } as const;
    const breaker = createBreaker(rule, () => undefined, left);
    expect([breaker.openFor(), breaker.admit()]).toEqual([500, false]);
    await vi.advanceTimersByTimeAsync(500);
    expect(breaker.admit()).toBe(true);
    breaker.note("failed");
    expect(breaker.openFor()).toBe(8_000);
  });
});

describe("the way to a server", () => {
  const good: CallOutcome = { kind: "data", data: "done" };
  const gone: CallOutcome = {
    kind: "error",
    code: "upstream_disconnected",
    message: "it ended",
    transient: { mayHaveRun: true },
  };
  const refused: CallOutcome = { ...gone, code: "upstream_unavailable", transient: { mayHaveRun: false } };
  const busy: CallOutcome = { kind: "error", code: "tool_error", message: "Rate limit exceeded. Retry-After: 2" };
  const wrong: CallOutcome = { kind: "error", code: "tool_error", message: "No lead 429 here" };

  function open(given: Partial<LimitParts> = {}) {
    const records: AuditRecord[] = [];
    const saved = new Map<string, BreakerReport>();
    const limit = createLimit({
      audit: { record: (record) => void records.push(record) },
      limits: { "*": { inFlight: 64 } },
      retry: { attempts: 3, maxMs: 20_000, tools: {} },
      breaker: { errorPercent: 50, windowMs: 30_000, callsMin: 10, openMs: 5_000 },
      trustOf: () => "internal",
      breakers: { load: (server) => saved.get(server), save: (server, report) => void saved.set(server, report) },
      ...given,
    });
    return { limit, records, saved };
  }

  function callOf(annotations: object | undefined, more: Partial<ToolCall> = {}): ToolCall {
    return {
      ...{ executionId: "run_1", callId: 1, origin: "program", arguments: {}, grant: {}, signal: never },
      tool: { server: "crm", name: "get", address: "crm.get", annotations } as unknown as ToolCall["tool"],
      ...more,
    };
  }

  /** Makes the call with these answers one after the other; how it ended, and how often it was made. */
  async function tried(
    answers: CallOutcome[],
    annotations: object | undefined,
    given: Partial<LimitParts> = {},
    more: Partial<ToolCall> = {},
  ) {
    const { limit, records } = open(given);
    let made = 0;
    const ended = limit.around(async () => {
      made += 1;
      return answers[made - 1] ?? good;
    })(callOf(annotations, more));
    await vi.advanceTimersByTimeAsync(60_000);
    return { outcome: await ended, made, records };
  }

  const read = { readOnlyHint: true };

  test("makes a read again, and tells it as one call", async () => {
    const { outcome, made, records } = await tried([gone, gone], read);
    expect([outcome, made]).toEqual([{ ...good, tries: 3 }, 3]);
    expect(records).toMatchObject([
      { kind: "attempt-failed", attempt: 1, code: "upstream_disconnected", callId: 1 },
      { kind: "attempt-started", attempt: 2 },
      { kind: "attempt-failed", attempt: 2 },
      { kind: "attempt-started", attempt: 3 },
    ]);
  });

  test.each([
    ["what may have run, without a hint", [gone], undefined, {}, 1],
    ["what is destructive only", [gone], { destructiveHint: true }, {}, 1],
    ["what is idempotent", [gone], { idempotentHint: true }, {}, 2],
    ["what surely did not run", [refused], undefined, {}, 2],
    ["a read of a server that is not trusted", [gone], read, { trustOf: () => "public" }, 1],
    ["what is wrong", [wrong], read, {}, 1],
    ["what a busy server refused", [busy], read, {}, 2],
    ["three times, no more", [gone, gone, gone, gone], read, {}, 3],
    [
      "what the config allows",
      [gone],
      undefined,
      { retry: { attempts: 3, maxMs: 20_000, tools: { "crm.*": "always" } } },
      2,
    ],
    [
      "nothing that the config forbids",
      [refused],
      read,
      { retry: { attempts: 3, maxMs: 20_000, tools: { "*": "always", "crm.get": "never" } } },
      1,
    ],
    ["nothing past its time", [busy], read, { retry: { attempts: 3, maxMs: 1_000, tools: {} } }, 1],
  ] as [string, CallOutcome[], object | undefined, Partial<LimitParts>, number][])(
    "%s",
    async (_, answers, annotations, given, times) =>
      expect((await tried(answers, annotations, given)).made).toBe(times),
  );

  test("no try begins that the execution has no time for, or that nobody waits for", async () => {
    expect((await tried([busy], read, {}, { remainingMs: () => 1_500 })).made).toBe(1);
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 1_000);
    expect((await tried([busy], read, {}, { signal: stop.signal })).made).toBe(1);
  });

  test("waits as long as the server asks", async () => {
    const since = performance.now();
    const { limit } = open();
    const times: number[] = [];
    const ended = limit.around(async () => {
      times.push(performance.now() - since);
      return times.length === 1 ? busy : good;
    })(callOf(read));
    await vi.advanceTimersByTimeAsync(10_000);
    await ended;
    expect(times[1]).toBeGreaterThanOrEqual(2_000);
  });

  const starting: CallOutcome = {
    ...{ kind: "error", code: "upstream_unavailable", message: "it is tried again in 0.6 s" },
    transient: { mayHaveRun: false, retryAfterMs: 600 },
  };
  test("a server that starts again in a moment is waited for, and that is no try", async () => {
    const { outcome, made, records } = await tried([gone, gone, starting, starting], read);
    expect([outcome, made]).toEqual([{ ...good, tries: 3 }, 5]);
    expect(records.map(({ kind }) => kind)).toEqual(
      ["failed", "started", "failed", "started"].map((end) => `attempt-${end}`),
    );
    const never = Array.from({ length: 100 }, () => starting);
    const given = { breaker: { errorPercent: 50, windowMs: 30_000, callsMin: 1_000, openMs: 5_000 } };
    const late = await tried(never, undefined, { ...given, retry: { attempts: 2, maxMs: 3_000, tools: {} } });
    expect([late.outcome, late.made, late.records]).toEqual([starting, 6, []]);
    expect((await tried(never, undefined, { ...given, retry: { attempts: 1, maxMs: 3_000, tools: {} } })).made).toBe(1);
    expect(
      (await tried(never, undefined, { ...given, retry: { attempts: 3, maxMs: 3_000, tools: { "*": "never" } } })).made,
    ).toBe(1);
  });

  test("leaves a server alone that fails, and only for its own faults", async () => {
    const { limit, saved } = open({ retry: { attempts: 1, maxMs: 0, tools: {} } });
    let answer = wrong;
    let made = 0;
    const call = limit.around(async () => {
      made += 1;
      return answer;
    });
    for (let n = 0; n < 50; n += 1) await call(callOf(undefined));
    answer = busy;
    for (let n = 0; n < 3; n += 1) {
      const ended = call(callOf(undefined));
      await vi.advanceTimersByTimeAsync(3_000);
      await ended;
    }
    await vi.advanceTimersByTimeAsync(60_000);
    expect(saved.size).toBe(0);
    answer = gone;
    for (let n = 0; n < 10; n += 1) await call(callOf(undefined));
    const before = made;
    expect(await call(callOf(undefined))).toMatchObject({
      code: "circuit_open",
      message: 'Cannot call crm.get: server "crm" has failed too often, and is tried again in 5.0 s (policy.breaker)',
    });
    expect([made, saved.get("crm")?.state, Object.keys(limit.open())]).toEqual([before, "open", ["crm"]]);
    // Other servers go on.
    const other = callOf(undefined, { tool: { server: "erp", name: "x", address: "erp.x" } as ToolCall["tool"] });
    answer = good;
    expect(await call(other)).toEqual(good);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await call(callOf(undefined))).toEqual(good);
    expect([saved.get("crm")?.state, limit.open()]).toEqual(["closed", {}]);
  });

  test("a rule of a tool and one of its server hold together; each server without a rule has a lane of its own", async () => {
    const { limit } = open({ limits: { "*": { inFlight: 2 }, "crm.get*": { inFlight: 1 } } });
    let running = 0;
    let most = 0;
    const call = limit.around(async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, 100));
      running -= 1;
      return good;
    });
    const toolOf = (server: string, name: string): Partial<ToolCall> => ({
      tool: { server, name, address: `${server}.${name}` } as ToolCall["tool"],
    });
    const most_ = async (tools: [string, string][]): Promise<number> => {
      most = 0;
      const all = Promise.all(tools.map(([server, name]) => call(callOf(undefined, toolOf(server, name)))));
      await vi.advanceTimersByTimeAsync(5_000);
      await all;
      return most;
    };
    expect(await most_(Array.from({ length: 6 }, () => ["crm", "get"]))).toBe(1);
    expect(await most_(Array.from({ length: 6 }, () => ["crm", "put"]))).toBe(2);
    expect(await most_(Array.from({ length: 6 }, (_, n) => [n % 2 === 0 ? "crm" : "erp", "put"]))).toBe(4);
  });
});

test.each([
  ["Request failed with status code 429", { mayHaveRun: true, isBusy: true }],
  ["HTTP 503 Service Unavailable, retry after 500 ms", { mayHaveRun: true, retryAfterMs: 500 }],
  ["slack: rate_limited (retry_after: 30)", { mayHaveRun: true, isBusy: true, retryAfterMs: 30_000 }],
  ["connect ECONNREFUSED 127.0.0.1:1", { mayHaveRun: true }],
  ["socket hang up", { mayHaveRun: true }],
  ['{"error":{"code":429,"message":"Too Many Requests"}}', { mayHaveRun: true, isBusy: true }],
  ["request timed out", { mayHaveRun: true }],
  ["timeout", { mayHaveRun: true }],
  ["Error: timeout of 5000ms exceeded", { mayHaveRun: true }],
  ["Request failed: TimeoutError", { mayHaveRun: true }],
  ["MCP error -32001: Request timeout", { mayHaveRun: true }],
  ["context deadline exceeded", { mayHaveRun: true }],
  ["timeout must be at most 100", undefined],
  ["Unknown option: timeout", undefined],
  ["setTimeout is not a function", undefined],
  ["There is no lead 429", undefined],
  ["Order 503 has 504 items", undefined],
  ["invalid argument: limit must be at most 100", undefined],
  ["401 Unauthorized", undefined],
])("what a server says of a failure: %s", (words, expected) => expect(readTransient(words)).toEqual(expected));
