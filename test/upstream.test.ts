import { mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { JsonObject } from "../src/base/json.ts";
import type { ServerConfig } from "../src/config/config.ts";
import { LargeResult } from "../src/base/large-json.ts";
import { MessageReader } from "../src/upstream/message-reader.ts";
import { createUpstreams, type Upstreams } from "../src/upstream/upstreams.ts";
import { untilDead } from "./processes.ts";

const raw = fileURLToPath(new URL("./servers/raw.mjs", import.meta.url));
const modules = fileURLToPath(new URL("../node_modules/@modelcontextprotocol/", import.meta.url));

let folder: string;
let journal: string;
let upstreams: Upstreams;
let logged: string[];
let changes: string[];
let states: string[];

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "sluice-upstream-")));
  journal = join(folder, "journal");
  logged = [];
  changes = [];
  states = [];
});

afterEach(async () => {
  await upstreams[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

function server(
  args: string[],
  more: Partial<ServerConfig> & { command?: string; env?: Record<string, string> } = {},
): ServerConfig {
  const { command = process.execPath, env = {}, ...rest } = more;
  return {
    key: "s",
    transport: { kind: "stdio", command, args, env, cwd: folder },
    callMs: 10_000,
    connectMs: 10_000,
    hash: "h",
    ...rest,
  };
}

function start(...servers: ServerConfig[]): Upstreams {
  upstreams = createUpstreams({
    servers,
    log: (_, line) => logged.push(line),
    onToolsChanged: (key) => changes.push(key),
    onState: (_, state) => states.push(state),
  });
  return upstreams;
}

/** The one text of a result that a thread has read. */
async function callLarge(name: string, args: JsonObject = {}): Promise<string> {
  const result = await call(name, args);
  if (!(result instanceof LargeResult) || result.content.kind !== "large") throw new Error("The result is not large");
  return Buffer.concat(result.content.value.pieces).toString("utf8");
}

const call = (name: string, args: JsonObject = {}, options = {}): Promise<unknown> =>
  upstreams.callTool("s", name, args, options);
const names = async (): Promise<string[]> => (await upstreams.listTools("s")).tools.map((tool) => tool.name);
const text = (value: string): object => ({ content: [{ type: "text", text: value }] });
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe("genuine servers", () => {
  test("everything: tools, a call, instructions, the protocol, and no second start", async () => {
    start(server([`${modules}server-everything/dist/index.js`, "stdio"]));
    expect(upstreams.state("s")).toBe("idle");
    const [{ tools, problems, protocol, instructions }, echo] = await Promise.all([
      upstreams.listTools("s"),
      call("echo", { message: "hi" }),
    ]);
    expect(tools.length).toBeGreaterThan(5);
    expect(tools.find((tool) => tool.name === "echo")).toMatchObject({
      inputSchema: { type: "object", required: ["message"] },
    });
    expect(problems).toEqual([]);
    expect(protocol).toMatch(/^20\d\d-\d\d-\d\d$/);
    expect(instructions).toBeTypeOf("string");
    expect(echo).toEqual(text("Echo: hi"));
    expect(upstreams.state("s")).toBe("ready");
    expect(states).toEqual(["connecting", "ready"]);
  });

  test("filesystem and memory, in their own folders with their own environment", async () => {
    await writeFile(join(folder, "note.txt"), "the note");
    start(
      server([`${modules}server-filesystem/dist/index.js`, folder], { key: "files" }),
      server([`${modules}server-memory/dist/index.js`], {
        key: "memory",
        env: { MEMORY_FILE_PATH: join(folder, "memory.jsonl") },
      }),
    );
    const read = await upstreams.callTool("files", "read_text_file", { path: join(folder, "note.txt") }, {});
    expect(read).toMatchObject(text("the note"));
    const entities = [{ name: "Ada", entityType: "person", observations: ["wrote programs"] }];
    await upstreams.callTool("memory", "create_entities", { entities }, {});
    expect(await upstreams.callTool("memory", "read_graph", {}, {})).toMatchObject({ structuredContent: { entities } });
    expect(await readFile(join(folder, "memory.jsonl"), "utf8")).toContain("Ada");
    const refused = await upstreams.callTool("files", "read_text_file", { path: "/etc/passwd" }, {});
    expect(refused).toMatchObject({ isError: true });
  });
});

describe("starting", () => {
  test("each protocol revision is spoken", async () => {
    for (const [mode, protocol] of [
      ["plain", "2025-06-18"],
      ["old", "2024-11-05"],
    ] as const) {
      await start(server([raw, mode]))
        .listTools("s")
        .then((listing) => expect(listing.protocol).toBe(protocol));
      await upstreams[Symbol.asyncDispose]();
    }
    const modern = fileURLToPath(new URL("./servers/modern.mjs", import.meta.url));
    start(server([modern]));
    expect(await upstreams.listTools("s")).toMatchObject({
      protocol: "2026-07-28",
      tools: [{ name: "add" }, { name: "grow" }],
      problems: [],
    });
    expect(await call("add", { a: 2, b: 3 })).toMatchObject({ structuredContent: { sum: 5 } });
    await call("grow");
    await expect.poll(() => changes, { timeout: 3_000 }).toEqual(["s"]);
    expect(await names()).toContain("grown");
  });

  test("callers that come together share one start", async () => {
    start(server([raw, "plain", journal]));
    const answers = await Promise.all([1, 2, 3, 4, 5].map((n) => call("echo", { n })));
    expect(answers).toEqual([1, 2, 3, 4, 5].map((n) => text(`{"n":${n}}`)));
    expect((await readFile(journal, "utf8")).match(/^start$/gm)).toHaveLength(1);
  });

  test("a server that ends on the question for the newest protocol is started again and not asked again", async () => {
    start(server([raw, "exits-on-unknown", journal]));
    expect(await names()).toEqual(["echo"]);
    await expect(call("crash")).rejects.toMatchObject({ code: "upstream_disconnected" });
    expect(await names()).toEqual(["echo"]);
    const lines = (await readFile(journal, "utf8")).split("\n");
    expect(lines.filter((line) => line === "start")).toHaveLength(3);
    expect(lines.filter((line) => line === "server/discover")).toHaveLength(1);
  });

  test("a server that is silent on it is asked the older way", async () => {
    start(server([raw, "silent-on-unknown"], { connectMs: 1_000 }));
    expect(await names()).toEqual(["echo"]);
  });

  test("one that exits is named with its exit code and last words, and the others work", async () => {
    start(server([raw, "exits"]), server([raw, "plain"], { key: "other" }));
    const [failed, other] = await Promise.allSettled([upstreams.listTools("s"), upstreams.listTools("other")]);
    expect(failed).toMatchObject({
      reason: {
        code: "upstream_unavailable",
        message:
          'Cannot start server "s": it exited with code 7 before it had answered the handshake; its last words: reading the key | Error: API_KEY is not set',
      },
    });
    expect(other.status).toBe("fulfilled");
    expect(upstreams.state("s")).toBe("failed");
    expect(upstreams.reason("s")).toContain("API_KEY");
    expect(logged).toContain("Error: API_KEY is not set");
  });

  test("one that fails again and again is tried with growing pauses, and the error says when", async () => {
    start(server([raw, "exits", journal]));
    for (let i = 0; i < 2; i++) await expect(call("echo")).rejects.toThrow("Cannot start");
    await expect(call("echo")).rejects.toThrow(
      /^Server "s" has failed 2 times in a row and is tried again in \d\.\d s\. The last time: .*API_KEY/,
    );
    const startsBefore = (await readFile(journal, "utf8")).match(/start/g)?.length;
    await expect(call("echo")).rejects.toMatchObject({ code: "upstream_unavailable" });
    expect((await readFile(journal, "utf8")).match(/start/g)?.length).toBe(startsBefore);
  });

  test("one that hangs is given up at its deadline and ended", async () => {
    start(server([raw, "hangs", journal], { connectMs: 600 }));
    const startedAt = performance.now();
    await expect(call("echo")).rejects.toMatchObject({
      code: "upstream_unavailable",
      message: 'Cannot start server "s": it did not answer the handshake within 600 ms',
    });
    expect(performance.now() - startedAt).toBeLessThan(3_000);
  });

  test("a missing command and a disabled server say so", async () => {
    start(
      server([], { command: "no-such-program" }),
      server([], { key: "off", disabledReason: "the variable KEY is not set" }),
    );
    await expect(call("echo")).rejects.toMatchObject({
      code: "upstream_unavailable",
      message: expect.stringContaining('command not found: "no-such-program"'),
      hint: expect.stringContaining("Install"),
    });
    await expect(upstreams.listTools("off")).rejects.toThrow('Server "off" is disabled: the variable KEY is not set');
    expect(upstreams.state("off")).toBe("disabled");
    await expect(upstreams.listTools("nobody")).rejects.toThrow('No server "nobody" is configured');
  });

  test("one caller's cancellation leaves the start to the others", async () => {
    start(server([raw, "plain"]));
    const controller = new AbortController();
    const cancelled = call("echo", {}, { signal: controller.signal });
    const other = call("echo", { a: 1 });
    controller.abort();
    await expect(cancelled).rejects.toMatchObject({ code: "cancelled" });
    expect(await other).toEqual(text('{"a":1}'));
    await expect(call("echo", {}, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "cancelled" });
  });

  test("a server sees its own environment and nothing of a neighbour's credentials", async () => {
    process.env["SLUICE_TEST_TOKEN"] = "secret";
    start(
      server(
        [
          "-e",
          `process.stderr.write(JSON.stringify([process.env.SLUICE_TEST_TOKEN ?? null, process.env.OWN, !!process.env.PATH]) + "\\n"); setTimeout(() => process.exit(1), 50)`,
        ],
        { env: { OWN: "1" } },
      ),
    );
    await expect(call("echo")).rejects.toThrow('[null,"1",true]');
  });
});

describe("lists of tools", () => {
  test("each tool is parsed by itself: broken ones are repaired or left out, and named", async () => {
    start(server([raw, "broken"]));
    const { tools, problems } = await upstreams.listTools("s");
    expect(tools.map((tool) => tool.name)).toEqual([
      "good",
      "no type",
      "no schema",
      "wrong parts",
      "app and model",
      "__proto__",
    ]);
    expect(tools[0]).toEqual({
      name: "good",
      title: "Good",
      description: "Fine.",
      inputSchema: { type: "object" },
      outputSchema: { type: "object" },
      annotations: { readOnlyHint: true },
    });
    expect(tools[1]?.inputSchema).toEqual({ type: "object", properties: { a: { type: "string" } } });
    expect(tools[3]).toEqual({ name: "wrong parts", inputSchema: { type: "object" } });
    expect(problems).toMatchInlineSnapshot(`
      [
        "Tool "no type" has an inputSchema without "type"; it is read as "object"",
        "Tool "no schema" has no inputSchema; any object is taken",
        "Tool "text schema" has an inputSchema that is not an object; it is left out",
        "Tool "array schema" has an inputSchema of type "array" where only "object" can be called; it is left out",
        "Entry 6 of its tool list has no name; it is left out",
        "Entry 7 of its tool list has no name; it is left out",
        "Entry 8 of its tool list is not an object; it is left out",
        "Entry 9 of its tool list is not an object; it is left out",
        "Tool "good" is listed twice; the first one is kept",
        "Tool "wrong parts" has something under "title" that is not a string; it is ignored",
        "Tool "wrong parts" has something under "description" that is not a string; it is ignored",
        "Tool "wrong parts" has something under "outputSchema" that is not an object; it is ignored",
        "Tool "wrong parts" has something under "annotations" that is not an object; it is ignored",
        "Tool "wrong parts" has something under "_meta" that is not an object; it is ignored",
        "The name of tool "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…" is longer than 512 bytes (toolNameBytesMax); it is left out",
        "Tool "large" has a definition over 1048576 bytes (definitionBytesMax); it is left out",
        "Tool "deep" is nested deeper than 128 levels (definitionDepthMax); it is left out",
      ]
    `);
  });

  test("no tools, an empty list, pages, and pages that never end", async () => {
    const check = async (mode: string): Promise<[number, string[]]> => {
      const { tools, problems } = await start(server([raw, mode])).listTools("s");
      await upstreams[Symbol.asyncDispose]();
      return [tools.length, problems];
    };
    expect(await check("no-tools")).toEqual([0, []]);
    expect(await check("empty")).toEqual([0, []]);
    expect(await check("pages")).toEqual([5, []]);
    expect(await check("endless")).toEqual([
      100,
      ["Its tool list did not end after 100 pages (toolListPagesMax); what follows is left out"],
    ]);
    expect(await check("circle")).toEqual([
      2,
      ['Its tool list comes back to a page already read (cursor "again"); what follows is left out'],
    ]);
    await expect(check("no-list")).rejects.toMatchObject({ code: "upstream_error" });
  });

  test("a burst of list_changed is told once", async () => {
    start(server([raw, "plain"]));
    expect(await upstreams.listTools("s")).toMatchObject({ instructions: "Use echo." });
    await call("change");
    await expect.poll(() => changes, { timeout: 2_000 }).toEqual(["s"]);
    expect(await names()).toEqual(["echo", "new"]);
  });
});

describe("calls", () => {
  beforeEach(() => {
    start(server([raw, "junk", journal]));
  });

  test("a result comes as it is, whatever the specification thinks of it", async () => {
    expect(await call("odd")).toEqual({
      content: [{ type: "hologram", beams: 3 }],
      structuredContent: [1, 2],
      extra: true,
    });
  });

  test("junk on stdout is skipped and named once", async () => {
    expect(await call("junk")).toEqual(text("after junk"));
    expect(await call("junk")).toEqual(text("after junk"));
    expect(logged.filter((line) => line.includes("no JSON-RPC message"))).toEqual([
      "stdout holds a line that is no JSON-RPC message; it is skipped, and so are further ones: Server v1 starting...",
    ]);
  });

  test("a JSON-RPC error has the server's words and code", async () => {
    await expect(call("fail")).rejects.toMatchObject({
      code: "upstream_error",
      message: 'Server "s" answered the request for tool "fail" with an error: the disk is full (JSON-RPC -32603)',
    });
    await expect(call("nope")).rejects.toThrow("Unknown tool: nope (JSON-RPC -32602)");
  });

  test("a crash fails the calls in flight, and the next call starts the server again", async () => {
    const [hung, crashed] = await Promise.allSettled([call("hang"), call("crash")]);
    const reason = {
      code: "upstream_disconnected",
      message: expect.stringMatching(
        /^Server "s" exited with code 3 during the request for tool "\w+"; its last words: about to crash$/,
      ),
    };
    expect(hung).toMatchObject({ reason });
    expect(crashed).toMatchObject({ reason });
    expect(upstreams.state("s")).toBe("failed");
    expect(await call("echo", { back: true })).toEqual(text('{"back":true}'));
    expect(upstreams.state("s")).toBe("ready");
  });

  test("an answer that is followed by the server's end is not lost", async () => {
    expect(await callLarge("last-words")).toHaveLength(300_000);
  });

  test("a call that takes too long is given up, and the server is told", async () => {
    await expect(call("hang", {}, { timeoutMs: 150 })).rejects.toMatchObject({
      code: "upstream_timeout",
      message: 'Server "s" did not answer the request for tool "hang" within 150 ms',
    });
    const controller = new AbortController();
    const hung = call("hang", {}, { signal: controller.signal });
    await pause(50);
    controller.abort();
    await expect(hung).rejects.toMatchObject({ code: "cancelled" });
    await expect.poll(async () => (await readFile(journal, "utf8")).match(/notifications\/cancelled/g)?.length).toBe(2);
    expect(await call("echo")).toEqual(text("{}"));
  });

  test("progress is passed on", async () => {
    const seen: unknown[] = [];
    expect(await call("progress", {}, { onProgress: (progress: unknown) => seen.push(progress) })).toEqual(
      text("done"),
    );
    expect(seen).toEqual([{ progress: 1, total: 2, message: "half" }]);
  });

  test("a server's ping is answered, its wish for roots refused", async () => {
    expect(await call("ask")).toEqual(text('[-32601,"answered"]'));
  });

  test("20 MB come through; what is over the bound fails that call alone", { timeout: 30_000 }, async () => {
    expect((await callLarge("large", { bytes: 20_000_000 })).length).toBeGreaterThanOrEqual(20_000_000);
    const [over, echo] = await Promise.allSettled([call("large", { bytes: 68_000_000 }), call("echo", { a: 1 })]);
    expect(over).toMatchObject({
      reason: { code: "result_too_large", message: expect.stringContaining("67108864 bytes") },
    });
    expect(echo).toMatchObject({ value: text('{"a":1}') });
    expect(upstreams.state("s")).toBe("ready");
  });
});

test("disposal ends a stubborn server within its grace and fails what is in flight", async () => {
  start(
    server([raw, "plain"]),
    server([fileURLToPath(new URL("./servers/stubborn.mjs", import.meta.url))], { key: "stubborn" }),
  );
  await call("echo");
  const inFlight = Promise.allSettled([call("hang"), upstreams.listTools("stubborn")]);
  await expect.poll(() => logged.length, { timeout: 5_000 }).toBeGreaterThan(0);
  const pids = JSON.parse(logged[0]) as number[];
  const startedAt = performance.now();
  await upstreams[Symbol.asyncDispose]();
  expect(performance.now() - startedAt).toBeLessThan(1_500);
  expect(await inFlight).toMatchObject([
    { reason: { code: "upstream_disconnected" } },
    { reason: { code: "upstream_disconnected" } },
  ]);
  expect(await untilDead(pids, 1_000)).toEqual([]);
  await expect(call("echo")).rejects.toMatchObject({ code: "upstream_disconnected" });
});

test("messages survive any cutting into chunks", () => {
  upstreams = createUpstreams({ servers: [], log: () => {}, onToolsChanged: () => {} });
  fc.assert(
    fc.property(fc.array(fc.jsonValue()), fc.array(fc.nat(40)), (values, cuts) => {
      const messages = values.map((params, id) => ({ jsonrpc: "2.0", id, params }));
      const bytes = Buffer.from(messages.map((message) => `${JSON.stringify(message)}\n`).join("junk\r\n\n"));
      const seen: unknown[] = [];
      const reader = new MessageReader(1_000_000, {
        onMessage: (message) => seen.push(message),
        onJunk: (line) => expect(line).toBe("junk"),
        openLarge: () => expect.unreachable(),
        onTooLarge: () => expect.unreachable(),
      });
      let from = 0;
      for (const cut of cuts) reader.push(bytes.subarray(from, (from += cut)));
      reader.push(bytes.subarray(from));
      expect(seen).toEqual(messages.map((message) => JSON.parse(JSON.stringify(message))));
    }),
  );
});

test("a message over the bound is dropped, told with its id, and the next one read", () => {
  upstreams = createUpstreams({ servers: [], log: () => {}, onToolsChanged: () => {} });
  const check = (large: object, id: number | undefined): void => {
    const seen: unknown[] = [];
    const reader = new MessageReader(2_000, {
      onMessage: (message) => seen.push(message),
      onJunk: (line) => seen.push(line),
      openLarge: () => expect.unreachable(),
      onTooLarge: (found) => seen.push(["too large", found]),
    });
    const bytes = Buffer.from(`${JSON.stringify(large)}\n{"jsonrpc":"2.0","id":2}\n`);
    for (let from = 0; from < bytes.length; from += 100) reader.push(bytes.subarray(from, from + 100));
    expect(seen).toEqual([["too large", id], { jsonrpc: "2.0", id: 2 }]);
  };
  const result = "x".repeat(3_000);
  check({ jsonrpc: "2.0", id: 7, result }, 7);
  check({ result, jsonrpc: "2.0", id: 8 }, 8);
  check({ id: 9, result, jsonrpc: "2.0" }, 9);
  check({ result, id: 10, jsonrpc: "2.0" }, 10);
  check({ jsonrpc: "2.0", result, id: "text" }, undefined);
  check({ jsonrpc: "2.0", method: "m", params: { text: `${result},"id":5}` } }, undefined);
});
