import type { JsonObject } from "../base/json.ts";

/** By the object: several steps look at it, and it may have megabytes. */
const texts = new WeakMap<JsonObject, string>();

/** The arguments of a call as JSON, printed once; throws a RangeError where they are nested so deep that they cannot be. */
export function toArgumentText(args: JsonObject): string {
  const known = texts.get(args);
  if (known !== undefined) return known;
  const text = JSON.stringify(args) ?? "";
  texts.set(args, text);
  return text;
}
