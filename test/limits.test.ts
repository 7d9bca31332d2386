import { monitorEventLoopDelay } from "node:perf_hooks";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ExecuteOptions } from "../src/runtime/sluice.ts";
import type { ExecutionResult } from "../src/runtime/outcome.ts";
import { checkOutcome, type House, openHouse } from "./house.ts";
import { commandLineOf, descendantsOf, untilDead } from "./processes.ts";

// Every limit is tight here; what reaches it is dead, says its name, keeps what it printed, and leaves nothing behind.

let house: House;
/** One whose programs may compute for as long as it takes to fill their memory. */
let roomy: House;

beforeAll(async () => {
  const tight = {
    guestsWarm: 0,
    cpuMs: 300,
    timeoutMs: 120_000,
    logBytesMax: 4_096,
    resultBytesMax: 100_000,
    callsMax: 20,
    callsInFlightMax: 4,
  };
  house = await openHouse({ sandbox: tight });
  roomy = await openHouse({ sandbox: { guestsWarm: 0, memoryMb: 192 } });
});

afterAll(async () => {
  await house[Symbol.asyncDispose]();
  await roomy[Symbol.asyncDispose]();
});

/** Runs a program that reaches a limit, and then one that does not. */
async function checkKilled(code: string, name: string, at: House = house): Promise<void> {
  const outcome = await at.run(`console.log("before");\n${code}`);
  expect(outcome).toMatchObject({
    status: "killed",
    error: { code: name, message: expect.stringContaining(name === "guest_crashed" ? "" : name) as string },
  });
  expect(outcome.logs[0]?.text).toMatch(/^before(\n|$)/);
  expect(outcome.result).toBeUndefined();
  checkOutcome(await at.run("return 1"), { result: 1 });
}

describe("processor time", () => {
  const spins: Record<string, string> = {
    "a loop": "while (true);",
    "a loop after an await": "await zoo.echo({});\nfor (;;) Math.sqrt(2);",
    "a loop in a timer": "setTimeout(() => { for (;;); }, 1);\nawait new Promise(() => {});",
    "a chain of microtasks": "const again = (): Promise<void> => Promise.resolve().then(again);\nawait again();",
    "a regular expression": "return /^(\\w+\\s?)*$/.test('a'.repeat(60) + '!')",
    "a getter of the returned value": "return { get a() { for (;;); } }",
    "a flood of empty output": "for (;;) console.log('');",
    "a flood of output": "for (;;) console.log('x'.repeat(1000));",
  };
  for (const [name, code] of Object.entries(spins)) test(`of ${name}`, () => checkKilled(code, "cpuMs"));

  test("is the host's account, and the host stays responsive", async () => {
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    const { stats } = await house.run("while (true);");
    delay.disable();
    expect(stats.cpuMs).toBeGreaterThanOrEqual(300);
    expect(stats.cpuMs).toBeLessThan(5_000);
    expect(delay.max / 1e6).toBeLessThan(700);
  });
});

describe("memory", () => {
  test("of ArrayBuffers", () =>
    checkKilled("const all = [];\nfor (;;) all.push(new Uint8Array(5_000_000).fill(1));", "memoryMb", roomy));
  test("of objects", () =>
    checkKilled(
      "const all: unknown[] = [];\nfor (let n = 0; ; n += 1) all.push({ n, text: 'x' + n, more: [n, n] });",
      "memoryMb",
      roomy,
    ));
  test("of one text", () =>
    checkKilled(
      "let text = 'ab'.repeat(1000);\nconst all: Buffer[] = [];\nfor (;;) { text += text.slice(0, 1_000_000); all.push(Buffer.from(text)); }",
      "memoryMb",
      roomy,
    ));
  test("is told in the stats", async () => {
    const { stats } = await roomy.run(
      "const kept = new Uint8Array(50_000_000).fill(1);\nawait zoo.slow({ ms: 200 });\nreturn kept.length",
    );
    expect(stats.memoryPeakBytes).toBeGreaterThan(50_000_000);
    expect(stats.memoryPeakBytes).toBeLessThan(192 * 1024 * 1024);
  });
});

describe("time", () => {
  test("of a program that waits", async () => {
    const outcome = await house.run("console.log('before');\nawait zoo.slow({ ms: 60_000 });", { timeoutMs: 700 });
    expect(outcome).toMatchObject({
      status: "killed",
      error: { code: "timeoutMs", message: "The program ran longer than 700 ms (timeoutMs)" },
      calls: { done: 0, failed: 0, open: 1 },
      logs: [{ text: "before" }],
    });
    expect(outcome.stats.durationMs).toBeLessThan(6_000);
    checkOutcome(await house.run("return 1"), { result: 1 });
  });
  test("cannot be raised by the caller", async () => {
    await using hasty = await openHouse({ mcpServers: {}, sandbox: { guestsWarm: 0, timeoutMs: 800 } });
    const outcome = await hasty.run("await new Promise((resolve) => setTimeout(resolve, 60_000));", {
      timeoutMs: 1_000_000,
    });
    expect(outcome).toMatchObject({
      status: "killed",
      error: { code: "timeoutMs", message: expect.stringContaining("800 ms") as string },
    });
  });
  test("of a direct call", async () => {
    const outcome = await house.sluice.callTool("zoo.slow", { ms: 60_000 }, { timeoutMs: 300 });
    expect(outcome).toMatchObject({ status: "killed", error: { code: "timeoutMs", tool: "zoo.slow" } });
  });
});

describe("limits that a caller lowers for one program", () => {
  const cases: Record<string, [limits: NonNullable<ExecuteOptions["limits"]>, code: string, expected: object]> = {
    timeoutMs: [{ timeoutMs: 300 }, "await new Promise(() => setTimeout(() => {}, 60_000));", { code: "timeoutMs" }],
    cpuMs: [{ cpuMs: 100 }, "for (;;);", { code: "cpuMs" }],
    callsMax: [{ callsMax: 1 }, "await zoo.echo({}); await zoo.echo({});", { code: "callsMax" }],
    resultBytesMax: [{ resultBytesMax: 100 }, "return 'x'.repeat(200)", { code: "resultBytesMax" }],
    fileBytesMax: [{ fileBytesMax: 10 }, "await fs.writeFile('./workspace/a', 'x'.repeat(11));", { message: "EFBIG" }],
    workspaceBytesMax: [
      { workspaceBytesMax: 10 },
      "await fs.writeFile('./workspace/a', 'x'.repeat(11));",
      { message: "EDQUOT" },
    ],
    workspaceFilesMax: [
      { workspaceFilesMax: 0 },
      "await fs.writeFile('./workspace/b', 'x');",
      { message: "workspaceFilesMax" },
    ],
    callsPendingMax: [
      { callsPendingMax: 10 },
      "await Promise.all(Array.from({ length: 12 }, (_, n) => zoo.slow({ ms: 50, n })));",
      { code: "callsPendingMax", line: 1 },
    ],
    "network.requestsMax": [
      { network: { requestsMax: 0 } },
      "await fetch('https://example.com');",
      { code: "networkRequestsMax" },
    ],
  };
  for (const [name, [own, code, { message, ...rest }]] of Object.entries(cases) as [
    string,
    [object, string, { message?: string }],
  ][]) {
    test(name, async () => {
      const outcome = await roomy.run(code, { limits: own });
      expect(outcome.error).toMatchObject({
        ...rest,
        ...(message === undefined ? {} : { message: expect.stringContaining(message) as string }),
      });
    });
  }
  test("none is raised", async () => {
    const outcome = await house.run("for (let n = 0; ; n += 1) await zoo.echo({ n });", {
      limits: { callsMax: 1_000_000 },
    });
    expect(outcome.error).toMatchObject({
      code: "callsMax",
      message: expect.stringContaining("more than 20") as string,
    });
  });
  test.each([
    { callMax: 5 },
    { executionsMax: 1 },
    { cpuMs: -1 },
    { cpuMs: Number.NaN },
    { cpuMs: "5" },
    { network: { allow: 1 } },
  ])("%j is refused", async (own) => {
    await expect(house.run("return 1", { limits: own as object })).rejects.toMatchObject({ code: "invalid_input" });
  });
});

describe("what a program is run with", () => {
  test.each([
    [null, "options must be an object, got null"],
    [{ grants: {} }, "There is no options.grants: did you mean grant?"],
    [{ signal: 5 }, "options.signal must be an AbortSignal, got 5"],
    [{ signal: null }, "options.signal must be an AbortSignal, got null"],
    [{ timeoutMs: "5" }, 'options.timeoutMs must be a number of milliseconds from 0, got "5"'],
    [{ answerMs: Number.NaN }, "options.answerMs must be a number of milliseconds from 0"],
    [{ onProgress: true }, "options.onProgress must be a function"],
    [{ limits: [] }, "options.limits must be an object"],
    [{ limits: { network: 5 } }, "options.limits.network must be an object"],
    [{ grant: "none" }, "options.grant must be an object"],
    [{ grant: { workspaces: "read-only" } }, "There is no options.grant.workspaces: did you mean workspace?"],
    [{ grant: { workspace: "readonly" } }, 'must be "read-only" or "read-write", got "readonly"'],
    [{ grant: { workspace: null } }, 'must be "read-only" or "read-write", got null'],
    [{ grant: { tools: "*" } }, "options.grant.tools must be a list of patterns"],
    [{ grant: { tools: [1] } }, "options.grant.tools must be a list of patterns"],
  ])("%j is refused before anything runs: a grant that is not understood would be a wider one", async (given, said) => {
    const refused = { code: "invalid_input", message: expect.stringContaining(said) as string };
    await expect(house.sluice.executeCode("return 1", given as object)).rejects.toMatchObject(refused);
    await expect(house.sluice.callTool("zoo.echo", {}, given as object)).rejects.toMatchObject(refused);
  });
  test.each([undefined, null, 123, {}])("%j is no program and no tool", async (text) => {
    const refused = { code: "invalid_input", message: expect.stringContaining("must be a string") as string };
    await expect(house.sluice.executeCode(text as unknown as string)).rejects.toMatchObject(refused);
    await expect(house.sluice.callTool(text as unknown as string)).rejects.toMatchObject(refused);
    checkOutcome(await house.run("return 42"), { result: 42 });
  });
});

describe("rates", () => {
  test("of writing: what is over a second's worth waits", async () => {
    const started = performance.now();
    const outcome = await house.run(
      "for (let n = 0; n < 5; n += 1) await fs.writeFile('./workspace/rate', 'x'.repeat(100_000));\nreturn 'done'",
      { limits: { writeBytesPerSecond: 200_000 } },
    );
    checkOutcome(outcome, { result: "done" });
    // 500,000 bytes, of which a second's worth may go at once and the last one is on credit.
    expect(performance.now() - started).toBeGreaterThan(900);
  });
  test("of writing: what would wait too long is refused", async () => {
    const outcome = await house.run(
      "await fs.writeFile('./workspace/rate', 'x'.repeat(100_000));\nawait fs.writeFile('./workspace/rate', 'x');",
      { limits: { writeBytesPerSecond: 1_024 } },
    );
    expect(outcome.error?.message).toMatch(/EDQUOT.*writeBytesPerSecond \(1024\)/);
  });
  test("of copying and of small acts too", async () => {
    const outcome = await house.run(
      "await fs.writeFile('./workspace/one', 'x'.repeat(20_000));\nfor (;;) await fs.copyFile('./workspace/one', './workspace/two');",
      { limits: { writeBytesPerSecond: 1_024 } },
    );
    expect(outcome.error?.message).toMatch(/EDQUOT.*writeBytesPerSecond/);
    const small = await house.run(
      "await Promise.all(Array.from({ length: 30 }, (_, n) => fs.mkdir(`./workspace/d${n}`)));",
      {
        limits: { writeBytesPerSecond: 1_024 },
      },
    );
    expect(small.error?.message).toMatch(/EDQUOT.*writeBytesPerSecond/);
  });
  test("of sending to tools: an error that can be caught", async () => {
    const outcome = await house.run(
      "const codes = [];\nfor (let n = 0; n < 3; n += 1) await zoo.echo({ text: 'x'.repeat(50_000) }).then(() => codes.push('made'), (error) => codes.push(error.code));\nreturn codes",
      { limits: { sendBytesPerSecond: 1_024 } },
    );
    checkOutcome(outcome, { result: ["made", "sendBytesPerSecond", "sendBytesPerSecond"] });
  });
  test("that wait end with the program", async () => {
    const outcome = await house.run(
      "await fs.writeFile('./workspace/rate', 'x'.repeat(60_000));\nawait fs.writeFile('./workspace/rate', 'x');",
      { timeoutMs: 800, limits: { writeBytesPerSecond: 10_000 } },
    );
    expect(outcome.error?.code).toBe("timeoutMs");
    checkOutcome(await house.run("return 1"), { result: 1 });
  });
});

describe("counts and sizes", () => {
  test("of calls", () => checkKilled("for (let n = 0; ; n += 1) await zoo.echo({ n });", "callsMax"));
  test("of calls, all at once", () =>
    checkKilled("await Promise.all(Array.from({ length: 25 }, (_, n) => zoo.echo({ n })));", "callsMax"));
  test("of calls that wait: further ones are held back, and all are made", async () => {
    let open = 0;
    let most = 0;
    const stop = house.sluice.events.on(({ kind }) => {
      if (kind === "tool-call-started") most = Math.max(most, (open += 1));
      if (kind === "tool-call-ended") open -= 1;
    });
    checkOutcome(
      await house.run(
        "const all = await Promise.all(Array.from({ length: 20 }, (_, n) => zoo.slow({ ms: 20 + n })));\nreturn all.length",
      ),
      { result: 20 },
    );
    stop();
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(4);
  });
  test("of timers", () =>
    checkKilled(
      "for (let n = 0; n < 10_001; n += 1) setTimeout(() => {}, 60_000);\nawait new Promise(() => {});",
      "timersMax",
      roomy,
    ));
  test("of the returned value", () => checkKilled("return 'x'.repeat(150_000)", "resultBytesMax"));
  test("of the returned value, in bytes", () => checkKilled("return '日'.repeat(50_000)", "resultBytesMax"));
  test("of a tool's result: the call fails, and can be caught", async () => {
    checkOutcome(
      await house.run(
        "try { await zoo.large({ bytes: 150_000 }); } catch (error) { return [error instanceof ToolError, error.code]; }",
      ),
      { result: [true, "result_too_large"] },
    );
  });
  test("of the output: the rest is dropped, with a warning", async () => {
    const outcome = await house.run(
      "for (let n = 0; n < 100; n += 1) console.log(String(n).padEnd(100, '.'));\nreturn 'done'",
    );
    expect(outcome).toMatchObject({
      status: "completed",
      result: "done",
      logsTruncated: true,
      warnings: [{ code: "logBytesMax" }],
    });
    expect(outcome.logs.reduce((sum, { text }) => sum + text.length, 0)).toBe(4_096);
    expect(outcome.logs[39]?.text.startsWith("39.")).toBe(true);
  });
  test("of one piece of output, cut between characters", async () => {
    const outcome = await house.run("console.log('é'.repeat(5_000));");
    expect(outcome).toMatchObject({ status: "completed", logsTruncated: true });
    expect(outcome.logs[0]?.text).toMatch(/^é{2000,2048}$/);
  });
  test("many short lines are all shown, and nothing is said to be cut", async () => {
    const outcome = await house.run("for (let i = 0; i < 900; i += 1) console.log(i);");
    expect(outcome).not.toHaveProperty("logsTruncated");
    expect(outcome.logs.map(({ text }) => text).join("\n")).toBe(Array.from({ length: 900 }, (_, i) => i).join("\n"));
    expect(outcome.logs.length).toBeLessThan(450);
    expect(outcome.spilled).toBeUndefined();
  });
  test("of the code", async () => {
    const outcome = await house.run(`return 1;\n// ${"x".repeat(1_100_000)}`);
    expect(outcome).toMatchObject({
      status: "failed",
      error: { code: "codeBytesMax", message: expect.stringContaining("262144") as string },
    });
  });
  const deep: Record<string, [open: string, close: string, times: number]> = {
    parentheses: ["(", ")", 100_000],
    "arrow functions": ["() => {", "}", 20_000],
    objects: ["{ a: ", "}", 40_000],
    "arrays, not so deep": ["[", "]", 4_000],
    labels: ["a: ", "", 80_000],
  };
  for (const [name, [open, close, times]] of Object.entries(deep)) {
    test(`of the nesting of code: ${name}`, async () => {
      const outcome = await house.run(`const a = ${open.repeat(times)}1${close.repeat(times)}`);
      expect(outcome).toMatchObject({
        status: "failed",
        error: { code: expect.stringMatching(/syntax_error|program_error/) as string },
      });
      checkOutcome(await house.run("return 1"), { result: 1 });
    });
  }
  test("a long program that is not deep runs", async () => {
    const rows = Array.from({ length: 5_000 }, (_, id) => `{ id: ${id}, name: "name ${id}" }`);
    checkOutcome(
      await house.run(`const rows = [${rows.join(",\n")}];\nif (rows.length !== 5000) throw 1;\nreturn rows[4999]`),
      { result: { id: 4_999, name: "name 4999" } },
    );
  });
});

/** The processes of guests that were started for this process. */
function guests(): number[] {
  return descendantsOf(process.pid).filter((pid) => /guest\/(deno|quickjs)\.js/.test(commandLineOf(pid)));
}

/** A guest of a program that has just ended may be among them, and be gone by now. */
function killAll(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, "SIGKILL");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
}

describe.runIf(process.platform === "linux")("a guest's process", () => {
  /** Runs a program and kills its guest when it has printed. */
  async function killedAt(code: string): Promise<ExecutionResult> {
    let isKilled = false;
    return house.run(`${code}\nconsole.log("here");\nawait new Promise((r) => setTimeout(r, 1_500));\nreturn 1`, {
      onProgress(text) {
        if (!text.includes("here") || isKilled) return;
        isKilled = true;
        killAll(guests());
      },
    });
  }

  test("killed before its program did anything is begun again, once", async () => {
    const { status, result, logs, stats } = await killedAt("");
    expect([status, result, logs.map(({ text }) => text), stats.retries]).toEqual(["completed", 1, ["here"], 1]);
  });

  test("killed after it wrote or called is not", async () => {
    for (const act of ['await fs.promises.writeFile("./workspace/crash.txt", "x");', "await zoo.echo({});"])
      expect(await killedAt(act)).toMatchObject({ status: "killed", error: { code: "guest_crashed" } });
  });

  test("killed from outside is a crash, and the next program runs", async () => {
    const running = house.run("console.log('before');\nawait zoo.slow({ ms: 60_000 });");
    await new Promise<void>((resolve) => {
      const stop = house.sluice.events.on(({ kind }) => {
        if (kind !== "tool-call-started") return;
        stop();
        resolve();
      });
    });
    killAll(guests());
    expect(await running).toMatchObject({
      status: "killed",
      error: { code: "guest_crashed", message: expect.stringContaining("SIGKILL") as string },
      logs: [{ text: "before" }],
    });
    checkOutcome(await house.run("return 1"), { result: 1 });
  });

  test("that is killed while it waits for a program is not given one", async () => {
    await using own = await openHouse({ sandbox: { guestsWarm: 1 } });
    const others = guests();
    await own.run("return 1");
    const spare = (): number[] => guests().filter((pid) => !others.includes(pid));
    await expect.poll(() => spare().length, { timeout: 10_000 }).toBeGreaterThan(0);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const killed = spare();
    killAll(killed);
    expect(await untilDead(killed, 5_000)).toEqual([]);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    checkOutcome(await own.run("return 2"), { result: 2 });
  });

  test("is gone when its program has ended, however it ended", async () => {
    await Promise.all([
      house.run("return 1"),
      house.run("while (true);"),
      house.run("throw 1"),
      house.run("await zoo.slow({ ms: 5_000 })", { timeoutMs: 500 }),
    ]);
    expect(await untilDead(guests(), 3_000)).toEqual([]);
  });
});

test("ten programs that misbehave at once take nothing else with them", async () => {
  const bad = [
    "while (true);",
    "const a = []; for (;;) a.push('x'.repeat(1000) + a.length);",
    "for (;;) console.log('x');",
    "throw new Error('x');",
    "await new Promise(() => {});",
  ];
  const [good, ...outcomes] = await Promise.all([
    house.run("const all = await Promise.all([1, 2, 3].map((n) => zoo.echo({ n })));\nreturn all.length"),
    ...bad.map((code) => house.run(code)),
  ]);
  checkOutcome(good, { result: 3 });
  expect(outcomes.map(({ status }) => status)).toEqual(["killed", "killed", "killed", "failed", "failed"]);
});
