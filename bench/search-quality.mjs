// How well search ranks, on labelled queries over real tools, beside a tuned BM25F and MiniSearch in the same run. The
// data is not part of this repository: SLUICE_BENCH_TOOLS names its folder (catalog.jsonl, queries.jsonl, also .gz).
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { gunzipSync } from "node:zlib";
import { Tokenizer } from "ai-tokenizer";
import * as o200k from "ai-tokenizer/encoding/o200k_base";
import { bestConstants, createBm25f } from "./parts/bm25f.mjs";
import { inFolder, load } from "./parts/ground.mjs";

/**
 * @typedef {{ id: string, server: string, tool: string, title?: string, description?: string, pools: string[], inputSchema?: any, outputSchema?: any }} Tool
 * @typedef {{ query_id: string, suite: string, pool: string, query: string, needs: string[][] }} Query
 * @typedef {(query: string) => Promise<{ ranked: string[], tokens?: number }>} System ids of the best twenty
 * @typedef {{ "hit@1": number, "hit@5": number, "hit@10": number, mrr: number, tokens: number }} Score
 */

const MINISEARCH = "minisearch@7.2.0";
const RANKED = 20;
const SUITE_QUERIES_MIN = 60;
const LEAD_MIN = 0.03;
const RESAMPLES = 10_000;
/** The best of 24 drawn at random and 5 by hand, chosen as the constants of BM25F were. */
const miniSearchOptions = {
  boost: { tool: 1.5, server: 0.5, description: 1, parameters: 0.3 },
  prefix: (/** @type {string} */ term) => term.length > 3,
  weights: { fuzzy: 0.45, prefix: 0.2 },
  bm25: { k: 1.6, b: 0.85, d: 0.8 },
};

/** @type {import("./parts/figures.mjs").Benchmark} */
const searchQuality = {
  about: "hit@5 of search over the better of BM25F and MiniSearch, on labelled queries",
  async run(say) {
    const folder = process.env["SLUICE_BENCH_TOOLS"];
    if (folder === undefined || folder === "")
      return { rows: [], notes: ["skipped: SLUICE_BENCH_TOOLS does not name the folder of the labelled queries"] };
    const tools = /** @type {Tool[]} */ (readLines(folder, "catalog.jsonl"));
    const queries = /** @type {Query[]} */ (readLines(folder, "queries.jsonl"));
    return await inFolder(async (temporary) => {
      const MiniSearch = await installMiniSearch(temporary, say);
      /** @type {Map<string, Map<string, Score[]>>} suite → system → a score for each query */
      const scores = new Map();
      for (const pool of new Set(queries.map((query) => query.pool))) {
        say(`the tools of ${pool}`);
        const known = tools.filter(({ pools }) => pools.includes(pool));
        const { sluice, ask } = await openSluice(join(temporary, pool), known);
        /** @type {[string, System][]} */
        const systems = [
          ["Sluice", ask],
          ["BM25F", await makeBm25f(known)],
          ...(MiniSearch === undefined
            ? []
            : [/** @type {[string, System]} */ (["MiniSearch", await makeMiniSearch(MiniSearch, known)])]),
        ];
        for (const query of queries.filter((one) => one.pool === pool)) {
          const suite = scores.get(query.suite) ?? new Map();
          scores.set(query.suite, suite);
          for (const [name, system] of systems) {
            const { ranked, tokens = 0 } = await system(query.query);
            suite.set(name, [...(suite.get(name) ?? []), { ...score(query.needs, ranked), tokens }]);
          }
        }
        await sluice[Symbol.asyncDispose]();
      }
      return toResult(scores);
    });
  },
};
export default searchQuality;

/** @param {string} folder @param {string} name */
function readLines(folder, name) {
  const plain = join(folder, name);
  const text = existsSync(plain) ? readFileSync(plain) : gunzipSync(readFileSync(`${plain}.gz`));
  return text
    .toString("utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

/** @param {string[][]} needs @param {string[]} ranked */
function score(needs, ranked) {
  const wanted = new Set(needs.flat());
  const rank = ranked.findIndex((id) => wanted.has(id)) + 1;
  const hit = (/** @type {number} */ max) => (rank > 0 && rank <= max ? 1 : 0);
  return { "hit@1": hit(1), "hit@5": hit(5), "hit@10": hit(10), mrr: rank === 0 ? 0 : 1 / rank };
}

/** @param {string} folder @param {(text: string) => void} say @returns {Promise<any>} */
async function installMiniSearch(folder, say) {
  try {
    const options = ["install", "--prefix", folder, "--no-save", "--ignore-scripts", "--no-audit", "--no-fund"];
    await promisify(execFile)("npm", [...options, MINISEARCH]);
    const entry = join(folder, "node_modules/minisearch/dist/es/index.js");
    return (await import(pathToFileURL(entry).href)).default;
  } catch (error) {
    say(`without MiniSearch: ${MINISEARCH} cannot be installed (${error})`);
    return undefined;
  }
}

/** A Sluice whose catalogue knows these tools. @param {string} folder @param {Tool[]} tools */
async function openSluice(folder, tools) {
  const { createStore } = await load("store/store.js");
  const { createCatalogue } = await load("catalogue/catalogue.js");
  const { createSluice } = await load("index.js");
  const { loadConfig } = await load("config/load-config.js");
  const tokenizer = new Tokenizer(o200k);
  /** @type {Map<string, Tool[]>} */
  const byServer = new Map();
  for (const tool of tools) byServer.set(tool.server, [...(byServer.get(tool.server) ?? []), tool]);
  const entries = [...byServer.keys()].map((key) => [key, { command: "never-started", args: [key] }]);
  await mkdir(folder);
  const path = join(folder, "sluice.config.json");
  await writeFile(path, JSON.stringify({ mcpServers: Object.fromEntries(entries), stateDir: "./state" }));
  const config = loadConfig({ path, cwd: folder, env: {} });
  const store = createStore(config.stateDir);
  const servers = config.servers.map((/** @type {any} */ { key, hash }) => ({ key, configHash: hash }));
  const catalogue = createCatalogue({ store, servers });
  /** @type {Map<string, string>} */
  const ids = new Map();
  for (const [key, listed] of byServer) {
    const definitions = listed.map(({ tool: name, title, description, inputSchema, outputSchema }) => ({
      name,
      title,
      description,
      inputSchema: inputSchema ?? { type: "object" },
      outputSchema,
    }));
    catalogue.update(key, { tools: definitions, problems: [] });
    for (const { tool, id } of listed) ids.set(`${key}.${tool}`, id);
  }
  store.close();
  const sluice = await createSluice(config);
  /** @type {System} */
  const ask = async (query) => {
    const { results } = await sluice.searchTools(query, { limit: RANKED, detail: "name" });
    const tokens = tokenizer.count(JSON.stringify(await sluice.searchTools(query)));
    return { ranked: results.map((/** @type {any} */ { id }) => ids.get(id) ?? id), tokens };
  };
  return { sluice, ask };
}

/** The same fields and words for both: only the ranking differs. @param {Tool} tool */
function toTexts({ tool, server, title, description, inputSchema }) {
  const parameters = Object.entries(inputSchema?.properties ?? {}).map(
    ([name, property]) => `${name} ${typeof property?.description === "string" ? property.description : ""}`,
  );
  return [tool, server, `${title ?? ""} ${description ?? ""}`, parameters.join(" ")];
}

/** @param {Tool[]} tools @returns {Promise<System>} */
async function makeBm25f(tools) {
  const { toTerm, toWords } = await load("catalogue/words.js");
  const toTerms = (/** @type {string} */ text) =>
    toWords(text).flatMap((/** @type {string} */ word) => toTerm(word) ?? []);
  const rank = createBm25f(
    tools.map((tool) => toTexts(tool).map(toTerms)),
    bestConstants,
  );
  return async (query) => ({ ranked: rank(toTerms(query), RANKED).map((at) => tools[at]?.id ?? "") });
}

/** @param {any} MiniSearch @param {Tool[]} tools @returns {Promise<System>} */
async function makeMiniSearch(MiniSearch, tools) {
  const { toTerm, toWords } = await load("catalogue/words.js");
  const fields = ["tool", "server", "description", "parameters"];
  const index = new MiniSearch({
    fields,
    tokenize: toWords,
    processTerm: (/** @type {string} */ word) => toTerm(word) ?? null,
    searchOptions: miniSearchOptions,
  });
  index.addAll(
    tools.map((tool, id) => ({ id, ...Object.fromEntries(toTexts(tool).map((text, at) => [fields[at], text])) })),
  );
  return async (query) => ({
    ranked: index
      .search(query)
      .slice(0, RANKED)
      .map((/** @type {any} */ { id }) => tools[id]?.id ?? ""),
  });
}

/** @param {Map<string, Map<string, Score[]>>} scores */
function toResult(scores) {
  const rows = [];
  const notes = ["suite, system, n: hit@1, hit@5, hit@10, MRR, o200k tokens of an answer (10 results, summary)"];
  for (const [suite, systems] of [...scores].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const ours = systems.get("Sluice") ?? [];
    for (const [name, all] of systems) {
      const figures = /** @type {const} */ (["hit@1", "hit@5", "hit@10", "mrr"]).map((key) =>
        mean(all, key).toFixed(3),
      );
      const tokens = name === "Sluice" ? `, ${Math.round(mean(all, "tokens"))}` : "";
      notes.push(`${suite}, ${name}, ${all.length}: ${figures.join(", ")}${tokens}`);
      if (name === "Sluice") continue;
      const leads = ours.map((one, at) => one["hit@5"] - (all[at]?.["hit@5"] ?? 0));
      const lead = leads.reduce((sum, one) => sum + one, 0) / leads.length;
      const [low, high] = bootstrap(leads);
      const isGoal = all.length > SUITE_QUERIES_MIN;
      rows.push({
        what: `${suite}: hit@5 − ${name} (95 %: ${low.toFixed(3)} to ${high.toFixed(3)})`,
        n: all.length,
        unit: "",
        figures: { value: Number(lead.toFixed(3)) },
        goals: isGoal ? [{ figure: "value", min: LEAD_MIN }] : [],
      });
    }
  }
  return { rows, notes };
}

/** @param {Score[]} scores @param {keyof Score} key */
function mean(scores, key) {
  return scores.reduce((sum, one) => sum + one[key], 0) / scores.length;
}

/** The middle 95 % of the mean over resampled queries: always the same resamples. @param {number[]} differences */
function bootstrap(differences) {
  let state = 1;
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 4_294_967_296;
  };
  const means = Float64Array.from({ length: RESAMPLES }, () => {
    let sum = 0;
    for (let at = 0; at < differences.length; at += 1)
      sum += differences[Math.floor(random() * differences.length)] ?? 0;
    return sum / differences.length;
  }).sort();
  return [means[Math.floor(RESAMPLES * 0.025)] ?? Number.NaN, means[Math.floor(RESAMPLES * 0.975)] ?? Number.NaN];
}
