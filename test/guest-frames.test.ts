import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SluiceError } from "../src/base/errors.ts";
import type { JsonObject } from "../src/base/json.ts";
import { limits } from "../src/base/limits.ts";
import type { ExecutionHost } from "../src/sandbox/execution-host.ts";
import { createFrameReader, encodeFrame, type Frame } from "../src/sandbox/frames.ts";
import { type GuestBed, type HostileEnd, openGuestBed } from "./hostile-guest.ts";
import { toRuns } from "./properties.ts";

const codeOf = (act: () => void): string | undefined => {
  try {
    act();
  } catch (error) {
    return error instanceof SluiceError ? error.code : String(error);
  }
  return undefined;
};

describe("frames", () => {
  test("are read as they were written, however the bytes are cut", () => {
    const frame = fc.record({ kind: fc.string(), value: fc.jsonValue() });
    fc.assert(
      fc.property(
        fc.array(frame, { maxLength: 8 }),
        fc.infiniteStream(fc.integer({ min: 1, max: 40 })),
        (frames, cuts) => {
          const bytes = Buffer.concat(frames.map((each) => encodeFrame(JSON.stringify(each))));
          const read: { frame: Frame; bytes: number }[] = [];
          const reader = createFrameReader(limits.frameBytesMax, (each, size) =>
            read.push({ frame: each, bytes: size }),
          );
          for (let at = 0; at < bytes.length;) {
            const size = cuts.next().value as number;
            // A copy: the reader must not keep what is reused.
            reader.push(Buffer.from(bytes.subarray(at, at + size)));
            at += size;
          }
          expect(read.map((each) => each.frame)).toEqual(JSON.parse(JSON.stringify(frames)));
          expect(read.map((each) => each.bytes)).toEqual(frames.map((each) => Buffer.byteLength(JSON.stringify(each))));
        },
      ),
      { numRuns: toRuns(200) },
    );
  });

  test("are refused before anything is allocated for them", () => {
    const header = Buffer.alloc(4);
    header.writeUInt32LE(0xffff_ffff);
    expect(codeOf(() => createFrameReader(1_000, () => undefined).push(header))).toBe("frameBytesMax");
  });

  test.each([
    "not JSON",
    "[]",
    "1",
    "null",
    '"text"',
    "{}",
    '{"kind":1}',
    '{"kind":null}',
    "",
    "\u0000",
    '{"kind":"log"',
  ])("%j is a broken guest", (body) => {
    expect(codeOf(() => createFrameReader(1_000, () => undefined).push(encodeFrame(body)))).toBe("guest_crashed");
  });
});

describe("a guest that speaks as it likes", () => {
  let bed: GuestBed;
  beforeAll(async () => {
    bed = await openGuestBed();
  });
  afterAll(() => bed[Symbol.asyncDispose]());

  const run = (frames: readonly (JsonObject | string)[], host: Partial<ExecutionHost> = {}): Promise<HostileEnd> =>
    bed.run(
      frames.map((each) => ({ frame: typeof each === "string" ? each : JSON.stringify(each) })),
      {
        host,
        limits: {
          timeoutMs: 5_000,
          logBytesMax: 100,
          resultBytesMax: 1_000,
          callsMax: 3,
          callsInFlightMax: 4,
          callsPendingMax: 100,
          sendBytesPerSecond: 1_000_000,
        },
      },
    );

  const call = (more: JsonObject): JsonObject => ({ kind: "call", id: 1, op: "search", args: {}, ...more });
  const result = { kind: "result", value: "done" };

  const broken: Record<string, (JsonObject | string)[]> = {
    "an unknown kind": [{ kind: "reboot" }],
    "a kind of the prototype": [{ kind: "__proto__" }],
    "text that is not JSON": ["{"],
    "a call without a number": [call({ id: "1" })],
    "a call with half a number": [call({ id: 1.5 })],
    "a call without an operation": [call({ op: null })],
    "a call without arguments": [call({ args: "x" })],
    "an unknown operation": [call({ op: "exec" })],
    "an operation of the prototype": [call({ op: "constructor" })],
    "an operation __proto__": [call({ op: "__proto__" })],
    "a number twice": [call({ op: "timer", args: { ms: 60_000 } }), call({})],
  };
  for (const [name, frames] of Object.entries(broken)) {
    test(`${name} ends it`, async () => {
      expect(await run([...frames, result])).toMatchObject({
        status: "killed",
        error: { code: "guest_crashed" },
        called: [],
      });
    });
  }

  test("a frame that is announced too large ends it", async () => {
    const raw = Buffer.from([0xff, 0xff, 0xff, 0x7f]).toString("base64");
    expect(await bed.run([{ raw }])).toMatchObject({ status: "killed", error: { code: "frameBytesMax" } });
  });
  test("calls past callsMax are not made", async () => {
    const calls = [1, 2, 3, 4, 5].map((id) => call({ id, op: "tool", args: { tool: "a.b", arguments: {} } }));
    const end = await run(calls);
    expect(end).toMatchObject({ status: "killed", error: { code: "callsMax" } });
    // Those before it may have left by then, and need not.
    expect(end.called.length).toBeLessThanOrEqual(3);
  });
  test("calls past callsInFlightMax, which the runner would hold back, end it", async () => {
    const calls = Array.from({ length: 10 }, (_, id) => call({ id }));
    const end = await run(calls, { search: () => new Promise(() => undefined) });
    expect(end).toMatchObject({ status: "killed", error: { code: "callsInFlightMax" } });
  });
  test("timers of any length wait without harm", async () => {
    const lengths = [1e12, -5, "soon", null, 0];
    const timers = Array.from({ length: 500 }, (_, id) =>
      call({ id, op: "timer", args: { ms: lengths[id % 5] ?? null } }),
    );
    expect(await run([...timers, result])).toMatchObject({ status: "completed" });
  });
  test("a result ends it once; what follows changes nothing", async () => {
    expect(await run([result, { kind: "result", value: "other" }, { kind: "reboot" }])).toMatchObject({
      status: "completed",
      value: "done",
    });
  });
  test("a result has no say in status, counts and stats", async () => {
    const lie = {
      ...result,
      status: "denied",
      calls: { done: 99 },
      toolCalls: 99,
      usage: { cpuMs: 0 },
      logs: [{ stream: "stdout", text: "x" }],
    };
    expect(await run([lie])).toMatchObject({
      status: "completed",
      calls: { done: 0, failed: 0, open: 0 },
      toolCalls: 0,
      logs: [],
    });
  });
  test("an error invents no code, place or length", async () => {
    const error = {
      name: "Error",
      message: "x".repeat(20_000),
      stack: "at program.ts:9999999:1",
      code: "cancelled",
      tool: "a.b",
      hint: "h".repeat(5_000),
    };
    const end = await run([{ kind: "result", error }]);
    expect(end).toMatchObject({ status: "failed", error: { code: "program_error" } });
    expect(end.error?.place).toBeUndefined();
    expect(end.error?.tool).toBeUndefined();
    expect(end.error?.message.length).toBeLessThanOrEqual(limits.errorMessageBytesMax);
    expect(end.error?.hint?.length).toBeLessThanOrEqual(1_000);
  });
  test("odd logs are left out, and counted in bytes", async () => {
    const logs: JsonObject[] = [
      { kind: "log" },
      { kind: "log", stream: "stdin", text: "a" },
      { kind: "log", stream: "stdout", text: 1 },
      { kind: "log", stream: "stdout", text: "é".repeat(80) },
      { kind: "log", stream: "stdout", text: "late" },
    ];
    expect(await run([...logs, result])).toMatchObject({
      status: "completed",
      logs: [{ stream: "stdout", text: "é".repeat(50) }],
      logsTruncated: true,
    });
  });
  test("a value over resultBytesMax is not taken", async () => {
    const end = await run([{ kind: "result", value: "x".repeat(2_000) }]);
    expect(end).toMatchObject({ status: "killed", error: { code: "resultBytesMax" } });
    expect(end.value).toBeUndefined();
  });
  test("timers that do not exist are forgotten without harm", async () => {
    expect(
      await run([{ kind: "forget", id: "x" }, { kind: "forget" }, { kind: "forget", id: 7 }, result]),
    ).toMatchObject({ status: "completed" });
  });
  test("silence ends at timeoutMs", async () => {
    expect(await run([])).toMatchObject({ status: "killed", error: { code: "timeoutMs" } });
  });
});
