import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { JsonObject } from "../src/base/json.ts";
import { LargeResult } from "../src/base/large-json.ts";
import { limits } from "../src/base/limits.ts";
import type { ServerConfig } from "../src/config/config.ts";
import { createUpstreams, type Upstreams } from "../src/upstream/upstreams.ts";
import { type HttpServer, serveHttp, serveModern, serveSessions, serveSse } from "./servers/http.ts";

let stack: AsyncDisposable[];
let upstreams: Upstreams;
let changes: string[];

beforeEach(() => {
  stack = [];
  changes = [];
});

afterEach(async () => {
  for (const disposable of stack.reverse()) await disposable[Symbol.asyncDispose]();
});

/** Connects to the server, which is closed with the test. */
function connect<T extends HttpServer>(server: T, more: Partial<ServerConfig> = {}, kind: "http" | "sse" = "http"): T {
  const config: ServerConfig = {
    key: "s",
    transport: { kind, url: server.url, headers: { Authorization: "Bearer t0ken" } },
    callMs: 5_000,
    connectMs: 5_000,
    hash: "h",
    ...more,
  };
  upstreams = createUpstreams({ servers: [config], log: () => {}, onToolsChanged: (key) => changes.push(key) });
  stack.push(server, upstreams);
  return server;
}

const call = (name: string, args: JsonObject = {}, options = {}): Promise<unknown> =>
  upstreams.callTool("s", name, args, options);
const text = (value: string): object => ({ content: [{ type: "text", text: value }] });

test("the current revision: list, call, configured headers, changes of tools", async () => {
  const server = connect(await serveModern());
  const { tools, protocol, problems } = await upstreams.listTools("s");
  expect([tools.map((tool) => tool.name), protocol, problems]).toEqual([["echo", "hang", "region"], "2026-07-28", []]);
  expect(await call("echo", { message: "hi" })).toMatchObject(text("Echo: hi"));
  expect(server.requests.every((request) => request.headers.authorization === "Bearer t0ken")).toBe(true);
  expect(server.requests.some((request) => request.body.includes('"initialize"'))).toBe(false);
  await expect.poll(() => server.requests.some((request) => request.body.includes("subscriptions/listen"))).toBe(true);
  await expect
    .poll(
      () => {
        server.toolsChanged();
        return changes;
      },
      { timeout: 3_000, interval: 300 },
    )
    .toContain("s");
});

test.each([
  ["of the current revision", serveModern],
  ["of a session", serveSessions],
])("a large answer %s is read in the thread", async (_, serve) => {
  const server = connect(await serve());
  const message = "ü\n".repeat(1_000_000);
  const result = await call("echo", { message });
  expect(result).toBeInstanceOf(LargeResult);
  const { content } = result as LargeResult;
  if (content.kind !== "large") throw new Error("Not one text");
  expect(Buffer.concat(content.value.pieces).toString("utf8") === `Echo: ${message}`).toBe(true);
  // Of a message like any other nothing is changed.
  expect(await call("echo", { message: "small" })).toMatchObject(text("Echo: small"));
  expect(server.requests.length).toBeGreaterThan(1);
});

test("an argument that must travel in a header does, also when this session never listed the tools", async () => {
  const server = connect(await serveModern());
  expect(await call("region", { region: "north" })).toMatchObject(text("in north"));
  expect(await call("region", { region: "south" })).toMatchObject(text("in south"));
  expect(server.requests.at(-1)?.headers["mcp-param-region"]).toBe("south");
});

test("a time-out and a cancellation end the request at the server", async () => {
  connect(await serveModern());
  await expect(call("hang", {}, { timeoutMs: 200 })).rejects.toMatchObject({ code: "upstream_timeout" });
  await expect(call("hang", {}, { signal: AbortSignal.timeout(100) })).rejects.toMatchObject({ code: "cancelled" });
  expect(await call("echo", { message: "on" })).toMatchObject(text("Echo: on"));
});

describe("older revisions", () => {
  test("sessions: made, kept, made again when the server has forgotten them, given back", async () => {
    const server = connect(await serveSessions());
    expect((await upstreams.listTools("s")).protocol).toBe("2025-11-25");
    expect(await call("echo", { message: "1" })).toMatchObject(text("Echo: 1"));
    server.forget();
    expect(await call("echo", { message: "2" })).toMatchObject(text("Echo: 2"));
    const initializations = server.requests.filter((request) => request.body.includes('"initialize"'));
    expect(initializations).toHaveLength(2);
    await upstreams[Symbol.asyncDispose]();
    expect(server.requests.at(-1)?.method).toBe("DELETE");
  });

  test("event streams of 2024-11-05, found by falling back or named in the config", async () => {
    for (const kind of ["http", "sse"] as const) {
      const server = connect(await serveSse(), {}, kind);
      expect(await upstreams.listTools("s")).toMatchObject({ protocol: "2024-11-05", tools: [{ name: "echo" }] });
      expect(await call("echo")).toEqual(text("by SSE"));
      expect(server.requests.every((request) => request.headers.authorization === "Bearer t0ken")).toBe(true);
    }
  });

  test("a broken event stream fails what is in flight, and the next call opens another", async () => {
    const server = connect(await serveSse(), {}, "sse");
    await call("echo");
    const hung = call("hang");
    setTimeout(() => server.drop(), 50);
    await expect(hung).rejects.toMatchObject({ code: "upstream_disconnected" });
    expect(await call("echo")).toEqual(text("by SSE"));
  });
});

describe("failures", () => {
  test("nobody listens", async () => {
    const server = await serveModern();
    await server[Symbol.asyncDispose]();
    connect({ ...server, [Symbol.asyncDispose]: async () => {} });
    await expect(upstreams.listTools("s")).rejects.toMatchObject({
      code: "upstream_unavailable",
      message: expect.stringMatching(/^Cannot reach server "s": .*ECONNREFUSED/),
    });
  });

  test("credentials are refused", async () => {
    connect(await serveHttp(async () => new Response("no", { status: 401 })));
    await expect(upstreams.listTools("s")).rejects.toMatchObject({
      code: "upstream_unavailable",
      message: expect.stringContaining("401"),
      hint: 'Check the credentials in its "headers"',
    });
  });

  test("a web page is no MCP server", async () => {
    connect(await serveHttp(async () => new Response("<html>", { headers: { "content-type": "text/html" } })));
    await expect(upstreams.listTools("s")).rejects.toMatchObject({ code: "upstream_unavailable" });
  });

  test("a server that answers nothing is given up at its deadline", async () => {
    connect(await serveHttp(() => new Promise(() => {})), { connectMs: 400 });
    await expect(upstreams.listTools("s")).rejects.toMatchObject({
      code: "upstream_unavailable",
      message: 'Cannot reach server "s": it did not answer the handshake within 400 ms',
    });
  });

  test("an answer that breaks off fails at once, and one over the bound is named so", { timeout: 30_000 }, async () => {
    let body: (controller: ReadableStreamDefaultController<Uint8Array>) => void = () => {};
    const modern = await serveModern();
    stack.push(modern);
    connect(
      await serveHttp(async (request) => {
        const sent = await request.clone().text();
        if (sent.includes("tools/call"))
          return new Response(new ReadableStream({ start: (controller) => body(controller) }), {
            headers: { "content-type": "text/event-stream" },
          });
        return fetch(modern.url, { method: request.method, headers: request.headers, body: sent });
      }),
    );
    body = (controller) => {
      controller.enqueue(Buffer.from("event: message\ndata: {"));
      setTimeout(() => controller.error(new Error("gone")), 20);
    };
    await expect(call("echo")).rejects.toMatchObject({ code: "upstream_disconnected" });
    body = (controller) => {
      const chunk = Buffer.alloc(1_000_000, "x");
      controller.enqueue(Buffer.from("data: "));
      for (let bytes = 0; bytes <= limits.upstreamMessageBytesMax; bytes += chunk.length) controller.enqueue(chunk);
      controller.close();
    };
    await expect(call("echo")).rejects.toMatchObject({ code: "result_too_large" });
  });
});
