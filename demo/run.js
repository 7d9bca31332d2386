import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runAsCode } from "./code-agent.js";
import { connectAgent } from "./direct-agent.js";
import { formatTable } from "./report.js";
import { scenarios } from "./scenarios.js";

/** @typedef {import("./conversation.js").Cost} Cost */
/** @typedef {import("./direct-agent.js").Agent} Agent */

/**
 * `reduction` is the share of tokens that the program saves: 1 − code.total ÷ direct.total. `problem` says what is wrong
 * with the servers' state afterwards.
 * @typedef {object} ScenarioReport
 * @property {string} name
 * @property {string} title
 * @property {Cost} direct
 * @property {Cost} code
 * @property {number} reduction
 * @property {{ direct?: string, code?: string }} problems
 */

/**
 * Runs every scenario on both sides against the real servers, prints what it cost, and removes its state.
 * @param {{ json?: boolean, out?: { write(text: string): unknown }, stateDir?: string, signal?: AbortSignal }} [options]
 *   `out` takes the result (default stdout); `stateDir` is kept, a temporary folder is not; `signal` stops the servers,
 *   and with them whatever waits for one
 * @returns {Promise<{ ok: boolean, scenarios: ScenarioReport[] }>} `ok`: every state check held
 */
export async function runDemo({ json = false, out = process.stdout, stateDir, signal } = {}) {
  const folder = stateDir ?? (await mkdtemp(join(tmpdir(), "sluice-demo-")));
  try {
    const { reports, definitions } = await runScenarios(folder, signal);
    const ok = reports.every(({ problems }) => problems.direct === undefined && problems.code === undefined);
    out.write(
      json ? `${JSON.stringify({ scenarios: reports.map(toJson) }, null, 2)}\n` : formatTable(reports, definitions),
    );
    return { ok, scenarios: reports };
  } finally {
    if (stateDir === undefined) await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** @param {string} folder @param {AbortSignal} [signal] */
async function runScenarios(folder, signal) {
  const directState = join(folder, "direct");
  const codeState = join(folder, "code");
  say("starting the demo's four MCP servers for the direct agent, and sluice serve over four more");
  const [direct, code] = await connectBoth(directState, codeState, join(folder, "sluice"));
  const stop = () => void Promise.all([direct.close(), code.close()]);
  signal?.addEventListener("abort", stop, { once: true });
  try {
    // Neither side's clock should hold the start of a server, or the seeding of its data.
    await warmUp(direct, code);
    const workspace = join(folder, "sluice", "workspaces", "default");
    /** @type {ScenarioReport[]} */
    const reports = [];
    for (const scenario of scenarios) {
      signal?.throwIfAborted();
      say(`${scenario.title}: by direct calls`);
      const directly = direct.start();
      const directEvidence = { folder: directState, reported: await runDirectly(directly, scenario) };
      say(`${scenario.title}: as a program`);
      const asCode = code.start();
      const codeEvidence = { folder: codeState, workspace, reported: await runAsCode(asCode, scenario) };
      const [directCost, codeCost] = [directly.cost(), asCode.cost()];
      reports.push({
        name: scenario.name,
        title: scenario.title,
        direct: directCost,
        code: codeCost,
        reduction: Number((1 - codeCost.total / directCost.total).toFixed(4)),
        problems: { direct: check(scenario, directEvidence), code: check(scenario, codeEvidence) },
      });
    }
    return { reports, definitions: { direct: direct.definitions, code: code.definitions } };
  } finally {
    signal?.removeEventListener("abort", stop);
    await Promise.all([direct.close(), code.close()]);
  }
}

/**
 * What is wrong with the state; a state that cannot be read is wrong too.
 * @param {import("./scenarios.js").Scenario} scenario
 * @param {import("./scenarios.js").Evidence} evidence
 * @returns {string | undefined}
 */
function check(scenario, evidence) {
  try {
    return scenario.check(evidence);
  } catch (error) {
    return `the state cannot be read: ${String(error)}`;
  }
}

/**
 * @param {import("./conversation.js").Conversation} conversation
 * @param {import("./scenarios.js").Scenario} scenario
 */
async function runDirectly(conversation, scenario) {
  let reported = "";
  for (const [index, task] of scenario.tasks.entries()) {
    conversation.ask(task);
    reported = (await scenario.direct[index]?.(conversation, reported)) ?? "";
    conversation.answer(scenario.answers[index] ?? "");
  }
  return reported;
}

/**
 * @param {string} directState
 * @param {string} codeState
 * @param {string} sluiceState
 * @returns {Promise<[Agent, Agent]>}
 */
async function connectBoth(directState, codeState, sluiceState) {
  const example = JSON.parse(await readFile(new URL("sluice.config.json", import.meta.url), "utf8"));
  const names = Object.keys(example.mcpServers);
  const toServers = (/** @type {string} */ state) =>
    new Map(names.map((name) => [name, { command: process.execPath, args: [toPath(`servers/${name}.js`), state] }]));
  const config = `${sluiceState}.config.json`;
  await writeFile(
    config,
    JSON.stringify({ ...example, mcpServers: Object.fromEntries(toServers(codeState)), stateDir: sluiceState }),
  );
  const serve = { command: process.execPath, args: [toPath("../dist/surfaces/cli.js"), "serve", "--config", config] };
  const direct = await connectAgent(toServers(directState));
  try {
    return [direct, await connectAgent(new Map([["sluice", serve]]))];
  } catch (error) {
    await direct.close();
    throw error;
  }
}

/** Lets every server answer once on both sides. @param {Agent} direct @param {Agent} code */
async function warmUp(direct, code) {
  const countLeads = { query: "SELECT COUNT() FROM Lead" };
  await direct.start().call([
    { server: "gdrive", name: "listFiles", input: {} },
    { server: "salesforce", name: "query", input: countLeads },
  ]);
  // The other two answer that listing is not part of the demo, which is an answer too.
  const program = `await Promise.allSettled([gdrive.listFiles({}), salesforce.query(${JSON.stringify(countLeads)}),
    slack.listChannels({}), sendgrid.listTemplates({})]);`;
  await code.start().call([{ server: "sluice", name: "execute_code", input: { code: program } }]);
}

/** @param {ScenarioReport} report the table's numbers without what is for people @returns {object} */
function toJson({ name, direct, code, reduction, problems }) {
  return {
    name,
    direct: toJsonCost(direct),
    code: toJsonCost(code),
    reduction,
    ok: problems.direct === undefined && problems.code === undefined,
  };
}

/** @param {Cost} cost */
function toJsonCost({ definitions, input, output, total, calls, ms }) {
  return { definitions, input, output, total, calls, ms };
}

/** @param {string} relative to this folder @returns {string} */
function toPath(relative) {
  return fileURLToPath(new URL(relative, import.meta.url));
}

/** @param {string} line */
function say(line) {
  process.stderr.write(`demo: ${line}\n`);
}
