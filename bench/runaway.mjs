import { toRow } from "./parts/figures.mjs";
import { mustComplete, withSluice } from "./parts/ground.mjs";
import { runAway } from "./parts/runaways.mjs";

const RUNS = 30;
const GUESTS = 2;
const CPU_MS = 300;
const TIMEOUT_MS = 300;
const MEMORY_MB = 256;
const DEAD_MS = 250;
const MB = 2 ** 20;

const runaways = [
  { what: `spins past cpuMs ${CPU_MS}`, limit: "cpuMs", limitMs: CPU_MS, options: {}, code: "for (;;);" },
  {
    what: `waits past timeoutMs ${TIMEOUT_MS}`,
    limit: "timeoutMs",
    limitMs: TIMEOUT_MS,
    options: { timeoutMs: TIMEOUT_MS },
    code: "await new Promise((resolve) => setTimeout(resolve, 60_000));",
  },
  {
    what: `spins past timeoutMs ${TIMEOUT_MS / 2}`,
    limit: "timeoutMs",
    limitMs: TIMEOUT_MS / 2,
    options: { timeoutMs: TIMEOUT_MS / 2 },
    code: "for (;;);",
  },
];
const bombs = [
  {
    what: "ArrayBuffers of 8 MB, written to",
    code: "const kept = []; for (;;) kept.push(new Uint8Array(8 * 2 ** 20).fill(1));",
  },
  { what: "a growing array of strings", code: "const kept = []; for (;;) kept.push(`${kept.length}`.repeat(1_000));" },
];

/** @type {import("./parts/figures.mjs").Benchmark} */
const runaway = {
  about:
    "programs that do not end by themselves: how soon they are dead, what memory they took, whether the next one runs",
  async run(say) {
    /** @type {import("./parts/figures.mjs").Row[]} */
    const rows = [];
    /** @type {number[]} */
    const next = [];
    await withSluice({ guestsWarm: GUESTS, cpuMs: CPU_MS }, async (sluice) => {
      for (const { what, limit, limitMs, options, code } of runaways) {
        say(`${what}, ${RUNS} times`);
        const late = [];
        for (let run = 0; run < RUNS; run += 1) {
          const { ms } = await runAway(sluice, code, { limits: [limit], options, guests: GUESTS });
          late.push(ms - limitMs);
          next.push(await runNext(sluice));
        }
        rows.push(toRow(`${what}: dead after it`, "ms", late, [{ figure: "p99", max: DEAD_MS }]));
      }
    });
    // Processor time unbounded: only memory may end them.
    await withSluice({ guestsWarm: GUESTS, memoryMb: MEMORY_MB }, async (sluice) => {
      for (const { what, code } of bombs) {
        say(`${what}, ${RUNS} times`);
        const over = [];
        const lived = [];
        for (let run = 0; run < RUNS; run += 1) {
          const { ms, peakBytes } = await runAway(sluice, code, { limits: ["memoryMb"], guests: GUESTS });
          over.push(peakBytes / MB - MEMORY_MB);
          lived.push(ms);
          next.push(await runNext(sluice));
        }
        rows.push(toRow(`${what}: peak over memoryMb ${MEMORY_MB}`, "MB", over));
        rows.push(toRow("  from its start to its end", "ms", lived));
      }
    });
    rows.push(toRow("the next program, right after the kill", "ms", next));
    return {
      rows,
      notes: [
        "dead after it: from the call of execute_code, less the limit, until the outcome is there and the process has ended",
        "peak: of the process and its descendants, read from outside every 4 ms, or what the kernel counted if that is more",
        "every killed run is checked for its code (the limit's name), and every next program for its answer",
      ],
    };
  },
};
export default runaway;

/** @param {any} sluice */
async function runNext(sluice) {
  const start = performance.now();
  const { result } = await mustComplete(sluice.executeCode("return 6 * 7"));
  if (result !== 42) throw new Error("The next program did not do its work");
  return performance.now() - start;
}
