import { toRow } from "./parts/figures.mjs";
import { mustComplete, withDirectClient, withSluice } from "./parts/ground.mjs";
import { pause, waitForPool } from "./parts/processes.mjs";
import { timed } from "./parts/stall.mjs";

const GUESTS = 2;
/** Megabytes, runs, and the goal in milliseconds. */
const sizes = [
  { megabytes: 5, runs: 15, goalMs: 68 },
  { megabytes: 50, runs: 7, goalMs: 1_000 },
];
const STALL_MS = 20;

/** @type {import("./parts/figures.mjs").Benchmark} */
const large = {
  about: "a program filters a large tool result; how long the host's event loop stands still meanwhile",
  async run(say) {
    return await withDirectClient((direct) =>
      withSluice({ guestsWarm: GUESTS }, async (sluice) => {
        const rows = [];
        for (const { megabytes, runs, goalMs } of sizes) {
          say(`${megabytes} MB, ${runs} times`);
          const { whole, own, stall, seen, ownStall } = await measure(sluice, direct, megabytes, runs);
          rows.push(
            toRow(`${megabytes} MB, from code to outcome`, "ms", whole, [{ figure: "p50", max: goalMs }]),
            toRow(`${megabytes} MB, received by a direct client`, "ms", own),
            toRow(`${megabytes} MB, longest stall of the host`, "ms", stall, [{ figure: "max", max: STALL_MS }]),
            toRow(`${megabytes} MB, the same as a timer sees it`, "ms", seen),
            toRow(`${megabytes} MB, longest stall of a direct client`, "ms", ownStall),
          );
        }
        return {
          rows,
          notes: [
            "one text block of JSON, an array of orders; the program gets all of it and returns the pending ones' number and sum",
            "a stall of the host is what one turn of its event loop takes, without the time in which other threads and processes had the processors; a timer sees that too",
          ],
        };
      }),
    );
  },
};
export default large;

/**
 * @param {any} sluice
 * @param {(name: string, args: Record<string, unknown>) => Promise<any>} direct
 * @param {number} megabytes
 * @param {number} runs
 */
async function measure(sluice, direct, megabytes, runs) {
  const samples = { whole: Array.of(), own: Array.of(), stall: Array.of(), seen: Array.of(), ownStall: Array.of() };
  // The first one makes the text.
  await direct("rows", { megabytes });
  await mustComplete(sluice.executeCode(`return (await bench.rows({ megabytes: ${megabytes} })).length`));
  for (let run = 0; run < runs; run += 1) {
    const code = `const rows = await bench.rows({ megabytes: ${megabytes} });
const pending = rows.filter((row) => row.status === "pending");
return { run: ${run}, rows: rows.length, pending: pending.length, sum: pending.reduce((sum, row) => sum + row.amount, 0) };`;
    await waitForPool(GUESTS);
    const directly = await timed(() => direct("rows", { megabytes }));
    await pause(200);
    const { ms, stallMs, ownMs, value } = await timed(() => mustComplete(sluice.executeCode(code)));
    if (value.result.run !== run || value.result.rows < 1_000) throw new Error("A program did not do its work");
    samples.own.push(directly.ms);
    samples.ownStall.push(directly.stallMs);
    samples.whole.push(ms);
    samples.stall.push(ownMs);
    samples.seen.push(stallMs);
  }
  return samples;
}
