// `npm run bench` runs every benchmark, `npm run bench -- NAME…` some; `--json` prints one object for machines, on
// stdout, with the progress on stderr. Each benchmark has a process of its own: none inherits another's heap.
import { spawn } from "node:child_process";
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import { formatRows, isReached } from "./parts/figures.mjs";
import { describeMachine, formatMachine } from "./parts/machine.mjs";

/** @typedef {import("./parts/figures.mjs").Result} Result */
/** @typedef {{ name: string, about: string, machine: import("./parts/machine.mjs").Machine } & Result} Report */

const names = ["definitions", "calls", "parallel", "large", "runaway", "start", "search", "gateway", "demo"];
/** Takes an hour and the network, so only by its name. */
const named = "servers";

const { values, positionals } = readArguments();
if (values.help === true) {
  process.stdout.write(
    `npm run bench -- [NAME…] [--json]\n\nNAME: ${names.join(", ")}; none means all. By its name only: ${named}.\n`,
  );
} else if (values.only !== undefined) {
  await runHere(values.only);
} else {
  const wanted = positionals.length === 0 ? names : positionals;
  const known = [...names, named];
  const unknown = wanted.find((name) => !known.includes(name));
  if (unknown !== undefined) fail(`No benchmark "${unknown}"; there are: ${known.join(", ")}`);
  await runAll(wanted, values.json === true);
}

/** @param {readonly string[]} wanted @param {boolean} json */
async function runAll(wanted, json) {
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
    if (!json) print({ ...report, machine });
  }
  if (json) process.stdout.write(`${JSON.stringify({ benchmarks: reports }, null, 2)}\n`);
  // A goal that is missed is a figure, not an error; a benchmark that breaks is one.
  process.exitCode = failed > 0 ? 1 : 0;
}

/** @param {Report} report */
function print({ name, about, machine, rows, notes = [] }) {
  const goals = rows.flatMap((row) => row.goals.map((goal) => isReached(row, goal)));
  const verdict = goals.length === 0 ? "" : ` · ${goals.filter(Boolean).length} of ${goals.length} goals reached`;
  const text = [`\n## ${name}: ${about}${verdict}`, formatMachine(machine), "", formatRows(rows)];
  process.stdout.write(`${[...text, ...notes.map((note) => `* ${note}`)].join("\n")}\n`);
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
  const options = { json: boolean, help: boolean, only: /** @type {const} */ ({ type: "string" }) };
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
