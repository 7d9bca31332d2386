import { dirname } from "node:path";
import { toRow, toValueRow } from "./parts/figures.mjs";
import { inFolder, load } from "./parts/ground.mjs";
import { makeQueries } from "./parts/synthetic-tools.mjs";
import { writeWarmCatalogue } from "./parts/warm-catalogue.mjs";

const size = { servers: 500, toolsPerServer: 20 };
const QUERIES = 1_000;
const P99_MS = 10;
const BUILD_MS = 1_000;

/** @type {import("./parts/figures.mjs").Benchmark} */
const search = {
  about: `search_tools over ${size.servers * size.toolsPerServer} tools of ${size.servers} servers`,
  async run(say) {
    return await inFolder(async (folder) => {
      say("writing the catalogue");
      const path = await writeWarmCatalogue(folder, size);
      const { createSluice } = await load("index.js");
      const { loadConfig } = await load("config/load-config.js");
      const sluice = await createSluice(loadConfig({ path, cwd: dirname(path), env: {} }));
      try {
        const { ms: built, cpuMs: builtCpuMs } = await timeFirst(sluice);
        const rows = [];
        for (const detail of ["name", "summary", "full"]) {
          say(`${QUERIES} queries, detail ${detail}`);
          rows.push(toRow(`detail ${detail}`, "ms", await ask(sluice, detail), [{ figure: "p99", max: P99_MS }]));
        }
        rows.push(
          toValueRow("the first search: definitions read, index built and kept", "ms", built, { max: BUILD_MS }),
          toValueRow("the same, processor time", "ms", builtCpuMs),
        );
        const next = await createSluice(loadConfig({ path, cwd: dirname(path), env: {} }));
        try {
          const { ms, cpuMs } = await timeFirst(next);
          rows.push(
            toValueRow("the first search with the index of another process", "ms", ms),
            toValueRow("the same, processor time", "ms", cpuMs),
          );
        } finally {
          await next[Symbol.asyncDispose]();
        }
        return {
          rows,
          notes: [
            "queries of one to nine words, some misspelt, none twice in a row; the limit is the default of the detail",
          ],
        };
      } finally {
        await sluice[Symbol.asyncDispose]();
      }
    });
  },
};
export default search;

/** @param {any} sluice */
async function timeFirst(sluice) {
  const [start, startCpu] = [performance.now(), process.cpuUsage()];
  await sluice.searchTools("get invoice");
  const { user, system } = process.cpuUsage(startCpu);
  return { ms: performance.now() - start, cpuMs: (user + system) / 1_000 };
}

/** @param {any} sluice @param {string} detail */
async function ask(sluice, detail) {
  const samples = [];
  let empty = 0;
  for (const query of makeQueries(QUERIES)) {
    const start = performance.now();
    const { results } = await sluice.searchTools(query, { detail });
    samples.push(performance.now() - start);
    if (results.length === 0) empty += 1;
  }
  if (empty > QUERIES / 10) throw new Error(`${empty} of ${QUERIES} queries found nothing`);
  return samples;
}
