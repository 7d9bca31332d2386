import { Buffer } from "node:buffer";
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import { limits } from "../base/limits.ts";
import type { CallOutcome } from "./call.ts";
import { toJsonSize } from "./json-size.ts";

/** Keeps the bytes of an image, a recording or a file, and answers its path for programs (`./workspace/.media/x.png`). */
export type SaveMedia = (bytes: Buffer, mimeType: string) => Promise<string>;

/** The bounds of one result; defaults are in `base/limits.ts`. */
export interface UnwrapOptions {
  resultBytesMax?: number;
}

/**
 * Turns a `CallToolResult` into the tool's data (DESIGN 2.3): structured content, else the one text (as a value where
 * it is JSON), else all texts, with media saved as files. `isError` becomes an error with the upstream's own words;
 * a text that only talks of an error stays data. Rejects only if `saveMedia` does.
 */
export async function unwrapResult(
  result: unknown,
  saveMedia: SaveMedia,
  options: UnwrapOptions = {},
): Promise<CallOutcome> {
  if (!isJsonObject(result)) return upstreamError("the server answered without a result object");
  const content = result.content ?? [];
  if (!Array.isArray(content)) return upstreamError("the content of the server's result is not a list");
  if (content.length > limits.contentBlocksMax) {
    return tooLarge(`${content.length} content blocks, more than ${limits.contentBlocksMax} (contentBlocksMax)`);
  }
  const resultBytesMax = options.resultBytesMax ?? limits.resultBytesMax;
  const bytes = toJsonSize(content, resultBytesMax) + toJsonSize(result.structuredContent ?? null, resultBytesMax);
  if (bytes > resultBytesMax) return tooLarge(`it has more than ${resultBytesMax} bytes (resultBytesMax)`);

  const blocks = content.filter(isJsonObject).map(toBlock);
  if (result.isError === true)
    return { kind: "error", code: "tool_error", message: toErrorMessage(blocks, result.structuredContent) };
  if (isStructured(result, blocks)) return { kind: "data", data: result.structuredContent ?? null, bytes };
  return { kind: "data", data: await toData(blocks, saveMedia), bytes };
}

type Block =
  | { kind: "text"; text: string }
  | { kind: "media"; type: string; mimeType: string; base64: string }
  /** A link, or a block of a kind that is not known: passed on as it is. */
  | { kind: "value"; value: JsonObject };

function toBlock(block: JsonObject): Block {
  const { type, text, data, resource } = block;
  if (type === "text" && typeof text === "string") return { kind: "text", text };
  if ((type === "image" || type === "audio") && typeof data === "string") {
    return { kind: "media", type, mimeType: toMimeType(block.mimeType), base64: data };
  }
  if (type === "resource_link") return { kind: "value", value: toLink(block) };
  if (type === "resource" && isJsonObject(resource)) {
    if (typeof resource.text === "string") return { kind: "text", text: resource.text };
    if (typeof resource.blob === "string") {
      return { kind: "media", type, mimeType: toMimeType(resource.mimeType), base64: resource.blob };
    }
  }
  return { kind: "value", value: block };
}

function toLink({ uri, name, mimeType }: JsonObject): JsonObject {
  const link: JsonObject = { type: "resource_link", uri: uri ?? null };
  if (name !== undefined) link.name = name;
  if (mimeType !== undefined) link.mimeType = mimeType;
  return link;
}

/** A type decides a file's name, so only what looks like one is believed. */
function toMimeType(claimed: Json | undefined): string {
  const isOne = typeof claimed === "string" && claimed.length <= 127 && /^[\w.+-]+\/[\w.+-]+$/.test(claimed);
  return isOne ? claimed.toLowerCase() : "application/octet-stream";
}

/** Some libraries send `null` where they mean "none": it counts only if the text says nothing else. */
function isStructured(result: JsonObject, blocks: readonly Block[]): boolean {
  if (result.structuredContent === undefined) return false;
  if (result.structuredContent !== null) return true;
  const [first] = blocks;
  return blocks.length === 1 && first?.kind === "text" && first.text.trim() === "null";
}

async function toData(blocks: readonly Block[], saveMedia: SaveMedia): Promise<Json> {
  if (blocks.some((block) => block.kind === "media")) return toMixed(blocks, saveMedia);
  const values = blocks.map((block) =>
    block.kind === "text" ? parseText(block.text) : block.kind === "value" ? block.value : null,
  );
  return values.length > 1 ? values : (values[0] ?? null);
}

/** Text beside files: the text stays text, whatever it looks like, so that a program can rely on the shape. */
async function toMixed(blocks: readonly Block[], saveMedia: SaveMedia): Promise<Json> {
  const texts: string[] = [];
  const media: Json[] = [];
  for (const block of blocks) {
    if (block.kind === "text") texts.push(block.text);
    else if (block.kind === "value") media.push(block.value);
    else {
      const bytes = Buffer.from(block.base64, "base64");
      const path = await saveMedia(bytes, block.mimeType);
      media.push({ type: block.type, mimeType: block.mimeType, path, bytes: bytes.length });
    }
  }
  return { text: texts.join("\n"), media };
}

/** The value of a text that begins like an object or an array and is JSON to its end; else the text itself. */
function parseText(text: string): Json {
  if (!text.startsWith("{") && !text.startsWith("[")) return text;
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

function toErrorMessage(blocks: readonly Block[], structured: Json | undefined): string {
  const words = blocks
    .flatMap((block) => (block.kind === "text" && block.text.trim() !== "" ? [block.text] : []))
    .join("\n");
  const said = words !== "" ? words : structured === undefined || structured === null ? "" : JSON.stringify(structured);
  if (said === "") return "The tool reported an error without a word about it";
  const max = limits.errorMessageCharsMax;
  return said.length > max ? `${said.slice(0, max)}… (${said.length - max} more characters)` : said;
}

function upstreamError(problem: string): CallOutcome {
  return { kind: "error", code: "upstream_error", message: `Cannot read the tool's result: ${problem}` };
}

function tooLarge(problem: string): CallOutcome {
  return {
    kind: "error",
    code: "result_too_large",
    message: `Cannot take the tool's result: ${problem}; ask the tool for less at a time`,
  };
}
