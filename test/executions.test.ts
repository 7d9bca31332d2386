import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ExecutionResult } from "../src/runtime/outcome.ts";
import type { SluiceEvent } from "../src/runtime/sluice.ts";
import { checkOutcome, type House, npmServer, openHouse, zooServer } from "./house.ts";

let house: House;

beforeAll(async () => {
  house = await openHouse({
    mcpServers: { zoo: zooServer(), everything: npmServer("everything") },
    policy: { tools: { "zoo.delete": "deny", "zoo.class": "approve" } },
    sandbox: { executionsMax: 2, guestsWarm: 1 },
  });
});

afterAll(() => house[Symbol.asyncDispose]());

/** A program that waits until a file appears in the workspace: the test says when it goes on. */
const untilFile = (name: string): string =>
  `while (!fs.existsSync('./workspace/${name}')) await new Promise((resolve) => setTimeout(resolve, 20));`;
const makeFile = (name: string, at: House = house): Promise<ExecutionResult> =>
  at.run(`fs.writeFileSync('./workspace/${name}', '');`);

/** Resolves when what was printed so far holds the text. */
function untilPrinted(text: string): { onProgress: (message: string) => void; printed: Promise<void> } {
  let print: () => void = () => undefined;
  const printed = new Promise<void>((resolve) => (print = resolve));
  return { onProgress: (message) => message.includes(text) && print(), printed };
}

/** Events of everything that happens while the act runs. */
async function eventsOf(act: () => Promise<unknown>, at: House = house): Promise<SluiceEvent[]> {
  const events: SluiceEvent[] = [];
  const stop = at.sluice.events.on((event) => events.push(event));
  await act();
  stop();
  return events;
}

describe("a long program", () => {
  test("answers running with what it printed and called so far; resume waits to its end, and answers it again", async () => {
    let first = await house.run(
      `console.log("one");\nawait zoo.echo({});\nconsole.error("two");\n${untilFile("go")}\nconsole.log("three");\nreturn 7`,
      { answerMs: 100 },
    );
    while (first.logs.length < 2) first = await house.sluice.resume(first.executionId, { answerMs: 100 });
    expect(first).toMatchObject({
      status: "running",
      logs: [
        { stream: "stdout", text: "one" },
        { stream: "stderr", text: "two" },
      ],
      calls: { done: 1, failed: 0, open: 0 },
    });
    expect(first.result).toBeUndefined();
    const again = await house.sluice.resume(first.executionId, { answerMs: 50 });
    expect(again).toMatchObject({ status: "running", executionId: first.executionId });
    const ended = house.sluice.resume(first.executionId);
    await makeFile("go");
    expect(await ended).toMatchObject({
      status: "completed",
      executionId: first.executionId,
      result: 7,
      logs: [{ text: "one" }, { text: "two" }, { text: "three" }],
    });
    expect(await house.sluice.resume(first.executionId)).toEqual(await ended);
  });

  test("may have several who wait for it", async () => {
    const first = await house.run(`${untilFile("both")}\nreturn 1`, { answerMs: 100 });
    expect(first.status).toBe("running");
    const waiting = [house.sluice.resume(first.executionId), house.sluice.resume(first.executionId)];
    await makeFile("both");
    for (const { result } of await Promise.all(waiting)) expect(result).toBe(1);
  });

  test("that is not known is said", async () => {
    for (const id of ["run_0000000000", "", "x".repeat(1_000)]) {
      expect(await house.sluice.resume(id)).toMatchObject({
        status: "failed",
        error: { code: "unknown_execution", hint: expect.any(String) as string },
        logs: [],
      });
    }
  });

  test("that nobody resumes is killed", async () => {
    await using hasty = await openHouse({ sandbox: { guestsWarm: 0, parkMs: 300 } });
    const { executionId, status } = await hasty.run("await zoo.slow({ ms: 60_000 })", { answerMs: 100 });
    expect(status).toBe("running");
    const ended = await new Promise<SluiceEvent>((resolve) =>
      hasty.sluice.events.on((event) => event.kind === "execution-ended" && resolve(event)),
    );
    expect(ended).toEqual({ kind: "execution-ended", executionId, status: "killed" });
    // Whoever comes late all the same: it goes on where it was.
    expect(hasty.sluice.runs.show(executionId)).toMatchObject({ status: "interrupted", errorCode: "parkMs" });
    expect(await hasty.sluice.resume(executionId)).toMatchObject({ status: "killed", error: { code: "parkMs" } });
    expect(await hasty.sluice.resume(executionId, { answerMs: 200 })).toMatchObject({ status: "running", executionId });
  });

  test("past parkedMax is killed", async () => {
    await using narrow = await openHouse({ sandbox: { guestsWarm: 0, parkedMax: 1 } });
    const [a, b] = await Promise.all(
      ["await zoo.slow({ ms: 60_000 })", "await zoo.slow({ ms: 60_000 })"].map((code) =>
        narrow.run(code, { answerMs: 100 }),
      ),
    );
    const ids = [a, b].map((each) => (each as ExecutionResult).executionId);
    await expect
      .poll(() => ids.map((id) => narrow.sluice.runs.show(id).errorCode), { timeout: 20_000 })
      .toContain("parkedMax");
  });
});

describe("cancellation", () => {
  test("kills the program and keeps what it printed", async () => {
    const stop = new AbortController();
    const { onProgress, printed } = untilPrinted("before");
    const running = house.run("console.log('before');\nawait zoo.slow({ ms: 60_000 });", {
      signal: stop.signal,
      onProgress,
    });
    await printed;
    stop.abort();
    expect(await running).toMatchObject({
      status: "killed",
      error: { code: "cancelled" },
      logs: [{ text: "before" }],
      calls: { done: 0, failed: 0 },
    });
  });
  test("of a spinning program", async () => {
    const stop = new AbortController();
    const { onProgress, printed } = untilPrinted("before");
    const running = house.run("console.log('before');\nfor (;;);", { signal: stop.signal, onProgress });
    await printed;
    stop.abort();
    expect(await running).toMatchObject({ status: "killed", error: { code: "cancelled" } });
  });
  test("before it starts", async () => {
    expect(await house.run("return 1", { signal: AbortSignal.abort() })).toMatchObject({
      status: "killed",
      error: { code: "cancelled" },
      logs: [],
    });
  });
  test("by one who waits for it again", async () => {
    const { executionId } = await house.run("await zoo.slow({ ms: 60_000 })", { answerMs: 50 });
    const stop = new AbortController();
    const waiting = house.sluice.resume(executionId, { signal: stop.signal });
    stop.abort();
    expect(await waiting).toMatchObject({ status: "killed", error: { code: "cancelled" } });
  });
  test("of a direct call", async () => {
    const stop = new AbortController();
    const calling = house.sluice.callTool("zoo.slow", { ms: 60_000 }, { signal: stop.signal });
    setTimeout(() => stop.abort(), 100);
    expect(await calling).toMatchObject({ status: "killed", error: { code: "cancelled", tool: "zoo.slow" } });
  });
  test("by closing: programs end, and nothing rejects", async () => {
    const closing = await openHouse({ sandbox: { guestsWarm: 1 } });
    const running = closing.run("await zoo.slow({ ms: 60_000 })");
    const parked = await closing.run("await zoo.slow({ ms: 60_000 })", { answerMs: 100 });
    expect(parked.status).toBe("running");
    await closing[Symbol.asyncDispose]();
    expect(await running).toMatchObject({ status: "killed", error: { code: "cancelled" } });
  });
});

describe("places", () => {
  test("past executionsMax wait for their turn", async () => {
    let open = 0;
    let most = 0;
    const stop = house.sluice.events.on(({ kind }) => {
      if (kind === "tool-call-started") most = Math.max(most, (open += 1));
      if (kind === "tool-call-ended") open -= 1;
    });
    const all = await Promise.all([1, 2, 3, 4, 5].map(() => house.run("await zoo.slow({ ms: 100 });")));
    stop();
    expect(all.map(({ status }) => status)).toEqual(Array.from({ length: 5 }, () => "completed"));
    expect(most).toBeLessThanOrEqual(2);
  });
  test("are given back by programs that fail, and by ones that were cancelled while they waited", async () => {
    const stop = new AbortController();
    const blockers = [1, 2].map(() => house.run(untilFile("turn")));
    const waiting = house.run("return 1", { signal: stop.signal });
    setTimeout(() => stop.abort(), 100);
    expect(await waiting).toMatchObject({ status: "killed", error: { code: "cancelled" } });
    const last = house.run("return 2");
    // Both places are taken: the file comes from the direct path.
    const { writeFile } = await import("node:fs/promises");
    await writeFile(join(house.workspace, "turn"), "");
    await Promise.all(blockers);
    checkOutcome(await last, { result: 2 });
    await Promise.all([1, 2, 3].map(() => house.run("throw 1")));
    checkOutcome(await house.run("return 3"), { result: 3 });
  });
});

describe("grants", () => {
  test("name the tools that a program may call", async () => {
    const code =
      "const codes = [];\nfor (const name of ['zoo.echo', 'zoo.feed-animal', 'zoo__feedAnimal', 'everything.echo']) await callTool(name, { animal: 'okapi', message: 'x' }).then(() => codes.push('done'), (error) => codes.push(error.code));\nreturn codes";
    checkOutcome(await house.run(code, { grant: { tools: ["zoo.e*", "everything.*"] } }), {
      result: ["done", "tool_not_granted", "tool_not_granted", "done"],
    });
    checkOutcome(await house.run(code, { grant: { tools: [] } }), {
      result: Array.from({ length: 4 }, () => "tool_not_granted"),
    });
  });
  test("do not lift a rule, whatever name it is called by", async () => {
    for (const name of ["zoo.delete", "zoo__delete", "delete"]) {
      checkOutcome(await house.run(`await callTool('${name}', {})`, { grant: { tools: ["*"] } }), {
        error: { code: "tool_denied", tool: "zoo.delete", line: 1 },
      });
    }
    expect(await house.run("await zoo.class({})")).toMatchObject({
      status: "paused",
      pending: [{ kind: "approval", tool: "zoo.class" }],
    });
  });
  test("hold for direct calls: denied is an outcome of its own", async () => {
    expect(await house.sluice.callTool("zoo.delete")).toMatchObject({
      status: "denied",
      error: { code: "tool_denied" },
      calls: { done: 0, failed: 1, open: 0 },
    });
    expect(await house.sluice.callTool("zoo.echo", {}, { grant: { tools: ["everything.*"] } })).toMatchObject({
      status: "denied",
      error: { code: "tool_not_granted" },
    });
    expect(await house.sluice.callTool("zoo.echo", { a: 1 })).toMatchObject({
      status: "completed",
      result: { a: 1 },
      calls: { done: 1, failed: 0, open: 0 },
    });
  });
});

describe("direct calls", () => {
  test("have the same outcome as programs", async () => {
    expect(await house.sluice.callTool("zoo__feedAnimal", { animal: "okapi" })).toMatchObject({
      status: "completed",
      result: "fed okapi 100 g",
      logs: [],
    });
    expect(await house.sluice.callTool("zoo.fails")).toMatchObject({
      status: "failed",
      error: { code: "tool_error", message: "the lion has eaten the keeper", tool: "zoo.fails" },
    });
    expect(await house.sluice.callTool("zoo.feed-animal", {})).toMatchObject({
      status: "failed",
      error: { code: "arguments_invalid" },
    });
    expect(await house.sluice.callTool("zoo.missing")).toMatchObject({
      status: "failed",
      error: { code: "tool_not_found" },
    });
  });
  test("spill what is large", async () => {
    const { result, spilled } = await house.sluice.callTool("zoo.large", { bytes: 50_000 });
    expect(result).toContain("object with 1 keys");
    expect(
      JSON.parse(await readFile(join(house.workspace, (spilled?.[0] ?? "").replace("./workspace/", "")), "utf8")),
    ).toEqual({ text: "z".repeat(50_000) });
  });
});

test("events tell what happens, in order", async () => {
  const events = await eventsOf(() =>
    house.run(
      "import { progress } from 'sluice';\nprogress(1, 2, 'half');\nawait zoo.echo({});\nawait zoo.fails({}).catch(() => {});\nawait zoo.delete({}).catch(() => {});",
    ),
  );
  const [started] = events;
  const executionId = started?.kind === "execution-started" ? started.executionId : "";
  expect(events.filter(({ kind }) => kind !== "server-connected" && kind !== "tools-changed")).toEqual([
    { kind: "execution-started", executionId },
    { kind: "progress-reported", executionId, message: "1/2 half", progress: { done: 1, total: 2, note: "half" } },
    { kind: "tool-call-started", executionId, callId: 1, tool: "zoo.echo" },
    {
      kind: "tool-call-ended",
      executionId,
      callId: 1,
      tool: "zoo.echo",
      ok: true,
      durationMs: expect.any(Number) as number,
    },
    { kind: "tool-call-started", executionId, callId: 2, tool: "zoo.fails" },
    {
      kind: "tool-call-ended",
      executionId,
      callId: 2,
      tool: "zoo.fails",
      ok: false,
      code: "tool_error",
      durationMs: expect.any(Number) as number,
    },
    { kind: "execution-ended", executionId, status: "completed" },
  ]);
});

describe("what the model gets", () => {
  async function spillOf(outcome: ExecutionResult, ending: string): Promise<string> {
    const path = outcome.spilled?.find((name) => name.endsWith(ending)) ?? "";
    expect(path).toMatch(/^\.\/workspace\/\.spill\//);
    return await readFile(join(house.workspace, path.replace("./workspace/", "")), "utf8");
  }

  test("a small result whole", async () =>
    checkOutcome(await house.run("return 'x'.repeat(8_000)"), { result: "x".repeat(8_000) }));

  test("a large text: its first and last lines, and all of it in a file", async () => {
    const outcome = await house.run("return Array.from({ length: 5_000 }, (_, n) => 'line ' + n).join('\\n')");
    const result = outcome.result as string;
    expect(Buffer.byteLength(result)).toBeLessThan(8_192);
    expect(result).toContain("line 0\nline 1\n");
    expect(result).toContain("\nline 4999");
    expect(result).toContain(outcome.spilled?.[0]);
    expect(await spillOf(outcome, "-result.txt")).toBe(Array.from({ length: 5_000 }, (_, n) => `line ${n}`).join("\n"));
  });

  test("a large list: its length and first items", async () => {
    const outcome = await house.run("return Array.from({ length: 3_000 }, (_, id) => ({ id, name: 'é' }))");
    expect(outcome.result).toMatch(
      /^\[array of 3000 items, \d+ bytes; in full in .*\]\nfirst \d+: \[\{"id":0,"name":"é"\},/,
    );
    expect(JSON.parse(await spillOf(outcome, "-result.json"))).toHaveLength(3_000);
  });

  test("a large object: its keys", async () => {
    const outcome = await house.run("return { first: 'x'.repeat(10_000), second: 2 }");
    expect(outcome.result).toContain("keys: first, second");
    expect(JSON.parse(await spillOf(outcome, "-result.json"))).toMatchObject({ second: 2 });
  });

  test("large output: its first and last entries", async () => {
    const outcome = await house.run(
      "for (let n = 0; n < 2_000; n += 1) (n % 2 ? console.error : console.log)('entry ' + n);",
    );
    const text = outcome.logs.map((entry) => entry.text).join("\n");
    expect(Buffer.byteLength(text)).toBeLessThan(10_000);
    expect(text).toMatch(/^entry 0\nentry 1\n/);
    expect(text).toMatch(/entry 1999$/);
    expect(outcome.logsTruncated).toBe(true);
    expect((await spillOf(outcome, "-logs.txt")).split("\n")).toHaveLength(2_000);
  });

  test("one huge line", async () => {
    const outcome = await house.run("console.log('a' + 'x'.repeat(100_000) + 'z');");
    expect(JSON.stringify(outcome.logs).length).toBeLessThan(10_000);
    expect(await spillOf(outcome, "-logs.txt")).toHaveLength(100_002);
  });

  test("the next program reads what was spilled", async () => {
    const { spilled } = await house.run("return 'y'.repeat(20_000)");
    checkOutcome(await house.run(`return (await fs.promises.readFile('${spilled?.[0]}', 'utf8')).length`), {
      result: 20_000,
    });
  });

  test("no control characters, and well-formed Unicode", async () => {
    checkOutcome(await house.run("console.log('a\\u001b[31mb\\u0000\\tc');\nreturn { ['k\\u0007']: '\\ud800x' }"), {
      logs: ["a[31mb\tc"],
      result: { k: "\uFFFDx" },
    });
  });
});

describe("stats", () => {
  test("tell what it cost, and what direct calling would have", async () => {
    const { stats } = await house.run(
      "const { text } = await zoo.large({ bytes: 100_000 });\nconst all = await Promise.all([1, 2, 3].map((n) => zoo.echo({ n })));\nreturn [text.length, all.length]",
    );
    expect(stats).toMatchObject({
      toolCalls: 4,
      engine: process.env["SLUICE_TEST_ENGINE"] ?? "deno",
      wall: house.sluice.wall.name,
    });
    expect(stats.durationMs).toBeGreaterThan(0);
    expect(stats.cpuMs).toBeGreaterThanOrEqual(0);
    expect(stats.memoryPeakBytes).toBeGreaterThan(1_000_000);
    expect(stats.tokens.in).toBeGreaterThan(30);
    expect(stats.tokens.in).toBeLessThan(120);
    expect(stats.tokens.out).toBeGreaterThan(10);
    expect(stats.tokens.out).toBeLessThan(200);
    // 100,000 characters that direct calling would have read, and definitions sent with every turn.
    expect(stats.tokens.avoided).toBeGreaterThan(5_000);
  });
  test("are there for every end", async () => {
    for (const code of ["throw 1", "const = 1;", "return"]) {
      const { stats } = await house.run(code);
      expect(stats.tokens.in).toBeGreaterThan(0);
      expect(stats.durationMs).toBeGreaterThan(0);
    }
  });
});
