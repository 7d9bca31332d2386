import { isJsonObject } from "../base/json.ts";
import type { Json } from "../base/json.ts";
import { limits } from "../base/limits.ts";
import { toCleanLine, toCleanText, toLiteral } from "./text.ts";

/** What the type cannot say: each of these keywords is a tag of its own name. */
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
  "contentEncoding",
  "contentMediaType",
] as const;

/** The JSDoc lines of a schema: its description (or title), then a tag for each bound. */
export function toDocLines(schema: Json | undefined, charsMax: number): string[] {
  if (!isJsonObject(schema)) return [];
  const { description, title } = schema;
  const text =
    typeof description === "string" && description.trim() !== "" ? description : typeof title === "string" ? title : "";
  const clean = toCleanText(text, charsMax);
  const lines = clean === "" ? [] : [clean];
  for (const keyword of tagged) {
    const value = Object.hasOwn(schema, keyword) ? schema[keyword] : undefined;
    if (value === undefined || (keyword !== "default" && (value === null || typeof value === "object"))) continue;
    if (value === false && keyword !== "default") continue;
    const shown = typeof value === "string" && keyword !== "default" ? value : toLiteral(value);
    lines.push(
      value === true && keyword !== "default" ? `@${keyword}` : `@${keyword} ${toCleanLine(shown, limits.tagCharsMax)}`,
    );
  }
  if (schema["deprecated"] === true) lines.push("@deprecated");
  return lines;
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
