import { isJsonObject } from "./json.ts";
import type { Json, JsonSchema } from "./json.ts";
import { limits } from "./limits.ts";
import { decodePercent } from "./percent.ts";

/** The targets of one schema's `$ref`s; only those inside it, nothing is fetched. */
export interface References {
  resolve(ref: string): { schema: Json } | undefined;
}

/** Reads JSON pointers, `$anchor`s and `$id`s of a schema; the named places are collected at the first that needs it. */
export function toReferences(root: JsonSchema): References {
  let named: Map<string, Json> | undefined;
  const resolved = new Map<string, { schema: Json } | undefined>();

  function find(ref: string): { schema: Json } | undefined {
    if (ref === "#" || ref === "") return { schema: root };
    const [base = "", fragment = ""] = ref.split("#", 2);
    let schema: Json | undefined = root;
    if (base !== "" || (fragment !== "" && !fragment.startsWith("/"))) {
      named ??= collectNamed(root);
      const whole = toAbsolute(base, root);
      const found = named.get(ref) ?? named.get(base) ?? named.get(whole);
      if (found === undefined) return undefined;
      if (named.has(ref)) return { schema: found };
      schema = found;
    }
    const target = fragment === "" ? schema : walk(schema, fragment);
    return target === undefined ? undefined : { schema: target };
  }

  return {
    resolve(ref) {
      // A schema that refers to itself asks for the same place again and again.
      if (!resolved.has(ref)) resolved.set(ref, find(ref));
      return resolved.get(ref);
    },
  };
}

function walk(root: Json, pointer: string): Json | undefined {
  let at: Json | undefined = root;
  for (const part of pointer.slice(1).split("/")) {
    const key = decodePercent(part).replaceAll("~1", "/").replaceAll("~0", "~");
    if ((!isJsonObject(at) && !Array.isArray(at)) || !Object.hasOwn(at, key)) return undefined;
    at = (at as { [key: string]: Json })[key];
  }
  return isJsonObject(at) || typeof at === "boolean" ? at : undefined;
}

/** A name as a whole one, against that of the whole schema; as it is where there is none. */
function toAbsolute(name: string, root: JsonSchema): string {
  const id = isJsonObject(root) ? root["$id"] : undefined;
  return typeof id === "string" && URL.canParse(name, id) ? new URL(name, id).href : name;
}

function collectNamed(root: JsonSchema): Map<string, Json> {
  const named = new Map<string, Json>();
  const queue: Json[] = [root];
  for (let at = 0; at < queue.length && at < limits.schemaNodesMax; at += 1) {
    const schema = queue[at] as Json;
    if (isJsonObject(schema)) {
      for (const keyword of ["$anchor", "$dynamicAnchor"]) {
        const name = schema[keyword];
        if (typeof name === "string" && !named.has(`#${name}`)) named.set(`#${name}`, schema);
      }
      for (const keyword of ["$id", "id"]) {
        const id = schema[keyword];
        if (typeof id !== "string") continue;
        // as it is written, and against the whole schema's own
        for (const name of [id, toAbsolute(id, root)]) if (!named.has(name)) named.set(name, schema);
      }
      queue.push(...Object.values(schema).filter((value) => typeof value === "object"));
    } else if (Array.isArray(schema)) {
      queue.push(...schema.filter((value) => typeof value === "object"));
    }
  }
  return named;
}
