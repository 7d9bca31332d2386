import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { toRow } from "./parts/figures.mjs";
import { cli, inFolder } from "./parts/ground.mjs";
import { pause, readMemory } from "./parts/processes.mjs";
import { startServe } from "./parts/serve.mjs";
import { writeWarmCatalogue } from "./parts/warm-catalogue.mjs";

const size = { servers: 500, toolsPerServer: 20 };
const RUNS = 12;
const READY_MS = 300;
const MEMORY_MB = 150;
/** Until the pool of guests is full and what runs after the first answer has run. */
const SETTLE_MS = 2_500;
const MB = 2 ** 20;

/** @type {import("./parts/figures.mjs").Benchmark} */
const start = {
  about: `the process from its start: sluice serve with ${size.servers * size.toolsPerServer} known tools, sluice run without any`,
  async run(say) {
    return await inFolder(async (folder) => {
      say("writing the catalogue");
      const config = await writeWarmCatalogue(folder, size);
      /** @type {number[]} */
      const ready = [];
      /** @type {number[]} */
      const early = [];
      /** @type {number[]} */
      const settled = [];
      say(`sluice serve, ${RUNS} times`);
      for (let run = -1; run < RUNS; run += 1) {
        const { ms, pid, end } = await startServe(config);
        const memory = readMemory(pid, "VmRSS") / MB;
        if (run >= 0) await pause(SETTLE_MS);
        const later = readMemory(pid, "VmRSS") / MB;
        await end();
        // The first one fills the page cache.
        if (run < 0) continue;
        ready.push(ms);
        early.push(memory);
        settled.push(later);
      }
      say(`sluice run, ${RUNS} times`);
      const empty = join(folder, "empty.config.json");
      await writeFile(empty, JSON.stringify({ mcpServers: {}, stateDir: "./empty" }));
      const plain = [];
      const run = [];
      for (let round = -1; round < RUNS; round += 1) {
        const bare = await timeProcess(["-e", "0"]);
        const whole = await timeProcess([cli, "run", "--config", empty, "-e", "return 6 * 7"]);
        if (round < 0) continue;
        plain.push(bare);
        run.push(whole);
      }
      return {
        rows: [
          toRow("serve: from spawn to the answer of tools/list", "ms", ready, [{ figure: "p50", max: READY_MS }]),
          toRow("serve: memory of the host at that answer", "MB", early, [{ figure: "p50", max: MEMORY_MB }]),
          toRow(`serve: memory of the host ${SETTLE_MS} ms later`, "MB", settled, [{ figure: "p50", max: MEMORY_MB }]),
          toRow("run -e: the whole process, cold", "ms", run),
          toRow("node -e 0: the whole process", "ms", plain),
        ],
        notes: [
          "no upstream is connected: their commands do not even exist",
          "memory is resident memory (VmRSS) of the host process alone, shared libraries included",
        ],
      };
    });
  },
};
export default start;

/** @param {readonly string[]} args @returns {Promise<number>} */
function timeProcess(args) {
  const begin = performance.now();
  const child = spawn(process.execPath, args, { stdio: "ignore" });
  return new Promise((resolve, reject) => {
    child.once("exit", (code) =>
      code === 0 ? resolve(performance.now() - begin) : reject(new Error(`${args.join(" ")} ended with ${code}`)),
    );
  });
}
