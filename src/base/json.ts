/** Any JSON value. */
export type Json = null | boolean | number | string | Json[] | JsonObject;
/** A JSON object; keys from outside, so read it with `Object.hasOwn` or rebuild it. */
export type JsonObject = { [key: string]: Json };
/** A JSON Schema as a server sent it: draft-07 or 2020-12, unchecked. */
export type JsonSchema = boolean | JsonObject;

/** Whether the value is a plain JSON object: not null, not an array. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The JSON object that a text is; `undefined` where it is none. */
export function parseJsonObject(text: string): JsonObject | undefined {
  try {
    const value = JSON.parse(text) as Json;
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** JSON text with the keys of every object sorted: the same value always gives the same text, so it can be hashed. */
export function toCanonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(toCanonicalJson).join(",")}]`;
  if (!isJsonObject(value)) return JSON.stringify(value);
  const members = Object.keys(value)
    .filter((key) => value[key] !== undefined)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${toCanonicalJson(value[key] as Json)}`);
  return `{${members.join(",")}}`;
}

/** The value if it is a string, else an empty one: for members of objects from outside. */
export function asText(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}
