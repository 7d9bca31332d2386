import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import { limits } from "../base/limits.ts";
import { spreadItems } from "../base/skeleton.ts";
import { isDataKey } from "./data-key.ts";

/** What was seen at one place of a tool's results, over all of its calls: kinds and keys, never a value. */
export interface Shape {
  scalars: Scalar[];
  /** Classes of the tokens that stood here as whole texts: what kind of personal data is behind them. */
  sealed?: string[];
  array?: { items: Shape };
  object?: ObjectShape;
}

type Scalar = "boolean" | "null" | "number" | "string";

/** The objects seen at one place. A key that was in all of them is required. */
export interface ObjectShape {
  seen: number;
  keys: Map<string, { in: number; shape: Shape }>;
  /** What stood under keys that are data, or that may be: the keys themselves are not kept. */
  rest?: Shape;
  /** Keys are data here, now and later. */
  isDictionary?: true;
  /** Keys that become known when another object has them too; they live in memory only. */
  once: Map<string, Shape>;
}

/** A key that names a thing at first sight: an identifier without a number's worth of digits in it. */
function isName(key: string): boolean {
  return /^[A-Za-z_$@][\w$@]{0,39}$/.test(key) && !/\d.*\d.*\d.*\d/.test(key) && !isDataKey(key);
}

/** A key that may be a name if it comes again: short and plain. */
function isPlausible(key: string): boolean {
  return key.length <= limits.learnedKeyCharsMax && /^[A-Za-z0-9_\-. ]+$/.test(key) && !isDataKey(key);
}

const tokenClass = /^\[([A-Z][A-Z0-9_]{0,30})_\d{1,9}(?:\.\d{1,6})?\]$/;

const nothing = (): Shape => ({ scalars: [] });

/** The shape of one result. Long lists and large values are looked at in part; `isData` says which keys are no names, whatever their form. */
export function toShape(value: Json, isData: (key: string) => boolean = () => false): Shape {
  let nodes = 0;

  function shapeOf(at: Json, depth: number): Shape {
    nodes += 1;
    if (Array.isArray(at)) return { scalars: [], array: { items: itemsOf(at, depth) } };
    if (isJsonObject(at)) return { scalars: [], object: objectOf(at, depth) };
    const sealed = typeof at === "string" ? tokenClass.exec(at)?.[1] : undefined;
    return {
      scalars: [at === null ? "null" : (typeof at as Scalar)],
      ...(sealed === undefined ? {} : { sealed: [sealed] }),
    };
  }

  function itemsOf(list: readonly Json[], depth: number): Shape {
    let items = nothing();
    if (depth >= limits.learnedDepthMax) return items;
    for (const item of spreadItems(list)) {
      if (nodes >= limits.learnedNodesMax) break;
      items = mergeShapes(items, shapeOf(item, depth + 1));
    }
    return items;
  }

  function objectOf(object: JsonObject, depth: number): ObjectShape {
    const made: ObjectShape = { seen: 1, keys: new Map(), once: new Map() };
    const keys = Object.keys(object);
    const isOver = keys.length > limits.learnedKeysMax;
    if (isOver) made.isDictionary = true;
    if (depth >= limits.learnedDepthMax) return made;
    for (const key of isOver ? keys.slice(0, limits.learnedItemsMax) : keys) {
      if (nodes >= limits.learnedNodesMax) break;
      const shape = shapeOf(object[key] as Json, depth + 1);
      const mayBeName = !isOver && !isData(key);
      if (mayBeName && isName(key)) made.keys.set(key, { in: 1, shape });
      else if (mayBeName && isPlausible(key)) made.once.set(key, shape);
      else made.rest = mergeShapes(made.rest ?? nothing(), shape);
    }
    return made;
  }

  return shapeOf(value, 0);
}

/** Every key that a shape has taken for a name, or may. */
export function toNames({ array, object }: Shape, found: Set<string> = new Set()): Set<string> {
  if (array !== undefined) toNames(array.items, found);
  for (const [name, { shape }] of object?.keys ?? []) toNames(shape, found.add(name));
  for (const [name, shape] of object?.once ?? []) toNames(shape, found.add(name));
  if (object?.rest !== undefined) toNames(object.rest, found);
  return found;
}

/** Both together. */
export function mergeShapes(a: Shape, b: Shape): Shape {
  const merged: Shape = { scalars: [...new Set([...a.scalars, ...b.scalars])].sort() };
  const sealed = [...new Set([...(a.sealed ?? []), ...(b.sealed ?? [])])].sort();
  if (sealed.length > 0) merged.sealed = sealed;
  if (a.array !== undefined || b.array !== undefined)
    merged.array = { items: mergeShapes(a.array?.items ?? nothing(), b.array?.items ?? nothing()) };
  const object = a.object !== undefined && b.object !== undefined ? mergeObjects(a.object, b.object) : undefined;
  const either = object ?? a.object ?? b.object;
  if (either !== undefined) merged.object = either;
  return merged;
}

function mergeObjects(a: ObjectShape, b: ObjectShape): ObjectShape {
  const merged: ObjectShape = { seen: a.seen + b.seen, keys: new Map(), once: new Map() };
  let rest = a.rest === undefined ? b.rest : b.rest === undefined ? a.rest : mergeShapes(a.rest, b.rest);
  const isKnown = (key: string): boolean => a.keys.has(key) || b.keys.has(key) || (a.once.has(key) && b.once.has(key));
  for (const { keys, once } of [a, b]) {
    for (const [key, { in: count, shape }] of keys) take(key, count, shape);
    for (const [key, shape] of once) {
      if (isKnown(key)) take(key, 1, shape);
      else merged.once.set(key, shape);
    }
  }
  function take(key: string, count: number, shape: Shape): void {
    const known = merged.keys.get(key);
    if (known === undefined) merged.keys.set(key, { in: count, shape });
    else merged.keys.set(key, { in: known.in + count, shape: mergeShapes(known.shape, shape) });
  }
  if (a.isDictionary === true || b.isDictionary === true || isDictionary(merged)) {
    merged.isDictionary = true;
    for (const shape of [...[...merged.keys.values()].map((key) => key.shape), ...merged.once.values()])
      rest = mergeShapes(rest ?? nothing(), shape);
    merged.keys.clear();
    merged.once.clear();
  }
  if (rest !== undefined) merged.rest = rest;
  return merged;
}

/** How many objects must have been seen before rarely shared keys say that keys are data. */
const objectsMin = 3;
const rareKeysMin = 8;

/** Whether keys are data: too many, or mostly each in one object only, over values that are alike. */
function isDictionary({ seen, keys, once }: ObjectShape): boolean {
  if (keys.size + once.size > limits.learnedKeysMax) return true;
  if (seen < objectsMin || keys.size < rareKeysMin) return false;
  const found = [...keys.values()];
  const rare = found.filter((key) => key.in === 1).length;
  return rare > found.length * 0.7 && new Set(found.map(({ shape }) => toKinds(shape))).size === 1;
}

function toKinds({ scalars, array, object }: Shape): string {
  return [...scalars, ...(array === undefined ? [] : ["array"]), ...(object === undefined ? [] : ["object"])].join();
}

/** Says in a schema of ours which classes of personal data the tokens at a place stand for. */
export const sealedKeyword = "x-sluice-sealed";

/** The shape as a JSON Schema: types, properties, items; no value, no enum. */
export function toShapeSchema(shape: Shape): JsonObject | true {
  const { scalars, sealed = [], array, object } = shape;
  const marked: JsonObject = sealed.length === 0 ? {} : { [sealedKeyword]: sealed };
  const branches: JsonObject[] = [];
  if (array !== undefined) branches.push({ type: "array", items: toShapeSchema(array.items) });
  if (object !== undefined) branches.push(toObjectSchema(object));
  const [only] = branches;
  if (only === undefined) {
    if (scalars.length === 0) return true;
    return { type: scalars.length === 1 ? (scalars[0] as string) : scalars, ...marked };
  }
  if (scalars.length === 0 && branches.length === 1) return only;
  return { anyOf: [...branches, ...scalars.map((type) => ({ type, ...(type === "string" ? marked : {}) }))] };
}

function toObjectSchema(object: ObjectShape): JsonObject {
  const rest = [object.rest, ...object.once.values()].filter((shape) => shape !== undefined);
  const keys = [...object.keys];
  const required = keys.filter(([, key]) => key.in >= object.seen).map(([name]) => name);
  return {
    type: "object",
    ...(keys.length === 0
      ? {}
      : { properties: Object.fromEntries(keys.map(([name, { shape }]) => [name, toShapeSchema(shape)])) }),
    ...(required.length === 0 ? {} : { required }),
    ...(rest.length === 0 ? {} : { additionalProperties: toShapeSchema(rest.reduce(mergeShapes)) }),
  };
}

/** The shape for the store: what is known of it, without the keys that were seen only once. */
export function toShapeJson({ scalars, sealed, array, object }: Shape): JsonObject {
  return {
    ...(scalars.length === 0 ? {} : { scalars }),
    ...(sealed === undefined ? {} : { sealed }),
    ...(array === undefined ? {} : { items: toShapeJson(array.items) }),
    ...(object === undefined ? {} : { object: toObjectJson(object) }),
  };
}

function toObjectJson(object: ObjectShape): JsonObject {
  const rest = [object.rest, ...object.once.values()].filter((shape) => shape !== undefined);
  return {
    seen: object.seen,
    keys: [...object.keys].map(([name, key]) => [name, key.in, toShapeJson(key.shape)]),
    ...(rest.length === 0 ? {} : { rest: toShapeJson(rest.reduce(mergeShapes)) }),
    ...(object.isDictionary === true ? { isDictionary: true } : {}),
  };
}

/** The inverse of {@link toShapeJson}; what cannot be read is nothing. */
export function parseShape(value: Json | undefined): Shape {
  if (!isJsonObject(value)) return nothing();
  const { scalars, sealed, items, object } = value;
  return {
    scalars: Array.isArray(scalars) ? (scalars as Scalar[]) : [],
    ...(Array.isArray(sealed) ? { sealed: sealed as string[] } : {}),
    ...(items === undefined ? {} : { array: { items: parseShape(items) } }),
    ...(isJsonObject(object) ? { object: parseObject(object) } : {}),
  };
}

function parseObject({ seen, keys, rest, isDictionary: isData }: JsonObject): ObjectShape {
  const entries = (Array.isArray(keys) ? keys : []) as [string, number, Json][];
  return {
    seen: Number(seen),
    keys: new Map(entries.map(([name, count, shape]) => [name, { in: count, shape: parseShape(shape) }])),
    once: new Map(),
    ...(rest === undefined ? {} : { rest: parseShape(rest) }),
    ...(isData === true ? { isDictionary: true } : {}),
  };
}

/** How a change names the whole, and says that what were names are data. */
export const WHOLE = "the result";
export const KEYS_ARE_DATA = ": its keys are data";

/** Where the second shape says more than the first, one line each: `rows[].total: string was not seen before`. */
export function toChanges(before: Shape, after: Shape, path = "", found: string[] = []): string[] {
  if (found.length >= limits.learnedChangesMax) return found;
  const where = path === "" ? WHOLE : path;
  const added = toKinds(after)
    .split(",")
    .filter((kind) => !toKinds(before).split(",").includes(kind));
  if (toKinds(before) !== "" && added.length > 0) found.push(`${where}: now also ${added.join(", ")}`);
  if (before.array !== undefined && after.array !== undefined)
    toChanges(before.array.items, after.array.items, `${path}[]`, found);
  if (before.object === undefined || after.object === undefined) return found;
  if (after.object.isDictionary === true && before.object.isDictionary !== true) found.push(`${where}${KEYS_ARE_DATA}`);
  for (const [name, { in: count, shape }] of after.object.keys) {
    const inner = path === "" ? name : `${path}.${name}`;
    const known = before.object.keys.get(name);
    if (known === undefined) found.push(`${inner}: new`);
    else {
      if (known.in >= before.object.seen && count < after.object.seen) found.push(`${inner}: not always there`);
      toChanges(known.shape, shape, inner, found);
    }
  }
  return found.slice(0, limits.learnedChangesMax);
}
