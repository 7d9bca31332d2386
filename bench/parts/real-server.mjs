// One server of the list: installed from npm into a folder of its own, started through Sluice, and looked at.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { load } from "./ground.mjs";

const INSTALL_MS = 600_000;
const CONNECT_MS = 60_000;
const CALL_MS = 20_000;

/**
 * A line of `conformance_servers.jsonl`: how a server is started, and what another client saw of it.
 * @typedef {object} Listed
 * @property {string} slug
 * @property {string} package
 * @property {string} version
 * @property {string} command
 * @property {string[]} args relative to the folder it is installed in
 * @property {Record<string, string>} env
 * @property {number} [tools] how many it listed
 * @property {string} [error] why it did not start
 * @property {[name: string, args: object]} [sampleCall]
 */

/**
 * What was seen of it here.
 * @typedef {object} Seen
 * @property {string} slug
 * @property {string} package
 * @property {string} version
 * @property {"installed" | "started" | "failed"} state `installed`: it did not start
 * @property {string} [reason] why it failed
 * @property {number} [tools]
 * @property {string[]} [missing] tools that another client saw and that are not there
 * @property {number} [appOnly] tools that are for the server's own page, and not for a model
 * @property {string[]} [problems] what Sluice says is wrong with its definitions
 * @property {string[]} [flags] where its text addresses the model
 * @property {string} [protocol]
 * @property {number} [startMs] start, handshake and list
 * @property {Call} [call]
 * @property {{ odd: number, output: number, annotated: number, noise: number }} [counts] tools whose name is no identifier,
 *   that declare an output, that have annotations; lines on stdout that are no message
 */

/** @typedef {{ tool: string, outcome: "data" | "error" | "none", code?: string, message?: string }} Call */

/** Installs the package, without running its scripts; a second time it is there. @param {Listed} server @param {string} cache */
export async function install({ slug, package: name, version }, cache) {
  const folder = join(cache, `${slug}-${version}`);
  const done = join(folder, ".installed");
  if (existsSync(done)) return folder;
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "package.json"), '{ "private": true }\n');
  const options = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"];
  await run("npm", ["install", ...options, `${name}@${version}`], folder);
  await writeFile(done, "");
  return folder;
}

/** @param {string} command @param {string[]} args @param {string} cwd @returns {Promise<string>} */
export function run(command, args, cwd) {
  const child = spawn(command, args, { cwd, stdio: ["ignore", "pipe", "pipe"], timeout: INSTALL_MS });
  let text = "";
  child.stdout.on("data", (chunk) => (text += chunk));
  child.stderr.on("data", (chunk) => (text += chunk));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) =>
      code === 0 ? resolve(text) : reject(new Error(`${command} ended with ${code}: ${text.trim().slice(-2_000)}`)),
    );
  });
}

/**
 * Starts it and looks at everything; its modules are written to `trees/<slug>`.
 * @param {Listed} listed
 * @param {{ folder: string, cache: string, names: readonly string[] }} where `names`: tools that it is known to have
 * @returns {Promise<Seen>}
 */
export async function look(listed, { folder, cache, names }) {
  const { slug, package: name, version } = listed;
  const about = { slug, package: name, version };
  const { createSluice } = await load("index.js");
  // What it writes to its home stays here.
  const home = join(folder, "home");
  await mkdir(home, { recursive: true });
  const entry = {
    command: listed.command === "node" ? process.execPath : listed.command,
    args: listed.args,
    env: { ...listed.env, HOME: home },
    cwd: folder,
    connectMs: CONNECT_MS,
    callMs: CALL_MS,
  };
  /** @type {string[]} */
  const log = [];
  const stateDir = join(folder, "state");
  await rm(stateDir, { recursive: true, force: true });
  const sluice = await createSluice(
    { mcpServers: { [slug]: entry }, stateDir, sandbox: { guestsWarm: 0 } },
    { log: (/** @type {string} */ line) => void log.push(line) },
  );
  try {
    const started = performance.now();
    const [report] = await sluice.refresh();
    const startMs = Math.round(performance.now() - started);
    if (report.state !== "ready" || report.protocol === undefined)
      return { ...about, state: "installed", reason: toLine(report.reason ?? log.at(-1) ?? "no answer") };
    const tools = await listTools(sluice, stateDir);
    await sluice.writeTree(join(cache, "trees", slug));
    const flagged = await sluice.flaggedDefinitions();
    return {
      ...about,
      state: "started",
      tools: report.tools,
      ...(await findMissing(listed, entry, names, tools)),
      problems: report.problems,
      flags: flagged.map((/** @type {any} */ { address, kind, path }) => `${address} ${kind} ${path}`),
      protocol: report.protocol,
      startMs,
      call: await callOne(sluice, listed, tools),
      counts: {
        odd: tools.filter((tool) => !/^[A-Za-z_$][\w$]*$/.test(tool.name)).length,
        output: tools.filter((tool) => tool.outputSchema !== undefined).length,
        annotated: tools.filter((tool) => tool.annotations !== undefined).length,
        noise: log.filter((line) => line.includes("stdout")).length,
      },
    };
  } finally {
    await sluice[Symbol.asyncDispose]();
  }
}

/** The definitions, as the catalogue has them. @param {any} sluice @param {string} stateDir @returns {Promise<any[]>} */
async function listTools(sluice, stateDir) {
  const { createStore } = await load("store/store.js");
  const store = createStore(stateDir);
  try {
    return store
      .all("SELECT definition FROM tool ORDER BY position")
      .map((/** @type {{ definition: string }} */ row) => JSON.parse(row.definition));
  } finally {
    store.close();
  }
}

/**
 * Which tools are not there: by the names that are known and, where their number is another than the list says, by what
 * the official client is told now.
 * @param {Listed} listed
 * @param {{ command: string, args: string[], env: Record<string, string>, cwd: string }} entry
 * @param {readonly string[]} names
 * @param {any[]} tools
 */
async function findMissing(listed, entry, names, tools) {
  const here = new Set(tools.map(({ name }) => name));
  if (listed.tools === undefined || listed.tools === tools.length)
    return { missing: names.filter((name) => !here.has(name)) };
  const { command, args, env, cwd } = entry;
  const client = new Client({ name: "sluice-bench", version: "1.0.0" });
  await client.connect(new StdioClientTransport({ command, args, env, cwd, stderr: "ignore" }));
  try {
    const { tools: all } = await client.request({ method: "tools/list" }, anything);
    const forApps = all.filter((/** @type {any} */ { _meta }) => _meta?.ui?.visibility?.includes("model") === false);
    const others = all.filter((/** @type {any} */ tool) => !here.has(tool.name) && !forApps.includes(tool));
    return { missing: others.map((/** @type {any} */ { name }) => name), appOnly: forApps.length };
  } finally {
    await client.close();
  }
}

/** @type {any} */
const anything = { "~standard": { version: 1, vendor: "bench", validate: (/** @type {any} */ value) => ({ value }) } };

/**
 * One call that changes nothing, by a program that catches its error.
 * @param {any} sluice
 * @param {Listed} listed
 * @param {any[]} tools
 * @returns {Promise<Call>}
 */
async function callOne(sluice, { slug, sampleCall }, tools) {
  const known = sampleCall === undefined ? undefined : tools.find(({ name }) => name === sampleCall[0]);
  const tool = known ?? tools.find(isHarmless);
  if (tool === undefined) return { tool: "", outcome: "none" };
  const args = known === undefined ? {} : (sampleCall?.[1] ?? {});
  const code = `try { await callTool(${JSON.stringify(`${slug}.${tool.name}`)}, ${JSON.stringify(args)}); return {}; }
    catch (error) { return { code: error.code, message: error.message }; }`;
  const { status, result, error } = await sluice.executeCode(code, { timeoutMs: CALL_MS * 2 });
  if (status !== "completed") throw new Error(`${slug}.${tool.name}: the program ${status}: ${error?.message}`);
  return result.code === undefined
    ? { tool: tool.name, outcome: "data" }
    : { tool: tool.name, outcome: "error", code: result.code, message: toLine(result.message) };
}

/** A tool that only reads and needs nothing: by what it says of itself, and by its name. @param {any} tool */
function isHarmless({ name, inputSchema, annotations = {} }) {
  if ((inputSchema?.required ?? []).length > 0 || annotations.destructiveHint === true) return false;
  if (
    /create|delete|remove|update|set|write|send|post|add|run|exec|start|stop|install|login|open|kill|reset/i.test(name)
  )
    return false;
  const reads = /^(?:[a-z]+[_-])?(?:list|get|search|status|whoami|read|show|find|current)/i.test(name);
  return annotations.readOnlyHint === undefined ? reads : annotations.readOnlyHint === true;
}

/** @param {string} text */
function toLine(text) {
  return text.replace(/\s+/g, " ").slice(0, 300);
}
