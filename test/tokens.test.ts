import { spawnSync } from "node:child_process";
import * as fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { countDefinitions, createTokenAccount } from "../src/runtime/token-account.ts";
import { estimateCode, estimateDirect } from "../src/runtime/token-estimate.ts";
import { createTokenCounter, sample } from "../src/runtime/tokens.ts";
import { toRuns } from "./properties.ts";

const counter = createTokenCounter();
afterAll(() => counter[Symbol.dispose]());

async function count(text: string): Promise<{ count: number | undefined; approximate: boolean }> {
  const { counts, approximate } = await counter.count([text]);
  return { count: counts[0], approximate };
}

test("o200k is counted exactly", async () => {
  const texts = [
    "",
    "hello world",
    "Sluice",
    "tokens tokens",
    "日本語",
    "😀",
    "<|endoftext|>",
    "__proto__ constructor",
  ];
  // Checked once against gpt-tokenizer's o200k_base.
  expect(await counter.count(texts)).toEqual({ counts: [0, 2, 3, 2, 2, 1, 7, 4], approximate: false });
});

test("nothing to count needs no thread", async () => {
  using fresh = createTokenCounter();
  expect(await fresh.count([])).toEqual({ counts: [], approximate: false });
});

test("a text over 256 KB is sampled, marked, and near the exact count", async () => {
  const rows = Array.from(
    { length: 12_000 },
    (_, row) => `{"id":${row * 7},"status":"${row % 3 ? "open" : "closed"}"}`,
  );
  const text = rows.join(",\n");
  const { count: sampled, approximate } = await count(text);
  expect(text.length).toBeGreaterThan(262_144);
  expect(approximate).toBe(true);
  const parts = await counter.count([rows.slice(0, 6_000).join(",\n"), rows.slice(6_000).join(",\n")]);
  expect(parts.approximate).toBe(false);
  const exact = parts.counts.reduce((sum, part) => sum + part, 0);
  expect(Math.abs((sampled ?? 0) / exact - 1)).toBeLessThan(0.02);
});

test("a sample has the first and the last block and no more than 256 KB", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 900_000 }), (length) => {
      const text = "first".padEnd(length, "x").slice(0, Math.max(0, length - 4)) + "last";
      const taken = sample(text);
      expect(taken.length).toBe(Math.min(text.length, 262_144));
      expect(taken.slice(0, 4)).toBe(text.slice(0, 4));
      expect(taken.endsWith("last")).toBe(true);
    }),
    { numRuns: toRuns(20) },
  );
});

test("one unbroken run does not hold the thread up", async () => {
  const started = performance.now();
  const { count: tokens, approximate } = await count("a".repeat(200_000));
  expect(approximate).toBe(true);
  expect(tokens).toBeGreaterThan(20_000);
  expect(tokens).toBeLessThan(30_000);
  expect(performance.now() - started).toBeLessThan(5_000);
});

test("beyond the queue counts are estimated, never refused", async () => {
  const text = "word ".repeat(50_000);
  const answers = await Promise.all(Array.from({ length: 80 }, () => count(text)));
  expect(answers.some((answer) => answer.approximate)).toBe(true);
  for (const { count: tokens } of answers) expect(tokens).toBeGreaterThan(40_000);
}, 30_000);

test("a disposed counter answers what waits by estimate", async () => {
  const fresh = createTokenCounter();
  const waiting = fresh.count(["twelve chars"]);
  fresh[Symbol.dispose]();
  expect(await waiting).toEqual({ counts: [3], approximate: true });
  expect(await fresh.count(["twelve chars"])).toEqual({ counts: [3], approximate: true });
});

test("a process is kept for a count in work and not for an idle thread", () => {
  const module = new URL("../dist/runtime/tokens.js", import.meta.url).href;
  const program = `const { createTokenCounter } = await import(${JSON.stringify(module)});
    console.log((await createTokenCounter().count(["hello world"])).counts[0]);`;
  const run = spawnSync(process.execPath, ["--input-type=module", "-e", program], {
    encoding: "utf8",
    timeout: 20_000,
  });
  expect(run).toMatchObject({ stdout: "2\n", stderr: "", status: 0 });
});

test("direct calling pays definitions and conversation in every turn", () => {
  const calls = [
    { tool: "drive.get", argumentTokens: 10, argumentsKey: "{}", resultTokens: 1_000 },
    { tool: "crm.update", argumentTokens: 1_010, argumentsKey: "{1}", resultTokens: 5 },
  ];
  // Turns: 100 + 20; + 1,010; + 1,015 more.
  expect(estimateDirect({ definitions: 100, task: 20, calls, answerTokens: 7 })).toEqual({
    input: 120 + 1_130 + 2_145,
    output: 10 + 1_010 + 7,
    turns: 3,
  });
});

test("calls of one tool with other arguments share a turn; the same arguments again open another", () => {
  const call = (
    argumentsKey: string,
  ): { tool: string; argumentTokens: number; argumentsKey: string; resultTokens: number } => ({
    tool: "slack.send",
    argumentTokens: 1,
    argumentsKey,
    resultTokens: 1,
  });
  const turns = (...keys: string[]): number =>
    estimateDirect({ definitions: 0, calls: keys.map(call), answerTokens: 0 }).turns;
  expect(turns()).toBe(1);
  expect(turns("a", "b", "c")).toBe(2);
  expect(turns("a", "a", "a")).toBe(4);
  expect(turns("a", "b", "a", "b")).toBe(3);
});

test("the code path is two turns by the same rule", () => {
  expect(estimateCode({ definitions: 800, task: 20, codeTokens: 90, outcomeTokens: 40, answerTokens: 7 })).toEqual({
    input: 820 + 950,
    output: 97,
    turns: 2,
  });
});

test("an account says what was paid and what was avoided", async () => {
  const account = createTokenAccount(counter, "await crm.update(…)");
  const transcript = JSON.stringify({ content: "We agreed on the price and on the date. ".repeat(3_000) });
  account.addCall("gdrive.getDocument", '{"documentId":"abc123"}', transcript);
  account.addCall("crm.update", `{"notes":${transcript}}`, '{"success":true}');
  const definitions = { direct: 5_000, code: 700 };
  const { tokens } = await account.total({ outcome: '{"status":"completed"}', definitions });
  expect(tokens.in).toBeGreaterThan(4);
  expect(tokens.out).toBeGreaterThan(4);
  // The transcript is read twice, written once and read again as an argument.
  expect(tokens.avoided).toBeGreaterThan(4 * 27_000 + 3 * 5_000 - 2 * 800);
  expect(tokens.approximate).toBeUndefined();
});

test("an account that avoided nothing says so by a negative number", async () => {
  const { tokens } = await createTokenAccount(counter, "1").total({
    outcome: "1",
    definitions: { direct: 10, code: 700 },
  });
  expect(tokens.avoided).toBeLessThan(0);
});

test("an account marks what was sampled", async () => {
  const account = createTokenAccount(counter, "");
  account.addCall("drive.get", "{}", "many words ".repeat(30_000));
  expect(await account.total({ outcome: "", definitions: { direct: 0, code: 0 } })).toMatchObject({
    tokens: { approximate: true },
  });
});

test("definitions are counted as a client sends them, in batches, once", async () => {
  const tools = Array.from({ length: 250 }, (_, index) => ({
    name: `tool_${index}`,
    description: "Does one thing",
    inputSchema: { type: "object", properties: { id: { type: "string" } } },
    outputSchema: { type: "object", description: "no model reads this".repeat(100) },
  }));
  const expected = await counter.count(
    tools.map(({ name, description, inputSchema }) => JSON.stringify({ name, description, input_schema: inputSchema })),
  );
  const sum = expected.counts.reduce((total, one) => total + one, 0);
  expect(await countDefinitions(counter, tools)).toBe(sum);
  using disposed = createTokenCounter();
  disposed[Symbol.dispose]();
  expect(await countDefinitions(disposed, tools)).toBe(sum);
});
