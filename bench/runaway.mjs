import { toRow } from "./parts/figures.mjs";
import { mustComplete, withSluice } from "./parts/ground.mjs";
import { findGuests, pause, readMemory, waitForPool } from "./parts/processes.mjs";

const RUNS = 30;
const GUESTS = 2;
const CPU_MS = 300;
const TIMEOUT_MS = 300;
const MEMORY_MB = 256;
const DEAD_MS = 250;
const LOOK_MS = 4;
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
          const { ms } = await runAway(sluice, code, limit, options);
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
          const { ms, peakBytes } = await runAway(sluice, code, "memoryMb", {});
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
        `peak: the kernel's own high-water mark of the process, read every ${LOOK_MS} ms; what came after the last reading is not in it`,
        "every killed run is checked for its code (the limit's name), and every next program for its answer",
      ],
    };
  },
};
export default runaway;

/** @param {any} sluice @param {string} code @param {string} limit @param {object} options */
async function runAway(sluice, code, limit, options) {
  await waitForPool(GUESTS);
  const before = new Set(findGuests().pids);
  let peakBytes = 0;
  const looking = setInterval(() => {
    for (const pid of before) peakBytes = Math.max(peakBytes, readMemory(pid, "VmHWM"));
  }, LOOK_MS);
  const start = performance.now();
  const outcome = await sluice.executeCode(code, options);
  // The one that ran must be dead, or die now; the other spare ones live on.
  const end = performance.now() + DEAD_MS * 4;
  while ([...before].every(isAlive) && performance.now() < end) await pause(1);
  const ms = performance.now() - start;
  clearInterval(looking);
  if (outcome.status !== "killed" || outcome.error.code !== limit)
    throw new Error(`${code} was ${outcome.status}: ${outcome.error?.code}, not ${limit}`);
  if ([...before].every(isAlive)) throw new Error(`${code} is ${limit}, and its process still lives`);
  return { ms, peakBytes };
}

/** @param {number} pid */
function isAlive(pid) {
  return readMemory(pid, "VmRSS") > 0;
}

/** @param {any} sluice */
async function runNext(sluice) {
  const start = performance.now();
  const { result } = await mustComplete(sluice.executeCode("return 6 * 7"));
  if (result !== 42) throw new Error("The next program did not do its work");
  return performance.now() - start;
}
