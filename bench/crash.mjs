import { toRow, toValueRow } from "./parts/figures.mjs";
import { inFolder, load, upstream } from "./parts/ground.mjs";
import { openCrashes, toMoments } from "../test/crash/crash.mjs";
import { compareReplays } from "../test/crash/racy.mjs";

const KILLS = Number(process.env["SLUICE_BENCH_KILLS"] ?? 500);
const REPLAYS = Number(process.env["SLUICE_BENCH_PROGRAMS"] ?? 1_000);
const ROUNDS = 60;
const CALLS = 100;

/** What a run of 100 calls takes without the journal and with it, in turns. @param {any} createSluice */
async function measureCost(createSluice) {
  return await inFolder(async (folder) => {
    const open = (/** @type {string} */ name, /** @type {object} */ journal) =>
      createSluice({ mcpServers: { bench: upstream }, stateDir: `${folder}/${name}`, ...journal });
    const sluices = [
      await open("without", { journal: { bytesMax: 0 } }),
      await open("effects", {}),
      // What may be made again need not be on record before it leaves.
      await open("reads", { policy: { retry: { tools: { "bench.*": "always" } } } }),
    ];
    /** @type {number[][]} */
    const times = [[], [], []];
    for (let round = -3; round < ROUNDS; round += 1)
      for (const which of round % 2 === 0 ? [0, 1, 2] : [2, 1, 0]) {
        const code = `for (let n = 0; n < ${CALLS}; n += 1) await bench.getRecord({ id: n }); return ${round}`;
        const { status, stats } = await sluices[which].executeCode(code);
        if (status !== "completed") throw new Error(`A run ${status}`);
        if (round >= 0) times[which]?.push(stats.durationMs);
      }
    for (const sluice of sluices) await sluice[Symbol.asyncDispose]();
    return times;
  });
}

/** @type {import("./parts/figures.mjs").Benchmark} */
const crash = {
  about: "runs whose host is killed at a step of their journal, replays of programs that race, what the journal costs",
  async run(say) {
    const { createSluice } = await load("index.js");
    const [plain = [], effects = [], reads = []] = await measureCost(createSluice);
    const toRatios = (/** @type {number[]} */ times) =>
      times.map((ms, at) => ((ms - (plain[at] ?? ms)) / (plain[at] ?? ms)) * 100);
    const site = await openCrashes(createSluice);
    const crashes = [];
    for (const name of site.names) {
      say(name);
      for (const moment of toMoments(await site.runWhole(name), KILLS / site.names.length))
        crashes.push(await site.crash(name, moment));
    }
    const wrong = crashes.filter(({ problem }) => problem !== undefined);
    for (const { program, moment, problem } of wrong.slice(0, 10)) say(`${program} ${moment}: ${problem}`);
    say("replays");
    const replays = await compareReplays({ sluice: site.sluice, from: 0, to: REPLAYS, lanes: 2 });
    await site[Symbol.asyncDispose]();
    return {
      rows: [
        toRow(`a run of ${CALLS} calls, without the journal`, "ms", plain),
        toRow(`  with it, calls that must not be made twice`, "ms", effects),
        toRow("    what it adds, in pairs", "%", toRatios(effects), [{ figure: "p50", max: 10 }]),
        toRow(`  with it, calls that may`, "ms", reads),
        toRow("    what it adds, in pairs", "%", toRatios(reads), [{ figure: "p50", max: 10 }]),
        toValueRow("hosts killed", "", crashes.filter(({ wasKilled }) => wasKilled).length),
        toValueRow("  runs that came to something else, or did something twice", "", wrong.length, { max: 0 }),
        toValueRow("programs that race, replayed", "", replays.programs),
        toValueRow("  steps of their journals", "", replays.steps),
        toValueRow("  replays that differ", "", replays.different.length, { max: 0 }),
      ],
      notes: [
        "each host is killed by SIGKILL right before or right after one write of its journal; another process goes on with the run",
        "compared: result, and each effect in the server's own log; of replays: status, result, logs with time and chance, calls, error",
      ],
    };
  },
};
export default crash;
