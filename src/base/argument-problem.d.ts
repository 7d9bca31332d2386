import type { Json } from "./json.ts";

/** The bounds of the arguments of one call, see `limits.ts`. */
export interface ArgumentBounds {
  readonly argumentBytesMax: number;
  readonly argumentDepthMax: number;
  readonly argumentValuesMax: number;
}

/** What is wrong with the arguments of a call before anything looks into them: the rest of a sentence; nothing, mostly. */
export declare function toArgumentProblem(
  value: Json | undefined,
  bytes: number,
  bounds: ArgumentBounds,
): string | undefined;
