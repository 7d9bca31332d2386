import { toValueRow } from "./parts/figures.mjs";
import { inFolder, load } from "./parts/ground.mjs";
import { compareWorlds, holdStill } from "../test/noninterference/compare.mjs";

const PROGRAMS = Number(process.env["SLUICE_BENCH_PROGRAMS"] ?? 10_000);

/** @type {import("./parts/figures.mjs").Benchmark} */
const noninterference = {
  about: "the same programs over two people's data of one shape: whether anything that a model sees differs",
  async run(say) {
    const { limits } = await load("base/limits.js");
    holdStill(limits);
    const { createSluice } = await load("index.js");
    const { programs, statuses, differences } = await inFolder(
      async (folder) => await compareWorlds({ createSluice, folder, from: 0, to: PROGRAMS, say }),
    );
    return {
      rows: [
        toValueRow("programs", "", programs),
        ...Object.entries(statuses).map(([status, count]) => toValueRow(`  ${status}`, "", count)),
        toValueRow("programs whose outcome differs", "", differences.length, { max: 0 }),
      ],
      notes: ["compared: status, result, logs, error, warnings, calls, files named; then search answers and modules"],
    };
  },
};
export default noninterference;
