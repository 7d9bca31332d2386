import { toRow } from "./parts/figures.mjs";
import { inFolder, load } from "./parts/ground.mjs";
import { makeArguments, makeTools } from "./parts/synthetic-tools.mjs";

const ROUNDS = 60;
const CALLS_PER_ROUND = 500;
const GOAL_US = 300;

/** @type {import("./parts/figures.mjs").Benchmark} */
const gateway = {
  about: "what the gateway's steps cost one tool call",
  async run() {
    const { createAudit } = await load("gateway/audit.js");
    const { createGateway } = await load("gateway/steps.js");
    const { createLimit } = await load("gateway/limit.js");
    const { compose } = await load("gateway/compose.js");
    const { access, createDecider } = await load("gateway/access.js");
    const { validate } = await load("gateway/validate.js");
    return await inFolder(async (folder) => {
      const audit = createAudit(folder);
      const policy = {
        preset: "balanced",
        tools: { "*": "allow", "crm.delete*": "deny", "slack.*": "approve", "drive-1.get_*": "allow" },
      };
      const trustOf = () => "internal";
      const limit = createLimit({
        audit,
        limits: { "*": { inFlight: 64 }, "drive-1.*": { perSecond: 100_000, inFlight: 64 } },
        retry: { attempts: 3, maxMs: 20_000, tools: {} },
        breaker: { errorPercent: 50, windowMs: 30_000, callsMin: 10, openMs: 5_000 },
        trustOf,
        breakers: { load: () => undefined, save: () => undefined },
      });
      const noop = async () => ({ kind: "data", data: null, bytes: 4 });
      const chains = [
        {
          what: "all steps",
          pass: createGateway({ audit, policy, trustOf, approve: nobody, privacy: openly, limit }, noop),
          goals: [{ figure: "p50", max: GOAL_US }],
        },
        { what: "  audit alone: two records written", pass: compose([audit.step], noop), goals: [] },
        { what: "  access alone", pass: compose([access(createDecider({ policy, trustOf }))], noop), goals: [] },
        {
          what: "  without privacy",
          pass: createGateway({ audit, policy, trustOf, approve: nobody, limit }, noop),
          goals: [],
        },
        { what: "  limit alone: turn, breaker", pass: limit.around(noop), goals: [] },
        { what: "  validate alone", pass: compose([validate()], noop), goals: [] },
      ];
      const nothing = compose([], noop);
      const calls = makeCalls();
      const rows = [];
      for (const { what, pass, goals } of chains) {
        const samples = [];
        for (let round = -5; round < ROUNDS; round += 1) {
          // One right after the other: what is shared by both falls out of the difference.
          const bare = await timeRound(nothing, calls);
          const whole = await timeRound(pass, calls);
          if (round >= 0) samples.push(((whole - bare) * 1_000) / CALLS_PER_ROUND);
        }
        rows.push(toRow(what, "µs", samples, goals));
      }
      audit.close();
      rows.push(await measureSealing(folder));
      return {
        rows,
        notes: [
          `a sample is the mean over ${CALLS_PER_ROUND} calls, through the composed steps minus through none`,
          "arguments of one to eight properties",
          "in all steps what is asked of the thread that seals is answered at once; the row below it asks the thread",
        ],
      };
    });
  },
};
export default gateway;

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

/** @param {(call: any) => Promise<any>} pass @param {readonly object[]} calls */
async function timeRound(pass, calls) {
  const start = performance.now();
  for (let call = 0; call < CALLS_PER_ROUND; call += 1) {
    const outcome = await pass(calls[call % calls.length]);
    if (outcome.kind !== "data") throw new Error(`A call was refused: ${outcome.message}`);
  }
  return performance.now() - start;
}
