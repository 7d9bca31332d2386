// Writes docs/limits.md from src/base/limits.ts and config.schema.json; a test fails when the page is behind them.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** @typedef {{ name: string, value: number, reason: string }} Limit */

const about = `# Limits

Every queue, map, text, frame and file has a bound. The unit is in the name: \`Ms\` milliseconds, \`Bytes\`, \`Chars\`
characters, \`Mb\` mebibytes; \`Max\` alone is a count. Reaching a bound is a clear error, a warning or a mark in the answer
that says the name and the value; where it ends a program, its name is the [error code](errors.md).

The values below are the defaults. Where the third column has a range, \`sandbox\` in the [config](config.md) can set it
within that range (\`networkBytesMax\`, \`networkMs\` and \`networkRequestsMax\` are \`bytesMax\`, \`timeoutMs\` and
\`requestsMax\` of \`sandbox.network\`). For one program the library can lower (\`limits\` of \`executeCode\`) what is about one
program: time, processor, memory, output, results, calls, rates, files and network. \`--timeout\` and \`timeoutMs\` of
\`execute_code\` lower the time. No program, no caller and no model can raise any of them.

A promise that waits for a tool, a file, a timer or a request is a call: how many there may be is \`callsPendingMax\` (and
\`timersMax\`). Promises that wait for nothing outside cost the host nothing, and are bounded by the memory of the program.
A rate is an average: a second's worth may go at once, what is over it waits, and what would wait longer than
\`rateWaitMs\` is refused.
`;

/** The page, as it should be. */
export function toLimitsPage() {
  const { network, ...sandbox } = JSON.parse(read("../config.schema.json")).properties.sandbox.properties;
  const { bytesMax, timeoutMs, requestsMax } = network.properties;
  const settable = { ...sandbox, networkBytesMax: bytesMax, networkMs: timeoutMs, networkRequestsMax: requestsMax };
  const sections = readLimits().map(({ title, limits }) =>
    [
      `## ${title}`,
      "",
      "| limit | value | in the config | why |",
      "|---|---:|---|---|",
      ...limits.map(({ name, value, reason }) =>
        [`| \`${name}\``, toNumber(value), toRange(settable[name]), `${reason.replaceAll("|", "\\|")} |`].join(" | "),
      ),
      "",
    ].join("\n"),
  );
  return [about, ...sections].join("\n");
}

/** The limits of the source, under the comments that group them. @returns {{ title: string, limits: Limit[] }[]} */
function readLimits() {
  /** @type {{ title: string, limits: Limit[] }[]} */
  const sections = [];
  for (const line of read("../src/base/limits.ts").split("\n")) {
    const comment = /^ {2}\/\/ (.*)$/.exec(line)?.[1];
    if (comment !== undefined) {
      const title = (comment.split(";")[0] ?? "").trim();
      sections.push({ title: title.slice(0, 1).toUpperCase() + title.slice(1), limits: [] });
    }
    const [, name, value, reason] = /^ {2}(\w+): ([\d_]+),(?: \/\/ (.*))?$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined)
      sections.at(-1)?.limits.push({ name, value: Number(value.replaceAll("_", "")), reason: reason ?? "" });
  }
  return sections;
}

/** @param {{ minimum: number, maximum: number } | undefined} key */
function toRange(key) {
  return key === undefined ? "" : `${toNumber(key.minimum)} to ${toNumber(key.maximum)}`;
}

/** @param {number} value */
function toNumber(value) {
  return value.toLocaleString("en-US");
}

/** @param {string} path */
function read(path) {
  return readFileSync(new URL(path, import.meta.url), "utf8");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(new URL("../docs/limits.md", import.meta.url), toLimitsPage());
}
