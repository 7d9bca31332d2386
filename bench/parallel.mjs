import { toRow } from "./parts/figures.mjs";
import { mustComplete, withDirectClient, withSluice } from "./parts/ground.mjs";
import { waitForPool } from "./parts/processes.mjs";

const CALLS = 20;
const MS = 50;
const RUNS = 30;
const GUESTS = 2;

/** @type {import("./parts/figures.mjs").Benchmark} */
const parallel = {
  about: `a program with ${CALLS} calls of ${MS} ms at once`,
  async run() {
    return await withDirectClient((direct) =>
      withSluice({ guestsWarm: GUESTS }, async (sluice) => {
        /** @type {number[]} */
        const own = [];
        /** @type {number[]} */
        const whole = [];
        for (let run = -3; run < RUNS; run += 1) {
          const code = `const answers = await Promise.all(Array.from({ length: ${CALLS} }, () => bench.wait({ ms: ${MS} }))); return answers.length + ${run};`;
          await waitForPool(GUESTS);
          const start = performance.now();
          await Promise.all(Array.from({ length: CALLS }, () => direct("wait", { ms: MS })));
          const between = performance.now();
          const outcome = await mustComplete(sluice.executeCode(code));
          const end = performance.now();
          if (outcome.result !== CALLS + run) throw new Error("A program did not do its work");
          // The first ones load what is loaded once.
          if (run < 0) continue;
          own.push(between - start);
          whole.push(end - between);
        }
        return {
          rows: [
            toRow("through execute_code", "ms", whole, [{ figure: "p50", max: 60 }]),
            toRow("the same calls by a direct client", "ms", own),
          ],
        };
      }),
    );
  },
};
export default parallel;
