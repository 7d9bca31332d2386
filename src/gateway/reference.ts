import { isJsonObject, type Json, type JsonSchema } from "../base/json.ts";

/**
 * The schema that a `$ref` names within its own document: `#`, or a JSON pointer like `#/$defs/Row`. `undefined` for
 * what is elsewhere or not there: nothing is ever fetched.
 */
export function resolveReference(root: JsonSchema, reference: Json): JsonSchema | undefined {
  if (typeof reference !== "string") return undefined;
  if (reference === "#") return root;
  if (!reference.startsWith("#/")) return undefined;
  let at: Json | undefined = root;
  for (const part of reference.slice(2).split("/")) {
    const name = toName(part);
    if (name === undefined) return undefined;
    if (Array.isArray(at)) at = at[Number(name)];
    else if (isJsonObject(at) && Object.hasOwn(at, name)) at = at[name];
    else return undefined;
  }
  return typeof at === "boolean" || isJsonObject(at) ? at : undefined;
}

function toName(part: string): string | undefined {
  try {
    return decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~");
  } catch {
    return undefined;
  }
}
