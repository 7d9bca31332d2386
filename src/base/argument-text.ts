import { limits } from "./limits.ts";
import { type Json, isJsonObject, type JsonObject } from "./json.ts";

/** By the object: several steps look at it, and it may have megabytes. */
const texts = new WeakMap<JsonObject, string>();

/** The arguments of a call as JSON, printed once; throws a RangeError where they are nested so deep that they cannot be. */
export function toArgumentText(args: Json): string {
  // What is no object is refused, once it is on record.
  if (!isJsonObject(args)) return JSON.stringify(args) ?? "";
  const known = texts.get(args);
  if (known !== undefined) return known;
  const text = JSON.stringify(args);
  texts.set(args, text);
  return text;
}

/** Keeps the JSON of arguments that another thread has printed. */
export function keepArgumentText(args: JsonObject, text: string): void {
  texts.set(args, text);
}

/** Whether the arguments are known to be so large that others are to have a turn before anything more is done with them. */
export function haveLargeText(args: JsonObject): boolean {
  return (texts.get(args)?.length ?? 0) > limits.feltBytesMin;
}
