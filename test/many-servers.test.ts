import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { limits } from "../src/base/limits.ts";
import { createCatalogue } from "../src/catalogue/catalogue.ts";
import { createSearch } from "../src/catalogue/search.ts";
import type { ServerConfig } from "../src/config/config.ts";
import { createSluice } from "../src/index.ts";
import { createStore } from "../src/store/store.ts";
import { createTurns } from "../src/base/turns.ts";
import { createUpstreams } from "../src/upstream/upstreams.ts";
import { createSite } from "./servers/command-line.ts";
import { type HttpServer, serveHttp } from "./servers/http.ts";

// Hundreds of servers, and those that take their time: each is reached, and what was not is said.

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "sluice-many-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

const toTool = (name: string): { name: string; inputSchema: object } => ({ name, inputSchema: { type: "object" } });

/** A server of one tool; a method for which `before` gives something is answered with that, or not at all. */
async function serve(before: (method: string, destroy: () => void) => Promise<Response | void>): Promise<HttpServer> {
  return serveHttp(async (request, response) => {
    if (request.method !== "POST") return new Response(null, { status: 405 });
    const { id, method } = (await request.json()) as { id?: number; method: string };
    const other = await before(method, () => response.destroy());
    if (response.destroyed) return undefined;
    if (other !== undefined) return other;
    if (id === undefined) return new Response(null, { status: 202 });
    const results: Record<string, object> = {
      initialize: {
        protocolVersion: "2025-06-18",
        capabilities: { tools: {} },
        serverInfo: { name: "one", version: "1" },
      },
      "tools/list": { tools: [toTool("send_message")] },
      "tools/call": { content: [{ type: "text", text: "sent" }] },
    };
    const result = results[method];
    const error = { code: -32601, message: "Method not found" };
    return Response.json({ jsonrpc: "2.0", id, ...(result === undefined ? { error } : { result }) });
  });
}

describe("turns", () => {
  const never = new AbortController().signal;

  test("are so many at once; who is waited for comes next", async () => {
    const turns = createTurns(2);
    const begun: string[] = [];
    const take = async (key: string): Promise<() => void> => {
      const end = await turns.take(key, never);
      begun.push(key);
      return end;
    };
    const [a, b] = [take("a"), take("b")];
    const others = ["c", "d", "e", "f"].map(take);
    turns.hurry(["e", "d", "unknown"]);
    const endA = await a;
    await b;
    expect(begun).toEqual(["a", "b"]);
    endA();
    endA();
    (await (others[2] as Promise<() => void>))();
    await others[1];
    expect(begun).toEqual(["a", "b", "e", "d"]);
  });

  test("end by themselves when they take too long, and are left by who gives up", async () => {
    vi.useFakeTimers();
    try {
      const turns = createTurns(1);
      await turns.take("hangs", never);
      const gone = new AbortController();
      const left = turns.take("left", gone.signal);
      const next = turns.take("next", never);
      gone.abort(new Error("Sluice is ending"));
      await expect(left).rejects.toThrow("Sluice is ending");
      vi.advanceTimersByTime(limits.startTurnMs);
      await next;
    } finally {
      vi.useRealTimers();
    }
  });

  test("bound the starts of all servers, and the time-out of each begins with its own", async () => {
    const max = limits.startsPerCoreMax * availableParallelism();
    let release = (): void => {};
    const released = new Promise<void>((resolve) => (release = resolve));
    await using slow = await serve(async () => released);
    await using quick = await serve(async () => undefined);
    const toServer = (key: string, { url }: HttpServer, connectMs: number): ServerConfig => {
      return { key, transport: { kind: "http", url, headers: {} }, callMs: 20_000, connectMs, hash: "h" };
    };
    const first = Array.from({ length: max }, (_, at) => toServer(`slow${at}`, slow, 20_000));
    const begun: string[] = [];
    await using upstreams = createUpstreams({
      servers: [
        ...first,
        toServer("quick", quick, 20_000),
        toServer("called", quick, 20_000),
        toServer("short", quick, 100),
      ],
      log: () => {},
      onToolsChanged: () => {},
      onState: (key, state) => state === "connecting" && begun.push(key),
    });
    const lists = [...first.map(({ key }) => key), "quick"].map((key) => upstreams.listTools(key));
    const short = upstreams.listTools("short").catch(() => {});
    const called = upstreams.callTool("called", "send_message", {}, {});
    await expect.poll(() => begun, { timeout: 5_000 }).toHaveLength(max);
    // Longer than the time-out of one that waits.
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(["quick", "called", "short"].map(upstreams.state)).toEqual(["queued", "queued", "queued"]);
    expect(quick.requests).toEqual([]);
    release();
    await called;
    // The call was waited for, so it came before the list that was asked for earlier.
    expect(begun.slice(max, max + 2)).toEqual(["called", "quick"]);
    for (const { tools } of await Promise.all(lists)) expect(tools).toHaveLength(1);
    await short;
  });
});

describe("a search while servers arrive", () => {
  test("is of one catalogue: what came during it is not in it, and it says so", async () => {
    using store = createStore(directory);
    const servers = ["early", "late"].map((key) => ({ key, configHash: "1" }));
    const catalogue = createCatalogue({ store, servers });
    catalogue.update("early", { tools: [toTool("send_message")], problems: [] });
    const search = createSearch(catalogue, { file: join(directory, "search.index") });
    const found = search.search("send");
    // The index on disk is being looked for.
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    catalogue.update("late", { tools: [toTool("send_mail")], problems: [] });
    const { total, searched } = await found;
    expect([total, searched.toolCount("early"), searched.toolCount("late")]).toEqual([1, 1, 0]);
    expect((await search.search("send")).total).toBe(2);
  });

  test("names who was not searched, though it has answered by the end", async () => {
    let isUp = false;
    const refuse = async (): Promise<Response | void> => (isUp ? undefined : new Response("no", { status: 503 }));
    await using late = await serve(refuse);
    await using early = await serve(async () => undefined);
    await using other = await serve(async () => undefined);
    const mcpServers = { early: { url: early.url }, other: { url: other.url }, late: { url: late.url } };
    let states: string[] = [];
    const sluice = await createSluice(
      { mcpServers, stateDir: directory },
      {
        rerank: async (_, candidates) => {
          isUp = true;
          if (states.length === 0) states = (await sluice.refresh({ servers: ["late"] })).map(({ state }) => state);
          return candidates.map(() => 0);
        },
      },
    );
    try {
      const answer = await sluice.searchTools("send message");
      expect(states).toEqual(["ready"]);
      expect([answer.total, answer.hint]).toEqual([2, expect.stringMatching(/^Not searched.*: late \(/)]);
      const again = await sluice.searchTools("send message");
      expect([again.total, again.hint]).toEqual([3, undefined]);
    } finally {
      await sluice[Symbol.asyncDispose]();
    }
  });
});

describe("the command line", () => {
  test("waits for who starts slowly, says so, and keeps who has answered", { timeout: 90_000 }, async () => {
    const raw = join(import.meta.dirname, "servers/raw.mjs");
    const slowly = `setTimeout(() => import(${JSON.stringify(raw)}), ${limits.discoveryWaitMs + 1_000})`;
    const quick = { command: process.execPath, args: [raw, "plain"] };
    const slow = { command: process.execPath, args: ["-e", slowly, "x", "plain"] };
    await using site = await createSite({ mcpServers: { quick, slow } });
    const stopped = await site.run(["tools", "echo"], {
      onStart: (process) =>
        process.stderr?.on("data", (text: Buffer) => {
          if (text.toString().includes("Still waiting for slow")) process.kill("SIGINT");
        }),
    });
    expect(stopped.code).toBe(130);
    const { code, stdout, stderr } = await site.run(["tools", "echo", "--json"]);
    expect(code).toBe(0);
    // The one that had answered is known.
    expect(stderr).toContain("Fetching the tools of slow for the first time");
    const { results } = JSON.parse(stdout) as { results: { server: string }[] };
    expect(new Set(results.map(({ server }) => server))).toEqual(new Set(["quick", "slow"]));
  });

  test("writes no tree of nothing", async () => {
    await using site = await createSite({ mcpServers: { gone: { command: "no-such-program-here" } } });
    const { code, stderr } = await site.run(["tree", "--out", "tree"]);
    expect(code).toBe(1);
    expect(stderr).toContain("No tools of any server are known: gone (");
    expect(existsSync(join(site.directory, "tree"))).toBe(false);
    writeFileSync(join(site.directory, "sluice.config.json"), JSON.stringify({ mcpServers: {} }));
    expect((await site.run(["tree", "--out", "tree"])).stderr).toContain("no server is configured");
  });
});

describe("a connection that the server closes unanswered", () => {
  /** The connection of the first request with this method is closed. */
  const closing = (closed: string): Promise<HttpServer> => {
    let isClosed = false;
    return serve(async (method, destroy) => {
      if (method !== closed || isClosed) return;
      isClosed = true;
      destroy();
    });
  };
  const connect = ({ url }: HttpServer): ReturnType<typeof createUpstreams> =>
    createUpstreams({
      servers: [
        { key: "s", transport: { kind: "http", url, headers: {} }, callMs: 5_000, connectMs: 5_000, hash: "h" },
      ],
      log: () => {},
      onToolsChanged: () => {},
    });
  const countOf = ({ requests }: HttpServer, method: string): number =>
    requests.filter(({ body }) => body.includes(`"${method}"`)).length;

  test.each(["initialize", "tools/list"])("costs a second %s", async (method) => {
    await using server = await closing(method);
    await using upstreams = connect(server);
    expect((await upstreams.listTools("s")).tools).toHaveLength(1);
    expect(countOf(server, method)).toBe(2);
  });

  test("fails a tool call, which may have been carried out", async () => {
    await using server = await closing("tools/call");
    await using upstreams = connect(server);
    await expect(upstreams.callTool("s", "send_message", {}, {})).rejects.toMatchObject({
      code: "upstream_disconnected",
      transient: { mayHaveRun: true },
    });
    expect(countOf(server, "tools/call")).toBe(1);
  });
});
