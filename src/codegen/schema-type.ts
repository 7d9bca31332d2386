import { sealedKeyword } from "../catalogue/shape.ts";
import { asText, isJsonObject } from "../base/json.ts";
import type { Json, JsonObject, JsonSchema } from "../base/json.ts";
import { limits } from "../base/limits.ts";
import { toArrayPart } from "./array-type.ts";
import { toDoc, toTagText } from "./jsdoc.ts";
import { toMembers } from "./object-type.ts";
import { toAtom, toIntersection, toMergedDoc, toUnion } from "./part.ts";
import type { Doc, Part } from "./part.ts";
import { toReferences } from "../base/references.ts";
import type { References } from "../base/references.ts";
import { isOfType, isStructured, toImpliedType, toIndexSchemas, toPropertyNames } from "./schema.ts";
import { toSharedShapes, toTarget } from "./shared-shapes.ts";
import type { SharedShapes } from "./shared-shapes.ts";
import { toComment, toLiteral, toPropertyKey, toTypeName } from "./text.ts";

/** What stands where a schema says nothing: `unknown` for what a program gives, `any` for what it gets. */
export type OpenType = "unknown" | "any";

/** A schema in TypeScript: the type, what is to be said of it, and the declarations of types that it names. */
export interface SchemaType {
  text: string;
  doc: Doc;
  declarations: readonly string[];
}

/** Where a piece stands. `owner`: the alias whose own meaning it is part of; an alias may not mean itself. */
export interface Place {
  indent: string;
  depth: number;
  owner: string | undefined;
  /** What a type found here is called if it needs a name. */
  hint: string;
}

/** What the parts of a type are written with. */
export interface Writer {
  /** What stands where a schema says nothing. */
  open: Part;
  /** On one line, without comments and names. */
  isInline: boolean;
  render(schema: Json | undefined, place: Place): Part;
  /** Whether the schema has had all the nodes that it may have. */
  isFull(): boolean;
}

/**
 * A JSON Schema as a TypeScript type. A type that holds itself, and a long one that occurs twice, is declared apart;
 * the names of declarations are added to `taken`. Never throws.
 */
export function toSchemaType(
  schema: JsonSchema,
  options: { name: string; open: OpenType; taken: Set<string> },
): SchemaType {
  return new TypeWriter(schema, options).type();
}

/** A JSON Schema as one line of TypeScript, `$ref`s written out, nesting over three levels as `object`. Never throws. */
export function toTypeText(schema: JsonSchema, open: OpenType = "unknown"): string {
  return new TypeWriter(schema, { name: "", open, taken: new Set(), isInline: true }).type().text;
}

const inlineDepthMax = 3;
/** A signature is cut at a few hundred characters: what more nodes would say is not shown. */
const inlineNodesMax = 500;
const literalDepthMax = 6;

class TypeWriter implements Writer {
  readonly open: Part;
  readonly isInline: boolean;
  #root: JsonSchema;
  #name: string;
  #taken: Set<string>;
  #nodes = 0;
  #refs: References;
  #shapes: SharedShapes | undefined;
  #names = new Map<number, string>();
  #queue: { name: string; schema: JsonObject; doc: Doc }[] = [];
  #means = new Map<string, Set<string>>();
  #ignoresSiblings: boolean;

  constructor(root: JsonSchema, options: { name: string; open: OpenType; taken: Set<string>; isInline?: boolean }) {
    this.#root = root;
    this.#name = options.name;
    this.open = { text: options.open, kind: "open", width: 1 };
    this.#taken = options.taken;
    this.isInline = options.isInline ?? false;
    this.#refs = toReferences(root);
    if (!this.isInline) this.#shapes = toSharedShapes(root, this.#refs);
    // up to draft-07 a `$ref` stands alone, and what is beside it means nothing
    const dialect = isJsonObject(root) ? root["$schema"] : undefined;
    this.#ignoresSiblings = typeof dialect === "string" && /draft-0[34678]/.test(dialect);
  }

  type(): SchemaType {
    const { text, doc } = this.render(this.#root, { indent: "", depth: 0, owner: undefined, hint: this.#name });
    const declarations: string[] = [];
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      const comment = toComment(next.doc);
      const place = { indent: "", depth: 0, owner: next.name, hint: next.name };
      const { text: meaning } = this.#shape(next.schema, place);
      declarations.push(`${comment === "" ? "" : `${comment}\n`}type ${next.name} = ${meaning};\n`);
    }
    return { text, doc: toMergedDoc(doc), declarations };
  }

  isFull(): boolean {
    return this.#nodes > (this.isInline ? inlineNodesMax : limits.schemaNodesMax);
  }

  render(schema: Json | undefined, place: Place): Part {
    if (schema === false) return toAtom("never");
    if (!isJsonObject(schema)) return this.open;
    const own = this.isInline ? undefined : toDoc(schema, limits.propertyDocCharsMax, place.hint);
    const name = this.#nameOf(schema, place.hint);
    const part = name === undefined ? this.#shape(schema, place) : this.#named(name, place);
    return own === undefined ? part : { ...part, doc: toMergedDoc(own, part.doc) };
  }

  /** The type of a schema, whatever is said of it. */
  #shape(schema: JsonObject, place: Place): Part {
    this.#nodes += 1;
    if (this.isFull() || place.depth > limits.schemaDepthMax) return this.open;
    const inside = { ...place, depth: place.depth + 1 };
    const parts: Part[] = [];
    const target = toTarget(schema, this.#refs);
    if (target !== undefined) {
      const reference = this.#reference(schema, target, inside);
      if (this.#ignoresSiblings) return reference;
      parts.push(reference);
    }
    parts.push(this.#own(schema, place));
    for (const keyword of ["anyOf", "oneOf"]) {
      const branches = schema[keyword];
      if (!Array.isArray(branches) || branches.length === 0) continue;
      const union = toUnion(
        branches.map((branch) => this.render(branch, inside)),
        this.open,
      );
      parts.push(
        union.kind === "open" && union.doc === undefined ? { ...union, doc: this.#untold(keyword, branches) } : union,
      );
    }
    if (Array.isArray(schema["allOf"])) parts.push(...schema["allOf"].map((branch) => this.render(branch, inside)));
    const met = toIntersection(parts, this.open);
    return schema["nullable"] === true ? toUnion([met, toAtom("null")], this.open) : met;
  }

  /** What the schema itself says, without what it refers to and combines. */
  #own(schema: JsonObject, place: Place): Part {
    const values = schema["enum"];
    // a list that is too long to be written still says of what types its values are
    const type = schema["type"] ?? (Array.isArray(values) ? toTypesOf(values) : undefined);
    const types = Array.isArray(type) ? type : [type ?? toImpliedType(schema)];
    if (Object.hasOwn(schema, "const")) return this.#literal(schema["const"] as Json, 0);
    if (Array.isArray(values) && values.length <= limits.schemaEnumMax) {
      const possible = values.filter((value) => types.some((one) => isOfType(value, one)));
      return toUnion(
        // a list that contradicts its type is taken at its word
        (possible.length > 0 ? possible : values).map((value) => this.#literal(value, 0)),
        this.open,
      );
    }
    if (this.isInline && place.depth >= inlineDepthMax && isStructured(schema)) {
      return { ...toAtom(types.includes("array") ? "unknown[]" : "object"), bare: false };
    }
    return toUnion(
      types.map((one) => this.#typeNamed(one, schema, place)),
      this.open,
    );
  }

  #typeNamed(type: Json | undefined, schema: JsonObject, place: Place): Part {
    switch (type) {
      case "string":
        return toAtom(`string${toSealedNote(schema)}`);
      case "boolean":
      case "null":
        return toAtom(type);
      case "number":
      case "integer":
        return toAtom("number");
      case "array":
        return toArrayPart(schema, place, this);
      case "object": {
        const isBare = toPropertyNames(schema).length === 0 && toIndexSchemas(schema).length === 0;
        return {
          ...toAtom(toMembers(schema, place, this, this.#refs)),
          bare: isBare && schema["properties"] === undefined,
        };
      }
    }
    return this.open;
  }

  /** What a `$ref` leads to: its name, or itself if it needs none. */
  #reference(schema: JsonObject, target: Json, place: Place): Part {
    if (!isJsonObject(target)) return this.render(target, place);
    const ref = asText(schema["$ref"] ?? schema["$dynamicRef"] ?? schema["$recursiveRef"]);
    const hint = ref.slice(Math.max(ref.lastIndexOf("/"), ref.lastIndexOf("#")) + 1);
    const name = this.#nameOf(target, target === this.#root ? this.#name : hint, true);
    return name === undefined ? this.render(target, { ...place, hint }) : this.#named(name, place);
  }

  /** The name of a schema whose shape needs one; `isSaid`: its comment stands at its declaration. */
  #nameOf(schema: JsonObject, hint: string, isSaid = false): string | undefined {
    const shape = this.#shapes?.numberOf(schema);
    if (shape === undefined) return undefined;
    const known = this.#names.get(shape);
    if (known !== undefined) return known;
    const name = this.#unique(toTypeName(hint));
    this.#names.set(shape, name);
    const doc = isSaid ? toDoc(schema, limits.propertyDocCharsMax, hint) : { text: "", tags: [] };
    this.#queue.push({ name, schema, doc });
    return name;
  }

  /** A name, where it may stand: an alias that means itself, over however many others, does not compile. */
  #named(name: string, place: Place): Part {
    if (place.owner !== undefined) {
      if (this.#reaches(name, place.owner)) return this.open;
      const meant = this.#means.get(place.owner) ?? new Set();
      this.#means.set(place.owner, meant.add(name));
    }
    return toAtom(name);
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

  /** Alternatives that are no types: said as they stand. */
  #untold(keyword: string, branches: readonly Json[]): Doc {
    const isTelling = branches.some((branch) => isJsonObject(branch) && Object.keys(branch).length > 0);
    return { text: "", tags: isTelling ? [`@${keyword} ${toTagText([...branches])}`] : [] };
  }

  #literal(value: Json, depth: number): Part {
    if (typeof value === "number" && !Number.isFinite(value)) return toAtom("number");
    if (value === null || typeof value !== "object") return toAtom(toLiteral(value));
    if (depth > literalDepthMax) return this.open;
    if (Array.isArray(value)) return toAtom(`[${value.map((item) => this.#literal(item, depth + 1).text).join(", ")}]`);
    const members = Object.entries(value).map(
      ([key, item]) => `${toPropertyKey(key)}: ${this.#literal(item, depth + 1).text}`,
    );
    return toAtom(members.length === 0 ? "Record<string, never>" : `{ ${members.join("; ")} }`);
  }
}

/** The types of values, as JSON Schema names them. */
function toTypesOf(values: readonly Json[]): string[] {
  const toType = (value: Json): string =>
    value === null ? "null" : Array.isArray(value) ? "array" : typeof value === "object" ? "object" : typeof value;
  return [...new Set(values.map(toType))];
}

/** What kind of personal data the tokens at this place stand for, as a comment. */
function toSealedNote(schema: JsonObject): string {
  const classes = schema[sealedKeyword];
  const names = (Array.isArray(classes) ? classes : []).filter(
    (name): name is string => typeof name === "string" && /^[A-Z][A-Z0-9_]{0,30}$/.test(name),
  );
  return names.length === 0 ? "" : ` /* ${names.slice(0, 4).join(", ")} */`;
}
