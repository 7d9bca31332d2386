import { existsSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runDemo } from "../demo/run.js";

type Report = Awaited<ReturnType<typeof runDemo>>;

let folder: string;
let report: Report;
let printed = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-demo-test-"));
  report = await runDemo({ json: true, stateDir: folder, out: { write: (text: string) => (printed += text) } });
}, 60_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

test("every scenario is done on both sides, by the state of the servers", () => {
  expect(report.scenarios.map(({ name, problems }) => ({ name, ...problems }))).toEqual(
    ["transcript", "leads", "orders", "deployment", "resume", "hybrid"].map((name) => ({ name })),
  );
  expect(report.ok).toBe(true);
});

test("the transcript and the leads cost at least 97 % fewer tokens as programs, and the others fewer too", () => {
  for (const { name, reduction } of report.scenarios) {
    expect(reduction, name).toBeGreaterThanOrEqual(["transcript", "leads"].includes(name) ? 0.97 : 0.5);
  }
});

test("the three tools of Sluice are what the program's side pays in definitions", () => {
  for (const { code, direct } of report.scenarios) {
    expect(code.definitions).toBeGreaterThan(200);
    expect(code.definitions).toBeLessThanOrEqual(800);
    expect(direct.definitions).toBeGreaterThan(3_000);
  }
});

test("the counts add up", () => {
  for (const { name, direct, code, reduction } of report.scenarios) {
    for (const cost of [direct, code]) {
      expect(cost.total, name).toBe(cost.input + cost.output);
      // Every turn carries the definitions, and its own part of the conversation.
      expect(cost.input, name).toBeGreaterThan(cost.turns * cost.definitions);
    }
    expect(reduction).toBeCloseTo(1 - code.total / direct.total, 3);
  }
});

test("direct calling reads the transcript as a result, writes it, and reads both again", () => {
  const transcript = report.scenarios.find(({ name }) => name === "transcript");
  expect(transcript?.direct).toMatchObject({ calls: 2, turns: 3 });
  expect(transcript?.direct.output).toBeGreaterThan(20_000);
  expect(transcript?.direct.input).toBeGreaterThan(3 * (transcript?.direct.output ?? 0));
});

test("the JSON has the published shape and nothing else", () => {
  const cost = Object.fromEntries(
    ["definitions", "input", "output", "total", "calls", "ms"].map((key) => [key, expect.any(Number) as unknown]),
  );
  const { scenarios } = JSON.parse(printed) as { scenarios: unknown[] };
  expect(scenarios).toHaveLength(6);
  for (const scenario of scenarios) {
    expect(scenario).toEqual({
      name: expect.any(String) as unknown,
      direct: cost,
      code: cost,
      reduction: expect.any(Number) as unknown,
      ok: true,
    });
  }
});

test("the state of a given folder is kept, with the workspace of the programs", async () => {
  expect(await readdir(folder)).toEqual(expect.arrayContaining(["direct", "code", "sluice"]));
  expect(existsSync(join(folder, "sluice", "workspaces", "default", "leads.csv"))).toBe(true);
});
