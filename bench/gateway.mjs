import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { toRow } from "./parts/figures.mjs";
import { inFolder, load } from "./parts/ground.mjs";
import { makeArguments, makeTools } from "./parts/synthetic-tools.mjs";

const ROUNDS = 60;
const CALLS_PER_ROUND = 500;
const GOAL_US = 300;

/** Every step has something to do: rules, a rate, amounts of each kind, a flow that is looked at. */
const policy = {
  preset: "balanced",
  tools: { "*": "allow", "crm.delete*": "deny", "slack.*": "approve", "drive-1.get_*": "allow" },
  flows: { "private -> outside": "deny", "untrusted -> destructive": "approve" },
  limits: { "*": { inFlight: 64 }, "drive-1": { perSecond: 100_000 }, "drive-1.*": { inFlight: 64 } },
  retry: { tools: { "crm.*": "always" } },
  definitions: "pinned",
  budget: {
    perExecution: { calls: 1e9, bytes: 1e12, usd: 1e6 },
    perSession: { calls: 1e9, usd: 1e6 },
    tools: { "drive-1.*": 0.001 },
  },
};

/** @type {import("./parts/figures.mjs").Benchmark} */
const gateway = {
  about: "what the gateway's steps cost one tool call",
  async run() {
    const { createGateway } = await load("gateway/steps.js");
    const { compose } = await load("gateway/compose.js");
    const { access, createDecider } = await load("gateway/access.js");
    const { validate } = await load("gateway/validate.js");
    return await inFolder(async (folder) => {
      const { gate, audit, checkDefinition, config, close } = await openParts(folder, policy);
      const perDay = { calls: 1e9, usd: 1e6 };
      const daily = await openParts(join(folder, "daily"), { ...policy, budget: { ...policy.budget, perDay } });
      const { trustOf, alerts, flow, budget, limit } = gate;
      const noop = async (/** @type {{ onLeave?: () => void }} */ call) => {
        call.onLeave?.();
        return { kind: "data", data: { id: 7, name: "Ana", status: "open" }, bytes: 40 };
      };
      const rules = { audit, policy: config.policy, trustOf, approve: nobody };
      const whole = { ...rules, checkDefinition, privacy: openly, alerts, flow, budget, limit };
      const ofDay = { ...daily.gate, audit: daily.audit, checkDefinition: daily.checkDefinition };
      const goals = [
        { figure: "p50", max: GOAL_US },
        { figure: "p99", max: GOAL_US },
      ];
      const chains = [
        { what: "all steps", pass: createGateway(whole, noop), goals },
        {
          what: "  and a budget of the day, shared by processes",
          pass: createGateway({ ...whole, ...ofDay }, noop),
          goals,
        },
        { what: "  audit alone: two records written", pass: compose([audit.step], noop) },
        {
          what: "  access alone: rules, the pinned definition",
          pass: compose([access(createDecider(rules), checkDefinition)], noop),
        },
        { what: "  without privacy", pass: createGateway({ ...whole, privacy: undefined }, noop) },
        { what: "  alerts alone", pass: compose([alerts.step], noop) },
        { what: "  flow alone", pass: compose([flow.step], noop) },
        { what: "  budget alone, of execution and session", pass: compose([budget.step], noop) },
        { what: "  budget alone, of the day too", pass: compose([daily.gate.budget.step], noop) },
        { what: "  limit alone: turn, rate, breaker", pass: limit.around(noop) },
        { what: "  validate alone", pass: compose([validate()], noop) },
      ];
      const calls = makeCalls();
      const nothing = await time(compose([], noop), calls);
      const rows = [];
      for (const { what, pass, goals = [] } of chains) rows.push(toRow(what, "µs", await time(pass, calls), goals));
      rows.push(toRow("  no step at all", "µs", nothing));
      close();
      daily.close();
      rows.push(await measureSealing(folder));
      return {
        rows,
        notes: [
          `a sample is one call, of ${ROUNDS * CALLS_PER_ROUND} one after the other, with its arguments of one to eight properties; a process's first calls are not among them`,
          "what the last row but one costs, the call itself and reading the clock, is in the others too",
          "in all steps what is asked of the thread that seals is answered at once; the last row asks the thread",
        ],
      };
    });
  },
};
export default gateway;

/** What a Sluice of this policy would compose the steps of. @param {string} stateDir @param {object} policy */
async function openParts(stateDir, policy) {
  const { createStore } = await load("store/store.js");
  const { createAudit } = await load("gateway/audit.js");
  const { createTrust } = await load("catalogue/trust.js");
  const { checkDefinitions } = await load("gateway/definitions.js");
  const { createEvents } = await load("runtime/events.js");
  const { openGate } = await load("runtime/gate.js");
  const { parseConfig } = await load("config/parse-config.js");
  const settings = { mcpServers: { "drive-1": { command: "drive" } }, stateDir, policy };
  const config = parseConfig(settings, { directory: stateDir, env: {} });
  const store = createStore(stateDir);
  const audit = createAudit(stateDir);
  const log = () => undefined;
  const gate = openGate({ config, store, audit, events: createEvents(), log });
  const checkDefinition = checkDefinitions("pinned", {
    trust: createTrust({ store, path: join(stateDir, "lock.json"), onChanged: log }),
    toCurrent: (/** @type {object} */ tool) => tool,
    isListed: async () => true,
    log,
  });
  const close = () => {
    gate[Symbol.dispose]();
    audit.close();
    store.close();
  };
  return { gate, audit, checkDefinition, config, close };
}

/** Nobody is asked, and nothing is sealed: what the steps cost by themselves. */
const nobody = {
  broker: { ask: async () => false, remembered: () => undefined },
  masked: async () => "",
  clean: async (/** @type {string[]} */ texts) => texts,
};
const openly = {
  restore: async (/** @type {unknown} */ args) => args,
  seal: async (/** @type {unknown} */ value) => ({ value, counts: {}, withheld: 0 }),
  sealLarge: async (/** @type {unknown} */ value) => ({ value, counts: {}, withheld: 0 }),
  modeOf: () => "seal",
  release: {
    uses: async () => [],
    privacy: { consent: "matching", release: [] },
    trustOf: () => "internal",
    isFor: () => false,
    remembered: () => undefined,
    record: () => undefined,
  },
};

/** One small record with known values, there and back. @param {string} folder */
async function measureSealing(folder) {
  const { createPrivacy } = await load("privacy/privacy.js");
  const { defaultClasses } = await load("privacy/classes.js");
  const privacy = createPrivacy({
    ...{
      directory: folder,
      scope: "bench",
      classes: defaultClasses,
      prose: false,
      own: [],
      mayMatch: false,
      secrets: [],
    },
    ...{ key: new Uint8Array(32).fill(1), sessionKey: new Uint8Array(32).fill(2) },
  });
  const value = { id: 7, name: "Ana Ruiz", email: "ana@acme.io", status: "open", note: "called about the order" };
  const samples = [];
  for (let round = -50; round < 300; round += 1) {
    const started = performance.now();
    await privacy.seal({ value, server: "bench", mode: "seal", isLocal: false, fields: {} });
    if (round >= 0) samples.push((performance.now() - started) * 1_000);
  }
  await privacy[Symbol.asyncDispose]();
  return toRow("sealing a record of five members, in its thread", "µs", samples);
}

function makeCalls() {
  const signal = new AbortController().signal;
  return makeTools(3, 50).map((/** @type {any} */ definition, index) => ({
    executionId: "run_0123456789",
    callId: index + 1,
    origin: "program",
    tool: {
      ...definition,
      server: "drive-1",
      address: `drive-1.${definition.name}`,
      callName: definition.name,
      hash: "",
    },
    arguments: makeArguments(definition, Object.keys(definition.inputSchema.properties)),
    grant: {},
    signal,
  }));
}

/** Microseconds of each call. @param {(call: any) => Promise<any>} pass @param {readonly object[]} calls */
async function time(pass, calls) {
  /** @type {number[]} */
  const samples = [];
  for (let call = -5 * CALLS_PER_ROUND; call < ROUNDS * CALLS_PER_ROUND; call += 1) {
    const start = performance.now();
    const outcome = await pass(calls[Math.abs(call) % calls.length]);
    const end = performance.now();
    if (outcome.kind !== "data") throw new Error(`A call was refused: ${outcome.message}`);
    if (call >= 0) samples.push((end - start) * 1_000);
    // As between frames: what was put off is done.
    if (call % CALLS_PER_ROUND === 0) await nextTurn();
  }
  return samples;
}
