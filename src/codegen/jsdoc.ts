import { isJsonObject } from "../base/json.ts";
import type { Json, JsonObject } from "../base/json.ts";
import { limits } from "../base/limits.ts";
import { noDoc } from "./part.ts";
import type { Doc } from "./part.ts";
import { toCleanLine, toCleanText, toLiteral } from "./text.ts";

/** What the type cannot say: each of these keywords is a tag of its own name, with its value as it stands or as JSON. */
const tagged = [
  "default",
  "format",
  "minimum",
  "exclusiveMinimum",
  "maximum",
  "exclusiveMaximum",
  "multipleOf",
  "minLength",
  "maxLength",
  "pattern",
  "minItems",
  "maxItems",
  "uniqueItems",
  "contains",
  "minContains",
  "maxContains",
  "minProperties",
  "maxProperties",
  "dependentRequired",
  "dependentSchemas",
  "dependencies",
  "unevaluatedProperties",
  "unevaluatedItems",
  "not",
  "if",
  "then",
  "else",
  "contentEncoding",
  "contentMediaType",
  "contentSchema",
  "readOnly",
  "writeOnly",
  "deprecated",
  "example",
  "examples",
] as const;
/** Tags whose value is any JSON: a string among them is written as one. */
const literal = new Set<string>(["default", "example", "examples"]);
const jsonTypes = new Set<unknown>(["string", "number", "integer", "boolean", "null", "array", "object"]);

/** What a comment says of a schema: its description, or a title that is more than the property's name, and tags. */
export function toDoc(schema: Json | undefined, charsMax: number, name = ""): Doc {
  if (!isJsonObject(schema)) return noDoc;
  const { description, title } = schema;
  const titled = typeof title === "string" && toLetters(title) !== toLetters(name) ? title : "";
  const text = toCleanText(
    typeof description === "string" && description.trim() !== "" ? description : titled,
    charsMax,
  );
  const tags = toTypeTags(schema);
  for (const keyword of tagged) {
    const value = Object.hasOwn(schema, keyword) ? schema[keyword] : undefined;
    if (value === undefined || isNothing(keyword, value)) continue;
    const isPlain = typeof value === "string" && !literal.has(keyword);
    const isFlag = value === true && !literal.has(keyword);
    tags.push(
      isFlag ? `@${keyword}` : `@${keyword} ${isPlain ? toCleanLine(value, limits.tagCharsMax) : toTagText(value)}`,
    );
  }
  return { text, tags };
}

/** A value as JSON, as long as a tag may be. */
export function toTagText(value: Json): string {
  return toCleanLine(toLiteral(value), limits.tagCharsMax);
}

/** Whether a tag would say nothing: the limits of a safe integer, which every number of a program has, or a least of 0. */
function isNothing(keyword: string, value: Json): boolean {
  if (literal.has(keyword)) return false;
  if (value === 0 && /^min(?:Length|Items|Properties)$/.test(keyword)) return true;
  return (
    value === null || value === false || (typeof value === "number" && Math.abs(value) === Number.MAX_SAFE_INTEGER)
  );
}

function toTypeTags(schema: JsonObject): string[] {
  const types = Array.isArray(schema["type"]) ? schema["type"] : [schema["type"]];
  const unknown = types.filter((type) => type !== undefined && !jsonTypes.has(type));
  const tags = types.includes("integer") && !types.includes("number") && !isListed(schema) ? ["@integer"] : [];
  for (const type of unknown) tags.push(`@type ${toTagText(type as Json)}`);
  if (Array.isArray(schema["enum"]) && schema["enum"].length > limits.schemaEnumMax) {
    tags.push(`@enum ${schema["enum"].length} values: ${toTagText(schema["enum"].slice(0, 100))}`);
  }
  const names = schema["propertyNames"];
  if (isJsonObject(names) && !Array.isArray(names["enum"]) && toLiteral(names) !== '{"type":"string"}')
    tags.push(`@propertyNames ${toTagText(names)}`);
  if (isJsonObject(schema["patternProperties"]))
    tags.push(
      `@patternProperties ${toCleanLine(Object.keys(schema["patternProperties"]).join(" "), limits.tagCharsMax)}`,
    );
  return tags;
}

function isListed(schema: JsonObject): boolean {
  return Array.isArray(schema["enum"]) || Object.hasOwn(schema, "const");
}

function toLetters(text: string): string {
  return text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
}

/** The first sentence of a text, on one line, at most `limits.summaryCharsMax` long; empty for an empty text. */
export function toFirstSentence(text: string): string {
  const [paragraph = ""] = toCleanText(text, limits.toolDocCharsMax).split(/\n\s*\n/);
  const line = paragraph
    .replace(/^#+\s*/, "")
    .replace(/\s+/g, " ")
    .trim();
  for (const end of line.matchAll(/[.!?。！？](?=\s|$)|[。！？]/gu)) {
    const sentence = line.slice(0, end.index + end[0].length);
    // "e.g." and initials end no sentence
    if (!/(?:^|[\s(])(?:e\.g|i\.e|etc|vs|cf|approx|no|\p{L})\.$/iu.test(sentence))
      return toCleanLine(sentence, limits.summaryCharsMax);
  }
  return toCleanLine(line, limits.summaryCharsMax);
}
