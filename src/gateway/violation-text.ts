import { isJsonObject, type Json, type JsonSchema } from "../base/json.ts";

/** What a schema asks for, in a few words. */
export function toExpected(schema: JsonSchema | undefined): string {
  if (schema === false) return "nothing";
  if (!isJsonObject(schema)) return "a value";
  if (schema.const !== undefined) return toShort(schema.const);
  if (Array.isArray(schema.enum)) {
    const shown = schema.enum.slice(0, 20).map(toShort).join(", ");
    const rest = schema.enum.length - 20;
    return `one of ${shown}${rest > 0 ? ` and ${rest} more` : ""}`;
  }
  const types = (Array.isArray(schema.type) ? schema.type : [schema.type]).filter((type) => typeof type === "string");
  if (types.length > 0) return types.map((type) => typeWords.get(type) ?? type).join(" or ");
  if (typeof schema.title === "string") return toShort(schema.title);
  return isJsonObject(schema.properties) ? "an object" : "a value";
}

const typeWords: ReadonlyMap<string, string> = new Map([
  ["string", "a string"],
  ["number", "a number"],
  ["integer", "a whole number"],
  ["boolean", "true or false"],
  ["object", "an object"],
  ["array", "an array"],
  ["null", "null"],
]);

/** What was given, in a few words: short values as they are. */
export function toGot(value: Json): string {
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (isJsonObject(value)) {
    const names = Object.keys(value);
    return names.length === 0
      ? "an empty object"
      : `an object with ${names
          .slice(0, 5)
          .map((name) => name.slice(0, 40))
          .join(", ")}${names.length > 5 ? ", …" : ""}`;
  }
  if (typeof value === "string") return `the string ${toShort(value)}`;
  return typeof value === "number" ? `the number ${value}` : String(value);
}

function toShort(value: Json): string {
  if (typeof value === "string") return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (typeof value === "object" && value !== null) return toGot(value);
  return String(value);
}
