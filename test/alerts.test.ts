import { describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../src/base/json.ts";
import { alertRules } from "../src/config/policy.ts";
import type { AlertMode, AlertRule } from "../src/config/config.ts";
import { type Alert, createAlerts } from "../src/gateway/alerts.ts";
import type { CallOutcome, ToolCall } from "../src/gateway/call.ts";
import { compose } from "../src/gateway/compose.ts";
import type { SluiceEvent } from "../src/runtime/sluice.ts";
import { openHouse } from "./house.ts";

function open(given: Partial<Record<AlertRule, AlertMode>> = {}) {
  const raised: Alert[] = [];
  const ended: string[] = [];
  let answer: CallOutcome = { kind: "data", data: null };
  const alerts = createAlerts({
    modes: {
      ...(Object.fromEntries(alertRules.map((rule) => [rule, "note"])) as Record<AlertRule, AlertMode>),
      ...given,
    },
    raise: (alert) => void raised.push(alert),
    isOutside: ({ server }) => server === "web",
    isKnown: (tool) => tool === "crm.known",
    isRead: ({ name }) => name.startsWith("get"),
  });
  const through = compose([alerts.step], async () => answer);
  const call = (address: string, args: JsonObject, then: CallOutcome | Json = null, properties: JsonObject = {}) => {
    const [server = "", name = ""] = address.split(".");
    answer =
      typeof then === "object" && then !== null && "kind" in then
        ? (then as CallOutcome)
        : { kind: "data", data: then as Json };
    return through({
      ...{ executionId: "run_1", callId: 1, origin: "program", arguments: args, grant: {} },
      signal: new AbortController().signal,
      tool: { server, name, address, inputSchema: { properties } } as unknown as ToolCall["tool"],
      endExecution: (code) => void ended.push(code),
    });
  };
  return { alerts, raised, ended, call, rules: () => raised.map(({ rule }) => rule) };
}

const failed = (code: string): CallOutcome => ({ kind: "error", code: code as "tool_error", message: "no" });

describe("rules", () => {
  test("a burst of refusals, of whatever tools", async () => {
    const { call, raised, rules } = open();
    for (let n = 0; n < 9; n += 1) await call(`crm.t${n}`, { n }, failed("tool_denied"));
    expect(rules()).toEqual([]);
    await call("crm.last", {}, failed("flow_denied"));
    expect(raised).toEqual([
      {
        ...{ rule: "denials", executionId: "run_1", tool: "crm.last", ended: false },
        evidence: "10 calls were refused, the last one of crm.last (flow_denied)",
      },
    ]);
  });

  test("the same call that fails again and again, told once; others do not count to it", async () => {
    const { call, rules } = open();
    for (let n = 0; n < 30; n += 1) await call("crm.get", { n }, failed("tool_error"));
    for (let n = 0; n < 9; n += 1) await call("crm.get", {}, failed("tool_error"));
    await call("crm.get", {}, 1);
    for (let n = 0; n < 9; n += 1) await call("crm.get", {}, failed("tool_error"));
    expect(rules()).toEqual([]);
    for (let n = 0; n < 20; n += 1) await call("crm.get", {}, failed("tool_error"));
    expect(rules()).toEqual(["failing-loop"]);
  });

  test("personal data for a tool that was never called here", async () => {
    const { call, rules } = open();
    await call("crm.known", { to: "[EMAIL_1]" });
    await call("crm.new", { to: "somebody" });
    expect(rules()).toEqual([]);
    await call("crm.new", { to: "write to [EMAIL_12.3], please" });
    await call("crm.new", { to: "[EMAIL_1]" });
    expect(rules()).toEqual(["first-use-with-personal-data"]);
  });

  test("many records, then something outside", async () => {
    const { call, raised } = open();
    await call("crm.get", {}, { rows: Array.from({ length: 60 }, (_, id) => ({ id })) });
    await call("web.post", {});
    await call(
      "crm.get",
      {},
      Array.from({ length: 60 }, (_, id) => [id]),
    );
    await call("crm.put", {});
    expect(raised).toEqual([]);
    await call("web.post", {});
    expect(raised).toMatchObject([{ rule: "bulk-outside", tool: "web.post", evidence: /^120 records were read/ }]);
  });

  test.each<[string, (n: number) => Json]>([
    ["one by one", (n) => ({ id: n })],
    [
      "keyed",
      (n) => (n === 0 ? Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`u${at}`, { id: at }])) : null),
    ],
    ["lines of text", (n) => (n === 0 ? "a,b\n".repeat(150) : null)],
  ])("records are records however they come: %s", async (_, answer) => {
    const { call, rules } = open();
    for (let n = 0; n < 120; n += 1) await call("crm.get", { n }, answer(n));
    await call("web.post", {});
    expect(rules()).toEqual(["bulk-outside"]);
  });

  test.each<[string, Json, number]>([
    ["a text of so many lines", Array.from({ length: 100 }, (_, n) => `a,${n}`).join("\n"), 100],
    ["one that ends with a line end", "a,b\n".repeat(150), 150],
    ["the same in an object", { text: "a,b\n".repeat(150), ok: true }, 150],
    ["a list", Array.from({ length: 120 }, (_, id) => ({ id })), 120],
    ["a list in an answer", { count: 120, rows: Array.from({ length: 120 }, (_, id) => ({ id, tags: ["x"] })) }, 120],
    ["objects with others in them", Array.from({ length: 110 }, (_, id) => ({ id, at: { city: "x" } })), 110],
    ["rows", [Array.from({ length: 130 }, (_, id) => [id, "x"])], 130],
    ["wide ones", Array.from({ length: 200 }, (_, id) => ({ id, ...Array.from({ length: 60 }, () => "x") })), 200],
    ["too few lines", "a,b\n".repeat(99), 0],
    ["too few objects", { rows: Array.from({ length: 99 }, (_, id) => ({ id })) }, 0],
  ])("records are counted exactly: %s", async (_, answer, expected) => {
    const { call, raised } = open();
    await call("crm.get", {}, answer);
    await call("web.post", {});
    const evidence = `${expected} records were read before web.post, which sends outside, was called`;
    expect(raised.map((alert) => alert.evidence)).toEqual(expected === 0 ? [] : [evidence]);
  });

  test("a query that is built from a server's text, and what to do instead", async () => {
    const { alerts, call, raised } = open();
    await call("crm.get", {}, { name: "Robert'); DROP TABLE leads;--", id: 7 });
    await call("db.run", { sql: "SELECT 1", note: "Robert'); DROP TABLE leads;--" });
    await call("db.get", { sql: "SELECT * FROM t WHERE n = 'Robert'); DROP TABLE leads;--'" });
    await call("web.open", { url: "Robert'); DROP TABLE leads;--" });
    expect(raised).toEqual([]);
    await call("db.run", { sql: "SELECT * FROM t WHERE n = 'Robert'); DROP TABLE leads;--'" }, null, {
      sql: {},
      params: {},
    });
    expect(raised).toMatchObject([{ rule: "built-from-text", tool: "db.run" }]);
    expect(JSON.stringify(raised)).not.toContain("DROP");
    expect(alerts.warningsOf("run_1")).toEqual([
      'The argument "sql" of db.run was built from text that a server answered, which can change what it means: give the values in "params"',
    ]);
    alerts.end("run_1");
    expect(alerts.warningsOf("run_1")).toEqual([]);
  });

  const said = "Robert'); DROP TABLE leads;--";
  test.each<[string, string, object, boolean]>([
    ["one character of it changed", said, { sql: "SELECT * FROM t WHERE n = 'Robert'); DROP TABLE leadz;--'" }, true],
    ["one in the middle", said, { sql: "SELECT * FROM t WHERE n = 'Robert'); DR0P TABLE leads;--'" }, true],
    ["one removed, one added", said, { sql: "SELECT * FROM t WHERE n = 'Robert'); DROP TABL leads;; --'" }, true],
    ["in other cases and blanks", said, { sql: "select * from t where n = 'robert');  drop table  leads;--'" }, true],
    ["the same words for something else", said, { sql: "DROP TABLE temp_leads" }, false],
    ["two sentences that are alike", "all leads in Spain of 2026", { query: "all leads in France of 2025" }, false],
    ["a short one changed", "Robert", { sql: "SELECT * FROM t WHERE n = 'Rupert'" }, false],
    ["an address beside it", "https://x.example/page/1", { url: "https://x.example/page/2?sort=name" }, false],
    ["an address that goes on", "https://x.example/page/", { url: "https://x.example/page/2?sort=name" }, true],
    ["one of many that begin alike", "customer 1987", { sql: "SELECT * FROM t WHERE n = 'customer 1987'" }, true],
    ["the end of one of them for something else", "customer 1987", { sql: "UPDATE t SET order 1987 = 'done'" }, false],
    ["a word at the border of cases", "ΟΔΟΣ 17", { sql: "SELECT * FROM t WHERE n = 'ΟΔΟΣ 17Α'" }, true],
  ])("a text of a server, %s", async (_, text, args, isSeen) => {
    const { call, rules } = open();
    await call("crm.list", {}, [...Array.from({ length: 1_990 }, (_, n) => `customer ${n}`), text]);
    await call("db.run", args as JsonObject);
    expect(rules()).toEqual(isSeen ? ["built-from-text"] : []);
  });

  test("executions that end by limits", () => {
    const { alerts, raised } = open();
    for (const code of ["cpuMs", "memoryMb"]) alerts.noteLimit("run_1", code);
    expect(raised).toEqual([]);
    alerts.noteLimit("run_3", "timeoutMs");
    expect(raised).toMatchObject([
      { rule: "limits", executionId: "run_3", evidence: /^3 executions .* by timeoutMs$/ },
    ]);
  });

  test("off is off, and end ends", async () => {
    const { alerts, call, raised, ended } = open({ "failing-loop": "end", denials: "off", limits: "off" });
    for (let n = 0; n < 20; n += 1) await call(`crm.t${n}`, {}, failed("tool_denied"));
    for (let n = 0; n < 5; n += 1) alerts.noteLimit("run_1", "cpuMs");
    expect(raised).toEqual([]);
    for (let n = 0; n < 10; n += 1) await call("crm.x", {}, failed("tool_error"));
    expect(raised).toMatchObject([{ rule: "failing-loop", ended: true }]);
    expect(ended).toEqual(["alert"]);
  });
});

test("an alert is in the log, the audit and the events, and can end its execution", async () => {
  await using house = await openHouse({ policy: { alerts: { "failing-loop": "end" } } });
  const events: SluiceEvent[] = [];
  house.sluice.events.on((event) => void events.push(event));
  const { status, error } = await house.run(
    "for (let n = 0; ; n += 1) { console.log(n); await zoo.fails({}).catch(() => undefined); }",
  );
  expect([status, error?.code]).toEqual(["killed", "alert"]);
  expect(error?.message).toContain('policy.alerts "failing-loop": the same call of zoo.fails has failed 10 times');
  expect(events.filter(({ kind }) => kind === "alert")).toMatchObject([{ rule: "failing-loop", tool: "zoo.fails" }]);
  const recorded = [];
  for await (const record of house.sluice.auditRecords()) if (record["kind"] === "alert") recorded.push(record);
  expect(recorded).toMatchObject([{ rule: "failing-loop", executionId: expect.stringMatching(/^run_/), ended: true }]);
});

test("a program learns what to do instead of building a query", async () => {
  await using house = await openHouse();
  const { warnings } = await house.run(
    'const { name } = await zoo.echo({ name: "the lion" }); await zoo.echo({ sql: "SELECT * FROM a WHERE n = \'" + name + "\'" })',
  );
  expect(warnings?.find(({ code }) => code === "built_from_text")?.message).toContain('The argument "sql" of zoo.echo');
});

test.each<[string, string, string]>([
  ["as it is", "said", 'await fs.promises.readFile("./workspace/a", "utf8")'],
  [
    "in JSON",
    "JSON.stringify({ all: [{ said }] })",
    'JSON.parse(await fs.promises.readFile("./workspace/a")).all[0].said',
  ],
  [
    "in a table",
    "`id,name\\n${'1,x\\n'.repeat(200)}7,\"${said}\"\\n`",
    '(await fs.promises.readFile("./workspace/a", "utf8")).trimEnd().split("\\n").at(-1).split(",")[1].slice(1, -1)',
  ],
  [
    "in much",
    "`${said}\\n${'x'.repeat(400_000)}`",
    '(await fs.promises.readFile("./workspace/a", "utf8")).split("\\n")[0]',
  ],
])("text that a program reads from a file that another one wrote is seen: %s", async (_, written, read) => {
  await using house = await openHouse();
  const use = `return await zoo.echo({ sql: "SELECT * FROM a WHERE n = '" + ${read} + "'" })`;
  await house.run(
    `const { said } = await zoo.echo({ said: "the lion of old" }); await fs.promises.writeFile("./workspace/a", ${written})`,
  );
  const { status, warnings } = await house.run(use);
  expect([status, warnings?.map(({ code }) => code)]).toEqual(["completed", ["built_from_text"]]);
  // A file of a program that had read nothing is the program's own.
  await house.run(`const said = "the lion of old"; await fs.promises.writeFile("./workspace/a", ${written})`);
  expect((await house.run(use)).warnings).toBeUndefined();
});
