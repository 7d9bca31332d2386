// `npm run bench` runs every benchmark that takes less than two minutes, `npm run bench -- NAME…` some; `--json` prints
// one object for machines, `--markdown` the tables as documents have them, on stdout, with the progress on stderr. Each
// benchmark has a process of its own: none inherits another's heap.
import { spawn } from "node:child_process";
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import { formatRows, isReached } from "./parts/figures.mjs";
import { formatColumns, formatMarkdown } from "./parts/tables.mjs";
import { describeMachine, formatMachine } from "./parts/machine.mjs";

/** @typedef {import("./parts/figures.mjs").Result} Result */
/** @typedef {{ name: string, about: string, machine: import("./parts/machine.mjs").Machine } & Result} Report */

const names = [
  "definitions",
  "calls",
  "parallel",
  "large",
  "runaway",
  "start",
  "search",
  "search-quality",
  "gateway",
  "types",
  "type-check",
  "demo",
];
/** Only by name: they take minutes. `engines` is `probes` and `walls`. */
const longNames = [
  "article",
  "conformance",
  "crash",
  "engines",
  "growth",
  "noninterference",
  "privacy",
  "probes",
  "servers",
  "stalls",
  "walls",
];

const { values, positionals } = readArguments();
if (values.help === true) {
  process.stdout.write(
    `npm run bench -- [NAME…] [--json | --markdown]\n\nNAME: ${names.join(", ")}; none means all of these.\nLonger ones: ${longNames.join(", ")}.\n`,
  );
} else if (values.only !== undefined) {
  await runHere(values.only);
} else {
  const wanted = positionals.length === 0 ? names : positionals;
  const known = [...names, ...longNames];
  const unknown = wanted.find((name) => !known.includes(name));
  if (unknown !== undefined) fail(`No benchmark "${unknown}"; there are: ${known.join(", ")}`);
  await runAll(wanted, values.json === true ? "json" : values.markdown === true ? "markdown" : "text");
}

/** @param {readonly string[]} wanted @param {"json" | "markdown" | "text"} form */
async function runAll(wanted, form) {
  /** @type {Report[]} */
  const reports = [];
  let failed = 0;
  for (const name of wanted) {
    process.stderr.write(`${name}\n`);
    const machine = describeMachine();
    const report = await runApart(name);
    if (report === undefined) {
      failed += 1;
      continue;
    }
    reports.push({ ...report, machine });
    if (form !== "json") print({ ...report, machine }, form === "markdown" ? formatMarkdown : formatColumns);
  }
  if (form === "json") process.stdout.write(`${JSON.stringify({ benchmarks: reports }, null, 2)}\n`);
  // A goal that is missed is a figure, not an error; a benchmark that breaks is one.
  process.exitCode = failed > 0 ? 1 : 0;
}

/** @param {Report} report @param {typeof formatMarkdown} formatTable */
function print({ name, about, machine, rows, tables = [], notes = [] }, formatTable) {
  const goals = rows.flatMap((row) => row.goals.map((goal) => isReached(row, goal)));
  const verdict = goals.length === 0 ? "" : ` · ${goals.filter(Boolean).length} of ${goals.length} goals reached`;
  const text = [`\n## ${name}: ${about}${verdict}`, formatMachine(machine), "", formatRows(rows)];
  const shown = tables.flatMap((table) => ["", formatTable(table)]);
  process.stdout.write(`${[...text, ...shown, "", ...notes.map((note) => `* ${note}`)].join("\n")}\n`);
}

/** @param {string} name @returns {Promise<Omit<Report, "machine"> | undefined>} */
function runApart(name) {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), "--only", name], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  /** @type {Buffer[]} */
  const chunks = [];
  child.stdout.on("data", (chunk) => chunks.push(chunk));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) return resolve(JSON.parse(Buffer.concat(chunks).toString("utf8")));
      process.stderr.write(`${name} failed with exit code ${code}\n`);
      resolve(undefined);
    });
  });
}

/** @param {string} name */
async function runHere(name) {
  /** @type {{ default: import("./parts/figures.mjs").Benchmark }} */
  const { default: benchmark } = await import(`./${name}.mjs`);
  const result = await benchmark.run((text) => process.stderr.write(`  ${text}\n`));
  process.stdout.write(JSON.stringify({ name, about: benchmark.about, ...result }));
}

function readArguments() {
  const boolean = /** @type {const} */ ({ type: "boolean" });
  const options = { json: boolean, markdown: boolean, help: boolean, only: /** @type {const} */ ({ type: "string" }) };
  try {
    return parseArgs({ allowPositionals: true, options });
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
}

/** @param {string} message @returns {never} */
function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}
