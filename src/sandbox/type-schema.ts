import type { Json, JsonObject } from "../base/json.ts";
import { type Node, nodeOf, nodesOf } from "./syntax-node.ts";

/** Parts of one type that are looked at: types that name types can be many more than their text is long. */
const PARTS_MAX = 500;

const keywords: Readonly<Record<string, JsonObject>> = {
  TSStringKeyword: { type: "string" },
  TSTemplateLiteralType: { type: "string" },
  TSNumberKeyword: { type: "number" },
  TSBooleanKeyword: { type: "boolean" },
  TSNullKeyword: { type: "null" },
  TSObjectKeyword: { type: ["object", "array"] },
};

/** Declarations of a module's own types, by name. */
export type TypeDeclarations = ReadonlyMap<string, Node>;

/** One reading of a type. */
interface Reading {
  types: TypeDeclarations;
  /** Names whose declarations are being read: a type within itself is not read again. */
  open: ReadonlySet<string>;
  count: { left: number };
}

/**
 * A TypeScript type as a JSON Schema, as far as it says what JSON may be: names are those of the module's own types. What
 * cannot be told from the text (an imported type, a computed one) permits everything.
 */
export function toTypeSchema(node: Node | undefined, types: TypeDeclarations): JsonObject {
  return toSchema(node, { types, open: new Set(), count: { left: PARTS_MAX } });
}

function toSchema(node: Node | undefined, reading: Reading): JsonObject {
  const below = (type: unknown): JsonObject => toSchema(nodeOf(type), reading);
  if (node === undefined || --reading.count.left < 0) return {};
  switch (node.type) {
    case "TSTypeAnnotation":
    case "TSParenthesizedType":
      return below(node["typeAnnotation"]);
    case "TSTypeOperator":
      return node["operator"] === "readonly" ? below(node["typeAnnotation"]) : {};
    case "TSArrayType":
      return { type: "array", items: below(node["elementType"]) };
    case "TSTupleType":
      return { type: "array" };
    case "TSLiteralType":
      return toLiteralSchema(nodeOf(node["literal"]));
    case "TSUnionType":
      return toUnion(nodesOf(node["types"]).filter(isJsonType).map(below));
    case "TSTypeLiteral":
      return toMembers(nodesOf(node["members"]), below);
    case "TSTypeReference":
      return toReferred(node, reading);
  }
  return keywords[node.type] ?? {};
}

/** What JSON has no word for is left out. */
function isJsonType({ type }: Node): boolean {
  return type !== "TSUndefinedKeyword" && type !== "TSVoidKeyword";
}

function toUnion(schemas: JsonObject[]): JsonObject {
  const [only] = schemas;
  if (only === undefined || schemas.some((schema) => Object.keys(schema).length === 0)) return {};
  if (schemas.length === 1) return only;
  const values = schemas.flatMap(({ const: value }): Json[] => (value === undefined ? [] : [value]));
  return values.length === schemas.length ? { enum: values } : { anyOf: schemas };
}

function toLiteralSchema(literal: Node | undefined): JsonObject {
  const isNegative = literal?.type === "UnaryExpression" && literal["operator"] === "-";
  const value = (isNegative ? nodeOf(literal["argument"]) : literal)?.["value"];
  if (typeof value === "number") return { const: isNegative ? -value : value };
  if (typeof value === "string" || typeof value === "boolean") return { const: value };
  return literal?.type === "TemplateLiteral" ? { type: "string" } : {};
}

/** An object that has these members and, unless it says so, no others. */
function toMembers(members: readonly Node[], below: (type: unknown) => JsonObject): JsonObject {
  const properties = new Map<string, JsonObject>();
  const required: string[] = [];
  let others: Json = false;
  for (const member of members) {
    const key = nodeOf(member["key"]);
    const name = key?.type === "Identifier" ? key["name"] : key?.["value"];
    const isPlain = (member.type === "TSPropertySignature" || member.type === "TSMethodSignature") && key !== undefined;
    if (member.type === "TSIndexSignature") others = below(member["typeAnnotation"]);
    else if (!isPlain || member["computed"] === true || typeof name !== "string") others = true;
    else {
      properties.set(name, member.type === "TSMethodSignature" ? {} : below(member["typeAnnotation"]));
      if (member["optional"] !== true) required.push(name);
    }
  }
  return {
    type: "object",
    properties: Object.fromEntries(properties),
    ...(required.length === 0 ? {} : { required }),
    ...(others === true ? {} : { additionalProperties: others }),
  };
}

function toReferred(node: Node, reading: Reading): JsonObject {
  const { types, open } = reading;
  const name = String(nodeOf(node["typeName"])?.["name"]);
  const [first, second] = nodesOf(nodeOf(node["typeArguments"])?.["params"]);
  const declared = types.get(name);
  if (declared === undefined) {
    if (name === "Array" || name === "ReadonlyArray") return { type: "array", items: toSchema(first, reading) };
    if (name === "Readonly") return toSchema(first, reading);
    if (name === "Record") return { type: "object", additionalProperties: toSchema(second, reading) };
    if (name === "Partial") {
      const { required: _, ...schema } = toSchema(first, reading);
      return schema;
    }
    return {};
  }
  // What stands in place of its parameters is not followed.
  if (open.has(name) || nodeOf(declared["typeParameters"]) !== undefined) return {};
  const below = (type: unknown): JsonObject => toSchema(nodeOf(type), { ...reading, open: new Set([...open, name]) });
  if (declared.type === "TSTypeAliasDeclaration") return below(declared["typeAnnotation"]);
  const schema = toMembers(nodesOf(nodeOf(declared["body"])?.["body"]), below);
  if (nodesOf(declared["extends"]).length === 0) return schema;
  const { additionalProperties: _, ...rest } = schema;
  return rest;
}
