import { isJsonObject } from "../base/json.ts";
import type { Json, JsonObject, JsonSchema } from "../base/json.ts";
import { limits } from "../base/limits.ts";
import { toDocLines } from "./jsdoc.ts";
import { toReferences } from "./references.ts";
import type { References } from "./references.ts";
import {
  isPlainObject,
  isScalar,
  isStructured,
  toImpliedType,
  toIndexSchemas,
  toPropertyNames,
  toRequired,
} from "./schema.ts";
import { toComment, toLiteral, toPropertyKey, toTypeName } from "./text.ts";

/** What stands where a schema says nothing: `unknown` for what a program gives, `any` for what it gets. */
export type OpenType = "unknown" | "any";

export interface DeclarationOptions {
  /** Name of the type that the schema becomes; also the beginning of its helper types' names. */
  name: string;
  /** Beginning of the names of helper types (`$defs`). */
  prefix: string;
  open: OpenType;
  /** Names of types that the module has already; the new ones are added. */
  taken: Set<string>;
  /** JSDoc lines of the type. */
  doc?: readonly string[];
}

/** A JSON Schema as exported TypeScript declarations: one for itself, one for each `$ref` target. Never throws. */
export function toDeclarations(schema: JsonSchema, options: DeclarationOptions): string {
  return new TypeWriter(schema, options).declarations(options.doc ?? []);
}

/** A JSON Schema as one line of TypeScript, `$ref`s written out, nesting over three levels as `object`. Never throws. */
export function toTypeText(schema: JsonSchema, open: OpenType = "unknown"): string {
  return new TypeWriter(schema, { name: "", prefix: "", open, taken: new Set(), inline: true }).line();
}

/** A piece of a type: how it must be wrapped, and how many alternatives it has. */
interface Part {
  text: string;
  kind: "atom" | "union" | "intersection" | "open";
  width: number;
  /** Says no more than "an object" or "an array": dropped where something more precise stands beside it. */
  bare?: boolean;
}

/** Where a piece stands. `owner`: the alias whose own meaning it is part of; an alias may not mean itself. */
interface Place {
  indent: string;
  depth: number;
  owner: string | undefined;
}

const never: Part = { text: "never", kind: "atom", width: 1 };
/** Above this many combinations an intersection of unions is cut to its first: the compiler gives up at 100,000. */
const widthMax = 1_000;
const inlineDepthMax = 3;
/** A signature is cut at a few hundred characters: what more nodes would say is not shown. */
const inlineNodesMax = 500;

class TypeWriter {
  #root: JsonSchema;
  #name: string;
  #prefix: string;
  #openPart: Part;
  #taken: Set<string>;
  #inline: boolean;
  #nodes = 0;
  #refs: References;
  #helpers = new Map<JsonObject, string>();
  #queue: { name: string; schema: JsonObject }[] = [];
  #means = new Map<string, Set<string>>();

  constructor(
    root: JsonSchema,
    options: { name: string; prefix: string; open: OpenType; taken: Set<string>; inline?: boolean },
  ) {
    this.#root = root;
    this.#name = options.name;
    this.#prefix = options.prefix;
    this.#openPart = { text: options.open, kind: "open", width: 1 };
    this.#taken = options.taken;
    this.#inline = options.inline ?? false;
    this.#refs = toReferences(root);
    this.#taken.add(this.#name);
    if (isJsonObject(root)) this.#helpers.set(root, this.#name);
  }

  line(): string {
    return this.#render(this.#root, { indent: "", depth: 0, owner: undefined }).text;
  }

  declarations(doc: readonly string[]): string {
    const parts = [this.#declaration(this.#name, this.#root, doc)];
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      parts.push(this.#declaration(next.name, next.schema, toDocLines(next.schema, limits.propertyDocCharsMax)));
    }
    return parts.join("\n");
  }

  #declaration(name: string, schema: JsonSchema, doc: readonly string[]): string {
    const comment = toComment(doc);
    if (isJsonObject(schema) && isPlainObject(schema)) {
      this.#nodes += 1;
      const members = this.#members(schema, { indent: "", depth: 0, owner: undefined });
      return `${comment}export interface ${name} ${members}\n`;
    }
    return `${comment}export type ${name} = ${this.#render(schema, { indent: "", depth: 0, owner: name }).text};\n`;
  }

  #render(schema: Json | undefined, place: Place): Part {
    if (schema === false) return never;
    if (!isJsonObject(schema)) return this.#openPart;
    this.#nodes += 1;
    const depthMax = this.#inline ? inlineDepthMax : limits.schemaDepthMax;
    if (this.#nodes > (this.#inline ? inlineNodesMax : limits.schemaNodesMax) || place.depth > limits.schemaDepthMax)
      return this.#openPart;
    const inside = { ...place, depth: place.depth + 1 };
    const parts: Part[] = [];
    const ref = schema["$ref"] ?? schema["$dynamicRef"];
    if (typeof ref === "string") parts.push(this.#reference(ref, inside));
    if (Object.hasOwn(schema, "const")) parts.push(this.#literal(schema["const"] as Json, 0));
    else if (Array.isArray(schema["enum"])) parts.push(this.#enumeration(schema["enum"], schema));
    else parts.push(place.depth >= depthMax && isStructured(schema) ? toDeepPart(schema) : this.#typed(schema, place));
    for (const keyword of ["anyOf", "oneOf"]) {
      const branches = schema[keyword];
      if (Array.isArray(branches) && branches.length > 0)
        parts.push(this.#union(branches.map((branch) => this.#render(branch, inside))));
    }
    if (Array.isArray(schema["allOf"])) parts.push(...schema["allOf"].map((branch) => this.#render(branch, inside)));
    const met = this.#intersection(parts);
    return schema["nullable"] === true ? this.#union([met, { text: "null", kind: "atom", width: 1 }]) : met;
  }

  #reference(ref: string, place: Place): Part {
    const target = this.#refs.resolve(ref)?.schema;
    if (!isJsonObject(target)) return target === false ? never : this.#openPart;
    if (this.#inline) return this.#render(target, place);
    if (isScalar(target)) return this.#render(target, place);
    let name = this.#helpers.get(target);
    if (name === undefined) {
      name = this.#unique(
        this.#prefix + toTypeName(ref.slice(Math.max(ref.lastIndexOf("/"), ref.lastIndexOf("#")) + 1)),
      );
      this.#helpers.set(target, name);
      this.#queue.push({ name, schema: target });
    }
    // interfaces may hold themselves; an alias that means itself, over however many others, does not compile
    if (place.owner !== undefined && !isPlainObject(target)) {
      if (this.#reaches(name, place.owner)) return this.#openPart;
      const meant = this.#means.get(place.owner) ?? new Set();
      this.#means.set(place.owner, meant.add(name));
    }
    return { text: name, kind: "atom", width: 1 };
  }

  #reaches(from: string, to: string): boolean {
    const seen = new Set([from]);
    for (const name of seen) {
      if (name === to) return true;
      for (const next of this.#means.get(name) ?? []) seen.add(next);
    }
    return false;
  }

  #unique(wanted: string): string {
    let name = wanted;
    for (let count = 2; this.#taken.has(name); count += 1) name = `${wanted}${count}`;
    this.#taken.add(name);
    return name;
  }

  #enumeration(values: readonly Json[], schema: JsonObject): Part {
    if (values.length > limits.schemaEnumMax) return this.#typed(schema, { indent: "", depth: 0, owner: undefined });
    return this.#union(values.map((value) => this.#literal(value, 0)));
  }

  #literal(value: Json, depth: number): Part {
    const atom = (text: string): Part => ({ text, kind: "atom", width: 1 });
    if (value === null || typeof value !== "object") return atom(toLiteral(value));
    if (depth > 4) return this.#openPart;
    if (Array.isArray(value)) return atom(`[${value.map((item) => this.#literal(item, depth + 1).text).join(", ")}]`);
    const members = Object.entries(value).map(
      ([key, item]) => `${toPropertyKey(key)}: ${this.#literal(item, depth + 1).text}`,
    );
    return atom(members.length === 0 ? "{}" : `{ ${members.join("; ")} }`);
  }

  #typed(schema: JsonObject, place: Place): Part {
    const type = schema["type"];
    if (Array.isArray(type)) return this.#union(type.map((one) => this.#typeNamed(one, schema, place)));
    return this.#typeNamed(type ?? toImpliedType(schema), schema, place);
  }

  #typeNamed(type: Json | undefined, schema: JsonObject, place: Place): Part {
    switch (type) {
      case "string":
      case "boolean":
      case "null":
        return { text: type, kind: "atom", width: 1 };
      case "number":
      case "integer":
        return { text: "number", kind: "atom", width: 1 };
      case "array":
        return this.#array(schema, place);
      case "object":
        return this.#object(schema, place);
    }
    return this.#openPart;
  }

  #array(schema: JsonObject, place: Place): Part {
    const inside = { indent: place.indent, depth: place.depth + 1, owner: undefined };
    const items = schema["items"];
    const first = Array.isArray(schema["prefixItems"])
      ? schema["prefixItems"]
      : Array.isArray(items)
        ? items
        : undefined;
    if (first === undefined || first.length === 0) {
      const item = this.#render(Array.isArray(items) ? undefined : items, inside);
      return { text: `${toOperand(item)}[]`, kind: "atom", width: 1, bare: item.kind === "open" };
    }
    const needed = typeof schema["minItems"] === "number" ? schema["minItems"] : first.length;
    const parts = first.map((item, index) => `${toOperand(this.#render(item, inside))}${index < needed ? "" : "?"}`);
    const rest = Array.isArray(items) ? schema["additionalItems"] : items;
    if (isJsonObject(rest)) parts.push(`...${toOperand(this.#render(rest, inside))}[]`);
    return { text: `[${parts.join(", ")}]`, kind: "atom", width: 1 };
  }

  #object(schema: JsonObject, place: Place): Part {
    const names = toPropertyNames(schema);
    const isBare = names.length === 0 && toIndexSchemas(schema).length === 0 && !isJsonObject(schema["properties"]);
    return { text: this.#members(schema, place), kind: "atom", width: 1, bare: isBare };
  }

  /** The members of an object in braces. */
  #members(schema: JsonObject, place: Place): string {
    const properties = isJsonObject(schema["properties"]) ? schema["properties"] : undefined;
    const required = new Set(toRequired(schema));
    const names = toPropertyNames(schema);
    const indent = this.#inline ? "" : `${place.indent}  `;
    const inside = { indent, depth: place.depth + 1, owner: undefined };
    const members: string[] = [];
    for (const name of names) {
      if (this.#nodes > limits.schemaNodesMax) break;
      const property = properties !== undefined && Object.hasOwn(properties, name) ? properties[name] : undefined;
      const doc = this.#inline ? "" : toComment(toDocLines(property, limits.propertyDocCharsMax), indent);
      const type = this.#render(property, inside).text;
      members.push(`${doc}${indent}${toPropertyKey(name)}${required.has(name) ? "" : "?"}: ${type}`);
    }
    const index = this.#indexType(schema, names, inside, members.length < names.length);
    if (index !== undefined) members.push(`${indent}[key: string]: ${index}`);
    if (members.length === 0) return "{}";
    return this.#inline ? `{ ${members.join(", ")} }` : `{\n${members.join(";\n")};\n${place.indent}}`;
  }

  /** The type of all keys that are not named; it must hold the named ones too, so beside them it is open. */
  #indexType(schema: JsonObject, names: readonly string[], place: Place, isCut: boolean): string | undefined {
    const schemas = toIndexSchemas(schema);
    if (names.length > 0) return schemas.length > 0 || isCut ? this.#openPart.text : undefined;
    if (schemas.length > 0) return this.#union(schemas.map((one) => this.#render(one, place))).text;
    const isEmpty = schema["additionalProperties"] === false || isJsonObject(schema["properties"]);
    if (this.#inline && isEmpty) return undefined;
    return isEmpty && this.#openPart.text === "unknown" ? "never" : this.#openPart.text;
  }

  #union(parts: readonly Part[]): Part {
    if (parts.some(({ kind }) => kind === "open")) return this.#openPart;
    const distinct = new Map<string, Part>();
    for (const part of parts) if (part.text !== "never") distinct.set(part.text, part);
    const [only] = distinct.values();
    if (only === undefined) return never;
    if (distinct.size === 1) return only;
    const width = [...distinct.values()].reduce((sum, part) => sum + part.width, 0);
    return { text: [...distinct.keys()].join(" | "), kind: "union", width };
  }

  #intersection(parts: readonly Part[]): Part {
    const telling = parts.filter(({ kind }) => kind !== "open");
    const precise = telling.filter(({ bare }) => bare !== true);
    const distinct = new Map<string, Part>();
    let width = 1;
    for (const part of precise.length > 0 ? precise : telling.slice(0, 1)) {
      if (distinct.has(part.text) || width * part.width > widthMax) continue;
      width *= part.width;
      distinct.set(part.text, part);
    }
    const [only] = distinct.values();
    if (only === undefined) return telling[0] ?? this.#openPart;
    if (distinct.size === 1) return only;
    const text = [...distinct.values()]
      .map((part) => (part.kind === "union" ? `(${part.text})` : part.text))
      .join(" & ");
    return { text, kind: "intersection", width };
  }
}

function toOperand(part: Part): string {
  return part.kind === "union" || part.kind === "intersection" ? `(${part.text})` : part.text;
}

function toDeepPart(schema: JsonObject): Part {
  const isArray = (schema["type"] ?? toImpliedType(schema)) === "array";
  return { text: isArray ? "unknown[]" : "object", kind: "atom", width: 1 };
}
