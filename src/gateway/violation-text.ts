import { isJsonObject, type Json, type JsonSchema } from "../base/json.ts";

/** Where a value stands, as a chain to the root; made into text only when there is something to say. */
export interface Place {
  within: Place | undefined;
  key: string | number;
  /** A member that the schema does not name: its key may be data. */
  isUndeclared?: true;
}

/** A place as a program would write it: `rows[3].email`, `data["first name"]`; empty for the root. */
export function toPathText(place: Place | undefined): string {
  const keys: (string | number)[] = [];
  for (let at = place; at !== undefined; at = at.within) keys.push(at.key);
  let text = "";
  for (const key of keys.reverse()) {
    if (typeof key === "string" && /^[A-Za-z_$][\w$]*$/.test(key)) text += text === "" ? key : `.${key}`;
    else text += `[${typeof key === "number" ? key : toShort(key)}]`;
  }
  return text;
}

/** A place in the schema's own words: `rows[].email`; `[*]` for a key that only the value has. */
export function toDeclaredPath(place: Place | undefined): string {
  if (place === undefined) return "";
  const within = toDeclaredPath(place.within);
  if (typeof place.key === "number") return `${within}[]`;
  if (place.isUndeclared === true) return `${within}[*]`;
  const own = toPathText({ within: undefined, key: place.key });
  return within === "" || own.startsWith("[") ? `${within}${own}` : `${within}.${own}`;
}

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
