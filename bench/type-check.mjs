import { toRow, toValueRow } from "./parts/figures.mjs";
import { inFolder, load } from "./parts/ground.mjs";
import { makeArguments } from "./parts/synthetic-tools.mjs";
import { writeWarmCatalogue } from "./parts/warm-catalogue.mjs";

const size = { servers: 25, toolsPerServer: 20 };
const LINES = 50;
const SERVERS_NAMED = 5;
const RUNS = 60;
const WARM_RUNS = 10;
const GOAL_MS = 50;

/** @type {import("./parts/figures.mjs").Benchmark} */
const typeCheck = {
  about: `the type check of a program of ${LINES} lines over ${size.servers * size.toolsPerServer} tools, in its warm thread`,
  async run(say) {
    const { createStore } = await load("store/store.js");
    const { createCatalogue } = await load("catalogue/catalogue.js");
    const { loadConfig } = await load("config/load-config.js");
    const { createModuleTree } = await load("codegen/module-tree.js");
    const { createNames } = await load("runtime/names.js");
    const { createProgramCheck } = await load("runtime/check-program.js");
    const { createTypeCheck } = await load("runtime/type-check.js");
    const { createDiskRoot } = await load("sandbox/disk-root.js");
    const { linkProgram } = await load("sandbox/link.js");
    return await inFolder(async (folder) => {
      const config = loadConfig({ path: await writeWarmCatalogue(folder, size), cwd: folder, env: {} });
      const store = createStore(config.stateDir);
      const servers = config.servers.map((/** @type {any} */ { key, hash }) => ({ key, configHash: hash }));
      const catalogue = createCatalogue({ store, servers });
      const tree = createModuleTree(catalogue, { learnedOf: () => undefined });
      const names = createNames(catalogue, tree, () => undefined, createDiskRoot(config.skills.dir));
      const thread = createTypeCheck();
      try {
        const check = createProgramCheck({ catalogue, tree, version: () => "" }, thread);
        const samples = [];
        let problems = 0;
        let first = 0;
        for (let run = 0; run < WARM_RUNS + RUNS; run += 1) {
          const program = await linkProgram(writeProgram(catalogue, run), names);
          const start = performance.now();
          const found = await check.check(program);
          const ms = performance.now() - start;
          if (run === 0) first = ms;
          if (run < WARM_RUNS) continue;
          samples.push(ms);
          problems += found.length;
          if (run % 20 === 0) say(`${run} programs`);
        }
        // One wrong name in each: a check that finds nothing has checked nothing.
        if (problems !== RUNS) throw new Error(`${problems} problems were found in ${RUNS} programs with one each`);
        return {
          rows: [
            toRow("warm, each program new", "ms", samples, [{ figure: "p90", max: GOAL_MS }]),
            toValueRow("the first of a process, with the start of the thread", "ms", first),
          ],
          notes: [
            `a program calls ten tools of ${SERVERS_NAMED} servers, which change from program to program, and has one misspelt property`,
            "the input is made on the host's thread and is in the time; linking is not",
          ],
        };
      } finally {
        await thread[Symbol.asyncDispose]();
        store.close();
      }
    });
  },
};
export default typeCheck;

/** A program with one problem. @param {any} catalogue @param {number} run */
function writeProgram(catalogue, run) {
  const servers = catalogue.servers();
  const letters = "abcdefghij";
  // Letters, since programs that differ in numbers alone are not checked again.
  const name = String(run).replace(/\d/g, (digit) => letters[Number(digit)] ?? "");
  const lines = [`const rows_${name}: { id: string; total: number }[] = [];`];
  for (let at = 0; lines.length < LINES - 2; at += 1) {
    const server = servers[(run * 3 + (at % SERVERS_NAMED)) % servers.length];
    const tool = server.tools[(run + at) % server.tools.length];
    lines.push(
      `const answer_${name}_${at} = await ${server.identifier}.${tool.callName}(${JSON.stringify(makeArguments(tool, tool.inputSchema.required ?? []))});`,
      `for (const row of (answer_${name}_${at}?.items ?? []) as { id: string; total: number }[]) {`,
      `  if (row.total > ${at}) rows_${name}.push({ id: row.id.trim(), total: row.total });`,
      `}`,
    );
  }
  lines.push(`console.log(rows_${name}.lenght);`, `return rows_${name}.map(({ id }) => id);`);
  return lines.join("\n");
}
