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
    expect(raised).toMatchObject([{ rule: "bulk-outside", tool: "web.post", evidence: /^121 records were read/ }]);
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
