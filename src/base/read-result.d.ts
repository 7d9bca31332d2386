import type { Json } from "./json.ts";

/** A file of a result, or a block that is passed on as it is. */
export type ReadItem =
  | { kind: "media"; type: string; mimeType: string; base64: string }
  | { kind: "value"; value: Json };

/** What a tool's result says: an error in the upstream's words, one text, a value, or text beside files. */
export type ReadResult =
  | { kind: "error"; code: "tool_error" | "upstream_error" | "result_too_large"; message: string }
  | { kind: "text"; text: string }
  | { kind: "value"; value: Json }
  | { kind: "mixed"; text: string; items: ReadItem[] };

/** Reads a `CallToolResult`; total, whatever the server sent. */
export declare function readResult(
  result: unknown,
  bounds: { contentBlocksMax: number; errorReadCharsMax: number; resultDepthMax: number },
): ReadResult;
/**
 * The value of a text that begins like an object or an array and is JSON to its end; else, or if it is nested deeper, the text
 * itself.
 */
export declare function parseText(text: string, depthMax: number): Json;
/** The refusal of a result, with the bound that it passes. */
export declare function tooLarge(problem: string): ReadResult & { kind: "error" };
