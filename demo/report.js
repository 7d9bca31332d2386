/** @typedef {import("./run.js").ScenarioReport} ScenarioReport */

const columns = ["definitions", "input", "output", "total", "calls", "ms"];

/**
 * The result for people: one block of two lines per scenario, then what was counted.
 * @param {readonly ScenarioReport[]} reports
 * @param {{ direct: number, code: number }} definitions
 * @returns {string}
 */
export function formatTable(reports, definitions) {
  const lines = ["", toRow("", [...columns, "state"]), "-".repeat(94)];
  for (const { title, direct, code, reduction, problems } of reports) {
    lines.push(
      title,
      toRow("  direct calls", toCells(direct, problems.direct)),
      toRow("  as a program", toCells(code, problems.code)),
    );
    lines.push(`  ${toPercent(reduction)} fewer tokens (${(direct.total / code.total).toFixed(1)} to 1)`, "");
    for (const [side, problem] of Object.entries(problems)) {
      if (problem !== undefined) lines.push(`  ✗ ${side}: ${problem}`, "");
    }
  }
  return `${lines.join("\n")}\n${explain(definitions)}`;
}

/** @param {ScenarioReport["direct"]} cost @param {string | undefined} problem @returns {string[]} */
function toCells(cost, problem) {
  const numbers = [cost.definitions, cost.input, cost.output, cost.total, cost.calls, cost.ms];
  return [...numbers.map((number) => number.toLocaleString("en")), problem === undefined ? "✓" : "✗"];
}

/** @param {string} label @param {readonly string[]} cells @returns {string} */
function toRow(label, cells) {
  return label.padEnd(17) + cells.map((cell) => cell.padStart(11)).join("");
}

/** @param {number} share @returns {string} */
function toPercent(share) {
  return `${(share * 100).toFixed(1)} %`;
}

/** @param {{ direct: number, code: number }} definitions @returns {string} */
function explain({ direct, code }) {
  return `What is counted
  No model is called. Both agents are scripts that make real calls to real MCP servers; each side has its own state,
  and ✓ means that the servers' state was read afterwards and is what the task asked for.
  Tokens are exact o200k_base tokens. Every turn sends the tool definitions (${direct.toLocaleString("en")} for the four servers' tools, ${code.toLocaleString("en")}
  for Sluice's three) and the whole conversation again, on both sides: "input" is the sum over all turns, and
  "definitions" is what one turn carries of them. "output" is what the model writes: calls with their arguments, code,
  the answer. The direct agent makes independent calls of one step in one turn. The program's side includes looking
  its tools up with search_tools. System prompts and message framing are counted on neither side; nor is caching.
  Claude's tokenisers are not public: expect 1.0 to 1.47 times these counts, much the same on both sides.
  "ms" is the time of the calls and of the sandbox, without the time a model thinks; only the direct agent that waits
  for the deployment is given 2 s between two looks, as a quick model's turn. A direct agent could not do the 10,000
  rows at all in a context window of 200,000 tokens, and would have to add them up in its head: the script does it
  for it, so the token count there is what it would take at least.
`;
}
