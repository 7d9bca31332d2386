import { Buffer } from "node:buffer";
import { isJsonObject, type Json } from "../base/json.ts";
import { LargeResult } from "../base/large-json.ts";
import { limits } from "../base/limits.ts";
import { parseText, type ReadItem, readResult, tooLarge } from "../base/read-result.js";
import type { CallOutcome } from "./call.ts";
import { toJsonSize } from "./json-size.ts";

/** Keeps the bytes of an image, a recording or a file, and answers its path for programs (`./workspace/.media/x.png`); `sha256` where it is known. */
export type SaveMedia = (bytes: Uint8Array, mimeType: string, sha256?: string) => Promise<string>;

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
  const resultBytesMax = options.resultBytesMax ?? limits.resultBytesMax;
  const refusal = tooLarge(`it has more than ${resultBytesMax} bytes (resultBytesMax)`);
  if (result instanceof LargeResult) return result.bytes > resultBytesMax ? refusal : fromLarge(result, saveMedia);
  if (!isJsonObject(result)) return readResult(result, limits) as CallOutcome;
  const bytes =
    toJsonSize(result.content ?? [], resultBytesMax) + toJsonSize(result.structuredContent ?? null, resultBytesMax);
  if (bytes > resultBytesMax) return refusal;
  const read = readResult(result, limits);
  switch (read.kind) {
    case "error":
      return read;
    case "text":
      return { kind: "data", data: parseText(read.text), bytes };
    case "value":
      return { kind: "data", data: read.value, bytes };
    case "mixed": {
      const media: Json[] = [];
      for (const item of read.items) media.push(await toMedia(item, saveMedia));
      return { kind: "data", data: { text: read.text, media }, bytes };
    }
  }
}

async function toMedia(item: ReadItem, saveMedia: SaveMedia): Promise<Json> {
  if (item.kind === "value") return item.value;
  const bytes = Buffer.from(item.base64, "base64");
  const path = await saveMedia(bytes, item.mimeType);
  return { type: item.type, mimeType: item.mimeType, path, bytes: bytes.length };
}

/** The same for a result that a thread has read. */
async function fromLarge({ content, bytes }: LargeResult, saveMedia: SaveMedia): Promise<CallOutcome> {
  if (content.kind === "error") return content;
  if (content.kind === "large") return { kind: "large", value: content.value, bytes };
  const media: Json[] = [];
  for (const item of content.items) {
    if (item.kind === "value") {
      media.push(item.value);
      continue;
    }
    const { type, mimeType, sha256 } = item;
    media.push({ type, mimeType, path: await saveMedia(item.bytes, mimeType, sha256), bytes: item.bytes.length });
  }
  const end = Buffer.from(`,"media":${JSON.stringify(media)}}`);
  const pieces = [Buffer.from('{"text":'), ...content.textJson, end];
  const value = { form: "json", pieces, bytes: pieces.reduce((sum, piece) => sum + piece.length, 0) } as const;
  return { kind: "large", value, bytes };
}
