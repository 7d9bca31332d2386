import { toRow } from "./parts/figures.mjs";
import { mustComplete, withDirectClient, withSluice } from "./parts/ground.mjs";
import { pause, waitForPool } from "./parts/processes.mjs";

const CALLS = 5;
const GUESTS = 2;
const FULL_RUNS = 100;
const IDLE_RUNS = 60;
const DRAINED_RUNS = 60;
const IDLE_MS = 100;

/** @typedef {(name: string, args: Record<string, unknown>) => Promise<any>} Call */
/** @typedef {{ total: number[], beyond: number[], before: number[], after: number[] }} Samples */

/** @type {import("./parts/figures.mjs").Benchmark} */
const calls = {
  about: "execute_code with five tool calls in a row, beyond the upstream's own time",
  async run(say) {
    return await withDirectClient((direct) =>
      withSluice({ guestsWarm: GUESTS }, (sluice) => measure(sluice, direct, say)),
    );
  },
};
export default calls;

/** @param {any} sluice @param {Call} direct @param {(text: string) => void} say */
async function measure(sluice, direct, say) {
  const full = createSamples();
  const idle = createSamples();
  const drained = createSamples();
  say("warming up: the counting thread, both upstreams, the host's own code");
  for (let round = 0; round < 30; round += 1) await runOnce(sluice, 0, createSamples());

  say(`full pool: ${FULL_RUNS} programs`);
  for (let run = 0; run < FULL_RUNS; run += 1) {
    await waitForPool(GUESTS);
    // Waiting is idleness, which has a line of its own: the host and the upstreams are woken first.
    for (let call = 0; call < 10; call += 1)
      await Promise.all([direct("get_record", { id: call }), sluice.callTool("bench.get_record", { id: call })]);
    await runOnce(sluice, await callDirectly(direct), full);
  }
  say(`after ${IDLE_MS} ms of idleness: ${IDLE_RUNS} programs`);
  for (let run = 0; run < IDLE_RUNS; run += 1) {
    await waitForPool(GUESTS);
    await pause(IDLE_MS);
    const own = await callDirectly(direct);
    await pause(IDLE_MS);
    await runOnce(sluice, own, idle);
  }
  say(`drained pool: ${DRAINED_RUNS} programs, each right after the one before`);
  for (let run = 0; run < 3 * GUESTS; run += 1) await runOnce(sluice, 0, createSamples());
  for (let run = 0; run < DRAINED_RUNS; run += 1) await runOnce(sluice, await callDirectly(direct), drained);

  return {
    rows: [
      toRow("full pool, beyond the upstream", "ms", full.beyond, [
        { figure: "p50", max: 2 },
        { figure: "p90", max: 3 },
      ]),
      toRow("  from the code to its first call", "ms", full.before),
      toRow("  from its last answer to the outcome", "ms", full.after),
      toRow("  in all", "ms", full.total),
      toRow(`after ${IDLE_MS} ms idle, beyond`, "ms", idle.beyond),
      toRow("drained pool, beyond", "ms", drained.beyond),
    ],
    notes: [
      `the upstream's own time is that of the same ${CALLS} calls by the official client to another process of the same server, right before each program, after the same idleness`,
      "every program is a text of its own; linking, the audit, token counting and the outcome are in the time",
    ],
  };
}

/** @returns {Samples} */
function createSamples() {
  return { total: [], beyond: [], before: [], after: [] };
}

let programs = 0;

/** A program of five calls that no cache has seen. */
function writeProgram() {
  programs += 1;
  const id = programs;
  return `
const found_${id}: { id: number; amount: number }[] = [];
for (let step = 0; step < ${CALLS}; step += 1) {
  const record = await bench.getRecord({ id: ${id * 10} + step });
  if (record.amount % ${2 + (id % 5)} >= 0) found_${id}.push({ id: record.id, amount: record.amount });
}
const total_${id} = found_${id}.reduce((sum, { amount }) => sum + amount, 0);
console.log("records", found_${id}.length);
return { program: ${id}, total: total_${id} };
`;
}

/** The upstream's own time for the calls of one program. @param {Call} direct */
async function callDirectly(direct) {
  const start = performance.now();
  for (let step = 0; step < CALLS; step += 1) await direct("get_record", { id: programs * 10 + step });
  return performance.now() - start;
}

/** @param {any} sluice @param {number} own @param {Samples} samples */
async function runOnce(sluice, own, samples) {
  const code = writeProgram();
  let first = 0;
  let last = 0;
  const stop = sluice.events.on((/** @type {{ kind: string }} */ event) => {
    if (event.kind === "tool-call-started" && first === 0) first = performance.now();
    if (event.kind === "tool-call-ended") last = performance.now();
  });
  const start = performance.now();
  const outcome = await mustComplete(sluice.executeCode(code));
  const end = performance.now();
  stop();
  if (outcome.calls.done !== CALLS || outcome.result.program !== programs)
    throw new Error("A program did not do its work");
  samples.total.push(end - start);
  samples.beyond.push(end - start - own);
  samples.before.push(first - start);
  samples.after.push(end - last);
}
