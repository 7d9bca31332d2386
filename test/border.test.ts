import { readFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../src/base/json.ts";
import type { ExecutionHost } from "../src/sandbox/execution-host.ts";
import { type Act, type GuestBed, type HostileEnd, openGuestBed } from "./hostile-guest.ts";
import { checkOutcome, type House, openHouse } from "./house.ts";

// The host's side of the border: a real process sends whatever it likes. The host lives, its event loop goes on, only this
// execution ends, no prototype changes, and the process is gone.

const prototypes = [Object.prototype, Array.prototype, Function.prototype, Promise.prototype, Map.prototype];
const ownKeys = prototypes.map((each) => Reflect.ownKeys(each).length);

let bed: GuestBed;
beforeAll(async () => {
  bed = await openGuestBed();
});
afterAll(() => bed[Symbol.asyncDispose]());
afterEach(() => {
  expect(prototypes.map((each) => Reflect.ownKeys(each).length)).toEqual(ownKeys);
});

const frame = (value: Json): Act => ({ frame: JSON.stringify(value) });
const raw = (...bytes: (number | string)[]): Act => ({
  raw: Buffer.concat(
    bytes.map((each) => (typeof each === "string" ? Buffer.from(each) : Buffer.from([each]))),
  ).toString("base64"),
});
const call = (id: number, more: JsonObject = {}): Act => frame({ kind: "call", id, op: "search", args: {}, ...more });
const result = frame({ kind: "result", value: "done" });

const run = (acts: readonly Act[], host: Partial<ExecutionHost> = {}, timeoutMs = 4_000): Promise<HostileEnd> =>
  bed.run(acts, { host, limits: { timeoutMs } });

const nested = (depth: number, open = "[", close = "]", core = "1"): string =>
  open.repeat(depth) + core + close.repeat(depth);

describe("frames that are no frames", () => {
  const ends: Record<string, Act[]> = {
    "no bytes in a frame": [raw(0, 0, 0, 0)],
    "a thousand empty frames": [{ ...raw(0, 0, 0, 0), times: 1_000 }],
    "bytes that are not UTF-8": [raw(4, 0, 0, 0, 0xff, 0xfe, 0xc0, 0x80)],
    "UTF-8 cut in the middle inside a text": [raw(4, 0, 0, 0, '"', 0xf0, 0x9f, '"')],
    "a byte order mark": [raw(5, 0, 0, 0, "\ufeff{}")],
    "two values in one frame": [{ frame: "{}{}" }],
    "an array": [{ frame: "[]" }],
    "a number": [{ frame: "1e999" }],
    "a kind that is an object": [{ frame: '{"kind":{"toString":1}}' }],
    "two kinds": [{ frame: '{"kind":"result","kind":"__proto__"}' }],
    "100,000 arrays in each other": [{ frame: nested(100_000) }],
    "the start frame sent back": [frame({ kind: "start", t: 0, seed: [1], limits: {}, modules: [], servers: [] })],
    "a reply of its own": [frame({ kind: "reply", id: 1, value: 1 })],
    "a killed of its own": [frame({ kind: "killed" })],
    "numbers of calls that are none": [call(1, { id: -0.5 })],
    "a number past what is exact": [call(1, { id: 2 ** 53 })],
    "a number as NaN would be": [call(1, { id: null })],
    "an operation that is none": [call(1, { op: "toString" })],
    "an operation of the future": [call(1, { op: "approve", args: { all: true } })],
    "arguments that are a list": [call(1, { args: [] })],
  };
  for (const [name, acts] of Object.entries(ends)) {
    test(`${name}: it ends`, async () => {
      const end = await run([...acts, result]);
      expect(end).toMatchObject({ status: "killed", error: { code: "guest_crashed" }, called: [] });
    });
  }
  test.each([0x80000000, 0xffffffff, 2_000_001])("a length of %d is refused before its bytes", async (length) => {
    const header = Buffer.alloc(4);
    header.writeUInt32LE(length);
    expect(await run([{ raw: header.toString("base64") }])).toMatchObject({
      status: "killed",
      error: { code: "frameBytesMax" },
    });
  });
  const waits: Record<string, Act[]> = {
    "half a header, then silence": [raw(9, 0)],
    "half a frame, then silence": [raw(200, 0, 0, 0, '{"kind":"res')],
    "one byte at a time, for ever": [{ ...raw(255, 255, 1, 0, "x".repeat(500)), trickleMs: 20 }],
  };
  for (const [name, acts] of Object.entries(waits)) {
    test(`${name}: the deadline ends it`, async () => {
      expect(await run(acts, {}, 600)).toMatchObject({ status: "killed", error: { code: "timeoutMs" } });
    });
  }
  test("a frame one byte at a time is a frame", async () => {
    expect(await run([{ ...result, trickleMs: 1 }])).toMatchObject({ status: "completed", value: "done" });
  });
  test("a pipe that is closed, an exit, an exit in the middle of a frame", async () => {
    for (const acts of [[{ exit: 0 }], [raw(200, 0, 0, 0, "{"), { exit: 3 }]] as Act[][])
      expect(await run(acts)).toMatchObject({ status: "killed", error: { code: "guest_crashed" } });
    expect(await run([{ closes: true }], {}, 1_000)).toMatchObject({ status: "killed" });
  });
});

describe("a result", () => {
  test("counts once, and nothing after it does", async () => {
    const end = await run([
      result,
      result,
      frame({ kind: "result", value: "other" }),
      call(1, { op: "tool", args: { tool: "a.b" } }),
    ]);
    expect(end).toMatchObject({ status: "completed", value: "done", called: [] });
  });
  test("while calls are open ends them", async () => {
    let aborted = 0;
    const end = await run(
      [
        call(1, { op: "tool", args: { tool: "a.b" } }),
        call(2, { op: "tool", args: { tool: "a.b" } }),
        { ...result, waitMs: 100 },
      ],
      {
        invokeTool: (_, signal) =>
          new Promise((resolve) =>
            signal.addEventListener("abort", () => {
              aborted += 1;
              resolve({ error: { code: "cancelled", message: "x" } });
            }),
          ),
      },
    );
    expect(end).toMatchObject({ status: "completed", calls: { done: 0, failed: 0, open: 2 } });
    expect(aborted).toBe(2);
  });
  test("of any shape is only a value", async () => {
    const odd: Json = JSON.parse(
      '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"toJSON":"x","then":"y"}',
    ) as Json;
    const end = await run([frame({ kind: "result", value: odd })]);
    expect(end).toMatchObject({ status: "completed" });
    expect(JSON.stringify(end.value)).toBe(JSON.stringify(odd));
    expect(({} as JsonObject)["polluted"]).toBeUndefined();
  });
  test("that lies in every other member ends it with the host's own words", async () => {
    for (const lie of [
      { error: { name: [], message: {}, stack: 5, tool: {}, hint: [] } },
      { error: { message: "x", toolError: true, code: "__proto__", tool: "x".repeat(10_000) } },
      {
        value: 1,
        changes: [{}, null, "x".repeat(10_000)],
        unawaited: [null, 1, { tool: [], stack: {} }],
        timers: "many",
      },
      {
        value: 1,
        changes: Array.from({ length: 5_000 }, () => "c"),
        unawaited: Array.from({ length: 5_000 }, () => ({ tool: "t" })),
        timers: 1e308,
      },
    ] as JsonObject[]) {
      const end = await run([frame({ kind: "result", ...lie })]);
      expect(["completed", "failed"]).toContain(end.status);
      expect(JSON.stringify(end.warnings).length).toBeLessThan(20_000);
      expect(JSON.stringify(end.error ?? {}).length).toBeLessThan(20_000);
    }
  });
});

describe("floods", () => {
  test("of logs keep what is allowed, and the host goes on", async () => {
    const end = await run([
      { ...frame({ kind: "log", stream: "stdout", text: "x".repeat(50_000) }), times: 500 },
      { ...frame({ kind: "log", stream: "stderr", text: "" }), times: 5_000 },
      result,
    ]);
    expect(end).toMatchObject({ status: "completed", logsTruncated: true });
    expect(end.logs.reduce((sum, { text }) => sum + text.length, 0)).toBe(10_000);
    expect(end.stallMs).toBeLessThan(250);
  });
  test("of calls end at the first one too many", async () => {
    const calls = Array.from({ length: 5_000 }, (_, id) => call(id, { op: "tool", args: { tool: "a.b" } }));
    const end = await run(calls);
    expect(end).toMatchObject({ status: "killed" });
    expect(end.called.length).toBeLessThanOrEqual(50);
  });
  test("of timers end at timersMax", async () => {
    const end = await run([
      frame({ kind: "log", stream: "stdout", text: "a" }),
      ...Array.from({ length: 10_001 }, (_, id) => call(id, { op: "timer", args: { ms: 1e15 } })),
    ]);
    expect(end).toMatchObject({ status: "killed", error: { code: "timersMax" } });
  });
  test("of fetches and forgets harm nobody", async () => {
    const acts = Array.from({ length: 300 }, (_, id) => [
      call(id, { op: id % 2 === 0 ? "fetch" : "fetchRest", args: { url: `http://127.0.0.1/${id}`, id: id - 1 } }),
      { ...frame({ kind: "forget", id }), waitMs: id % 50 === 0 ? 20 : 0 },
    ]).flat();
    expect(["completed", "killed"]).toContain((await run([...acts, result])).status);
  });
  test("of a number used twice end it", async () => {
    const end = await run(
      [call(7, { op: "tool", args: { tool: "a.b" } }), call(7, { op: "tool", args: { tool: "a.b" } })],
      {
        invokeTool: () => new Promise(() => undefined),
      },
    );
    expect(end).toMatchObject({ status: "killed", error: { code: "guest_crashed" } });
  });
});

describe("arguments that are deep", () => {
  const deep = nested(30_000, '{"a":', "}");
  test("in a search, a description, an import, progress and a file act end nothing but themselves", async () => {
    for (const op of ["search", "describe", "import", "progress", "file", "timer", "fetch"]) {
      const text = `{"kind":"call","id":1,"op":"${op}","args":{"query":${deep},"tool":${deep},"specifier":${deep},"path":${deep},"url":${deep},"ms":${deep},"headers":${deep}}}`;
      const end = await run([{ frame: text }, { ...result, waitMs: 100 }]);
      expect([op, end.status]).toEqual([op, "completed"]);
    }
  });
  test("in a result are an error, not the end of the host", async () => {
    const end = await run([{ frame: `{"kind":"result","value":${nested(40_000)}}` }]);
    expect(["completed", "failed", "killed"]).toContain(end.status);
  });
});

describe("over a whole Sluice", () => {
  let house: House;
  beforeAll(async () => {
    house = await openHouse({ sandbox: { guestsWarm: 0 }, policy: { tools: { "zoo.echo": "deny" } } });
  });
  afterAll(() => house[Symbol.asyncDispose]());

  test("a deep value is returned or refused, and the next program runs", async () => {
    for (const depth of [500, 5_000, 60_000]) {
      const outcome = await house.run(
        `let value = 1; for (let n = 0; n < ${depth}; n += 1) value = n % 2 ? [value] : { a: value };\nreturn value`,
      );
      expect(["completed", "failed", "killed"]).toContain(outcome.status);
      expect(outcome.error?.code ?? "").not.toBe("internal");
      checkOutcome(await house.run("return 1"), { result: 1 });
    }
  });
  test("deep arguments are refused, and the next program runs", async () => {
    const outcome = await house.run(
      "let value = 1; for (let n = 0; n < 3_000; n += 1) value = [value];\ntry { await zoo.slow({ ms: 1, value }); return 'made'; } catch (error) { return error.code; }",
    );
    expect(outcome.status).toBe("completed");
    checkOutcome(await house.run("return 1"), { result: 1 });
  });
  test("a tool that is not granted cannot be called by any name", async () => {
    const outcome = await house.run(
      `const codes = new Set();
       for (const name of ["zoo.slow", "zoo__slow", "slow", "zoo.slow ", "ZOO.slow", "zoo/slow", "__proto__", "constructor", "zoo.\\u0000slow", "zoo.large.."])
         await callTool(name, { ms: 1 }).then(() => codes.add("called"), (error) => codes.add(error.code));
       return [...codes].sort();`,
      { grant: { tools: ["zoo.large"] } },
    );
    expect(outcome.status).toBe("completed");
    expect(outcome.result).not.toContain("called");
    expect(outcome.result).toContain("tool_not_granted");
  });
  test("one program sees nothing of another that runs beside it", async () => {
    const secret =
      "const mine = 'secret-of-one'; globalThis.left = mine; await new Promise((done) => setTimeout(done, 400)); return 1";
    const look = "return [typeof left, JSON.stringify(Object.keys(globalThis)).includes('left'), typeof mine]";
    const [, seen] = await Promise.all([house.run(secret), house.run(look)]);
    checkOutcome(seen, { result: ["undefined", false, "undefined"] });
    checkOutcome(await house.run(look), { result: ["undefined", false, "undefined"] });
  });
});

test("whatever is sent, the host lives and only this execution ends", async () => {
  const json = fc.json({ maxDepth: 4 });
  const member = fc.oneof(
    fc.jsonValue({ maxDepth: 3 }),
    fc.constantFrom("__proto__", "constructor", -1, 2 ** 53, 1e308, "", null),
  );
  const kind = fc.constantFrom("call", "forget", "log", "result", "ready", "reply", "start", "__proto__", "");
  const op = fc.constantFrom(
    "tool",
    "file",
    "fetch",
    "fetchRest",
    "search",
    "describe",
    "import",
    "progress",
    "timer",
    "constructor",
  );
  const act = fc.constantFrom("readFile", "writeFile", "rm", "rename", "mkdir", "readdir", "__proto__");
  const forged = fc.record(
    {
      kind,
      id: member,
      op,
      args: fc.record(
        { act, path: member, url: member, tool: member, ms: member, text: member, to: member, id: member },
        { requiredKeys: [] },
      ),
      stream: member,
      text: member,
      value: member,
      error: member,
      timers: member,
      unawaited: member,
      changes: member,
    },
    { requiredKeys: ["kind"] },
  );
  const acts = fc.array(
    fc.oneof(
      { weight: 6, arbitrary: forged.map((each) => ({ frame: JSON.stringify(each) })) },
      { weight: 1, arbitrary: json.map((each) => ({ frame: each })) },
      {
        weight: 1,
        arbitrary: fc.uint8Array({ maxLength: 30 }).map((each) => ({ raw: Buffer.from(each).toString("base64") })),
      },
    ),
    { minLength: 1, maxLength: 12 },
  );
  await fc.assert(
    fc.asyncProperty(acts, async (each) => {
      const end = await run([...each, { ...result, waitMs: 5 }], {}, 700);
      expect(["completed", "failed", "killed"]).toContain(end.status);
      expect(end.error?.code).not.toBe("internal");
    }),
    { numRuns: 25, interruptAfterTimeLimit: 40_000 },
  );
  // Beside the workspace there is only what the test put there.
  await expect(readFile(join(bed.folder, "escaped"))).rejects.toThrow();
});
