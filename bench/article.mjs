// The two cases of "Code execution with MCP" on the genuine npm servers of Google Drive, Salesforce and Slack, against a
// server on loopback that plays the vendors: by direct calls, and by programs through `sluice serve`.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { connectAgent } from "./article/agent.mjs";
import { cases, doByCode, doDirectly } from "./article/cases.mjs";
import { installServers, toServers } from "./article/servers.mjs";
import { average, toTable, toTimes } from "./article/table.mjs";
import { ANSWER_MS, startVendors } from "./article/vendors.mjs";
import { percentile, toValueRow } from "./parts/figures.mjs";
import { cli, inFolder, load } from "./parts/ground.mjs";

const ITERATIONS = Number(process.env["SLUICE_BENCH_ITERATIONS"] ?? 100);
const FAULT_SHARE = 0.03;
/** What a model takes, assumed: until it begins to write, and for each token that it writes. */
const model = { firstTokenMs: 1_000, msPerToken: 1_000 / 60 };

/** @typedef {import("./article/cases.mjs").Case} Case */
/** @typedef {import("./article/agent.mjs").Agent} Agent */
/** @typedef {{ isDone: boolean, ms: number, modelMs: number, input: number, output: number, total: number, turns: number, usd: number }} Run */
/** @typedef {import("../demo/conversation.js").Conversation} Conversation */
/** @typedef {(work: Case) => Promise<import("../demo/conversation.js").Cost>} Side does the work once */

/** @type {import("./parts/figures.mjs").Benchmark} */
const article = {
  about: "the article's two cases on the genuine servers, by direct calls and by programs",
  async run(say) {
    await installServers(say);
    const { modelPrices } = await load("base/model-prices.js");
    const vendors = await startVendors();
    try {
      return await inFolder(async (folder) => {
        const servers = toServers(vendors.url, folder);
        const direct = await connectAgent(servers);
        const code = await connectAgent({ sluice: await writeConfig(folder, servers) });
        try {
          const sides = toSides(direct, code);
          const price = modelPrices.table[modelPrices.model];
          const measured = [];
          for (const work of cases) {
            // Whoever comes first would pay for the servers' first connections.
            await measure(work, sides, { vendors, share: 0, iterations: 3, price });
            say(`${work.name}: ${ITERATIONS} times without faults`);
            const calm = await measure(work, sides, { vendors, share: 0, iterations: ITERATIONS, price });
            say(`${work.name}: ${ITERATIONS} times with faults`);
            const faulty = await measure(work, sides, { vendors, share: FAULT_SHARE, iterations: ITERATIONS, price });
            measured.push({ work, calm, faulty });
          }
          return toResult(measured, { direct, code, model: modelPrices });
        } finally {
          await Promise.all([direct.close(), code.close()]);
        }
      });
    } finally {
      await vendors.close();
    }
  },
};
export default article;

/** @param {string} folder @param {ReturnType<typeof toServers>} mcpServers */
async function writeConfig(folder, mcpServers) {
  const config = join(folder, "sluice.config.json");
  await writeFile(
    config,
    JSON.stringify({
      mcpServers,
      stateDir: join(folder, "state"),
      privacy: {
        release: [
          { from: "gdrive", to: "salesforce.salesforce_dml_records", classes: ["NAME", "EMAIL", "PHONE"] },
          // A first name may be in the transcript too, and then comes from both.
          { from: "salesforce", to: "slack.slack_post_message", classes: ["NAME"] },
          { from: "gdrive", to: "slack.slack_post_message", classes: ["NAME"] },
        ],
      },
      // None of the servers says which of its tools may be called twice.
      policy: {
        retry: {
          tools: {
            "gdrive.readGoogleDoc": "always",
            "salesforce.salesforce_query_records": "always",
            "salesforce.salesforce_dml_records": "always",
          },
        },
      },
    }),
  );
  return { command: process.execPath, args: [cli, "serve", "--config", config] };
}

/** @param {Agent} direct @param {Agent} code @returns {Side[]} */
function toSides(direct, code) {
  const side =
    (/** @type {Agent} */ agent, /** @type {(work: Case, conversation: Conversation) => Promise<void>} */ act) =>
    async (/** @type {Case} */ work) => {
      const conversation = agent.start();
      await act(work, conversation);
      return conversation.cost();
    };
  return [
    side(direct, (work, conversation) => doDirectly(work, conversation, false)),
    side(direct, (work, conversation) => doDirectly(work, conversation, true)),
    side(code, (work, conversation) => doByCode(work, conversation, false)),
    side(code, (work, conversation) => doByCode(work, conversation, true)),
  ];
}

/**
 * Each side in turn, each with the same faults in the same order of requests.
 * @param {Case} work @param {readonly Side[]} sides
 * @param {{ vendors: Awaited<ReturnType<typeof startVendors>>, share: number, iterations: number, price: { input: number, output: number } }} how
 * @returns {Promise<Run[][]>} by side
 */
async function measure(work, sides, { vendors, share, iterations, price }) {
  /** @type {Run[][]} */
  const runs = sides.map(() => []);
  for (let iteration = 0; iteration < iterations; iteration += 1)
    for (const [at, side] of sides.entries()) {
      vendors.begin(share, iteration);
      const { input, output, total, turns, ms } = await side(work);
      runs[at]?.push({
        ...{ isDone: work.isDone(vendors.state), ms, input, output, total, turns },
        modelMs: turns * model.firstTokenMs + output * model.msPerToken,
        usd: (input * price.input + output * price.output) / 1_000_000,
      });
    }
  return runs;
}

/**
 * @param {readonly { work: Case, calm: Run[][], faulty: Run[][] }[]} measured
 * @param {{ direct: Agent, code: Agent, model: { model: string, date: string } }} about
 * @returns {import("./parts/figures.mjs").Result}
 */
function toResult(measured, { direct, code, model: { model: name, date } }) {
  const rows = measured.flatMap(({ work, calm, faulty }) => [
    ...toGoals(`${work.name}, without faults`, calm),
    ...toGoals(`${work.name}, 3 % faults`, faulty),
  ]);
  const tables = measured.flatMap(({ work, calm, faulty }) => [
    toTable(`${work.name}, without faults`, calm),
    toTable(`${work.name}, 3 % of the vendors' answers are faults`, faulty),
  ]);
  return {
    rows,
    tables,
    notes: [
      `${direct.tools} tools of three servers, ${direct.definitions} tokens of definitions, against ${code.tools} of ${code.definitions}`,
      "o200k tokens, counted exactly; every turn sends definitions and conversation again, on both sides; no cache",
      `money by the list price of ${name} of ${date}`,
      `latency is what the calls, the sandbox and Sluice take, of the iterations that ended well; the vendors take ${ANSWER_MS} ms for each request`,
      `with a model's time: assumed, not measured, ${model.firstTokenMs / 1_000} s until it begins to write in each turn and ${Math.round(1_000 / model.msPerToken)} tokens a second`,
      "an error is an iteration after which the vendors do not have exactly what the task asks for, once; faults are seeded, the same on each side: HTTP 503, 429, a dropped connection, nothing done for any of them; what the servers' own libraries try again is tried again on each side",
      "the direct agent makes all messages in one turn; failed calls once more are one turn more; the program's agent looks its tools up and, since the server does not say what it answers, at one lead first; where they are known it does not; it never runs a program again",
      'the article: Anthropic, "Code execution with MCP", 4 November 2025; it gives tokens only, for no particular case',
    ],
  };
}

/** By code against the direct agent that does the same work as often to its end. @param {string} what @param {Run[][]} runs */
function toGoals(what, [direct = [], patient = [], code = [], known = []]) {
  const total = (/** @type {Run[]} */ runs) => average(runs.map((run) => run.total));
  const errors = (/** @type {Run[]} */ runs) => (100 * runs.filter(({ isDone }) => !isDone).length) / runs.length;
  const ratio = (/** @type {(values: number[]) => number} */ of) => of(toTimes(code)) / of(toTimes(patient));
  return [
    toValueRow(`${what}: fewer tokens`, "%", 100 * (1 - total(code) / total(direct)), { min: 98.7 }),
    toValueRow("  than by the agent that makes failed calls again", "%", 100 * (1 - total(code) / total(patient))),
    toValueRow("  fewer tokens where the tools are known", "%", 100 * (1 - total(known) / total(direct))),
    toValueRow("  errors by code", "%", errors(code), { max: Math.min(errors(direct), errors(patient)) }),
    toValueRow("  average latency by code ÷ directly", "×", ratio(average), { max: 1 }),
    toValueRow(
      "  p99 latency by code ÷ directly",
      "×",
      ratio((values) => percentile(values, 0.99)),
      { max: 1 },
    ),
  ];
}
