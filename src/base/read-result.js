// What a tool's result says (DESIGN 2.3), before its files are saved. Plain JavaScript: results that are large are
// read in a thread, the others where they arrive, by the same rules.

import { isNestedDeeper } from "./nesting.js";

/** @typedef {import("./read-result.d.ts").ReadResult} ReadResult */
/** @typedef {import("./read-result.d.ts").ReadItem} ReadItem */
/** @typedef {{ kind: "text", text: string } | ReadItem} Block */

/** @param {unknown} value @returns {value is Record<string, any>} */
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * @param {any} result
 * @param {{ contentBlocksMax: number, errorReadCharsMax: number, resultDepthMax: number }} bounds
 * @returns {ReadResult}
 */
export function readResult(result, { contentBlocksMax, errorReadCharsMax, resultDepthMax }) {
  if (!isObject(result)) return upstreamError("the server answered without a result object");
  // An empty object is taken for an empty answer; one of other members is no result of a tool.
  const isOther = Object.keys(result).some((key) => key !== "_meta" && key !== "isError" && key !== "resultType");
  if (result.content === undefined && result.structuredContent === undefined && isOther)
    return upstreamError("the server's result has no content");
  const content = result.content ?? [];
  if (!Array.isArray(content)) return upstreamError("the content of the server's result is not a list");
  if (content.length > contentBlocksMax)
    return tooLarge(`${content.length} content blocks, more than ${contentBlocksMax} (contentBlocksMax)`);
  const blocks = content.filter(isObject).map(toBlock);
  const { structuredContent } = result;
  if (result.isError === true)
    return {
      kind: "error",
      code: "tool_error",
      message: toErrorMessage(blocks, structuredContent, errorReadCharsMax),
    };
  if (isStructured(structuredContent, blocks)) return { kind: "value", value: structuredContent ?? null };
  if (blocks.some(({ kind }) => kind === "media")) return toMixed(blocks);
  const [first] = blocks;
  if (blocks.length === 1 && first?.kind === "text") return first;
  const values = blocks.map((block) =>
    block.kind === "text" ? parseText(block.text, resultDepthMax) : toValue(block),
  );
  return { kind: "value", value: values.length > 1 ? values : (values[0] ?? null) };
}

/**
 * The value of a text that begins like an object or an array and is JSON to its end; else, or if it is nested too deep for
 * what comes after, the text itself.
 * @param {string} text
 * @param {number} depthMax
 */
export function parseText(text, depthMax) {
  if (!text.startsWith("{") && !text.startsWith("[")) return text;
  try {
    const value = JSON.parse(text);
    return isNestedDeeper(value, depthMax) ? text : value;
  } catch {
    return text;
  }
}

/** @param {string} problem @returns {ReadResult} */
export function tooLarge(problem) {
  const message = `Cannot take the tool's result: ${problem}; ask the tool for less at a time`;
  return { kind: "error", code: "result_too_large", message };
}

/** @param {string} problem @returns {ReadResult} */
function upstreamError(problem) {
  return { kind: "error", code: "upstream_error", message: `Cannot read the tool's result: ${problem}` };
}

/** @param {Record<string, any>} block @returns {Block} */
function toBlock(block) {
  const { type, text, data, resource } = block;
  if (type === "text" && typeof text === "string") return { kind: "text", text };
  if ((type === "image" || type === "audio") && typeof data === "string")
    return { kind: "media", type, mimeType: toMimeType(block.mimeType), base64: data };
  if (type === "resource_link") return { kind: "value", value: toLink(block) };
  if (type === "resource" && isObject(resource)) {
    if (typeof resource.text === "string") return { kind: "text", text: resource.text };
    // A text in base64 is a text: what is in it is looked at like any other.
    if (typeof resource.blob === "string" && textTypes.test(toMimeType(resource.mimeType)))
      return { kind: "text", text: Buffer.from(resource.blob, "base64").toString("utf8") };
    if (typeof resource.blob === "string")
      return { kind: "media", type, mimeType: toMimeType(resource.mimeType), base64: resource.blob };
  }
  // Of a kind that is not known: passed on as it is.
  return { kind: "value", value: block };
}

/** @param {Record<string, any>} block */
function toLink({ uri, name, mimeType }) {
  return {
    type: "resource_link",
    uri: uri ?? null,
    ...(name === undefined ? {} : { name }),
    ...(mimeType === undefined ? {} : { mimeType }),
  };
}

const textTypes = /^text\/|[/+](?:json|xml|yaml|csv|javascript|x-ndjson)$/;

/** A type decides a file's name, so only what looks like one is believed. @param {unknown} claimed */
function toMimeType(claimed) {
  const isOne = typeof claimed === "string" && claimed.length <= 127 && /^[\w.+-]+\/[\w.+-]+$/.test(claimed);
  return isOne ? claimed.toLowerCase() : "application/octet-stream";
}

/** Some libraries send `null` where they mean "none": it counts only if the text says nothing else. @param {unknown} structured @param {Block[]} blocks */
function isStructured(structured, blocks) {
  if (structured === undefined) return false;
  if (structured !== null) return true;
  const [first] = blocks;
  return blocks.length === 1 && first?.kind === "text" && first.text.trim() === "null";
}

/** @param {Block} block */
function toValue(block) {
  return block.kind === "value" ? block.value : null;
}

/** Text beside files: the text stays text, whatever it looks like, so that a program can rely on the shape. @param {Block[]} blocks @returns {ReadResult} */
function toMixed(blocks) {
  /** @type {string[]} */
  const texts = [];
  /** @type {ReadItem[]} */
  const items = [];
  for (const block of blocks) {
    if (block.kind === "text") texts.push(block.text);
    else items.push(block);
  }
  return { kind: "mixed", text: texts.join("\n"), items };
}

/** @param {Block[]} blocks @param {unknown} structured @param {number} charsMax */
function toErrorMessage(blocks, structured, charsMax) {
  const words = blocks
    .flatMap((block) => (block.kind === "text" && block.text.trim() !== "" ? [block.text] : []))
    .join("\n");
  const said = words !== "" ? words : structured === undefined || structured === null ? "" : JSON.stringify(structured);
  if (said === "") return "The tool reported an error without a word about it";
  return said.length > charsMax
    ? `The tool reported an error in more than ${charsMax} characters (errorReadCharsMax)`
    : said;
}
