import { existsSync, readFileSync } from "node:fs";
import { appendFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { toRow, toValueRow } from "./parts/figures.mjs";
import { install, look, run } from "./parts/real-server.mjs";
import { toServersPage } from "./parts/servers-page.mjs";

/** How many servers live at once. */
const ALIVE_MAX = 2;
const STARTED_MIN = 40;

/** @typedef {import("./parts/real-server.mjs").Listed} Listed */
/** @typedef {import("./parts/real-server.mjs").Seen} Seen */

/** @type {import("./parts/figures.mjs").Benchmark} */
const servers = {
  about: "real servers from npm, through Sluice",
  async run(say) {
    const source = process.env["SLUICE_BENCH_TOOLS"];
    if (source === undefined) {
      const reason = "skipped: SLUICE_BENCH_TOOLS does not name the folder with conformance_servers.jsonl.gz";
      say(reason);
      return { rows: [], notes: [reason] };
    }
    const cache = process.env["SLUICE_BENCH_CACHE"] ?? join(tmpdir(), "sluice-bench-servers");
    await mkdir(cache, { recursive: true });
    /** @type {Listed[]} */
    const list = readLines(join(source, "conformance_servers.jsonl.gz"));
    const seen = await lookAtAll(list, readNames(source), cache, say);
    say("compiling every module");
    const errors = await compile(join(cache, "trees"));
    const page = join(cache, "servers.md");
    await writeFile(page, toServersPage(list, seen, errors));
    return { rows: toRows(seen, errors), notes: [`the table is in ${page}; what was seen is kept in ${cache}`] };
  },
};
export default servers;

/**
 * What was seen before is not looked at again: the work is long, and may be broken off.
 * @param {Listed[]} list
 * @param {Map<string, string[]>} names
 * @param {string} cache
 * @param {(text: string) => void} say
 */
async function lookAtAll(list, names, cache, say) {
  const file = join(cache, "seen.jsonl");
  /** @type {Map<string, Seen>} */
  const seen = new Map();
  if (existsSync(file))
    for (const line of (await readFile(file, "utf8")).split("\n").filter(Boolean)) {
      const one = JSON.parse(line);
      seen.set(one.slug, one);
    }
  const waiting = list.filter(({ slug, version }) => seen.get(slug)?.version !== version);
  let installing = Promise.resolve();
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const listed = next;
      const { slug, package: name, version } = listed;
      /** @type {Seen} */
      let one = { slug, package: name, version, state: "failed" };
      try {
        // One after the other: an installation takes all of a machine.
        const installed = installing.then(() => install(listed, cache));
        installing = installed.then(
          () => undefined,
          () => undefined,
        );
        const folder = await installed;
        one = await look(listed, { folder, cache, names: names.get(slug) ?? [] });
      } catch (error) {
        one.reason = (error instanceof Error ? error.message : String(error)).replace(/\s+/g, " ").slice(0, 300);
      }
      seen.set(slug, one);
      await appendFile(file, `${JSON.stringify(one)}\n`);
      say(
        `${slug}: ${one.state}${one.reason === undefined ? `, ${one.tools} tools, ${one.startMs} ms` : `: ${one.reason}`}`,
      );
    }
  };
  await Promise.all(Array.from({ length: ALIVE_MAX }, worker));
  return list.flatMap(({ slug }) => seen.get(slug) ?? []);
}

/** The errors of the compiler by server. @param {string} trees @returns {Promise<Map<string, string[]>>} */
async function compile(trees) {
  const options = { strict: true, noEmit: true, target: "es2023", lib: ["es2023"], module: "nodenext", types: [] };
  await writeFile(join(trees, "tsconfig.json"), JSON.stringify({ compilerOptions: options, include: ["*/**/*.ts"] }));
  await writeFile(join(trees, "package.json"), '{ "type": "module" }\n');
  const tsc = fileURLToPath(new URL("../node_modules/.bin/tsc", import.meta.url));
  const text = await run(tsc, ["-p", trees, "--pretty", "false"], trees).catch(
    (/** @type {Error} */ error) => error.message,
  );
  /** @type {Map<string, string[]>} */
  const errors = new Map();
  for (const [line, path] of text.matchAll(/^(?:.*: )?([^\s(]+)\(\d+,\d+\): error .*$/gm)) {
    const slug = path?.split("/")[0] ?? "";
    errors.set(slug, [...(errors.get(slug) ?? []), line]);
  }
  if (errors.size === 0 && /error/.test(text)) throw new Error(text);
  return errors;
}

/** @param {Seen[]} seen @param {Map<string, string[]>} errors */
function toRows(seen, errors) {
  const started = seen.filter(({ state }) => state === "started");
  const count = (/** @type {(one: Seen) => boolean} */ is) => started.filter(is).length;
  const starts = started.map(({ startMs = 0 }) => startMs);
  return [
    toValueRow("in the list", "servers", seen.length),
    toValueRow("start here", "servers", started.length, { min: STARTED_MIN }),
    toValueRow(
      "of these, a tool is missing",
      "servers",
      count(({ missing = [] }) => missing.length > 0),
      { max: 0 },
    ),
    toValueRow(
      "of these, a module does not compile",
      "servers",
      count(({ slug }) => errors.has(slug)),
      { max: 0 },
    ),
    toValueRow(
      "tools",
      "tools",
      started.reduce((sum, { tools = 0 }) => sum + tools, 0),
    ),
    toValueRow(
      "a call answered with data",
      "servers",
      count(({ call }) => call?.outcome === "data"),
    ),
    toValueRow(
      "a call answered with an error, which a program caught",
      "servers",
      count(({ call }) => call?.outcome === "error"),
    ),
    ...(starts.length === 0 ? [] : [toRow("start, handshake and list", "ms", starts)]),
  ];
}

/** The tools that another client saw, by server. @param {string} source */
function readNames(source) {
  /** @type {Map<string, string[]>} */
  const names = new Map();
  for (const { server, tool, source: from } of readLines(join(source, "catalog.jsonl.gz"))) {
    if (from === "npm") names.set(server, [...(names.get(server) ?? []), tool]);
  }
  return names;
}

/** @param {string} path @returns {any[]} */
function readLines(path) {
  const lines = gunzipSync(readFileSync(path)).toString("utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line));
}
