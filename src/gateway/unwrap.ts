import { Buffer } from "node:buffer";
import { isJsonObject, type Json } from "../base/json.ts";
import { LargeResult } from "../base/large-json.ts";
import { toJsonSize } from "../base/json-size.ts";
import { limits } from "../base/limits.ts";
import { isNestedDeeper } from "../base/nesting.js";
import { parseText, type ReadItem, readResult, tooLarge } from "../base/read-result.js";
import type { CallOutcome } from "./call.ts";
import { cutText } from "./cut-text.ts";

/** Keeps the bytes of an image, a recording or a file, and answers its path for programs (`./workspace/.media/x.png`); `sha256` where it is known. */
export type SaveMedia = (bytes: Uint8Array, mimeType: string, sha256?: string) => Promise<string>;

/** The bounds of one result; defaults are in `base/limits.ts`. */
export interface UnwrapOptions {
  resultBytesMax?: number;
  /** It is sealed afterwards: what depends on its length is decided then. */
  isSealed?: boolean;
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
  const { isSealed = false } = options;
  const resultBytesMax = isSealed ? limits.resultBytesMax : (options.resultBytesMax ?? limits.resultBytesMax);
  const refusal = toTooLarge(resultBytesMax);
  if (result instanceof LargeResult)
    return result.bytes > resultBytesMax ? refusal : fromLarge(result, saveMedia, isSealed);
  if (!isJsonObject(result)) return readResult(result, limits) as CallOutcome;
  const bytes =
    toJsonSize(result.content ?? [], resultBytesMax) + toJsonSize(result.structuredContent ?? null, resultBytesMax);
  if (bytes > resultBytesMax) return refusal;
  const read = readResult(result, limits);
  switch (read.kind) {
    case "error":
      return isSealed ? read : withBoundedWords(read);
    case "text":
      return { kind: "data", data: parseText(read.text, limits.resultDepthMax), bytes };
    case "value":
      return isNestedDeeper(read.value, limits.resultDepthMax)
        ? tooLarge(`it is nested more than ${limits.resultDepthMax} times (resultDepthMax)`)
        : { kind: "data", data: read.value, bytes };
    case "mixed": {
      const media: Json[] = [];
      for (const item of read.items) media.push(await toMedia(item, saveMedia));
      return { kind: "data", data: { text: read.text, media }, bytes, mediaBytes: toMediaBytes(media) };
    }
  }
}

/** The refusal of a result with more than so many bytes. */
export function toTooLarge(resultBytesMax: number): CallOutcome {
  return tooLarge(`it has more than ${resultBytesMax} bytes (resultBytesMax)`);
}

/** A tool's own words, as many as are told. */
export function withBoundedWords<Outcome extends { kind: "error"; message: string }>(outcome: Outcome): Outcome {
  return { ...outcome, message: cutText(outcome.message, limits.errorMessageCharsMax) };
}

function toMediaBytes(media: readonly Json[]): number {
  return media.reduce<number>(
    (sum, one) => sum + (isJsonObject(one) && typeof one.bytes === "number" ? one.bytes : 0),
    0,
  );
}

async function toMedia(item: ReadItem, saveMedia: SaveMedia): Promise<Json> {
  if (item.kind === "value") return item.value;
  const bytes = Buffer.from(item.base64, "base64");
  const path = await saveMedia(bytes, item.mimeType);
  return { type: item.type, mimeType: item.mimeType, path, bytes: bytes.length };
}

/** The same for a result that a thread has read. */
async function fromLarge(
  { content, bytes }: LargeResult,
  saveMedia: SaveMedia,
  isSealed: boolean,
): Promise<CallOutcome> {
  if (content.kind === "error") return isSealed ? content : withBoundedWords(content);
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
  return { kind: "large", value, bytes, mediaBytes: toMediaBytes(media) };
}
