import { isJsonObject } from "../base/json.ts";
import type { Json, JsonObject, JsonSchema } from "../base/json.ts";
import { toReferences } from "../base/references.ts";

const combinators = ["$ref", "$dynamicRef", "anyOf", "oneOf", "allOf", "enum", "const"];

/** Whether a call may leave the input out: an object without required properties and without alternatives. */
export function isInputOptional(schema: JsonSchema): boolean {
  if (!isJsonObject(schema)) return schema;
  const references = toReferences(schema);
  let target: Json | undefined = schema;
  for (let steps = 0; isJsonObject(target) && typeof target["$ref"] === "string" && steps < 8; steps += 1) {
    if (toRequired(target).length > 0) return false;
    target = references.resolve(target["$ref"])?.schema;
  }
  if (!isJsonObject(target) || toRequired(target).length > 0) return false;
  return (
    isPlainObject(target) ||
    (target["type"] === undefined && combinators.every((keyword) => target[keyword] === undefined))
  );
}

/** An object without alternatives, with nothing referred to, never null. */
function isPlainObject(schema: JsonObject): boolean {
  const type = schema["type"] ?? toImpliedType(schema);
  return (
    type === "object" && schema["nullable"] !== true && combinators.every((keyword) => schema[keyword] === undefined)
  );
}

/** Whether a value is of a type that a schema names; anything is of one that JSON Schema does not know. */
export function isOfType(value: Json, type: Json | undefined): boolean {
  switch (type) {
    case "string":
    case "boolean":
    case "number":
      return typeof value === type;
    case "integer":
      return Number.isInteger(value);
    case "null":
      return value === null;
    case "array":
      return Array.isArray(value);
    case "object":
      return isJsonObject(value);
  }
  return true;
}

/** An object or an array: what nests. */
export function isStructured(schema: JsonObject): boolean {
  const type = schema["type"] ?? toImpliedType(schema);
  return type === "object" || type === "array";
}

/** The type of a schema that names none but could only be about one. */
export function toImpliedType(schema: JsonObject): "object" | "array" | undefined {
  if (
    isJsonObject(schema["properties"]) ||
    isJsonObject(schema["patternProperties"]) ||
    isJsonObject(schema["additionalProperties"]) ||
    isJsonObject(schema["propertyNames"]) ||
    toRequired(schema).length > 0
  )
    return "object";
  if (isJsonObject(schema["items"]) || Array.isArray(schema["items"]) || Array.isArray(schema["prefixItems"]))
    return "array";
  return undefined;
}

/** The names under `required`. */
export function toRequired(schema: JsonObject): string[] {
  const required = schema["required"];
  return Array.isArray(required) ? required.filter((name) => typeof name === "string") : [];
}

/** Declared properties, and those that are only required: a program must give them all the same. */
export function toPropertyNames(schema: JsonObject): string[] {
  const properties = schema["properties"];
  return [...new Set([...(isJsonObject(properties) ? Object.keys(properties) : []), ...toRequired(schema)])];
}

/** The schemas of keys that are not named. */
export function toIndexSchemas(schema: JsonObject): Json[] {
  const patterns = schema["patternProperties"];
  const additional = schema["additionalProperties"];
  const schemas = isJsonObject(patterns) ? Object.values(patterns) : [];
  return additional === true || isJsonObject(additional) ? [...schemas, additional] : schemas;
}
