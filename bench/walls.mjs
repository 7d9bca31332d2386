import { findCells } from "./parts/cells.mjs";
import { formatNumber } from "./parts/figures.mjs";
import { measureBombs, measureCrashes, measureKills } from "./walls/hostile.mjs";
import { measureCalls, measureComputing, measureRate, measureResults, measureStarts } from "./walls/speed.mjs";
import { measureMemory } from "./walls/memory.mjs";

/** One after the other, each with a Sluice of its own. A thread has no memory of its own, and nothing kills it in time. */
const measures = [
  { measure: measureStarts, isForThreads: true },
  { measure: measureCalls, isForThreads: true },
  { measure: measureResults, isForThreads: true },
  { measure: measureComputing, isForThreads: true },
  { measure: measureRate, isForThreads: true },
  { measure: measureMemory, isForThreads: false },
  { measure: measureKills, isForThreads: false },
  { measure: measureBombs, isForThreads: false },
  { measure: measureCrashes, isForThreads: false },
];

/** @type {import("./parts/figures.mjs").Benchmark} */
const walls = {
  about: "what every engine costs behind every wall, and what its limits hold",
  async run(say) {
    const { usable, notes } = await findCells(say);
    /** @type {Map<string, import("./parts/figures.mjs").Row[]>} */
    const found = new Map();
    for (const cell of usable) {
      const rows = [];
      for (const { measure, isForThreads } of measures) {
        if (!cell.isBoundary && !isForThreads) continue;
        say(`${cell.name}: ${measure.name}`);
        try {
          rows.push(...(await measure(cell)));
        } catch (error) {
          // One figure that cannot be had must not cost all the others.
          notes.push(`${cell.name}, ${measure.name}: ${error instanceof Error ? error.message : String(error)}`);
        }
      }
      found.set(cell.name, rows);
    }
    const rows = [...found].flatMap(([name, rows]) =>
      rows.filter(({ goals }) => goals.length > 0).map((row) => ({ ...row, what: `${name}: ${row.what}` })),
    );
    return { rows, tables: [toTable(found)], notes: [...notes, ...howToRead] };
  },
};
export default walls;

/** @param {ReadonlyMap<string, import("./parts/figures.mjs").Row[]>} found @returns {import("./parts/tables.mjs").Table} */
function toTable(found) {
  const names = new Set([...found.values()].flatMap((rows) => rows.map(({ what, unit }) => `${what}, ${unit}`)));
  const lines = [...names].map((name) => [
    name,
    ...[...found.values()].map((rows) => {
      const row = rows.find(({ what, unit }) => `${what}, ${unit}` === name);
      if (row === undefined) return "–";
      const { value, p50, p99, max } = row.figures;
      if (value !== undefined) return formatNumber(value);
      const figure = row.goals[0]?.figure;
      const shown = figure === "max" ? max : figure === "p99" ? p99 : undefined;
      return [p50, shown].flatMap((one) => (one === undefined ? [] : formatNumber(one))).join(" / ");
    }),
  ]);
  return { title: "Engines and walls", head: ["p50, or p50 / what the goal is about", ...found.keys()], lines };
}

const howToRead = [
  "cold start: from executeCode to the outcome of `return 1` with no guest started ahead; pooled: with a full pool",
  "computing: the least time of five programs less the least of an empty one, divided by that of the same code in a new Node process",
  "memory of guests: what 50 (10 behind containers) executions that wait at once take, shared pages counted by shares",
  "kills: from executeCode, less the limit, until the outcome is there and every process that ran the program has ended; a container's own are told apart",
  "peak over: anonymous and shared memory of the guest read from outside every 4 ms, or the kernel's own count if higher, less memoryMb; the largest of all bombs",
  "a stall by its own doing: without the time in which the host was ready and other processes had the processors; the probe table has only this",
  "right answers: of every 200 executions (40 behind containers) each tenth is a crash; the goal is all others",
];
