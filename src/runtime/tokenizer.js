// The o200k tokenizer, with its table as the build made it: a tenth of what the library ships, read in a quarter of
// the time, because the half that decodes is left out.
import { readFileSync } from "node:fs";
import { Tokenizer } from "ai-tokenizer";

const { binary, ...table } = JSON.parse(readFileSync(new URL("./o200k.json", import.meta.url), "utf8"));
const tokenizer = new Tokenizer({
  ...table,
  binaryEncoder: binary.map((/** @type {[number[], number]} */ [bytes, rank]) => [Uint8Array.from(bytes), rank]),
  decoder: {},
});

/**
 * Exact o200k tokens. A text that spells a control token, such as <|endoftext|>, is counted as the ordinary text it is.
 * @param {string} text
 * @returns {number}
 */
export function countTokens(text) {
  return tokenizer.encode(text, "all").length;
}
