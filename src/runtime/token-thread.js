// Counts o200k tokens in a thread of its own: the table takes time and tens of MB to load.
import { parentPort, workerData } from "node:worker_threads";
import { countTokens } from "./tokenizer.js";

/** @typedef {{ id: number, texts: string[] }} CountRequest */
/** @typedef {{ id: number, counts: number[], approximate: boolean[] }} CountAnswer */

/** @type {{ runCharsMax: number }} */
const { runCharsMax } = workerData;

// The encoder takes quadratic time in one unbroken run of letters, spaces or signs (256 KB of "a": a minute), and
// real text has no such runs. They are cut, which moves the count by at most one token per cut.
const longRun = new RegExp(
  `[\\p{L}\\p{M}]{${runCharsMax + 1},}|\\s{${runCharsMax + 1},}|[^\\s\\p{L}\\p{N}]{${runCharsMax + 1},}`,
  "u",
);

/**
 * @param {string} text
 * @returns {{ count: number, approximate: boolean }}
 */
function count(text) {
  if (text.length <= runCharsMax || !longRun.test(text)) return { count: countTokens(text), approximate: false };
  let total = 0;
  for (let start = 0; start < text.length; start += runCharsMax) {
    total += countTokens(text.slice(start, start + runCharsMax));
  }
  return { count: total, approximate: true };
}

parentPort?.on("message", (/** @type {CountRequest} */ { id, texts }) => {
  const counted = texts.map(count);
  /** @type {CountAnswer} */
  const answer = { id, counts: counted.map((one) => one.count), approximate: counted.map((one) => one.approximate) };
  parentPort?.postMessage(answer);
});
