import { spawn } from "node:child_process";
import { once } from "node:events";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import Tokenizer from "ai-tokenizer";
import * as o200k from "ai-tokenizer/encoding/o200k_base";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Site } from "./servers/command-line.ts";
import { cli, createSite, toEnvironment, workingServers } from "./servers/command-line.ts";

interface Answer {
  isError?: boolean;
  content: { type: string; text: string }[];
  structuredContent?: Outcome;
  _meta?: Record<string, unknown>;
}

interface Outcome {
  executionId: string;
  status: string;
  result?: unknown;
  logs: { stream: string; text: string }[];
  error?: { code: string; message: string; line?: number; tool?: string };
  calls: unknown;
}

let site: Site;
let client: Client;

async function connect(at: Site, mode: "auto" | "legacy" = "auto"): Promise<Client> {
  const connected = new Client({ name: "test", version: "1" }, { versionNegotiation: { mode } });
  await connected.connect(
    new StdioClientTransport({
      command: process.execPath,
      args: [cli, "serve"],
      cwd: at.directory,
      env: toEnvironment(at.directory),
      stderr: "ignore",
    }),
  );
  return connected;
}

async function call(name: string, args: Record<string, unknown>, via: Client = client): Promise<Answer> {
  return (await via.callTool({ name, arguments: args })) as unknown as Answer;
}

async function execute(args: Record<string, unknown>): Promise<Outcome & { isError?: boolean }> {
  const answer = await call("execute_code", args);
  return { ...(answer.structuredContent as Outcome), ...(answer.isError !== undefined && { isError: answer.isError }) };
}

beforeAll(async () => {
  site = await createSite({
    mcpServers: workingServers,
    policy: { tools: { "everything.get-env": "deny" } },
    sandbox: { answerMs: 4_000 },
  });
  expect((await site.run(["tools"])).code).toBe(0);
  client = await connect(site);
}, 60_000);

afterAll(async () => {
  await client.close();
  await site[Symbol.asyncDispose]();
});

describe("definitions", () => {
  test("are three, and under 800 tokens together", async () => {
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(["execute_code", "search_tools", "call_tool"]);
    const tokens = new Tokenizer(o200k).encode(JSON.stringify(tools)).length;
    expect(tokens).toBeLessThanOrEqual(800);
    for (const tool of tools) {
      expect(tool.outputSchema).toBeDefined();
      expect(tool.annotations).toBeDefined();
    }
    expect(client.getInstructions()).toContain("execute_code");
  });

  test("are listed at once, with servers that cannot start", async () => {
    const hangs = { command: process.execPath, args: ["-e", "setInterval(() => {}, 1000)"] };
    await using broken = await createSite({ mcpServers: { hangs }, expose: ["hangs.*"] });
    const connected = await connect(broken);
    const answered: string[] = [];
    // A search waits for servers that were never reached; a list that is asked for later does not.
    const search = connected.callTool({ name: "search_tools", arguments: { query: "x" } }).then(() => {
      answered.push("search");
    });
    expect((await connected.listTools()).tools).toHaveLength(3);
    answered.push("list");
    await search;
    expect(answered).toEqual(["list", "search"]);
    await connected.close();
  });
});

describe("execute_code", () => {
  test("answers the outcome twice, as structure and as text, with stats beside it", async () => {
    const answer = await call("execute_code", {
      code: "console.log('printed'); return await everything.getSum({ a: 2, b: 3 });",
    });
    expect(answer.structuredContent).toMatchObject({
      status: "completed",
      logs: [{ stream: "stdout" }],
      calls: { done: 1, failed: 0, open: 0 },
    });
    expect(answer.structuredContent).not.toHaveProperty("stats");
    expect(JSON.parse(answer.content[0]?.text ?? "")).toEqual(answer.structuredContent);
    expect(answer._meta?.["sluice/stats"]).toMatchObject({
      toolCalls: 1,
      wall: expect.stringMatching(/^(none|bwrap)$/) as string,
    });
    expect(answer.isError).toBeUndefined();
  });

  test("names in the text what is over 2 KB, and sends it once", async () => {
    const answer = await call("execute_code", { code: "console.log('small'); return 'x'.repeat(5000);" });
    expect(answer.structuredContent?.result).toBe("x".repeat(5000));
    const text = JSON.parse(answer.content[0]?.text ?? "") as Outcome;
    expect(text.result).toBe("(5002 bytes: see structuredContent.result)");
    expect(text.logs).toEqual(answer.structuredContent?.logs);
  });

  test("an error of the program is a result", async () => {
    expect(await execute({ code: "let a = 1;\nthrow new Error('boom');" })).toMatchObject({
      status: "failed",
      isError: true,
      error: { message: expect.stringContaining("boom") as string, line: 2 },
    });
    expect(await execute({ code: "let = = 1" })).toMatchObject({
      status: "failed",
      isError: true,
      error: { code: "syntax_error" },
    });
    expect(await execute({ code: "for (;;);", timeoutMs: 300 })).toMatchObject({
      status: "killed",
      isError: true,
      error: { code: "timeoutMs" },
    });
  });

  test("bad input is an outcome, with what is wrong", async () => {
    async function check(args: Record<string, unknown>, message: RegExp): Promise<void> {
      const outcome = await execute(args);
      expect(outcome).toMatchObject({ status: "failed", isError: true, error: { code: "invalid_input" } });
      expect(outcome.error?.message).toMatch(message);
    }
    await check({}, /Neither code nor resume/);
    await check({ code: "", resume: null }, /Neither code nor resume/);
    await check({ code: "1", resume: "x" }, /Both code and resume/);
    await check({ code: 7 }, /code must be a string, got 7/);
    await check({ code: { a: 1 } }, /code must be a string, got an object/);
    await check({ code: "1", timeoutMs: "soon" }, /timeoutMs must be a whole number/);
    await check({ code: "1", timeoutMs: -1 }, /timeoutMs must be a whole number/);
    await check({ code: "1", timeout: 5 }, /Unknown input "timeout": did you mean timeoutMs/);
  });

  test("an execution that nobody knows is failed", async () => {
    expect(await execute({ resume: "nobody" })).toMatchObject({
      status: "failed",
      isError: true,
      error: { code: "unknown_execution" },
    });
  });

  test("a long program answers running, and resume waits for its end", async () => {
    const first = await execute({
      code: "console.log('early'); await new Promise((resolve) => setTimeout(resolve, 5500)); return 'late';",
    });
    expect(first).toMatchObject({ status: "running", logs: [{ stream: "stdout" }] });
    expect(first.isError).toBeUndefined();
    expect(await execute({ resume: first.executionId })).toMatchObject({ status: "completed", result: "late" });
    expect(await execute({ resume: first.executionId })).toMatchObject({ status: "completed", result: "late" });
  });

  test("reports progress while it runs", async () => {
    const messages: string[] = [];
    const code =
      "for (let i = 0; i < 4; i++) { console.log('step ' + i); await new Promise((done) => setTimeout(done, 150)); }";
    await client.callTool(
      { name: "execute_code", arguments: { code } },
      { onprogress: ({ message }) => messages.push(message ?? "") },
    );
    expect(messages.length).toBeGreaterThan(0);
    expect(messages[0]).toContain("step 0");
  });

  test("cancelling the request kills it", async () => {
    const cancelled = new AbortController();
    const code =
      "import fs from 'fs/promises'; await new Promise((done) => setTimeout(done, 900)); await fs.writeFile('./workspace/late', 'x');";
    const running = client.callTool({ name: "execute_code", arguments: { code } }, { signal: cancelled.signal });
    setTimeout(() => cancelled.abort(), 300);
    await expect(running).rejects.toThrow();
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    const written = await execute({ code: "import fs from 'fs'; return fs.existsSync('./workspace/late');" });
    expect(written).toMatchObject({ status: "completed", result: false });
  });
});

describe("search_tools", () => {
  test("finds at three levels", async () => {
    const named = await call("search_tools", { query: "sum two numbers", detail: "name", limit: 1 });
    expect(named.structuredContent).toMatchObject({
      results: [{ kind: "tool", id: "everything.get-sum", server: "everything" }],
    });
    const full = await call("search_tools", { query: "sum two numbers", detail: "full", limit: 1 });
    expect(JSON.stringify(full.structuredContent)).toContain("export");
    const all = await call("search_tools", { query: "", server: "memory" });
    expect(all.structuredContent).toMatchObject({ total: 9, truncated: false });
  });

  test("bad input is an error result", async () => {
    async function check(args: Record<string, unknown>, message: RegExp): Promise<void> {
      const answer = await call("search_tools", args);
      expect(answer.isError).toBe(true);
      expect(answer.content[0]?.text).toMatch(message);
    }
    await check({ query: "x", detail: "most" }, /detail must be "name", "summary" or "full", got "most"/);
    await check({ query: "x", limit: 0 }, /limit must be a whole number from 1 to 50, got 0/);
    await check({ query: "x", limit: 51 }, /limit must be a whole number from 1 to 50/);
    await check({ query: 7 }, /query must be a string/);
    await check({ query: "x", servr: "memory" }, /did you mean server/);
  });
});

describe("call_tool", () => {
  test("makes one call", async () => {
    const { structuredContent } = await call("call_tool", { tool: "everything.echo", arguments: { message: "hello" } });
    expect(structuredContent).toMatchObject({ status: "completed", calls: { done: 1 } });
    expect(JSON.stringify(structuredContent?.result)).toContain("hello");
  });

  test("what fails, or is denied, is a result", async () => {
    async function check(args: Record<string, unknown>, status: string, code: string): Promise<void> {
      const answer = await call("call_tool", args);
      expect(answer.structuredContent).toMatchObject({ status, error: { code } });
      expect(answer.isError).toBe(true);
    }
    await check({ tool: "everything.get-env" }, "denied", "tool_denied");
    await check({ tool: "everything.nothing" }, "failed", "tool_not_found");
    await check({ tool: "everything.echo", arguments: { message: 7 } }, "failed", "arguments_invalid");
    await check({ tool: "everything.echo", arguments: "{}" as unknown }, "failed", "invalid_input").catch(
      (error: unknown) => {
        // A client library may refuse to send it.
        expect(String(error)).toMatch(/arguments|invalid/i);
      },
    );
    await check({}, "failed", "invalid_input");
  });
});

test("a tool that is none of ours is a protocol error that names the nearest", async () => {
  await expect(call("execute_cod", {})).rejects.toThrow("Did you mean execute_code?");
});

test("exposed tools are listed after the three, and answer with their data alone", async () => {
  await using exposing = await createSite({ mcpServers: workingServers, expose: ["everything.echo"] });
  expect((await exposing.run(["tools"])).code).toBe(0);
  const connected = await connect(exposing, "legacy");
  const { tools } = await connected.listTools();
  expect(tools.map(({ name }) => name)).toEqual(["execute_code", "search_tools", "call_tool", "everything__echo"]);
  const answer = await call("everything__echo", { message: "hello" }, connected);
  expect(answer.content).toEqual([{ type: "text", text: expect.stringContaining("hello") as string }]);
  expect(answer.structuredContent).toBeUndefined();
  expect((await call("everything__echo", {}, connected)).isError).toBe(true);
  await connected.close();
}, 30_000);

test("the client of exposed tools is told when they change", async () => {
  await using exposing = await createSite({ mcpServers: workingServers, expose: ["everything.echo"] });
  // Nothing is known of the servers yet: their tools change when they are fetched for the first time.
  const connected = await connect(exposing, "legacy");
  const told = new Promise<void>((resolve) =>
    connected.setNotificationHandler("notifications/tools/list_changed", () => resolve()),
  );
  await told;
  expect((await connected.listTools()).tools.map(({ name }) => name)).toContain("everything__echo");
  await connected.close();
}, 30_000);

describe("revisions", () => {
  test("the newest is negotiated with a client that knows it", () => {
    expect(client.getNegotiatedProtocolVersion()).toBe("2026-07-28");
  });

  test.each(["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"])(
    "%s is served, even to a client that pipes and goes",
    async (revision) => {
      const messages = [
        {
          id: 1,
          method: "initialize",
          params: { protocolVersion: revision, capabilities: {}, clientInfo: { name: "test", version: "1" } },
        },
        { method: "notifications/initialized" },
        { id: 2, method: "tools/list" },
        {
          id: 3,
          method: "tools/call",
          params: { name: "search_tools", arguments: { query: "", server: "memory", detail: "summary", limit: 50 } },
        },
      ];
      const input = messages.map((message) => `${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`).join("");
      const { stdout, code } = await site.run(["serve"], { input });
      const answers = stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as { id: number; result: Record<string, unknown> });
      expect(answers.map(({ id }) => id)).toEqual([1, 2, 3]);
      expect(answers[0]?.result.protocolVersion).toBe(revision);
      const result = answers[2]?.result as unknown as Answer;
      const text = JSON.parse(result.content[0]?.text ?? "") as { results: unknown };
      if (revision < "2025-06-18") {
        expect(result.structuredContent).toBeUndefined();
        expect(text.results).toHaveLength(9);
      } else {
        expect((result.structuredContent as unknown as { results: unknown[] }).results).toHaveLength(9);
      }
      expect(code).toBe(0);
    },
  );
});

test.each(["end of stdin", "SIGTERM", "SIGINT"] as const)(
  "%s ends it while a program runs, with nothing but protocol on stdout",
  async (how) => {
    const serve = spawn(process.execPath, [cli, "serve"], {
      cwd: site.directory,
      env: toEnvironment(site.directory),
      stdio: ["pipe", "pipe", "ignore"],
    });
    let stdout = "";
    serve.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    const send = (message: object): void =>
      void serve.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
    send({
      id: 1,
      method: "initialize",
      params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "test", version: "1" } },
    });
    await once(serve.stdout, "data");
    send({ method: "notifications/initialized" });
    send({ id: 2, method: "tools/call", params: { name: "execute_code", arguments: { code: "for (;;);" } } });
    await new Promise((resolve) => setTimeout(resolve, 500));
    const endedAt = Date.now();
    const closed = once(serve, "close");
    if (how === "end of stdin") serve.stdin.end();
    else serve.kill(how);
    await closed;
    // A second on a quiet machine; others may be busy.
    expect(Date.now() - endedAt).toBeLessThan(8_000);
    for (const line of stdout.trim().split("\n")) expect(JSON.parse(line)).toMatchObject({ jsonrpc: "2.0" });
  },
  20_000,
);
