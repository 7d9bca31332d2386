// Values for a JSON Schema: some that it accepts, and some that differ from those only in a type, a required member or a
// listed value. The property test of the generated types and the benchmark `types` ask the same ones.

/** @typedef {null | boolean | number | string | Json[] | { [key: string]: Json }} Json */
/** @typedef {{ [key: string]: any }} Schema */
/** @typedef {() => number} Random from 0 to 1 */

const DEPTH = 6;
const none = Symbol("no value");

/**
 * A generator of numbers that is the same for the same seed.
 * @param {number} seed
 * @returns {Random}
 */
export function createRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Values that the schema accepts, and values made of them that are wrong in what a type can say. What `isValid` does not
 * confirm is left out.
 * @param {any} schema
 * @param {(schema: any, value: Json) => boolean} isValid
 * @param {Random} random
 * @param {number} count
 * @returns {{ valid: Json[], wrong: Json[] }}
 */
export function makeValues(schema, isValid, random, count) {
  const said = toSayable(schema);
  const valid = new Map();
  const wrong = new Map();
  for (let tries = 0; tries < count * 8 && (valid.size < count || wrong.size < count); tries += 1) {
    const value = make(schema, schema, random, 0);
    if (value === none || !isValid(schema, value)) continue;
    if (valid.size < count) valid.set(JSON.stringify(value), value);
    const broken = breakOne(value, random);
    if (wrong.size < count && !isValid(said, broken)) wrong.set(JSON.stringify(broken), broken);
  }
  return { valid: [...valid.values()], wrong: [...wrong.values()] };
}

const bounds = new Set(
  "minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minLength maxLength pattern uniqueItems minProperties maxProperties contains not if then else".split(
    " ",
  ),
);

/** The schema without what no type can say: bounds, and that only one alternative may hold. @param {any} schema @returns {any} */
function toSayable(schema) {
  if (Array.isArray(schema)) return schema.map(toSayable);
  if (!isObject(schema)) return schema;
  const tuple = [schema.prefixItems, schema.items].find(Array.isArray);
  const isList = schema.type === "array" && tuple === undefined;
  /** @type {[string, any][]} */
  const members = [];
  for (const [keyword, value] of Object.entries(schema)) {
    if (bounds.has(keyword) && typeof value !== "object") continue;
    if (isList && (keyword === "minItems" || keyword === "maxItems")) continue;
    if (keyword === "type" && (value === "integer" || Array.isArray(value)))
      members.push([keyword, [value].flat().map((type) => (type === "integer" ? "number" : type))]);
    // a tuple says how many of its own items there are, not how many of the rest
    else if (keyword === "minItems" && tuple !== undefined) members.push([keyword, Math.min(value, tuple.length)]);
    else if (keyword === "enum" || keyword === "const") members.push([keyword, value]);
    else if (["anyOf", "oneOf"].includes(keyword) && Array.isArray(value))
      members.push(["anyOf", toSayable(value.length > 1 ? value.map(toOpen) : value)]);
    else members.push([keyword, toSayable(value)]);
  }
  return Object.fromEntries(members);
}

/**
 * An alternative without what it says of further members: the compiler takes a member that any of the alternatives has.
 * @param {any} schema @returns {any}
 */
function toOpen(schema) {
  if (!isObject(schema)) return schema;
  const { propertyNames, additionalProperties, ...open } = schema;
  if (!Array.isArray(propertyNames?.enum))
    return propertyNames === false || additionalProperties !== false ? schema : open;
  const further = propertyNames.enum.map((/** @type {string} */ name) => [name, additionalProperties ?? true]);
  const own = Object.entries(schema.properties ?? {}).filter(([name]) => propertyNames.enum.includes(name));
  return { ...open, properties: Object.fromEntries([...further, ...own]) };
}

/** A value as TypeScript on one line: two of the characters that JSON leaves as they are end a line there. @param {Json} value */
export function toLine(value) {
  return JSON.stringify(value).replace(/[\u2028\u2029]/g, (end) => (end === "\u2028" ? "\\u2028" : "\\u2029"));
}

/** @param {any} schema @param {any} root @param {Random} random @param {number} depth @returns {any} */
function make(schema, root, random, depth) {
  if (schema === false || depth > DEPTH * 3) return none;
  if (typeof schema !== "object" || schema === null) return pick(["text", 1, true, null], random);
  if (typeof schema.$ref === "string") return make(follow(schema.$ref, root), root, random, depth + 1);
  if (schema.const !== undefined) return schema.const;
  if (Array.isArray(schema.enum)) return schema.enum.length === 0 ? none : pick(schema.enum, random);
  if (schema.nullable === true && random() < 0.2) return null;
  const branches = schema.anyOf ?? schema.oneOf;
  const parts = [
    ...(Array.isArray(branches) && branches.length > 0 ? [pick(branches, random)] : []),
    ...(Array.isArray(schema.allOf) ? schema.allOf : []),
  ];
  const own = schema.type !== undefined || schema.properties !== undefined || schema.items !== undefined;
  const values = parts.map((part) => make(part, root, random, depth + 1));
  if (own || values.length === 0) values.unshift(makeOwn(schema, root, random, depth));
  if (values.includes(none)) return none;
  if (values.every(isObject)) return Object.assign({}, ...values);
  return values.at(-1);
}

/** @param {any} schema @param {any} root @param {Random} random @param {number} depth @returns {any} */
function makeOwn(schema, root, random, depth) {
  const type = Array.isArray(schema.type) ? pick(schema.type, random) : schema.type;
  switch (
    type ??
    (schema.properties || schema.required ? "object" : schema.items || schema.prefixItems ? "array" : "")
  ) {
    case "string":
      return makeText(schema, random);
    case "integer":
    case "number":
      return makeNumber(schema, random);
    case "boolean":
      return random() < 0.5;
    case "null":
      return null;
    case "array":
      return makeArray(schema, root, random, depth);
    case "object":
      return makeObject(schema, root, random, depth);
  }
  return pick(["text", 1, true, null], random);
}

/** @param {any} schema @param {Random} random */
function makeText(schema, random) {
  const length = Math.min(Math.max(schema.minLength ?? 0, Math.floor(random() * 8)), schema.maxLength ?? 64, 1_000);
  return "abcdefgh".repeat(Math.ceil(length / 8)).slice(0, length);
}

/** @param {any} schema @param {Random} random */
function makeNumber(schema, random) {
  const low = Math.max(schema.minimum ?? -9, (schema.exclusiveMinimum ?? -10) + 1);
  const high = Math.min(schema.maximum ?? low + 9, (schema.exclusiveMaximum ?? low + 10) - 1);
  const number = Math.ceil(low + random() * Math.max(0, high - low));
  return typeof schema.multipleOf === "number" ? Math.ceil(number / schema.multipleOf) * schema.multipleOf : number;
}

/** @param {any} schema @param {any} root @param {Random} random @param {number} depth */
function makeArray(schema, root, random, depth) {
  const first = schema.prefixItems ?? (Array.isArray(schema.items) ? schema.items : []);
  const rest = Array.isArray(schema.items) ? schema.additionalItems : schema.items;
  const least = schema.minItems ?? 0;
  const wanted = Math.max(least, depth > DEPTH ? 0 : Math.floor(random() * (first.length + 3)));
  const count = Math.min(wanted, schema.maxItems ?? wanted, rest === false ? first.length : wanted);
  const items = [];
  for (let at = 0; at < count; at += 1) {
    const item = make(at < first.length ? first[at] : (rest ?? true), root, random, depth + 1);
    if (item === none) return items.length >= least ? items : none;
    items.push(item);
  }
  return items;
}

/** @param {any} schema @param {any} root @param {Random} random @param {number} depth */
function makeObject(schema, root, random, depth) {
  const required = new Set(Array.isArray(schema.required) ? schema.required : []);
  const properties = isObject(schema.properties) ? schema.properties : {};
  const listed = schema.propertyNames?.enum ?? [];
  const isAllowed = (/** @type {string} */ name) =>
    schema.propertyNames !== false && (schema.propertyNames?.enum === undefined || listed.includes(name));
  /** @type {Map<string, any>} */
  const members = new Map();
  for (const name of new Set([...Object.keys(properties), ...required])) {
    if (!isAllowed(name)) {
      if (required.has(name)) return none;
      continue;
    }
    if (!required.has(name) && (depth > DEPTH || random() < 0.4)) continue;
    const known = Object.hasOwn(properties, name) ? properties[name] : (schema.additionalProperties ?? true);
    const value = make(known, root, random, depth + 1);
    if (value !== none) members.set(name, value);
    else if (required.has(name)) return none;
  }
  const [pattern] = Object.keys(schema.patternProperties ?? {});
  const prefix = pattern === undefined ? undefined : /^\^([\w-]+)$/.exec(pattern)?.[1];
  const further = prefix === undefined ? schema.additionalProperties : schema.patternProperties?.[pattern ?? ""];
  if (schema.propertyNames !== false && (further === true || isObject(further))) {
    for (const key of listed.length > 0 ? listed : [`${prefix ?? ""}more1`, `${prefix ?? ""}more2`]) {
      // a member that the schema declares and that was left out above is not one of the further ones
      if (members.has(key) || Object.hasOwn(properties, key) || random() < 0.5 || depth > DEPTH) continue;
      const value = make(further, root, random, depth + 1);
      if (value !== none) members.set(key, value);
    }
  }
  return Object.fromEntries(members);
}

/** The value with one member or item of another type, or without one member. @param {any} value @param {Random} random */
function breakOne(value, random) {
  const copy = { root: structuredClone(value) };
  /** @type {{ holder: any, key: string | number }[]} */
  const places = [];
  for (const queue = [{ holder: /** @type {any} */ (copy), key: /** @type {string | number} */ ("root") }]; ;) {
    const place = queue.pop();
    if (place === undefined) break;
    places.push(place);
    const inner = place.holder[place.key];
    if (typeof inner === "object" && inner !== null)
      queue.push(
        ...Object.keys(inner).map((key) => ({ holder: inner, key: Array.isArray(inner) ? Number(key) : key })),
      );
  }
  const { holder, key } = pick(places, random);
  if (isObject(holder) && holder !== copy && random() < 0.4) delete holder[key];
  else holder[key] = pick(otherTypes(holder[key]), random);
  return copy.root;
}

/** @param {any} value @returns {any[]} */
function otherTypes(value) {
  const kind = Array.isArray(value) ? "array" : value === null ? "null" : typeof value;
  const all = {
    string: "no such value",
    number: 987_654,
    boolean: true,
    null: null,
    array: [[987]],
    object: { "no such": 1 },
  };
  return Object.entries(all).flatMap(([name, one]) => (name === kind && kind !== "string" ? [] : [one]));
}

/** @param {string} ref @param {any} root @returns {any} */
function follow(ref, root) {
  let at = root;
  for (const part of ref.split("/").slice(1))
    at = at?.[decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~")];
  return at ?? true;
}

/** @template T @param {readonly T[]} values @param {Random} random @returns {T} */
function pick(values, random) {
  return /** @type {T} */ (values[Math.floor(random() * values.length)]);
}

/** @param {unknown} value @returns {value is Schema} */
function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
