import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import { limits } from "../base/limits.ts";
import { toCleanText } from "./text.ts";

const prose = new Set([
  "description",
  "title",
  "$comment",
  "markdownDescription",
  "deprecationMessage",
  "errorMessage",
]);
/** What a value must equal, or is: changed by one character it would be another. */
const exact = new Set(["enum", "const", "default", "examples", "pattern", "required"]);

/** A schema as it goes to a model directly: its prose cleaned and bounded, everything that counts as it was. */
export function toCleanSchema(schema: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(schema).map(([key, member]): [string, Json] => {
      if (prose.has(key) && typeof member === "string") return [key, toCleanText(member, limits.propertyDocCharsMax)];
      return [key, exact.has(key) ? member : toClean(member)];
    }),
  );
}

function toClean(value: Json): Json {
  if (Array.isArray(value)) return value.map(toClean);
  return isJsonObject(value) ? toCleanSchema(value) : value;
}
