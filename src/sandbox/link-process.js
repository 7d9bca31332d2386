// Reads or links one module in a process of its own, which may die of it or be killed (see linker-process.ts): one request
// of JSON on stdin, one answer on stdout.

import { createLinker } from "./module-linker.js";

/** @type {Buffer[]} */
const chunks = [];
process.stdin.on("data", (chunk) => chunks.push(chunk));
process.stdin.on("end", () => {
  const { name, source, wants, targets, servers } = JSON.parse(Buffer.concat(chunks).toString("utf8"));
  void answer(name, source, wants, targets, servers).then((given) => process.stdout.write(JSON.stringify(given)));
});

/**
 * @param {string} name
 * @param {string} source
 * @param {string | undefined} wants
 * @param {[string, any][] | undefined} targets
 * @param {[string, any][] | undefined} servers
 */
async function answer(name, source, wants, targets, servers) {
  const linker = createLinker();
  try {
    if (wants === "outline") return { kind: "outlined", outline: await linker.outline(name, source) };
    if (targets === undefined || servers === undefined) return { kind: "read", facts: await linker.read(name, source) };
    return { kind: "linked", module: await linker.link(name, source, new Map(targets), new Map(servers)) };
  } catch (/** @type {any} */ error) {
    const { code, message, place, hint } = error;
    return { kind: "error", code, message, place, hint };
  }
}
