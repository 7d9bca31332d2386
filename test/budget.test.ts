import { setImmediate as nextTurn } from "node:timers/promises";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { modelPrices } from "../src/base/model-prices.ts";
import type { BudgetConfig } from "../src/config/config.ts";
import { parseConfig } from "../src/config/parse-config.ts";
import { createBudget, type DaySpent, nothingSpent } from "../src/gateway/budget.ts";
import type { CallOutcome, ToolCall } from "../src/gateway/call.ts";
import { compose } from "../src/gateway/compose.ts";
import { createUsage } from "../src/runtime/usage.ts";
import { createStore, type Store } from "../src/store/store.ts";
import { openHouse } from "./house.ts";

const empty: BudgetConfig = {
  ...{ perExecution: {}, perSession: {}, perDay: {}, approveAbove: {} },
  ...{ model: "claude-sonnet-4-5", prices: {}, tools: {} },
};
const nobodysDay = (): DaySpent => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-day-"));
  const store = createStore(folder);
  onTestFinished(() => {
    store.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return createUsage(store, { writeMs: 1 }).day;
};
/** A call that goes out and comes back. */
const leaving = async (call: ToolCall): Promise<CallOutcome> => {
  call.onLeave?.();
  return good;
};
const good: CallOutcome = { kind: "data", data: "x", bytes: 100 };

function callOf(executionId: string, ended: string[] = []): ToolCall {
  return {
    ...{ executionId, callId: 1, origin: "program", arguments: {}, grant: {}, signal: new AbortController().signal },
    tool: { server: "crm", name: "get", address: "crm.get" } as ToolCall["tool"],
    endExecution: (code) => void ended.push(code),
  };
}

describe("what a budget holds", () => {
  test("calls that are made together cannot cross it together", async () => {
    const budget = createBudget({ ...empty, perExecution: { calls: 10 } }, nobodysDay());
    let made = 0;
    let open = (): void => undefined;
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    const call = compose([budget.step], async (passed) => {
      passed.onLeave?.();
      made += 1;
      await opened;
      return good;
    });
    const ended: string[] = [];
    const calling = Promise.all(Array.from({ length: 50 }, () => call(callOf("a", ended))));
    await nextTurn();
    // Those that have their share are done before it ends.
    expect(ended).toEqual([]);
    open();
    const outcomes = await calling;
    await nextTurn();
    expect(made).toBe(10);
    expect(outcomes.filter(({ kind }) => kind === "data")).toHaveLength(10);
    expect(new Set(ended)).toEqual(new Set(["budgetPerExecution"]));
    expect(outcomes[10]).toMatchObject({
      code: "budgetPerExecution",
      message:
        "Cannot call crm.get: The budget of 10 tool calls is used up: 10 so far (policy.budget.perExecution.calls)",
    });
    // Another execution has its own.
    expect(await call(callOf("b"))).toEqual(good);
  });

  test("a session's and a day's are over all executions; the next one does not begin", async () => {
    for (const level of ["perSession", "perDay"] as const) {
      const budget = createBudget({ ...empty, [level]: { calls: 3 } }, nobodysDay());
      const call = compose([budget.step], leaving);
      for (const id of ["a", "b", "c"]) {
        budget.check();
        expect(await call(callOf(id))).toEqual(good);
      }
      expect(() => budget.check()).toThrow(`policy.budget.${level}.calls`);
      expect(await call(callOf("d"))).toMatchObject({ kind: "error" });
    }
  });

  test("a day has every byte when an execution has ended, whatever of it is bounded", async () => {
    for (const perDay of [{ calls: 10 }, { bytes: 10_000 }]) {
      const day = nobodysDay();
      const budget = createBudget({ ...empty, perDay }, day);
      const call = compose([budget.step], leaving);
      for (let n = 0; n < 3; n += 1) await call(callOf("a"));
      budget.addTokens("a", { outputTokens: 5, usd: 0.1 });
      budget.end("a");
      expect(day.get()).toEqual({ calls: 3, bytes: 306, outputTokens: 5, usd: 0.1 });
    }
  });

  test.each<[string, Partial<BudgetConfig>]>([
    ["an execution", { perExecution: { bytes: 1_000 } }],
    ["a session", { perSession: { bytes: 1_000 } }],
    ["a day", { perDay: { bytes: 1_000 } }],
  ])("answers that come together cannot cross the bytes of %s by more than the last one", async (_, bounds) => {
    const budget = createBudget({ ...empty, ...bounds }, nobodysDay());
    let [left, underWay, most] = [0, 0, 0];
    const call = compose([budget.step, budget.room], async (passed) => {
      passed.onLeave?.();
      left += 1;
      underWay += 1;
      most = Math.max(most, underWay);
      await nextTurn();
      underWay -= 1;
      return good;
    });
    const ended: string[] = [];
    const outcomes = await Promise.all(Array.from({ length: 40 }, () => call(callOf("a", ended))));
    await nextTurn();
    // 102 bytes each: the arguments of all that ask are held, 80, and the tenth answer is over what is left.
    expect(left).toBe(10);
    expect(outcomes.filter(({ kind }) => kind === "data")).toHaveLength(10);
    expect(most).toBeGreaterThan(1);
    expect(budget.spentBy("a")).toMatchObject({ calls: 10, bytes: 1_020 });
    expect(ended.length).toBeGreaterThan(0);
  });

  test("under a large budget of bytes calls are made together", async () => {
    const budget = createBudget({ ...empty, perExecution: { bytes: 50_000_000 } }, nobodysDay());
    let [underWay, most] = [0, 0];
    const call = compose([budget.step, budget.room], async (passed) => {
      passed.onLeave?.();
      underWay += 1;
      most = Math.max(most, underWay);
      await nextTurn();
      underWay -= 1;
      return good;
    });
    await Promise.all(Array.from({ length: 40 }, () => call(callOf("a"))));
    expect(most).toBe(40);
  });

  test("money is the price of calls by the most literal rule, and tokens; bytes count both ways", async () => {
    const budget = createBudget(
      { ...empty, perExecution: { usd: 0.05, bytes: 250 }, tools: { "*": 1, "crm.*": 0.01, "crm.g*": 0.02 } },
      nobodysDay(),
    );
    const ended: string[] = [];
    const call = compose([budget.step], leaving);
    await call(callOf("a", ended));
    await call(callOf("a", ended));
    expect(ended).toEqual([]);
    expect(await call(callOf("a", ended))).toMatchObject({ message: /0\.0500 US dollars is used up: 0\.0400 so far/ });
    expect(budget.end("a").get("crm.get")).toMatchObject({ calls: 2, failed: 0, usd: 0.04, bytes: 204 });
    const more = createBudget({ ...empty, perExecution: { bytes: 250 } }, nobodysDay());
    const callMore = compose([more.step], leaving);
    await nextTurn();
    ended.length = 0;
    for (let n = 0; n < 3; n += 1) await callMore(callOf("a", ended));
    await nextTurn();
    expect(new Set(ended)).toEqual(new Set(["budgetPerExecution"]));
  });

  test("a call that never left costs nothing", async () => {
    const budget = createBudget({ ...empty, perExecution: { calls: 1 } }, nobodysDay());
    const answers: CallOutcome[] = [{ kind: "error", code: "approval_denied", message: "no" }, good];
    const call = compose([budget.step], async (passed) => {
      const answer = answers.shift();
      if (answer?.kind !== "error") passed.onLeave?.();
      return answer ?? good;
    });
    expect(await call(callOf("a"))).toMatchObject({ code: "approval_denied" });
    expect(await call(callOf("a"))).toEqual(good);
    expect(await call(callOf("a"))).toMatchObject({ code: "budgetPerExecution" });
  });
});

describe("what was used", () => {
  let folder: string;
  let stores: Store[];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "sluice-usage-"));
    stores = [createStore(folder), createStore(folder)];
  });
  afterEach(() => {
    for (const store of stores) store.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test("is kept by day and tool, over processes, and ends with the day", async () => {
    let time = Date.UTC(2026, 0, 31, 23, 59);
    const [one, two] = stores.map((store) => createUsage(store, { now: () => time, writeMs: 1 }));
    one?.add("crm.get", { executions: 1, calls: 4, usd: 0.5 });
    two?.add("crm.get", { executions: 1, calls: 2 });
    const budgets = [one, two].map((usage) =>
      createBudget({ ...empty, perDay: { calls: 5 } }, usage?.day ?? nobodysDay()),
    );
    const calls = budgets.map((budget) => compose([budget.step], leaving));
    const outcomes = [];
    for (let n = 0; n < 4; n += 1) outcomes.push(await calls[0]?.(callOf("a")), await calls[1]?.(callOf("b")));
    expect(outcomes.filter((outcome) => outcome?.kind === "data")).toHaveLength(5);
    one?.[Symbol.dispose]();
    expect(two?.rows()).toMatchObject([{ day: "2026-01-31", tool: "crm.get", executions: 2, calls: 6, usd: 0.5 }]);
    expect(two?.callsPerExecution("crm.get")).toBe(3);
    expect(two?.callsPerExecution("crm.put")).toBeUndefined();
    time += 120_000;
    expect(two?.day.get()).toEqual(nothingSpent());
    expect(await calls[1]?.(callOf("c"))).toEqual(good);
  });
});

describe("a program", () => {
  test("that crosses its budget ends with what was done so far", async () => {
    await using house = await openHouse({ policy: { budget: { perExecution: { calls: 5 } } } });
    const { status, error, logs, calls } = await house.run(
      "for (let n = 0; ; n += 1) { await zoo.echo({ n }).catch(() => undefined); console.log(n); }",
    );
    expect([status, error?.code, calls.done]).toEqual(["killed", "budgetPerExecution", 5]);
    expect(logs.map(({ text }) => text).slice(0, 5)).toEqual(["0", "1", "2", "3", "4"]);
    expect(error?.message).toContain("policy.budget.perExecution.calls");
    expect((await house.run("return await zoo.echo({})")).status).toBe("completed");
  });

  test("that makes many calls at once: those within its budget are made, and are what it is charged", async () => {
    await using house = await openHouse({ policy: { budget: { perExecution: { calls: 5 } } } });
    const { status, calls } = await house.run(
      "await Promise.allSettled(Array.from({ length: 20 }, (_, n) => zoo.echo({ n }))); await zoo.echo({})",
    );
    expect([status, calls.done]).toEqual(["killed", 5]);
    expect(house.sluice.usage().find(({ tool }) => tool === "zoo.echo")?.calls).toBe(5);
  });

  test("has no more room in an error, or a direct call in its result, than its budget gives", async () => {
    await using house = await openHouse({ policy: { budget: { perExecution: { outputTokens: 100 } } } });
    const failed = await house.run('throw new Error("word ".repeat(1500))');
    expect(failed.error?.message).toMatch(/… \(\d+ more characters: policy\.budget\)$/);
    expect(failed.stats.tokens.out).toBeLessThan(250);
    const direct = await house.sluice.callTool("zoo.echo", { text: "word ".repeat(500) });
    expect(direct.spilled).toHaveLength(1);
    expect(direct.stats.tokens.out).toBeLessThan(300);
  });

  test("does not begin when the session's is used up; one of answers ends it too", async () => {
    await using house = await openHouse({
      policy: { budget: { perSession: { calls: 2 }, perExecution: { outputTokens: 500 } } },
    });
    const loud = await house.run('for (;;) console.log("word ".repeat(50));');
    expect([loud.status, loud.error?.code]).toEqual(["killed", "budgetPerExecution"]);
    const large = await house.run('return "word ".repeat(1000)');
    expect(large.status).toBe("completed");
    expect(large.spilled).toHaveLength(1);
    expect(large.stats.tokens.out).toBeLessThan(1_000);
    await house.run("await zoo.echo({}); await zoo.echo({})");
    const { status, error } = await house.run("return 1");
    expect([status, error?.code]).toEqual(["killed", "budgetPerSession"]);
    expect((await house.sluice.callTool("zoo.echo")).error?.code).toBe("budgetPerSession");
  });

  test("that crosses a budget of money by its code, by what it prints or returns, or by an error", async () => {
    const mine = { model: "mine", prices: { mine: { input: 1_000, output: 1_000 } } };
    for (const level of ["perExecution", "perSession", "perDay"]) {
      await using house = await openHouse({ policy: { budget: { ...mine, [level]: { usd: 0.5 } } } });
      const code = `budget${level.slice(0, 1).toUpperCase()}${level.slice(1)}`;
      const loud = await house.run('for (let n = 0; n < 10_000; n += 1) console.log("word ".repeat(20));');
      expect([loud.status, loud.error?.code]).toEqual(["killed", code]);
      expect(loud.logs.at(-1)?.text).toContain("word");
      // The text of the outcome around it is what is on top.
      const said = Number(/used up: (\d\.\d+) so far/.exec(loud.error?.message ?? "")?.[1]);
      expect(said).toBeGreaterThan(0.5);
      expect(loud.stats.usd?.spent).toBeGreaterThan(said * 0.7);
      expect(loud.stats.usd?.spent).toBeLessThan(0.9);
      const next = await house.run("return 1");
      expect(next.error?.code).toBe(level === "perExecution" ? undefined : code);
    }
    await using house = await openHouse({ policy: { budget: { ...mine, perExecution: { usd: 0.3 } } } });
    const returned = await house.run('console.log("word ".repeat(20)); return "word ".repeat(5000)');
    expect([returned.status, returned.spilled?.length, returned.logs.length]).toEqual(["completed", 1, 1]);
    expect(returned.stats.usd?.spent).toBeLessThan(0.6);
    const thrown = await house.run('throw new Error("word ".repeat(1500))');
    expect(thrown.error?.message).toMatch(/… \(\d+ more characters: policy\.budget\)$/);
    expect(thrown.stats.usd?.spent).toBeLessThan(0.6);
    const long = await house.run(`await zoo.echo({}); // ${"word ".repeat(300)}`);
    expect(long).toMatchObject({ status: "killed", calls: { done: 0 }, error: { code: "budgetPerExecution" } });
    const direct = await house.sluice.callTool("zoo.echo", { text: "word ".repeat(300) });
    expect(direct).toMatchObject({ status: "killed", error: { code: "budgetPerExecution" } });
    // What was held for those that ended holds nothing back.
    expect(await house.run("return 1")).toMatchObject({ status: "completed", result: 1 });
  });

  test("and another one at the same time hold their output against one session", () => {
    const price = { input: 1_000, output: 1_000 };
    const budget = createBudget({ ...empty, perSession: { usd: 0.05 } }, nobodysDay(), price);
    expect(budget.holdTokens("a", { code: 10 })).toBeUndefined();
    expect(budget.holdTokens("b", { code: 10, answer: 25 })).toBeUndefined();
    expect(budget.tokensLeft("a")).toBeCloseTo(5);
    expect(budget.tokensLeft("b")).toBeCloseTo(30);
    expect(budget.holdTokens("a", { answer: 10 })?.message).toContain("0.0500 US dollars is used up: 0.0550 so far");
    budget.addTokens("a", { outputTokens: 5, usd: 0.015 });
    budget.end("a");
    expect(budget.holdTokens("b", {})).toBeUndefined();
    budget.end("b");
    // What comes after the end is held by nobody.
    budget.holdTokens("b", { answer: 1_000 });
    expect(budget.tokensLeft("c")).toBeCloseTo(35);
    expect(() => budget.check()).not.toThrow();
  });

  test("and a direct call are ended alike", async () => {
    const budgets = [
      { perExecution: { usd: 0.01 }, tools: { "zoo.echo": 0.02 } },
      { perExecution: { bytes: 10 } },
      { perSession: { calls: 0 } },
    ];
    for (const budget of budgets) {
      await using house = await openHouse({ policy: { budget } });
      const program = await house.run('return await zoo.echo({ text: "more than ten bytes" })');
      const direct = await house.sluice.callTool("zoo.echo", { text: "more than ten bytes" });
      expect(program.error?.code).toBe("perSession" in budget ? "budgetPerSession" : "budgetPerExecution");
      expect([direct.status, direct.error?.code]).toEqual([program.status, program.error?.code]);
      expect(direct.status).toBe("killed");
    }
    // What its result crosses is told, with the result: it was made.
    await using house = await openHouse({ policy: { budget: { perExecution: { bytes: 30 } } } });
    const { status, error, result, calls } = await house.sluice.callTool("zoo.echo", { text: "ten bytes" });
    expect([status, error?.code, calls.done]).toEqual(["killed", "budgetPerExecution", 1]);
    expect(result).toMatchObject({ text: "ten bytes" });
  });

  test("that is estimated to cost more is asked about, with the estimate", async () => {
    await using house = await openHouse({
      policy: { budget: { approveAbove: { usd: 0.05 }, tools: { "zoo.echo": 0.02 } } },
    });
    const code = "for (let n = 0; n < 4; n += 1) await zoo.echo({ n }); return 1";
    // Never seen: one call each.
    expect((await house.run(code)).status).toBe("completed");
    // Now it is known that such programs call it four times.
    await expect.poll(() => house.sluice.usage().find(({ tool }) => tool === "zoo.echo")?.calls).toBe(4);
    const paused = await house.run(code);
    expect(paused).toMatchObject({ status: "paused", pending: [{ kind: "budget" }] });
    expect(paused.pending?.[0]?.question).toMatch(/about 0\.08\d\d US dollars: 4 tool calls \(zoo\.echo × 4\)/);
    house.sluice.answer(paused.pending?.[0]?.id ?? "", "allow-once", "test");
    expect(await house.sluice.resume(paused.executionId)).toMatchObject({ status: "completed", result: 1 });
    const refused = await house.run(code);
    house.sluice.answer(refused.pending?.[0]?.id ?? "", "deny-once", "test");
    expect(await house.sluice.resume(refused.executionId)).toMatchObject({ status: "denied" });
    expect((await house.run("return 1")).status).toBe("completed");
  });

  test("is counted: tokens and money, used and spared, by tool and as a whole", async () => {
    await using house = await openHouse({
      policy: { budget: { model: "mine", prices: { mine: { input: 10, output: 100 } }, tools: { "zoo.fails": 1 } } },
    });
    const { stats } = await house.run("await zoo.echo({}); await zoo.fails({}).catch(() => 0); return 1");
    const { tokens, usd } = stats;
    expect(usd?.spent).toBeCloseTo((tokens.in * 100 + tokens.out * 10) / 1e6 + 1, 10);
    const rows = house.sluice.usage();
    expect(rows.map(({ tool, executions, calls, failed }) => [tool, executions, calls, failed])).toEqual([
      ["", 1, 2, 1],
      ["zoo.echo", 1, 1, 0],
      ["zoo.fails", 1, 1, 1],
    ]);
    expect(rows[0]).toMatchObject({ tokensIn: tokens.in, tokensOut: tokens.out, usd: usd?.spent });
  });
});

test.each([
  ["prices", { prices: { mine: { input: 1e308, output: 1 } } }, "policy.budget.prices.mine.input", 1_000_000],
  ["tools", { tools: { "zoo.*": 1_000_001 } }, 'policy.budget.tools["zoo.*"]', 1_000_000],
  ["money", { perDay: { usd: 1e308 } }, "policy.budget.perDay.usd", 1_000_000],
  ["what JSON reads as infinite", { perSession: { bytes: Infinity } }, "policy.budget.perSession.bytes", 2 ** 53 - 1],
])("an amount beyond what can be summed is an error of the config: %s", (_, budget, place, max) => {
  const parse = (): unknown => parseConfig({ mcpServers: {}, policy: { budget } }, { directory: "/", env: {} });
  expect(parse).toThrow(expect.objectContaining({ code: "config_invalid" }));
  expect(parse).toThrow(`${place}: expected a number from 0 to ${max}`);
});

test("the documentation has the table of prices and its date", () => {
  const page = readFileSync(new URL("../docs/budgets.md", import.meta.url), "utf8");
  expect(page).toContain(modelPrices.date);
  for (const [model, { input, output }] of Object.entries(modelPrices.table))
    expect(page).toMatch(new RegExp(`\\| \`${model}\` +\\| ${input} +\\| ${output} +\\|`));
});
