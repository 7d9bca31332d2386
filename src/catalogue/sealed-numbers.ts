import { isJsonObject, type Json, type JsonObject, type JsonSchema } from "../base/json.ts";
import { limits } from "../base/limits.ts";
import { type Place, toDeclaredPath } from "../base/place.ts";
import { type References, toReferences } from "../base/references.ts";

/** A note on where a declared schema was contradicted, by which it is found again. */
export function toNote(path: string, problem: string): string {
  return `${path === "" ? WHOLE : path}: ${problem}`;
}

const WHOLE = "the result";
/** What is noted of a place where a schema declares a number and a token was seen. */
export const SEALED_NUMBER = "number | string, because it was sealed";

/** A declared schema in which the numbers that were seen sealed, by these notes, may be texts. */
export function withSealedNumbers(schema: JsonSchema, notes: readonly string[]): JsonSchema {
  const end = `: ${SEALED_NUMBER}`;
  const places = notes.filter((note) => note.endsWith(end)).map((note) => note.slice(0, -end.length));
  if (places.length === 0) return schema;
  const references = toReferences(schema);
  const targets = new Set<JsonSchema>();
  const paths = new Set(places.map((place) => (place === WHOLE ? "" : place)));
  find(schema, undefined, { references, paths, targets, left: limits.schemaNodesMax });
  return targets.size === 0 ? schema : (rewrite(schema, targets) as JsonSchema);
}

interface Search {
  references: References;
  paths: ReadonlySet<string>;
  /** The parts that declare such a number. */
  targets: Set<JsonSchema>;
  /** How many parts may still be looked at: a schema can refer to itself in many ways. */
  left: number;
}

function find(schema: unknown, place: Place | undefined, search: Search, depth = 0): void {
  if (!isJsonObject(schema) || depth > limits.learnedDepthMax * 2 || --search.left < 0) return;
  const types = Array.isArray(schema["type"]) ? schema["type"] : [schema["type"]];
  const isNumber = types.includes("number") || types.includes("integer");
  if (isNumber && search.paths.has(toDeclaredPath(place))) search.targets.add(schema);
  if (typeof schema["$ref"] === "string")
    find(search.references.resolve(schema["$ref"])?.schema, place, search, depth + 1);
  for (const keyword of ["anyOf", "oneOf", "allOf"])
    for (const part of toList(schema[keyword])) find(part, place, search, depth + 1);
  for (const part of [schema["items"], schema["additionalItems"], schema["prefixItems"]])
    for (const one of Array.isArray(part) ? part : [part]) find(one, { within: place, key: 0 }, search, depth + 1);
  if (isJsonObject(schema["properties"]))
    for (const [key, part] of Object.entries(schema["properties"]))
      find(part, { within: place, key }, search, depth + 1);
  find(schema["additionalProperties"], { within: place, key: "", isUndeclared: true }, search, depth + 1);
}

function toList(value: Json | undefined): Json[] {
  return Array.isArray(value) ? value : [];
}

function rewrite(value: Json, targets: ReadonlySet<JsonSchema>): Json {
  if (Array.isArray(value)) return value.map((item) => rewrite(item, targets));
  if (!isJsonObject(value)) return value;
  const made = Object.fromEntries(Object.entries(value).map(([key, member]) => [key, rewrite(member, targets)]));
  return targets.has(value) ? withText(made) : made;
}

/** What is said of the number holds for no token. */
function withText({ description, ...number }: JsonObject): JsonObject {
  return { ...(description === undefined ? {} : { description }), anyOf: [number, { type: "string" }] };
}
