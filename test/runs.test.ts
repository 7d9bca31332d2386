import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath, pathToFileURL } from "node:url";
import Database from "libsql";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { JsonObject } from "../src/base/json.ts";
import { createSluice } from "../src/runtime/create-sluice.ts";
import type { ExecutionResult } from "../src/runtime/outcome.ts";
import type { ExecuteOptions, Sluice } from "../src/runtime/sluice.ts";
import { engineOfTests } from "./house.ts";

// Runs that go on after their process is gone. Each test opens one Sluice after the other on one state directory.

const ledger = fileURLToPath(new URL("servers/ledger.mjs", import.meta.url));
const patience = { timeout: 30_000 };
let folder: string;
let open: Sluice[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-runs-"));
  open = [];
});
afterEach(async () => {
  for (const sluice of open) await sluice[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

async function start(config: JsonObject = {}): Promise<Sluice> {
  const wall = process.env["SLUICE_TEST_WALL"];
  const sluice = await createSluice({
    mcpServers: { ledger: { command: process.execPath, args: [ledger, join(folder, "effects")] } },
    stateDir: join(folder, "state"),
    skills: { dir: join(folder, "state", "skills") },
    // Its thread takes a while to start.
    privacy: { mode: "off" },
    ...config,
    sandbox: {
      ...(wall === undefined ? {} : { wall }),
      ...engineOfTests(),
      guestsWarm: 0,
      ...(config["sandbox"] as JsonObject | undefined),
    },
  });
  open.push(sluice);
  return sluice;
}

async function stop(sluice: Sluice): Promise<void> {
  open = open.filter((one) => one !== sluice);
  await sluice[Symbol.asyncDispose]();
}

const effects = async (): Promise<string[]> =>
  (await readFile(join(folder, "effects"), "utf8").catch(() => ""))
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const { tool, key } = JSON.parse(line) as { tool: string; key: string };
      return `${tool} ${key}`;
    });

/** Writes to the journal behind everybody's back. */
function edit(sql: string, ...values: (string | number)[]): void {
  const database = new Database(join(folder, "state", "journal.sqlite"));
  database.prepare(sql).run(...values);
  database.close();
}

/** Runs a program until it waits for a file, and closes its Sluice then. */
async function interrupt(code: string, config: JsonObject = {}, options: ExecuteOptions = {}): Promise<string> {
  const sluice = await start(config);
  const { executionId } = await sluice.executeCode(code, { ...options, answerMs: 1 });
  await expect
    .poll(async () => (await sluice.resume(executionId, { answerMs: 1 })).logs.at(-1)?.text, patience)
    .toBe("waits");
  await stop(sluice);
  return executionId;
}

/** Waits, as long as this process runs it: a program cannot see that, so a file says it. */
const untilFile = `console.log("waits"); while (!fs.existsSync("./workspace/go")) await new Promise((resolve) => setTimeout(resolve, 20));`;
const go = (sluice: Sluice): Promise<ExecutionResult> =>
  sluice.executeCode(`await fs.promises.writeFile("./workspace/go", "")`);

describe("a run whose process has ended", () => {
  test("goes on where it was: nothing is done twice, chance and time are what they were", async () => {
    const id = await interrupt(`
      const seen = [Math.random(), crypto.randomUUID(), Date.now()];
      const [a, b] = await Promise.all([ledger.add({ key: "a", ms: 20 }), ledger.add({ key: "b" })]);
      await fs.promises.appendFile("./workspace/log", "once\\n");
      console.log(JSON.stringify(seen));
      ${untilFile}
      const c = await ledger.add({ key: "c" });
      return { seen, told: [a, b, c], log: await fs.promises.readFile("./workspace/log", "utf8") };`);
    const before = await start();
    expect(before.runs.list()).toMatchObject([{ id, status: "interrupted", isResumable: true, isAlive: false }]);
    await go(before);
    const outcome = await before.resume(id);
    expect(outcome).toMatchObject({
      executionId: id,
      status: "completed",
      result: { told: ["added a", "added b", "added c"], log: "once\n" },
      calls: { done: 3, failed: 0, open: 0 },
    });
    const { seen } = outcome.result as { seen: unknown };
    expect(outcome.logs[0]?.text).toBe(JSON.stringify(seen));
    expect(await effects()).toEqual(expect.arrayContaining(["add a", "add b", "add c"]));
    expect(await effects()).toHaveLength(3);
    expect(before.runs.show(id)).toMatchObject({ status: "completed", resumes: 1, isResumable: false });
    // Ended: it answers with its outcome, here and in another process.
    expect(await before.resume(id)).toEqual(outcome);
    await stop(before);
    expect(await (await start()).resume(id)).toEqual(outcome);
  });

  test("goes on several times", async () => {
    let id = "";
    const code = `for (let n = 0; n < 4; n += 1) {
      await ledger.add({ key: "k" + n });
      console.log("at " + n);
      while (!fs.existsSync("./workspace/go" + n)) await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return "end";`;
    for (let n = 0; n < 4; n += 1) {
      const sluice = await start();
      const first =
        n === 0 ? await sluice.executeCode(code, { answerMs: 1 }) : await sluice.resume(id, { answerMs: 1 });
      id = first.executionId;
      await expect
        .poll(async () => (await sluice.resume(id, { answerMs: 1 })).logs.map(({ text }) => text), patience)
        .toEqual(Array.from({ length: n + 1 }, (_, at) => `at ${at}`));
      await sluice.executeCode(`await fs.promises.writeFile("./workspace/go${n}", "")`);
      if (n < 3)
        await expect.poll(async () => (await sluice.resume(id, { answerMs: 1 })).logs.length, patience).toBe(n + 2);
      else expect(await sluice.resume(id)).toMatchObject({ status: "completed", result: "end" });
      await stop(sluice);
    }
    expect(await effects()).toEqual(["add k0", "add k1", "add k2", "add k3"]);
  });

  test("keeps its grant, its limits, what it has used, and what it has read", async () => {
    const config = {
      policy: { preset: "balanced", budget: { perExecution: { calls: 3 } } },
      mcpServers: {
        ledger: { command: process.execPath, args: [ledger, join(folder, "effects")], reads: "private" },
        out: {
          command: process.execPath,
          args: [ledger, join(folder, "effects")],
          reads: "untrusted",
          sends: "outside",
        },
      },
    };
    const id = await interrupt(
      `await ledger.read({ key: "a" });
       await out.read({ key: "b" }).catch(() => undefined);
       ${untilFile}
       const refused = await ledger.large({ key: "c" }).catch((error) => error.code);
       await out.put({ key: "outward" });
       return refused;`,
      config,
      { grant: { tools: ["ledger.read", "out.*"] } },
    );
    const sluice = await start(config);
    await go(sluice);
    // A program that read private and untrusted content before the interruption still has.
    const outcome = await sluice.resume(id);
    expect(outcome).toMatchObject({ status: "paused", pending: [{ kind: "flow", tool: "out.put" }] });
    sluice.answer(outcome.pending?.[0]?.id ?? "", "allow-once", "test");
    expect(await sluice.resume(id)).toMatchObject({ status: "completed", result: "tool_not_granted" });
    // Two calls before, one after: a fourth is over the budget.
    const again = await sluice.executeCode(
      `for (const key of ["1", "2", "3"]) await ledger.read({ key }); await ledger.read({ key: "4" })`,
    );
    expect(again).toMatchObject({ status: "killed", error: { code: "budgetPerExecution" } });
  });

  test("is refused to another engine or runner, and where its journal was touched", async () => {
    const id = await interrupt(`await ledger.add({ key: "a" }); ${untilFile} return 1`);
    const sluice = await start();
    const engine = sluice.runs.show(id);
    expect(engine.steps.filter(({ op }) => op === "tool")).toHaveLength(1);
    edit("UPDATE run SET engine = 'other 000000000000' WHERE id = ?", id);
    expect(await sluice.resume(id)).toMatchObject({ status: "failed", error: { code: "not_resumable" } });
    edit("UPDATE run SET engine = (SELECT engine FROM run WHERE engine NOT LIKE 'other%' LIMIT 1) WHERE id = ?", id);
    expect(await effects()).toEqual(["add a"]);
  });

  test.each([
    ["a batch taken out", "DELETE FROM batch WHERE number = 0"],
    [
      "two exchanged",
      "UPDATE batch SET sealed = (SELECT o.sealed FROM batch AS o WHERE o.run_id = batch.run_id AND o.number = 3 - batch.number) WHERE number IN (1, 2)",
    ],
    ["all taken out", "DELETE FROM batch"],
    ["its end cut off", "DELETE FROM batch WHERE number > 1"],
    ["its last part cut off", "DELETE FROM batch WHERE number = (SELECT MAX(number) FROM batch)"],
    ["its end cut off, and where it was", "UPDATE run SET ending = ''", "DELETE FROM batch WHERE number > 1"],
    ["one changed", "UPDATE batch SET sealed = 'AAAA' || substr(sealed, 5) WHERE number = 1"],
    ["one of another place", "UPDATE batch SET sealed = (SELECT sealed FROM batch WHERE number = 0) WHERE number = 2"],
    ["the start changed", "UPDATE run SET start = opening"],
    ["the start taken out", "UPDATE run SET start = NULL"],
    ["the start and all that followed taken out", "UPDATE run SET start = NULL, engine = NULL", "DELETE FROM batch"],
    ["its engine taken out", "UPDATE run SET engine = NULL"],
    ["the program changed", "UPDATE run SET opening = start"],
  ])("with %s is damaged, and nothing is done", async (_, ...statements) => {
    const id = await interrupt(`for (const key of ["a", "b", "c"]) await ledger.add({ key }); ${untilFile} return 1`);
    for (const sql of statements) edit(sql);
    const sluice = await start();
    await go(sluice).catch(() => undefined);
    expect(await sluice.resume(id)).toMatchObject({ status: "failed", error: { code: "journal_damaged" } });
    expect(await effects()).toEqual(["add a", "add b", "add c"]);
  });

  test.each([
    "owner = 'zzz'",
    "owner = '{}'",
    "created_at = 'x', touched_at = 1e300",
    "calls = 'many', progress = 'x'",
  ])("a line that was made unreadable (%s) hides no other, and its run goes on or says why not", async (change) => {
    const sluice = await start();
    const { executionId: id } = await sluice.executeCode("return await ledger.add({ key: 'a' })");
    const { executionId: other } = await sluice.executeCode("return 2");
    const database = new Database(join(folder, "state", "journal.sqlite"));
    database.prepare(`UPDATE run SET ${change} WHERE id = ?`).run(id);
    database.close();
    const listed = sluice.runs.list().map((run) => run.id);
    expect(listed.sort()).toEqual([id, other].sort());
    expect(sluice.runs.show(id)).toMatchObject({ id });
    await expect(sluice.resume(id)).resolves.toMatchObject({ status: "completed" });
    expect(await effects()).toEqual(["add a"]);
  });

  test("that was cancelled is over, whoever asks", async () => {
    const id = await interrupt(`${untilFile} return 1`);
    const sluice = await start();
    expect(sluice.runs.cancel(id)).toMatchObject({ status: "cancelled", isResumable: false });
    expect(await sluice.resume(id)).toMatchObject({ status: "failed", error: { code: "not_resumable" } });
    // One that runs in another process hears of it.
    const other = await start();
    const { executionId } = await other.executeCode(`await new Promise(() => setInterval(() => {}, 50))`, {
      answerMs: 1,
    });
    sluice.runs.cancel(executionId);
    const cancelled = await other.resume(executionId);
    expect(cancelled).toMatchObject({ status: "killed", error: { code: "cancelled" } });
    expect(cancelled.error).not.toHaveProperty("hint");
    expect(sluice.runs.show(executionId)).toMatchObject({ status: "cancelled" });
  });

  test("of another workspace is not seen: its tokens and files mean others there", async () => {
    const first = await start({ workspaces: { other: {} } });
    const { executionId } = await first.executeCode("return 1");
    const open = await interrupt(`${untilFile} return 1`);
    const second = await start({ workspaces: { other: {} }, workspace: "other" });
    expect(second.runs.list()).toEqual([]);
    for (const id of [executionId, open]) {
      expect(await second.resume(id)).toMatchObject({ error: { code: "not_resumable", message: /"default"/ } });
      for (const act of ["show", "cancel"] as const) expect(() => second.runs[act](id)).toThrow(/workspace "default"/);
      await expect(second.runs.remove(id)).rejects.toMatchObject({ code: "not_resumable" });
      expect(() => second.runs.replay(id)).toThrow(/workspace "default"/);
    }
    expect(
      first.runs
        .list()
        .map(({ id }) => id)
        .sort(),
    ).toEqual([executionId, open].sort());
    // Whoever writes the list beside it does not change what it is of.
    edit("UPDATE run SET workspace = 'other' WHERE id = ?", open);
    expect(await second.resume(open)).toMatchObject({ error: { code: "not_resumable", message: /"default"/ } });
  });

  test("of another process that lives is waited for there", async () => {
    const [one, two] = [await start(), await start()];
    const { executionId } = await one.executeCode(`${untilFile} return 7`, { answerMs: 1 });
    expect(await two.resume(executionId, { answerMs: 50 })).toMatchObject({ status: "running" });
    const waiting = two.resume(executionId);
    await go(two);
    expect(await waiting).toMatchObject({ status: "completed", result: 7 });
  });
});

describe("an end that is not the last word", () => {
  test("is told to who waits, and only the next resume goes on", async () => {
    const sluice = await start();
    const first = await sluice.executeCode(`for (;;) await new Promise((resolve) => setTimeout(resolve, 10))`, {
      ...{ answerMs: 1, timeoutMs: 1_500 },
    });
    let outcome = first;
    while (outcome.status === "running") outcome = await sluice.resume(first.executionId, { answerMs: 300 });
    expect(outcome).toMatchObject({ status: "killed", error: { code: "timeoutMs" } });
    expect(outcome.error?.hint).toContain("goes on where it was");
    expect(await sluice.resume(first.executionId, { answerMs: 50 })).toMatchObject({ status: "running" });
    expect(sluice.runs.show(first.executionId)).toMatchObject({ resumes: 1 });
  });

  test("leaves nothing to be done unrecorded: writes that had not begun are done once", async () => {
    const sluice = await start();
    const writes = 400;
    const stopper = new AbortController();
    const running = sluice.executeCode(
      `await Promise.all(Array.from({ length: ${writes} }, (_, n) => fs.promises.appendFile("./workspace/log", n + "\\n")));
       return (await fs.promises.readFile("./workspace/log", "utf8")).trim().split("\\n").length`,
      { signal: stopper.signal },
    );
    const log = join(folder, "state", "workspaces", "default", "log");
    const sizeOf = async (): Promise<number> => (await readFile(log, "utf8").catch(() => "")).length;
    while ((await sizeOf()) === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    stopper.abort();
    const ended = await running;
    // Whether it was killed in the middle or came to its end first, nothing is there twice.
    const outcome = ended.status === "killed" ? await sluice.resume(ended.executionId) : ended;
    expect(outcome).toMatchObject({ status: "completed", result: writes });
  });

  test("of a budget: the call that had no room is made when there is some", async () => {
    const code = `const out = []; for (const key of ["a", "b", "c"]) out.push(await ledger.add({ key })); return out`;
    const narrow = await start({ policy: { budget: { perExecution: { calls: 2 } } } });
    const ended = await narrow.executeCode(code);
    expect(ended).toMatchObject({ status: "killed", error: { code: "budgetPerExecution" } });
    await stop(narrow);
    const wide = await start({ policy: { budget: { perExecution: { calls: 10 } } } });
    expect(await wide.resume(ended.executionId)).toMatchObject({ result: ["added a", "added b", "added c"] });
    expect(await effects()).toEqual(["add a", "add b", "add c"]);
  });

  test("that could not begin again can be tried again", async () => {
    const id = await interrupt(`await ledger.add({ key: "a" }); ${untilFile} return 1`);
    const narrow = await start({ policy: { budget: { perSession: { calls: 1 } } } });
    await narrow.executeCode(`await ledger.read({ key: "x" })`);
    expect(await narrow.resume(id)).toMatchObject({ status: "killed", error: { code: "budgetPerSession" } });
    expect(narrow.runs.show(id)).toMatchObject({ status: "interrupted", isResumable: true });
    await stop(narrow);
    const sluice = await start();
    await go(sluice);
    expect(await sluice.resume(id)).toMatchObject({ status: "completed", result: 1 });
  });

  test("is no end that can be cancelled afterwards", async () => {
    const sluice = await start();
    const { executionId } = await sluice.executeCode("return 1");
    expect(() => sluice.runs.cancel(executionId)).toThrow(/nothing to cancel/);
    expect(await sluice.resume(executionId)).toMatchObject({ status: "completed", result: 1 });
  });
});

describe("a server that was down", () => {
  test("is asked again when the run goes on: the call that failed, and no other", async () => {
    const args = [ledger, join(folder, "effects")];
    const servers = (isUp: boolean): JsonObject => ({
      mcpServers: {
        ledger: { command: process.execPath, args },
        late: { command: process.execPath, args: isUp ? args : ["-e", "process.exit(1)"] },
      },
    });
    // Known from before, so that the program's name for it is.
    const known = await start({ mcpServers: { late: { command: process.execPath, args } } });
    await known.refresh();
    await stop(known);
    const down = await start(servers(false));
    const failed = await down.executeCode(
      `const a = await ledger.add({ key: "a" }); const b = await callTool("late.add", { key: "b" }); return [a, b]`,
    );
    expect(failed).toMatchObject({ status: "failed", error: { hint: expect.stringContaining("resume") as string } });
    await stop(down);
    const up = await start(servers(true));
    expect(await up.resume(failed.executionId)).toMatchObject({ status: "completed", result: ["added a", "added b"] });
    expect(await effects()).toEqual(["add a", "add b"]);
  });
});

/** Runs the ledger as long as no file `down` is there. */
const mayBeDown = (folder: string): JsonObject => ({
  mcpServers: {
    ledger: {
      command: process.execPath,
      args: [
        "-e",
        `const { existsSync } = require("node:fs");
         const look = () => existsSync(${JSON.stringify(join(folder, "down"))}) && process.exit(1);
         look();
         setInterval(look, 10);
         process.argv[2] = ${JSON.stringify(join(folder, "effects"))};
         import(${JSON.stringify(ledger)});`,
      ],
    },
  },
});

test("a call that never left is made again without a question, however its server was missed", async () => {
  const config = mayBeDown(folder);
  const down = await start(config);
  const first = await down.executeCode(
    `const a = await ledger.add({ key: "e0" }); ${untilFile} return [a, await ledger.add({ key: "e1" })]`,
    { answerMs: 1 },
  );
  const id = first.executionId;
  await expect.poll(async () => (await down.resume(id, { answerMs: 1 })).logs.at(-1)?.text, patience).toBe("waits");
  await writeFile(join(folder, "down"), "");
  await expect.poll(() => down.servers().find(({ key }) => key === "ledger")?.state, patience).toBe("failed");
  await go(down);
  const failed = await down.resume(id);
  expect(failed).toMatchObject({ status: "failed", error: { code: "upstream_unavailable" } });
  // Tried once more while it is still down, with and without its breaker.
  for (let n = 0; n < 2; n += 1)
    expect(await down.resume(id)).toMatchObject({
      status: "failed",
      error: { code: expect.stringMatching(/^(upstream_unavailable|circuit_open)$/) as string },
    });
  await stop(down);
  await rm(join(folder, "down"));
  const up = await start({ ...config, policy: { breaker: { openMs: 1_000 } } });
  await expect
    .poll(() => up.executeCode(`return await ledger.read({ key: "r" })`), patience)
    .toMatchObject({ status: "completed" });
  expect(await up.resume(id)).toMatchObject({ status: "completed", result: ["added e0", "added e1"] });
  expect(await effects()).toEqual(["add e0", "add e1"]);
});

test("a call whose server refused the connection is made again; one that may have arrived is asked about", async () => {
  const seen: string[] = [];
  /** `drops`: it breaks off where it should answer a call. */
  const serve = async (drops: boolean, port = 0): Promise<Server> => {
    const server = createServer((request, response) => {
      void text(request).then((body) => {
        const { id, method, params } = JSON.parse(body || "{}") as {
          id?: number;
          method?: string;
          params?: JsonObject;
        };
        const answer = (result: JsonObject): void =>
          void response
            .writeHead(200, { "content-type": "application/json" })
            .end(JSON.stringify({ jsonrpc: "2.0", id, result }));
        if (request.method !== "POST") return void response.writeHead(405).end();
        if (id === undefined) return void response.writeHead(202).end();
        if (method === "initialize")
          return answer({
            ...{ protocolVersion: "2025-06-18", capabilities: { tools: {} } },
            serverInfo: { name: "far", version: "1" },
          });
        if (method === "tools/list")
          return answer({ tools: [{ name: "add", inputSchema: { type: "object", properties: { key: {} } } }] });
        if (method !== "tools/call")
          return void response
            .writeHead(200, { "content-type": "application/json" })
            .end(JSON.stringify({ jsonrpc: "2.0", id, error: { code: -32601, message: "unknown" } }));
        const key = String((params?.["arguments"] as JsonObject | undefined)?.["key"]);
        seen.push(key);
        if (drops && key !== "e0") return void request.socket.destroy();
        answer({ content: [{ type: "text", text: `added ${key}` }] });
      });
    });
    await once(server.listen(port, "127.0.0.1"), "listening");
    return server;
  };
  const end = async (server: Server): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  for (const drops of [false, true]) {
    await rm(join(folder, "state"), { recursive: true, force: true });
    seen.length = 0;
    let server = await serve(drops);
    const { port } = server.address() as AddressInfo;
    const config = { mcpServers: { far: { url: `http://127.0.0.1:${port}/mcp` } }, policy: { retry: { attempts: 2 } } };
    const sluice = await start(config);
    const { executionId } = await sluice.executeCode(
      `const a = await far.add({ key: "e0" }); ${untilFile} return [a, await far.add({ key: "e1" })]`,
      { answerMs: 1 },
    );
    await expect
      .poll(async () => (await sluice.resume(executionId, { answerMs: 1 })).logs.at(-1)?.text, patience)
      .toBe("waits");
    if (!drops) await end(server);
    await go(sluice);
    expect(await sluice.resume(executionId)).toMatchObject({ error: { code: "upstream_disconnected" } });
    if (drops) await end(server);
    server = await serve(false, port);
    const again = await sluice.resume(executionId);
    if (drops) {
      expect(again).toMatchObject({ pending: [{ kind: "repeat" }] });
      expect(seen).toEqual(["e0", "e1"]);
    } else {
      expect(again).toMatchObject({ status: "completed", result: ["added e0", "added e1"] });
      expect(seen).toEqual(["e0", "e1"]);
    }
    await stop(sluice);
    await end(server);
  }
});

test("servers that were down for two calls at once: both are made again", async () => {
  const args = [ledger, join(folder, "effects")];
  const known = await start({ mcpServers: { late: { command: process.execPath, args } } });
  await known.refresh();
  await stop(known);
  const down = await start({ mcpServers: { late: { command: process.execPath, args: ["-e", "process.exit(1)"] } } });
  const failed = await down.executeCode(
    `return await Promise.all(["a", "b"].map((key) => callTool("late.add", { key })))`,
  );
  expect(failed).toMatchObject({ status: "failed", error: { code: "upstream_unavailable" } });
  await stop(down);
  const up = await start({ mcpServers: { late: { command: process.execPath, args } } });
  expect(await up.resume(failed.executionId)).toMatchObject({ status: "completed", result: ["added a", "added b"] });
  expect((await effects()).sort()).toEqual(["add a", "add b"]);
});

describe("an approval", () => {
  const config = { policy: { tools: { "ledger.add": "approve" } } };
  const code = `const a = await ledger.put({ key: "a" }); return [a, await ledger.add({ key: "b" })]`;

  test("that is given after the restart is heard, and given twice it counts once", async () => {
    const first = await start(config);
    const paused = await first.executeCode(code);
    const id = paused.pending?.[0]?.id ?? "";
    expect(paused).toMatchObject({ status: "paused" });
    await stop(first);
    const second = await start(config);
    expect(second.questions()).toMatchObject([{ id }]);
    second.answer(id, "allow-once", "test");
    expect(() => second.answer(id, "allow-once", "test")).toThrow(/waits no longer/);
    expect(await second.resume(paused.executionId)).toMatchObject({ result: ["put a", "added b"] });
    expect(await effects()).toEqual(["put a", "add b"]);
    // It was for that run only.
    expect(await second.executeCode(code)).toMatchObject({ status: "paused" });
  });

  test("that was denied meanwhile is a denial, and one that came too late is asked for again", async () => {
    const first = await start(config);
    const [denied, late] = await Promise.all([first.executeCode(code), first.executeCode(code)]);
    await stop(first);
    const second = await start(config);
    second.answer(denied.pending?.[0]?.id ?? "", "deny-once", "test");
    const store = new Database(join(folder, "state", "store.sqlite"));
    store.prepare("UPDATE question SET expires_at = 1 WHERE id = ?").run(late.pending?.[0]?.id ?? "");
    store.close();
    expect(() => second.answer(late.pending?.[0]?.id ?? "", "allow-once", "test")).toThrow(/expired/);
    expect(await second.resume(denied.executionId)).toMatchObject({ error: { code: "approval_denied" } });
    const again = await second.resume(late.executionId);
    expect(again).toMatchObject({ status: "paused" });
    expect(again.pending?.[0]?.id).not.toBe(late.pending?.[0]?.id);
    expect(await effects()).not.toContain("add b");
  });

  test("is waited for as long as it takes: retention takes no run that waits for a person", async () => {
    const first = await start(config);
    const paused = await first.executeCode(code);
    await stop(first);
    const second = await start({ ...config, journal: { keepRuns: 1, keepMs: 60_000 } });
    for (let n = 0; n < 25; n += 1) await second.executeCode(`return ${n}`);
    expect(second.runs.list()).toContainEqual(
      expect.objectContaining({ id: paused.executionId, status: "paused", isAlive: false, isResumable: true }),
    );
    second.answer(paused.pending?.[0]?.id ?? "", "allow-once", "test");
    expect(await second.resume(paused.executionId)).toMatchObject({ result: ["put a", "added b"] });
    expect(second.runs.show(paused.executionId)).toMatchObject({ status: "completed" });
    // And in one process, where nobody came for it in time.
    const third = await start({ ...config, sandbox: { parkMs: 300 } });
    const parked = await third.executeCode(code);
    await expect.poll(() => third.runs.show(parked.executionId).isAlive, patience).toBe(false);
    expect(third.runs.show(parked.executionId)).toMatchObject({ status: "paused", isResumable: true });
    third.answer(parked.pending?.[0]?.id ?? "", "allow-once", "test");
    await third.resume(parked.executionId);
    expect(await third.resume(parked.executionId)).toMatchObject({ result: ["put a", "added b"] });
  });

  test("of calls that were under way together is asked for each by itself", async () => {
    const first = await start();
    const keys = JSON.stringify(["a", "b", "c"]);
    const { executionId } = await first.executeCode(
      `return await Promise.all(${keys}.map((key) => ledger.add({ key, ms: 60_000 }).catch((error) => error.code)))`,
      { answerMs: 1 },
    );
    await expect.poll(async () => (await effects()).length, patience).toBe(3);
    await stop(first);
    // Another server of the same tools, which answers at once.
    const quick = `process.argv[2] = ${JSON.stringify(join(folder, "effects"))}; globalThis.setTimeout = (act) => act(); await import(${JSON.stringify(pathToFileURL(ledger).href)})`;
    const second = await start({
      mcpServers: { ledger: { command: process.execPath, args: ["--input-type=module", "-e", quick, "-"] } },
    });
    expect(await second.resume(executionId)).toMatchObject({ status: "paused" });
    await expect.poll(() => second.questions(), patience).toHaveLength(3);
    for (const { id, kind, body } of second.questions()) {
      expect([kind, body.calls]).toEqual(["repeat", 1]);
      second.answer(id, body.arguments[0]?.includes('"b"') ? "allow-once" : "deny-once", "test");
    }
    await expect.poll(() => second.questions(), patience).toHaveLength(0);
    await expect
      .poll(async () => (await second.resume(executionId)).result, patience)
      .toEqual(["interrupted", "added b", "interrupted"]);
    expect((await effects()).sort()).toEqual(["add a", "add b", "add b", "add c"]);
  }, 90_000);

  test("leaves no call unknown that was under way when its process ended in order", async () => {
    const own = { policy: { tools: { "ledger.put": "approve" } } };
    const both = `return await Promise.all([ledger.add({ key: "slow", ms: 1500 }), ledger.put({ key: "b" })])`;
    const first = await start(own);
    const paused = await first.executeCode(both);
    await stop(first);
    const second = await start(own);
    second.answer(paused.pending?.[0]?.id ?? "", "allow-once", "test");
    expect(await second.resume(paused.executionId)).toMatchObject({ result: ["added slow", "put b"] });
    expect(await effects()).toEqual(["add slow", "put b"]);
  });

  test("is asked for no more when its run is cancelled, removed, or ends otherwise for good", async () => {
    const paused: ExecutionResult[] = [];
    const first = await start(config);
    for (let n = 0; n < 3; n += 1) paused.push(await first.executeCode(code));
    await stop(first);
    const second = await start(config);
    // Closed in order, they wait; that is no cancelling.
    const [cancelled, removed, waits] = paused.map(({ executionId, pending }) => ({
      id: executionId,
      question: pending?.[0]?.id ?? "",
    }));
    for (const { executionId } of paused) {
      expect(second.runs.show(executionId)).toMatchObject({ status: "paused", isResumable: true });
      expect(second.runs.show(executionId)).not.toHaveProperty("errorCode");
      expect(second.runs.show(executionId)).not.toHaveProperty("outcome");
    }
    second.runs.cancel(cancelled?.id ?? "");
    await second.runs.remove(removed?.id ?? "");
    expect(second.questions().map(({ id }) => id)).toEqual([waits?.question]);
    for (const { question = "" } of [cancelled ?? {}, removed ?? {}])
      expect(() => second.answer(question, "allow-once", "test")).toThrow(/waits no longer/);
    await stop(second);
    // What the policy denies by now is not asked again: the run ends, and nobody waits.
    const third = await start({ policy: { tools: { "ledger.add": "deny" } } });
    expect(third.questions()).toHaveLength(1);
    expect(await third.resume(waits?.id ?? "")).toMatchObject({ status: "failed", error: { code: "tool_denied" } });
    expect(third.questions()).toEqual([]);
  });

  test("of a run in another process that lives is told there too, and can be answered there", async () => {
    const [one, two] = [await start(config), await start(config)];
    const { executionId, pending } = await one.executeCode(code);
    expect(await two.resume(executionId)).toMatchObject({ executionId, status: "paused", pending });
    // Told once, it is waited for.
    expect(await two.resume(executionId, { answerMs: 50 })).toMatchObject({ status: "paused", pending });
    const waiting = two.resume(executionId);
    two.answer(pending?.[0]?.id ?? "", "allow-once", "test");
    expect(await waiting).toMatchObject({ status: "completed", result: ["put a", "added b"] });
  });

  test("says where its run will not go on", async () => {
    const off = await start({ ...config, journal: { bytesMax: 0 } });
    expect(await off.executeCode(code)).toMatchObject({ status: "paused", warnings: [{ code: "not_resumable" }] });
    const small = await start({ ...config, journal: { bytesMax: 20_000 } });
    const long = `for (let n = 0; n < 40; n += 1) await ledger.read({ key: "x".repeat(1_000) + n }); ${code}`;
    expect(await small.executeCode(long)).toMatchObject({ status: "paused", warnings: [{ code: "not_resumable" }] });
    const kept = await start(config);
    expect(await kept.executeCode(code)).not.toHaveProperty("warnings");
  });

  test("is waited for with the same question when nobody has answered", async () => {
    const first = await start(config);
    const paused = await first.executeCode(code);
    await stop(first);
    const second = await start(config);
    const again = await second.resume(paused.executionId);
    expect(again.pending?.[0]?.id).toBe(paused.pending?.[0]?.id);
    expect(second.questions()).toHaveLength(1);
  });
});

describe("what is recorded", () => {
  test("ends past journal.bytesMax, not the run, and the outcome says so", async () => {
    const sluice = await start({ journal: { bytesMax: 20_000 } });
    const outcome = await sluice.executeCode(
      `for (let n = 0; n < 40; n += 1) await ledger.read({ key: "x".repeat(1_000) + n }); return 1`,
    );
    expect(outcome).toMatchObject({ status: "completed", result: 1, warnings: [{ code: "not_resumable" }] });
    expect(outcome.warnings?.[0]?.message).toContain("journal.bytesMax (20000 bytes)");
    expect(sluice.runs.show(outcome.executionId)).toMatchObject({ isResumable: false, bytes: 0, steps: [] });
    await stop(sluice);
    // Nor where somebody says that it has none of its record missing.
    edit("UPDATE run SET unrecorded = NULL, status = 'paused'");
    const other = await start();
    expect(await other.resume(outcome.executionId)).toMatchObject({ error: { code: "journal_damaged" } });
    const off = await start({ journal: { bytesMax: 0 } });
    expect(await off.executeCode("return 1")).not.toHaveProperty("warnings");
    expect(off.runs.list()).toEqual([]);
  });

  test("holds no text of the program or its results that can be read", async () => {
    const sluice = await start();
    await sluice.executeCode(`const marker = "quite-secret-marker"; return await ledger.large({ key: marker })`);
    await stop(sluice);
    for (const name of ["journal.sqlite", "journal.sqlite-wal"]) {
      const bytes = await readFile(join(folder, "state", name)).catch(() => Buffer.alloc(0));
      expect(bytes.includes("quite-secret-marker")).toBe(false);
    }
  });

  test("goes with age, count and bytes; what can still go on stays", async () => {
    const id = await interrupt(`${untilFile} return 1`);
    edit("UPDATE run SET status = 'running', error_code = NULL WHERE id = ?", id);
    const sluice = await start({ journal: { keepRuns: 3 } });
    for (let n = 0; n < 25; n += 1) await sluice.executeCode(`return ${n}`);
    const kept = sluice.runs.list();
    expect(kept.length).toBeLessThan(10);
    expect(kept.map((run) => run.id)).toContain(id);
  });

  test("is replayed without any server, to the same end", async () => {
    const sluice = await start();
    const ended = await sluice.executeCode(`
      const wait = (ms, value) => new Promise((resolve) => setTimeout(resolve, ms, value));
      const race = await Promise.race([ledger.put({ key: "a", ms: 30 }), wait(5, "timer"), wait(5_000)]);
      const large = await ledger.large({ key: "b" });
      for (let n = 0; n < 3; n += 1) console.log(String(n).repeat(9_000));
      const failed = await ledger.fails({ key: "c" }).catch((error) => error.message);
      console.log(Math.random(), new Date().toISOString());
      await fs.promises.writeFile("./workspace/once", "x", { flag: "wx" });
      return [race, large.text.length, failed];`);
    await stop(sluice);
    const before = await effects();
    const other = await start({ mcpServers: { ledger: { command: process.execPath, args: ["-e", ""] } } });
    const counted = JSON.stringify([other.usage(), other.skills.stats()]);
    const again = await other.runs.replay(ended.executionId);
    expect(JSON.stringify([other.usage(), other.skills.stats()])).toBe(counted);
    expect(again).toMatchObject({
      ...{ result: ended.result, logs: ended.logs, status: ended.status, calls: ended.calls, spilled: ended.spilled },
    });
    expect(ended.spilled).toHaveLength(1);
    // What it spilled is still the run's own, and there is no other.
    expect((await other.workspace.list()).map(({ path }) => path).filter((path) => path.includes("replay"))).toEqual(
      [],
    );
    expect(other.runs.show(ended.executionId).steps).toContainEqual(
      expect.objectContaining({ op: "tool", tool: "ledger.put" }),
    );
    expect(await effects()).toEqual(before);
    const id = await interrupt(`await ledger.put({ key: "d" }); ${untilFile} return 1`);
    const third = await start();
    expect(await third.runs.replay(id)).toMatchObject({ status: "killed", error: { code: "journal_ended" } });
    expect(await third.resume("run_0000000000")).toMatchObject({ error: { code: "unknown_execution" } });
  });
});
