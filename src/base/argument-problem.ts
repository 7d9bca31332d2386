import { isNestedDeeper, type Json } from "./json.ts";
import { limits } from "./limits.ts";

/** What is wrong with the arguments of a call before anything looks into them: the rest of a sentence; nothing, mostly. */
export function toArgumentProblem(value: Json | undefined, bytes = 0): string | undefined {
  const { argumentBytesMax, argumentDepthMax } = limits;
  if (bytes > argumentBytesMax) return `have ${bytes} bytes; argumentBytesMax is ${argumentBytesMax}`;
  if (value !== undefined && isNestedDeeper(value, argumentDepthMax))
    return `are nested too deep; argumentDepthMax is ${argumentDepthMax}`;
  return undefined;
}
