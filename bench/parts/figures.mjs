// Numbers of one benchmark: percentiles of samples, goals beside them, and the table a person reads.

/**
 * One line of a result. `figures` are in `unit`; a goal names the figure it is about.
 * @typedef {object} Row
 * @property {string} what
 * @property {number} n how many samples
 * @property {string} unit
 * @property {Record<string, number>} figures `p50`, `p90`, `p99`, `max` of samples, or one `value`
 * @property {Goal[]} goals those of DESIGN 7 that this line is about
 */

/** @typedef {{ figure: string, max?: number, min?: number }} Goal */

/**
 * What a benchmark answers.
 * @typedef {object} Result
 * @property {Row[]} rows
 * @property {string} [table] the same in a form of its own
 * @property {string[]} [notes] how to read the rows
 */

/**
 * A benchmark: one file, one default export.
 * @typedef {object} Benchmark
 * @property {string} about one line
 * @property {(say: (text: string) => void) => Promise<Result>} run `say` reports progress
 */

/**
 * The smallest sample that `share` of all samples do not exceed.
 * @param {readonly number[]} samples
 * @param {number} share from 0 to 1
 */
export function percentile(samples, share) {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] ?? Number.NaN;
}

/**
 * A line with the percentiles of samples; p99 only where there are enough of them to have one.
 * @param {string} what
 * @param {string} unit
 * @param {readonly number[]} samples
 * @param {Goal[]} [goals]
 * @returns {Row}
 */
export function toRow(what, unit, samples, goals = []) {
  const figures = { p50: percentile(samples, 0.5), p90: percentile(samples, 0.9) };
  const p99 = samples.length >= 30 ? { p99: percentile(samples, 0.99) } : {};
  return { what, n: samples.length, unit, figures: { ...figures, ...p99, max: Math.max(...samples) }, goals };
}

/**
 * A line with one number that is counted or measured once.
 * @param {string} what
 * @param {string} unit
 * @param {number} value
 * @param {{ max?: number, min?: number }} [goal]
 * @returns {Row}
 */
export function toValueRow(what, unit, value, goal) {
  return { what, n: 1, unit, figures: { value }, goals: goal === undefined ? [] : [{ figure: "value", ...goal }] };
}

/**
 * Whether the figure is where the goal wants it.
 * @param {Row} row
 * @param {Goal} goal
 */
export function isReached(row, goal) {
  const value = row.figures[goal.figure] ?? Number.NaN;
  return (goal.max === undefined || value <= goal.max) && (goal.min === undefined || value >= goal.min);
}

const columns = ["p50", "p90", "p99", "max", "value"];

/**
 * Rows as aligned text; figures that no row has get no column.
 * @param {readonly Row[]} rows
 */
export function formatRows(rows) {
  const used = columns.filter((column) => rows.some(({ figures }) => figures[column] !== undefined));
  const lines = [["", "n", "unit", ...used, "goal", ""]];
  for (const row of rows) {
    const figures = used.map((column) => (row.figures[column] === undefined ? "" : formatNumber(row.figures[column])));
    const goals = row.goals.map(({ figure, max, min }) => `${figure} ${max === undefined ? `≥ ${min}` : `≤ ${max}`}`);
    const verdict =
      row.goals.length === 0 ? "" : row.goals.every((goal) => isReached(row, goal)) ? "reached" : "MISSED";
    lines.push([row.what, String(row.n), row.unit, ...figures, goals.join(", "), verdict]);
  }
  const widths = (lines[0] ?? []).map((_, column) =>
    Math.max(...lines.map((line) => [...(line[column] ?? "")].length)),
  );
  const numeric = (/** @type {number} */ column) => column === 1 || (column >= 3 && column < 3 + used.length);
  return lines
    .map((line) =>
      line
        .map((cell, column) =>
          numeric(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
        )
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/**
 * A table of Markdown that can be read as it stands.
 * @param {readonly (readonly string[])[]} lines the first is the head
 */
export function formatTable(lines) {
  const widths = (lines[0] ?? []).map((_, column) => Math.max(3, ...lines.map((line) => (line[column] ?? "").length)));
  const [head = "", ...rest] = lines.map(
    (line) => `| ${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`,
  );
  return [head, `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`, ...rest].join("\n");
}

/** @param {number} value */
function formatNumber(value) {
  if (Math.abs(value) >= 100) return value.toFixed(0);
  return Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(2);
}
