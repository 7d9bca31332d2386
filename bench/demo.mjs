import { spawn } from "node:child_process";
import { toValueRow } from "./parts/figures.mjs";
import { cli } from "./parts/ground.mjs";

/** The two that have a goal on the demo's own small servers, and by how much. */
const goals = new Map([
  ["transcript", { min: 97 }],
  ["leads", { min: 97 }],
]);

/** @typedef {{ name: string, direct: { total: number, ms: number }, code: { total: number, ms: number }, reduction: number }} Scenario */

/** @type {import("./parts/figures.mjs").Benchmark} */
const demo = {
  about: "tokens of the demo's scenarios, as programs and by direct calling",
  async run() {
    /** @type {{ scenarios: Scenario[] }} */
    const { scenarios } = JSON.parse(await runDemo());
    const rows = scenarios.flatMap(({ name, direct, code, reduction }) => [
      toValueRow(`${name}: fewer tokens`, "%", reduction * 100, goals.get(name)),
      toValueRow("  directly", "tokens", direct.total),
      toValueRow("  as a program", "tokens", code.total),
      toValueRow("  time directly", "ms", direct.ms),
      toValueRow("  time as a program", "ms", code.ms),
    ]);
    return {
      rows,
      notes: [
        "o200k tokens, counted exactly; every turn re-sends definitions and conversation, on both sides; no model is called",
        "no model's thinking time is in the times",
      ],
    };
  },
};
export default demo;

/** @returns {Promise<string>} */
function runDemo() {
  const child = spawn(process.execPath, [cli, "demo", "--json"], { stdio: ["ignore", "pipe", "inherit"] });
  /** @type {Buffer[]} */
  const chunks = [];
  child.stdout.on("data", (chunk) => chunks.push(chunk));
  return new Promise((resolve, reject) => {
    child.once("close", (code) =>
      code === 0
        ? resolve(Buffer.concat(chunks).toString("utf8"))
        : reject(new Error(`sluice demo ended with ${code}`)),
    );
  });
}
