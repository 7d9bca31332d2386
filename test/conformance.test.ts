import { appendFile, readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { JsonObject } from "../src/base/json.ts";
import type { ConformanceCase } from "../src/testing/conformance-case.ts";
import { conformanceCases } from "../src/testing/conformance-cases.ts";
import { createConformanceSite, type ConformanceSite } from "../src/testing/conformance-site.ts";
import { type ConformanceResult, runConformance } from "../src/testing/run-conformance.ts";
import { requires } from "./require.ts";

// The public suite, in full where programs usually run, and as a smoke of twelve programs everywhere else. The whole
// matrix is `npm run bench -- conformance`.

/** In the order in which they run: those that need a Sluice of their own come last. */
const all = conformanceCases.toSorted((a, b) => Number(a.sandbox !== undefined) - Number(b.sandbox !== undefined));
const smoke = conformanceCases.filter(({ isSmoke }) => isSmoke === true);
const podman = (runtime: string): JsonObject => ({ wall: "container", container: { runtime } });

/** One engine behind one wall: what the config says, what must be installed, which programs. */
const cells: { name: string; needs?: string[]; sandbox: JsonObject; cases: readonly ConformanceCase[] }[] = [
  { name: "deno × none", sandbox: { engine: "deno", wall: "none" }, cases: all },
  { name: "deno × bwrap", needs: ["bwrap"], sandbox: { engine: "deno", wall: "bwrap" }, cases: all },
  { name: "quickjs × none", sandbox: { engine: "quickjs", wall: "none" }, cases: all },
  { name: "quickjs × bwrap", needs: ["bwrap"], sandbox: { engine: "quickjs", wall: "bwrap" }, cases: smoke },
  ...["deno", "quickjs"].flatMap((engine) =>
    ["runc", "runsc"].map((runtime) => ({
      name: `${engine} × podman with ${runtime}`,
      needs: ["podman", runtime],
      sandbox: { engine, ...podman(runtime) },
      cases: smoke,
    })),
  ),
];

/** Runs the cases on three Sluices at once, for two processors: each waits half of the time. Each result can be waited for. */
function start(
  sandbox: JsonObject,
  cases: readonly ConformanceCase[],
): (each: ConformanceCase) => Promise<ConformanceResult> {
  const waiting = new Map<string, PromiseWithResolvers>();
  for (const { area, name } of cases) waiting.set(`${area}: ${name}`, toPromise());
  const stop = new AbortController();
  for (const part of [0, 1, 2]) {
    const own = cases.filter((_, index) => index % 3 === part);
    runConformance({
      sandbox,
      cases: own,
      onCase: (result) => waiting.get(`${result.area}: ${result.name}`)?.resolve(result),
      signal: stop.signal,
    }).catch((error: unknown) => {
      for (const { area, name } of own) waiting.get(`${area}: ${name}`)?.reject(error);
    });
  }
  return ({ area, name }) => waiting.get(`${area}: ${name}`)?.promise ?? Promise.reject(new Error("no such case"));
}

interface PromiseWithResolvers {
  promise: Promise<ConformanceResult>;
  resolve: (result: ConformanceResult) => void;
  reject: (error: unknown) => void;
}

function toPromise(): PromiseWithResolvers {
  let resolve!: PromiseWithResolvers["resolve"];
  let reject!: PromiseWithResolvers["reject"];
  const promise = new Promise<ConformanceResult>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  // Each is waited for by a test of its own; one that is not reached must not end the process.
  promise.catch(() => undefined);
  return { promise, resolve, reject };
}

for (const { name, needs = [], sandbox, cases } of cells) {
  const isHere = (needs.length === 0 || process.platform === "linux") && requires(...needs);
  describe.runIf(isHere)(name, { timeout: 240_000 }, () => {
    let result: ReturnType<typeof start>;
    beforeAll(() => {
      result = start(sandbox, cases);
    });
    for (const each of cases) {
      test(`${each.area}: ${each.name}`, async () => {
        const { kind, ...rest } = await result(each);
        expect({ kind, problems: "problems" in rest ? rest.problems : [] }).toEqual({ kind: "passed", problems: [] });
      });
    }
  });
}

test("the engine worker keeps the contract and the wall clock, and says of the rest that it is no boundary", async () => {
  const cases = conformanceCases.filter(
    ({ area, isSmoke }) => area === "contract" || area === "limits" || isSmoke === true,
  );
  const { results, failed, engine, wall } = await runConformance({
    sandbox: { engine: "worker", trusted: true },
    cases,
  });
  expect(results.filter(({ kind }) => kind === "failed")).toEqual([]);
  expect({ failed, engine, wall }).toEqual({ failed: 0, engine: "worker", wall: "none (no boundary)" });
  const left = results.filter((result) => result.kind === "not-applicable");
  expect(left.filter(({ area }) => area === "contract").map(({ reason }) => reason)).toEqual([
    "local time is the machine's",
  ]);
  expect(new Set(left.filter(({ area }) => area !== "contract").map(({ reason }) => reason))).toEqual(
    new Set(["no boundary"]),
  );
  expect(results.filter(({ kind, name }) => kind === "passed" && name.startsWith("timeoutMs")).length).toBeGreaterThan(
    2,
  );
}, 120_000);

describe("the suite", () => {
  test("has a smoke of twelve programs that shows every area", () => {
    expect(smoke).toHaveLength(12);
    expect(new Set(smoke.map(({ area }) => area))).toEqual(new Set(conformanceCases.map(({ area }) => area)));
  });

  test("names each case once", () => {
    const names = conformanceCases.map(({ area, name }) => `${area}: ${name}`);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  test("fails a case whose outcome is another, and says in what", async () => {
    const wrong: Pick<ConformanceCase, "code" | "expected">[] = [
      { code: "return 1;", expected: { result: 2 } },
      { code: "return 'abc';", expected: { result: /^x/ } },
      { code: "return { a: [1, 2] };", expected: { result: { a: [1] } } },
      { code: "return { a: 1 };", expected: { result: { a: 1, b: 2 } } },
      { code: "throw new Error('x');", expected: { result: 1 } },
      { code: "return 1;", expected: { error: { code: "program_error" } } },
      { code: "\nthrow new Error('x');", expected: { error: { message: "x", line: 1 } } },
      { code: "console.log('a');", expected: { logs: ["b"] } },
      { code: "console.log('a');", expected: { printed: /^b/ } },
      { code: "const a = 1;", expected: {} },
      { code: "return (await kit.echo({})) && 1;", expected: { result: 1, calls: { done: 2 } } },
    ];
    const { results, passed } = await runConformance({
      sandbox: {},
      cases: wrong.map((each, index) => ({ area: "contract", name: String(index), ...each })),
    });
    expect(passed).toBe(0);
    expect(results.map((result) => (result.kind === "failed" ? result.problems : result.kind))).toMatchInlineSnapshot(`
      [
        [
          "result is 1, not 2",
        ],
        [
          "result is "abc", not "/^x/"",
        ],
        [
          "result is {"a":[1,2]}, not {"a":[1]}",
        ],
        [
          "result is {"a":1}, not {"a":1,"b":2}",
        ],
        [
          "status is "failed", not "completed"",
          "error is {"code":"program_error","message":"x","line":1,"column":7,"source":"throw new Error('x');"}, and none is expected",
          "result is undefined, not 1",
        ],
        [
          "status is "completed", not "failed"",
          "error.code is undefined, not "program_error"",
          "result is 1, not undefined",
        ],
        [
          "error.line is 2, not 1",
        ],
        [
          "logs is ["a"], not ["b"]",
        ],
        [
          "output is "a", not "/^b/"",
        ],
        [
          "warnings is ["nothing_returned"], not []",
        ],
        [
          "calls.done is 1, not 2",
        ],
      ]
    `);
  });

  test("fails a sandbox that does not keep the contract", async () => {
    const { results } = await runConformance({
      sandbox: { callsMax: 1 },
      cases: conformanceCases.filter(({ name }) =>
        /^(calls run in parallel|servers as globals|value: data)/.test(name),
      ),
    });
    expect(results.map(({ name, kind }) => `${name}: ${kind}`)).toEqual([
      "servers as globals, on servers and on globalThis: failed",
      "calls run in parallel: failed",
      "value: data: passed",
    ]);
    expect(results[1]).toMatchObject({
      problems: expect.arrayContaining([
        'status is "killed", not "completed"',
        expect.stringContaining("callsMax"),
      ]) as unknown,
    });
  });

  test("rejects where nothing can be started", async () => {
    await expect(runConformance({ sandbox: { engine: "worker" }, cases: smoke })).rejects.toMatchObject({
      code: "engine_untrusted",
    });
    await expect(runConformance({ sandbox: {}, cases: smoke, signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: "cancelled",
    });
  });

  describe("sees what got out", () => {
    let site: ConformanceSite;
    const place = (code: string): string => site.toCode({ area: "files", name: "", code, expected: {} });

    beforeAll(async () => {
      site = await createConformanceSite({ guestsWarm: 0 });
    });
    afterAll(() => site[Symbol.asyncDispose]());

    test("nothing, of a program that stays inside", async () => {
      expect(await site.findEscapes(await site.sluice.executeCode("return 1;"))).toEqual([]);
    });
    test("the planted text in an outcome", async () => {
      const outcome = await site.sluice.executeCode("return 1;");
      outcome.result = await readFile(place("@OUTSIDE@"), "utf8");
      expect(await site.findEscapes(outcome)).toEqual(["the outcome holds what was planted outside"]);
    });
    test("a visit to the machine's loopback, and a change outside", async () => {
      const outcome = await site.sluice.executeCode("return 1;");
      await fetch(place("http://127.0.0.1:@PORT@/"));
      await appendFile(place("@OUTSIDE@"), "more");
      await appendFile(place("@OUTSIDE@.new"), "more");
      expect(await site.findEscapes(outcome)).toEqual([
        expect.stringMatching(/^the server on the machine's loopback got \d visits$/),
        "the file outside was changed",
        "the folder beside the workspace was changed",
      ]);
    });
  });
});
