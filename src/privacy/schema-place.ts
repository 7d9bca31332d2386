import { isJsonObject, type Json, type JsonSchema } from "../base/json.ts";
import { classOfFormat } from "./detect/class-of-format.ts";

const stepsMax = 200;

/** The schemas that hold at a place: keys from the outermost object, indices left out. Follows local references. */
function schemasAt(schema: JsonSchema, path: readonly string[]): Json[] {
  let steps = 0;
  let here = spread(schema, schema, () => ++steps > stepsMax);
  for (const key of path) {
    here = here.flatMap((one) => {
      if (!isJsonObject(one)) return [];
      const properties = one["properties"];
      const member =
        isJsonObject(properties) && Object.hasOwn(properties, key) ? properties[key] : one["additionalProperties"];
      return isJsonObject(member) ? spread(member, schema, () => ++steps > stepsMax) : [];
    });
  }
  return here;
}

/** A schema with what it refers to and what it is made of; of a list, that of its items too. */
function spread(schema: Json, root: JsonSchema, isEnough: () => boolean): Json[] {
  if (!isJsonObject(schema) || isEnough()) return [];
  const parts: Json[] = [];
  const reference = schema["$ref"];
  if (typeof reference === "string" && reference.startsWith("#")) {
    const target = resolve(root, reference);
    if (target !== undefined) parts.push(target);
  }
  for (const name of ["anyOf", "oneOf", "allOf"]) {
    const list = schema[name];
    if (Array.isArray(list)) parts.push(...list);
  }
  const { items } = schema;
  if (isJsonObject(items)) parts.push(items);
  return [schema, ...parts.flatMap((part) => spread(part, root, isEnough))];
}

function resolve(root: JsonSchema, reference: string): Json | undefined {
  let here: Json = root;
  for (const step of reference.slice(1).split("/").slice(1)) {
    const key = decodeURIComponent(step).replaceAll("~1", "/").replaceAll("~0", "~");
    if (!isJsonObject(here) || !Object.hasOwn(here, key)) return undefined;
    here = here[key] as Json;
  }
  return here;
}

/** The class that the schema's `format` names at this place. */
export function formatClassAt(schema: JsonSchema, path: readonly string[]): string | undefined {
  for (const one of schemasAt(schema, path)) {
    const format = isJsonObject(one) ? one["format"] : undefined;
    const found = typeof format === "string" ? classOfFormat(format) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Whether the schema wants a number, or a text, at this place; undefined: it does not say. */
export function scalarTypeAt(schema: JsonSchema, path: readonly string[]): "number" | "string" | undefined {
  const types = schemasAt(schema, path).flatMap((one) => (isJsonObject(one) ? [one["type"]].flat() : []));
  if (types.includes("string")) return "string";
  return types.includes("number") || types.includes("integer") ? "number" : undefined;
}
