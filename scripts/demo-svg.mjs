// Writes docs/demo.svg: what `npm run demo` prints, as a picture of a terminal. Run it after `npm run build`.
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const fontPx = 13;
const charPx = fontPx * 0.6;
const linePx = 18;
const padPx = 18;
const barPx = 30;
/** Between two lines as they appear; a viewer that does not move pictures shows all of them. */
const stepMs = 70;

const root = fileURLToPath(new URL("..", import.meta.url));
const run = spawnSync(process.execPath, ["dist/surfaces/cli.js", "demo"], {
  cwd: root,
  encoding: "utf8",
  stdio: ["ignore", "pipe", "inherit"],
});
if (run.status !== 0) process.exit(run.status ?? 1);

const lines = ["$ npm run demo", ...run.stdout.trimEnd().split("\n")];
const widthPx = Math.ceil(Math.max(...lines.map(toLength)) * charPx) + 2 * padPx;
const heightPx = barPx + lines.length * linePx + 2 * padPx;

writeFileSync(
  new URL("../docs/demo.svg", import.meta.url),
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${widthPx} ${heightPx}" width="${widthPx}" height="${heightPx}" role="img" aria-label="The output of npm run demo: tokens of direct tool calls and of programs, side by side">
<style>
text { font: ${fontPx}px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #b9c1cc; white-space: pre }
.strong { fill: #f0f3f6; font-weight: 600 }
.good { fill: #56d364 }
.dim { fill: #8b949e }
.line { animation: appear 1ms both }
@keyframes appear { from { opacity: 0 } }
@media (prefers-reduced-motion: reduce) { .line { animation: none } }
</style>
<rect width="${widthPx}" height="${heightPx}" rx="8" fill="#0d1117"/>
${["#ff5f57", "#febc2e", "#28c840"].map((colour, at) => `<circle cx="${padPx + at * 18}" cy="18" r="5" fill="${colour}"/>`).join("")}
${lines.map(toText).join("\n")}
</svg>
`,
);
process.stdout.write(`docs/demo.svg: ${lines.length} lines, ${widthPx} × ${heightPx}\n`);

/** @param {string} line */
function toLength(line) {
  return [...line].length;
}

/** @param {string} line @param {number} at */
function toText(line, at) {
  if (line === "") return "";
  const y = barPx + padPx + at * linePx;
  // The width is given, so that the columns stand under each other in whatever font the viewer has.
  const length = Math.round(toLength(line) * charPx * 10) / 10;
  const delay = at === 0 ? 0 : 800 + at * stepMs;
  const [before, mark] = line.endsWith("✓") ? [line.slice(0, -1), '<tspan class="good">✓</tspan>'] : [line, ""];
  return `<text class="line ${toClass(line)}" style="animation-delay:${delay}ms" x="${padPx}" y="${y}" textLength="${length}" xml:space="preserve">${escape(before)}${mark}</text>`;
}

/** @param {string} line */
function toClass(line) {
  if (line.includes(" fewer tokens")) return "good";
  if (/^(-+|\s+definitions\b.*)$/.test(line)) return "dim";
  return /^\S/.test(line) ? "strong" : "";
}

/** @param {string} text */
function escape(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
