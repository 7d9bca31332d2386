import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { JsonObject } from "../src/base/json.ts";
import { parseConfig } from "../src/config/parse-config.ts";
import { createBroker } from "../src/gateway/broker.ts";
import { announce } from "../src/runtime/announce.ts";
import { createSluice } from "../src/runtime/create-sluice.ts";
import type { Sluice } from "../src/runtime/sluice.ts";
import { toGuards, widened } from "../src/runtime/widened.ts";
import { createStore } from "../src/store/store.ts";
import { zooServer } from "./house.ts";

const crm = { command: "crm" };
const guardsOf = (config: JsonObject, hasSecret = false): ReturnType<typeof toGuards> =>
  toGuards(parseConfig({ mcpServers: { crm }, ...config }, { directory: tmpdir(), env: {} }), hasSecret);

describe("what is wider than before", () => {
  const notify = (url: string): JsonObject => ({ approvals: { notify: { url, secret: "s".repeat(32) } } });
  test.each<[string, JsonObject, JsonObject, string[]]>([
    ["a preset", { policy: { preset: "strict" } }, { policy: { preset: "open" } }, ["policy.preset: strict → open"]],
    [
      "a rule that is gone",
      { policy: { tools: { "crm.delete*": "deny" } } },
      {},
      ['policy.tools "crm.delete*": deny → nothing'],
    ],
    [
      "a rule that allows",
      { policy: { tools: { "*": "approve" } } },
      { policy: { tools: { "*": "approve", "crm.*": "allow" } } },
      ['policy.tools "crm.*": nothing → allow'],
    ],
    [
      "a rule that is narrower than it was",
      { policy: { tools: { "crm.*": "deny" } } },
      { policy: { tools: { "crm.delete": "deny" } } },
      ['policy.tools "crm.*": deny → nothing'],
    ],
    [
      "a flow",
      { policy: { flows: { "private -> outside": "deny" } } },
      { policy: { flows: { "private -> outside": "approve" } } },
      ['policy.flows "private -> outside": deny → approve'],
    ],
    [
      "budgets that are raised, and that are gone",
      { policy: { budget: { perDay: { usd: 5, calls: 100 }, approveAbove: { usd: 1 } } } },
      { policy: { budget: { perDay: { usd: 50 }, approveAbove: { usd: 1 } } } },
      ["policy.budget.perDay.usd: 5 → 50", "policy.budget.perDay.calls: 100 → nothing"],
    ],
    [
      "a limit of calls",
      { policy: { limits: { crm: { perSecond: 1 } } } },
      { policy: { limits: { crm: { perSecond: 100 } } } },
      ['policy.limits "crm".perSecond: 1 → 100'],
    ],
    [
      "programs and definitions",
      { policy: { programs: "approve", definitions: "pinned" } },
      {},
      ["policy.programs: approve → allow", "policy.definitions: pinned → warn"],
    ],
    [
      "hosts",
      { sandbox: { network: { allow: ["a.example"] } } },
      { sandbox: { network: { allow: ["a.example", "*.b.example:8443"] } } },
      ["sandbox.network.allow *.b.example:8443: nothing → allowed"],
    ],
    [
      "walls",
      { sandbox: { wall: "bwrap", floor: "bwrap" } },
      { sandbox: { wall: "none" } },
      ["sandbox.wall: bwrap → none", "sandbox.floor: bwrap → none"],
    ],
    [
      "personal data",
      { privacy: { mode: "strict", consent: "ask" } },
      { privacy: { mode: "off", consent: "open", release: [{ from: "crm", to: "*.*", classes: ["EMAIL"] }] } },
      [
        "privacy.mode: strict → off",
        "privacy.consent: ask → open",
        'privacy.release EMAIL from "crm" to "*.*": nothing → allowed',
      ],
    ],
    [
      "a server whose data is not sealed",
      {},
      { privacy: { servers: { crm: "off" } } },
      ['privacy.servers "crm": nothing → off'],
    ],
    [
      "a server whose data was sealed whole",
      { privacy: { servers: { crm: "strict" } } },
      {},
      ['privacy.servers "crm": strict → nothing'],
    ],
    [
      "trust",
      { mcpServers: { crm: { ...crm, trust: "untrusted" } } },
      { mcpServers: { crm: { ...crm, trust: "local" } } },
      ["mcpServers.crm.trust: untrusted → local", "mcpServers.crm.sends: outside → inside"],
    ],
    [
      "an alert",
      { policy: { alerts: { denials: "end" } } },
      { policy: { alerts: { denials: "off" } } },
      ["policy.alerts.denials: end → off"],
    ],
  ])("%s", (_, before, after, said) => {
    expect(widened(guardsOf(before), guardsOf(after))).toEqual(said);
    expect(widened(guardsOf(before), guardsOf(before))).toEqual([]);
  });

  test("the way back is narrower, and a server that is new widens nothing", () => {
    const strict = guardsOf({
      policy: { preset: "strict", tools: { "crm.*": "deny" }, budget: { perDay: { usd: 1 } } },
    });
    expect(widened(guardsOf({}), strict)).toEqual([]);
    const more = guardsOf({ mcpServers: { crm, hr: { command: "hr", trust: "local" } } });
    expect(widened(guardsOf({}), more)).toEqual([]);
    expect(widened(more, guardsOf({}))).toEqual([]);
  });

  test("who is told, and the secret: without the address, which may be one", () => {
    const told = guardsOf(notify("https://hooks.example/T0/secret-path"), true);
    const [first = "", second = "", ...more] = widened(told, guardsOf(notify("https://hooks.example/other")));
    expect([first, second, more]).toEqual([
      "approvals secret: set → nothing",
      expect.stringMatching(/^approvals\.notify hooks\.example \(\w{8}\): told → nothing$/),
      [],
    ]);
    expect(JSON.stringify(told)).not.toContain("secret-path");
  });

  test("plain data comes back from JSON as it was; what is no guard is nothing", () => {
    const guards = guardsOf({ policy: { tools: { "crm.__proto__": "deny" } } });
    expect(widened(JSON.parse(JSON.stringify(guards)) as typeof guards, guards)).toEqual([]);
    expect(widened({}, guards)).toContain("sandbox.network.methods GET: nothing → allowed");
    expect(widened({ x: null, "policy.preset": 7 } as unknown as typeof guards, {})).toEqual([]);
  });
});

describe("a start", () => {
  let stateDir: string;
  beforeEach(async () => {
    stateDir = await mkdtemp(join(tmpdir(), "sluice-widened-"));
  });
  afterEach(async () => await rm(stateDir, { recursive: true, force: true, maxRetries: 5 }));

  async function open(policy: JsonObject, log: string[] = []): Promise<Sluice> {
    return await createSluice(
      { mcpServers: { zoo: zooServer() }, stateDir, policy, sandbox: { guestsWarm: 0, wall: "none" } },
      { log: (line) => void log.push(line) },
    );
  }
  const said = (log: readonly string[]): string[] => log.filter((line) => /^(?:config-widened|remembered)/.test(line));
  /** What `sluice doctor` says of it. */
  function checkOf(name: string): string | undefined {
    const store = createStore(stateDir);
    try {
      const config = parseConfig({ mcpServers: {} }, { directory: stateDir, env: {} });
      const broker = createBroker(store);
      const quiet = { audit: { record: () => undefined }, log: () => undefined };
      return announce({ config, store, broker, ...quiet }).find((check) => check.name === name)?.detail;
    } finally {
      store.close();
    }
  }

  test("says what was widened, for a day in the log, once in the audit; doctor goes on saying it", async () => {
    const log: string[] = [];
    await using _first = await open({ tools: { "zoo.delete": "deny" } }, log);
    expect(said(log)).toEqual([]);
    await using second = await open({}, log);
    const line = expect.stringMatching(
      /^config-widened: policy\.tools "zoo\.delete": deny → nothing \(\d{4}-.*Z\)$/,
    ) as string;
    expect(said(log)).toEqual([line]);
    await using third = await open({}, log);
    expect(said(log)).toEqual([line, line]);
    // One that follows does not hide it.
    await using _fourth = await open({ programs: "approve" });
    await using _fifth = await open({}, log);
    expect(said(log).slice(2)).toEqual([expect.stringContaining("policy.programs"), line]);
    const records = [];
    for await (const record of second.auditRecords()) records.push(record);
    expect(records.filter(({ kind }) => kind === "config-widened")).toMatchObject([
      { changes: ['policy.tools "zoo.delete": deny → nothing'] },
      { changes: ["policy.programs: approve → allow"] },
    ]);
    expect(third.verifyAudit().problems).toEqual([]);
    expect(checkOf("policy")).toMatch(/^widened: .*; policy\.tools "zoo\.delete": deny → nothing \(.*Z\)$/);
  });

  test("says which answers were given for always; a yes of now opens nothing before it", async () => {
    const policy = { tools: { "zoo.echo": "approve" } };
    const log: string[] = [];
    await using first = await open(policy, log);
    let asked = 0;
    first.onQuestion(({ id }) => {
      asked += 1;
      first.answer(id, "allow-always", "test");
      return true;
    });
    for (let n = 0; n < 2; n += 1) expect((await first.callTool("zoo.echo", { n })).status).toBe("completed");
    expect(asked).toBe(2);
    expect(said(log)).toEqual([]);
    await using second = await open(policy, log);
    expect((await second.callTool("zoo.echo", { n: 3 })).status).toBe("completed");
    expect(second.questions()).toEqual([]);
    expect(said(log)).toEqual(["remembered answers: 1 in force: allow approval zoo.echo"]);
    expect(checkOf("remembered answers")).toBe("1 in force: allow approval zoo.echo");
  });

  test("an answer for always is taken back, at once and everywhere, and what is given again waits for a start", async () => {
    const policy = { tools: { "zoo.echo": "approve" } };
    const log: string[] = [];
    const asked: string[] = [];
    const answering = (sluice: Sluice, name: string, said: "allow-always" | "allow-once"): void => {
      sluice.onQuestion(({ id }) => {
        asked.push(name);
        sluice.answer(id, said, "test");
        return true;
      });
    };
    await using first = await open(policy, log);
    answering(first, "first", "allow-always");
    await first.callTool("zoo.echo", { n: 1 });
    await using second = await open(policy, log);
    answering(second, "second", "allow-once");
    await second.callTool("zoo.echo", { n: 2 });
    expect(asked).toEqual(["first"]);
    expect(first.forgetAnswers("crm.*", "test")).toEqual([]);
    const forgotten = [
      { kind: "approval", origins: [], tool: "zoo.echo", answer: "allow", answeredAt: expect.any(Number) },
    ];
    expect(first.rememberedAnswers()).toEqual(forgotten);
    expect(first.forgetAnswers("zoo.*", "test")).toEqual(forgotten);
    expect(first.rememberedAnswers()).toEqual([]);
    await second.callTool("zoo.echo", { n: 3 });
    expect(asked).toEqual(["first", "second"]);
    // Given anew while the second runs: in force from the next start on, as every yes.
    await first.callTool("zoo.echo", { n: 4 });
    await second.callTool("zoo.echo", { n: 5 });
    expect(asked).toEqual(["first", "second", "first", "second"]);
    const records: JsonObject[] = [];
    for await (const record of first.auditRecords()) if (record["kind"] === "answer-forgotten") records.push(record);
    expect(records).toMatchObject([{ about: "approval", from: [], tool: "zoo.echo", answer: "allow", by: "test" }]);
  });
});
