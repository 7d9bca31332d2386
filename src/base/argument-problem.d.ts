import type { Json } from "./json.ts";
import type { limits } from "./limits.ts";

/** The bounds of the arguments of one call, see `limits.ts`. */
export type ArgumentBounds = {
  readonly [name in "argumentBytesMax" | "argumentDepthMax" | "argumentValuesMax"]: (typeof limits)[name];
};

/** What is wrong with the arguments of a call before anything looks into them: the rest of a sentence; nothing, mostly. */
export declare function toArgumentProblem(
  value: Json | undefined,
  bytes: number,
  bounds: ArgumentBounds,
): string | undefined;
