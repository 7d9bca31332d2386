// The table of one case: what each side took, beside what the article says.
import { percentile } from "../parts/figures.mjs";

/** @typedef {import("../article.mjs").Run} Run */

/** @param {readonly number[]} values */
export function average(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** @type {[what: string, of: (runs: Run[], direct: Run[]) => string, article?: string][]} */
const lines = [
  ["input tokens", (runs) => mean(runs, "input")],
  ["output tokens", (runs) => mean(runs, "output")],
  ["all tokens", (runs) => mean(runs, "total"), "150,000 → 2,000"],
  [
    "fewer than directly",
    (runs, direct) => {
      const share = 1 - averageOf(runs, "total") / averageOf(direct, "total");
      return share > 0 ? toPercent(share) : "";
    },
    "98.7 %",
  ],
  ["turns of the model", (runs) => averageOf(runs, "turns").toFixed(1)],
  ["cost", (runs) => `$${averageOf(runs, "usd").toFixed(4)}`],
  ["latency, average", (runs) => toMs(averageOf(runs.filter(isDone), "ms"))],
  ["latency, p99", (runs) => toMs(percentile(toTimes(runs), 0.99))],
  ["with a model's time (assumed)", (runs) => toSeconds(averageOf(runs, "ms") + averageOf(runs, "modelMs"))],
  ["errors", (runs) => toPercent(runs.filter((run) => !isDone(run)).length / runs.length)],
];

/** @param {string} title @param {Run[][]} sides directly, with failed calls once more, by code, by code with the tools known @returns {import("../parts/tables.mjs").Table} */
export function toTable(title, sides) {
  const [direct = []] = sides;
  return {
    title: `${title}, n = ${direct.length}`,
    head: ["", "direct", "direct, failed calls once more", "by code", "by code, tools known", "the article"],
    lines: lines.map(([what, of, said = "–"]) => [what, ...sides.map((runs) => of(runs, direct)), said]),
  };
}

/** @param {Run[]} runs @param {"input" | "output" | "total" | "turns" | "usd" | "ms" | "modelMs"} key */
function averageOf(runs, key) {
  return average(runs.map((run) => run[key]));
}

/** @param {Run[]} runs @param {"input" | "output" | "total"} key */
function mean(runs, key) {
  return Math.round(averageOf(runs, key)).toLocaleString("en");
}

/** @param {Run} run */
function isDone(run) {
  return run.isDone;
}

/** The times of those that ended well: one that gives up is quick. @param {Run[]} runs */
export function toTimes(runs) {
  return runs.filter(isDone).map(({ ms }) => ms);
}

/** @param {number} share */
function toPercent(share) {
  return `${(100 * share).toFixed(1)} %`;
}

/** @param {number} ms */
function toMs(ms) {
  return Number.isNaN(ms) ? "–" : `${Math.round(ms)} ms`;
}

/** @param {number} ms */
function toSeconds(ms) {
  return `${(ms / 1_000).toFixed(1)} s`;
}
