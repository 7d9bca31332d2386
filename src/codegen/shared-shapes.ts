import { isJsonObject } from "../base/json.ts";
import type { Json, JsonObject, JsonSchema } from "../base/json.ts";
import { limits } from "../base/limits.ts";
import type { References } from "../base/references.ts";
import { toJsonText } from "./text.ts";

/** What is said beside a shape, and where other schemas are kept: no part of the shape itself. */
const besides = new Set(
  "description title default examples example deprecated readOnly writeOnly $schema $id id $anchor $dynamicAnchor $comment $defs definitions".split(
    " ",
  ),
);
const single = ["items", "additionalItems", "additionalProperties"];
const listed = ["items", "prefixItems", "anyOf", "oneOf", "allOf"];
const keyed = ["properties", "patternProperties"];
/** A repeated shape below this many characters of JSON is as short as a name for it. */
const namedCharsMin = 60;
/** Schemas within schemas, through `$ref`s: each is a call within calls. */
const stepsMax = 1_000;

/** Tells the shapes of a schema that need a name: those that hold themselves, and long ones that occur more than once. */
export interface SharedShapes {
  /** The number of the schema's shape if it needs a name: equal shapes have equal numbers, whatever is said of them. */
  numberOf(schema: JsonObject): number | undefined;
}

/** Walks a schema as it will be written, through its `$ref`s, and counts its shapes; bounded in depth and nodes. */
export function toSharedShapes(root: JsonSchema, references: References): SharedShapes {
  const numbers = new Map<string, number>();
  const shapes = new Map<JsonObject, { shape: number; whole: number }>();
  const uses = new Map<number, number>();
  const sizes = new Map<number, number>();
  const recursive = new Set<number>();
  const entered = new Set<number>();
  let visited = 0;

  const toNumber = (text: string): number => {
    const number = numbers.get(text) ?? numbers.size;
    numbers.set(text, number);
    return number;
  };

  function shapeOf(schema: JsonObject, depth: number): { shape: number; whole: number } {
    const known = shapes.get(schema);
    if (known !== undefined) return known;
    const inner = (child: Json): Json => {
      if (!isJsonObject(child)) return [child];
      // what is too deep is written as `unknown`, and equals nothing
      return depth < limits.schemaDepthMax ? shapeOf(child, depth + 1).whole : toNumber(`deep ${numbers.size}`);
    };
    const own: Json[] = [];
    const said: Json[] = [];
    for (const [keyword, value] of Object.entries(schema)) {
      if (keyword === "$defs" || keyword === "definitions") continue;
      if (besides.has(keyword)) said.push(keyword, value);
      else if (keyed.includes(keyword) && isJsonObject(value))
        own.push(
          keyword,
          Object.entries(value).map(([key, child]) => [key, inner(child)]),
        );
      else if (listed.includes(keyword) && Array.isArray(value)) own.push(keyword, value.map(inner));
      else if (single.includes(keyword)) own.push(keyword, inner(value));
      else own.push(keyword, depth < limits.schemaDepthMax ? value : null);
    }
    const shape = toNumber(toJsonText(own) ?? `deep ${numbers.size}`);
    const about = toJsonText(said) ?? `deep ${numbers.size}`;
    const found = { shape, whole: said.length === 0 ? shape : toNumber(`${shape} ${about}`) };
    shapes.set(schema, found);
    return found;
  }

  /** The characters of a schema, about; `depth` is its own, `steps` that of the walk, which goes on behind a `$ref`. */
  function visit(schema: Json | undefined, depth: number, steps: number): number {
    visited += 1;
    const isFar = depth > limits.schemaDepthMax || steps > stepsMax || visited > limits.schemaNodesMax;
    if (!isJsonObject(schema) || isFar) return 10;
    const target = toTarget(schema, references);
    if (target !== undefined && isPureReference(schema)) return visit(target, 0, steps + 1);
    const { shape } = shapeOf(schema, depth);
    const used = uses.get(shape) ?? 0;
    uses.set(shape, used + 1);
    if (used > 0) {
      if (entered.has(shape)) recursive.add(shape);
      return sizes.get(shape) ?? namedCharsMin;
    }
    entered.add(shape);
    let size = target === undefined ? 0 : visit(target, 0, steps + 1);
    for (const [keyword, value] of Object.entries(schema)) {
      if (besides.has(keyword)) continue;
      const children = toChildren(keyword, value);
      size +=
        keyword.length +
        (children.length === 0 ? Math.min(toJsonText(value)?.length ?? namedCharsMin, namedCharsMin) : 0);
      if (keyed.includes(keyword) && isJsonObject(value)) size += Object.keys(value).join("").length;
      for (const child of children) size += visit(child, depth + 1, steps + 1);
    }
    entered.delete(shape);
    sizes.set(shape, size);
    return size;
  }

  visit(root, 0, 0);
  return {
    numberOf: (schema) => {
      const shape = shapes.get(schema)?.shape;
      if (shape === undefined) return undefined;
      const isLong = (uses.get(shape) ?? 0) > 1 && (sizes.get(shape) ?? 0) >= namedCharsMin;
      return recursive.has(shape) || isLong ? shape : undefined;
    },
  };
}

/** What the schema's `$ref` leads to. */
export function toTarget(schema: JsonObject, references: References): Json | undefined {
  const ref = schema["$ref"] ?? schema["$dynamicRef"] ?? schema["$recursiveRef"];
  return typeof ref === "string" ? references.resolve(ref)?.schema : undefined;
}

/** Whether a schema is nothing but a `$ref`, whatever is said beside it. */
export function isPureReference(schema: JsonObject): boolean {
  return Object.keys(schema).every((keyword) => besides.has(keyword) || /^\$(?:dynamic|recursive)?ref$/i.test(keyword));
}

function toChildren(keyword: string, value: Json): readonly Json[] {
  if (keyed.includes(keyword) && isJsonObject(value)) return Object.values(value);
  if (listed.includes(keyword) && Array.isArray(value)) return value;
  return single.includes(keyword) ? [value] : [];
}
