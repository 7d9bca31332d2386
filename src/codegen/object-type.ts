import { isJsonObject } from "../base/json.ts";
import type { Json, JsonObject } from "../base/json.ts";
import { toAlone, toInlineComment, toUnion } from "./part.ts";
import type { Part } from "./part.ts";
import type { References } from "../base/references.ts";
import { toIndexSchemas, toPropertyNames, toRequired } from "./schema.ts";
import type { Place, Writer } from "./schema-type.ts";
import { toTarget } from "./shared-shapes.ts";
import { toComment, toLiteral, toPropertyKey } from "./text.ts";

/** An object that is no longer than this stands on one line. */
const lineCharsMax = 80;
/** Longer types of members are not written a second time for the index signature beside them. */
const indexCharsMax = 60;

interface Member {
  comment: string;
  key: string;
  part: Part;
  isRequired: boolean;
}

/** The type of an object schema: its members in braces, or a `Record`. */
export function toMembers(schema: JsonObject, place: Place, writer: Writer, references: References): string {
  const keys = toKeys(schema, references);
  const properties = isJsonObject(schema["properties"]) ? schema["properties"] : undefined;
  const additional = schema["additionalProperties"];
  // Where keys are listed, those that are not declared are written like the others.
  const listed = keys?.filter((key) => additional !== false || Object.hasOwn(properties ?? {}, key));
  const required = new Set(toRequired(schema));
  if (schema["propertyNames"] === false || listed?.length === 0)
    return required.size > 0 ? "never" : "Record<string, never>";
  if (keys !== undefined && properties === undefined) return toKeyed(schema, keys, place, writer);
  const names = listed ?? toPropertyNames(schema);
  const indent = writer.isInline ? "" : `${place.indent} `;
  const members: Member[] = [];
  for (const name of names) {
    if (writer.isFull()) break;
    const inside = { indent, depth: place.depth + 1, owner: undefined, hint: name };
    const isDeclared = properties !== undefined && Object.hasOwn(properties, name);
    // what is only required stands beside what says more: `any` would undo that
    const undeclared: Part = properties === undefined ? { ...writer.open, text: "unknown" } : writer.open;
    const part = isDeclared
      ? writer.render(properties[name], inside)
      : listed === undefined
        ? undeclared
        : writer.render(additional, inside);
    const comment = part.doc === undefined ? "" : toComment(part.doc, indent);
    members.push({ comment, key: toPropertyKey(name), part, isRequired: required.has(name) });
  }
  const isCut = members.length < names.length;
  const within = { ...place, indent, depth: place.depth + 1 };
  const indexes = listed !== undefined && !isCut ? [] : toIndexes(schema, members, isCut, within, writer);
  const [first] = indexes;
  if (members.length === 0 && first?.key === "key: string" && place.owner === undefined)
    return `Record<string, ${first.text}>`;
  const lines = members.map(
    ({ comment, key, part, isRequired }) =>
      `${comment}${comment === "" ? "" : comment.includes("\n") ? `\n${indent}` : " "}${key}${isRequired ? "" : "?"}: ${part.text}`,
  );
  lines.push(...indexes.map(({ key, text }) => `[${key}]: ${text}`));
  if (lines.length === 0) return "{}";
  if (writer.isInline) return `{ ${lines.join(", ")} }`;
  const line = `{ ${lines.join("; ")} }`;
  if (line.length <= lineCharsMax && !line.includes("\n")) return line;
  return `{\n${lines.map((text) => `${indent}${text};\n`).join("")}${place.indent}}`;
}

/** The keys that an object is limited to, where they are listed. */
function toKeys(schema: JsonObject, references: References): string[] | undefined {
  let names: Json | undefined = schema["propertyNames"];
  if (isJsonObject(names) && names["$ref"] !== undefined) names = toTarget(names, references);
  if (!isJsonObject(names) || schema["patternProperties"] !== undefined) return undefined;
  const values = Object.hasOwn(names, "const") ? [names["const"]] : names["enum"];
  if (!Array.isArray(values) || values.length === 0) return undefined;
  const keys = values.filter((value) => typeof value === "string");
  return toRequired(schema).every((name) => keys.includes(name)) ? keys : undefined;
}

/** `{ [key in "a"|"b"]?: T }`: every key where all are required; the required ones apart where some are. */
function toKeyed(schema: JsonObject, keys: readonly string[], place: Place, writer: Writer): string {
  const required = new Set(toRequired(schema));
  const value = writer.render(schema["additionalProperties"], { ...place, depth: place.depth + 1, owner: undefined });
  const toMapped = (names: readonly string[], mark: string): string =>
    names.length === 0 ? "" : `{ [key in ${names.map(toLiteral).join("|")}]${mark}: ${toAlone(value)} }`;
  const optional = toMapped(
    keys.filter((key) => !required.has(key)),
    "?",
  );
  if (required.size === 0) return optional;
  return optional === "" ? toMapped(keys, "") : `(${toMapped([...required], "")} & ${optional})`;
}

/** The signatures of the keys that are not named. One for any key must hold the named ones too. */
function toIndexes(
  schema: JsonObject,
  members: readonly Member[],
  isCut: boolean,
  place: Place,
  writer: Writer,
): { key: string; text: string }[] {
  const schemas = toIndexSchemas(schema);
  const key = "key: string";
  const inside = { ...place, owner: undefined, hint: "" };
  if (members.length === 0 && schemas.length === 0) {
    const isEmpty = schema["additionalProperties"] === false || isJsonObject(schema["properties"]);
    if (writer.isInline && isEmpty) return [];
    return [{ key, text: isEmpty && writer.open.text === "unknown" ? "never" : writer.open.text }];
  }
  if (schemas.length === 0 && !isCut) return [];
  const prefixed = isCut ? [] : toPrefixed(schema, members);
  if (prefixed.length > 0)
    return prefixed.map(([prefix, one]) => ({
      key: `key: \`${prefix}\${string}\``,
      text: toAlone(writer.render(one, inside)),
    }));
  const values = isCut
    ? writer.open
    : toUnion(
        schemas.map((one) => writer.render(one, inside)),
        writer.open,
      );
  const own = members.map(({ part }) => part);
  const isShort = own.reduce((sum, { text }) => sum + text.length, 0) <= indexCharsMax;
  if (members.length === 0) return [{ key, text: toAlone(values) }];
  const comment = toInlineComment(values.doc);
  if (!isShort || own.some(({ text }) => /[\n{]/.test(text))) return [{ key, text: `${comment}${writer.open.text}` }];
  const absent: Part[] = members.every(({ isRequired }) => isRequired)
    ? []
    : [{ text: "undefined", kind: "atom", width: 1 }];
  const bare = [...own, values, ...absent].map((part) => ({ ...part, doc: undefined }));
  return [{ key, text: `${comment}${toUnion(bare, writer.open).text}` }];
}

/**
 * What the keys begin with, each with the schema of its values, where every pattern says only that, no two of them and
 * no member meet, and no other key is allowed.
 */
function toPrefixed(schema: JsonObject, members: readonly Member[]): [prefix: string, schema: Json][] {
  const patterns = isJsonObject(schema["patternProperties"]) ? Object.entries(schema["patternProperties"]) : [];
  const additional = schema["additionalProperties"];
  if (additional === true || isJsonObject(additional)) return [];
  const prefixed = patterns.map(([pattern, one]): [string, Json] => [
    /^\^([A-Za-z0-9_-]+)$/.exec(pattern)?.[1] ?? "",
    one,
  ]);
  const keys = [...prefixed.map(([prefix]) => prefix), ...members.map(({ key }) => key.replace(/^"/, ""))];
  const meets = (prefix: string): boolean => keys.filter((key) => key.startsWith(prefix)).length > 1;
  return prefixed.some(([prefix]) => prefix === "" || meets(prefix)) ? [] : prefixed;
}
