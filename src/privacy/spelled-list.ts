import type { Json, JsonObject } from "../base/json.ts";

/** Fewer tell of nobody. */
const itemsMin = 4;

/**
 * The text that a list of characters, or of their codes, spells; also where it is an object by index, as a list of bytes is
 * in JSON. Undefined: it is none.
 */
export function toSpelled(value: Json[] | JsonObject): string | undefined {
  const items = Array.isArray(value) ? value : toIndexed(value);
  if (items === undefined || items.length < itemsMin) return undefined;
  const [first] = items;
  if (isCharacter(first)) return items.every(isCharacter) ? items.join("") : undefined;
  if (!isCode(first) || !items.every(isCode)) return undefined;
  // Bytes of UTF-8 spell what their text says.
  if (items.some((code) => code > 127) && items.every((code) => code < 256)) {
    const text = Buffer.from(items).toString("utf8");
    if (!text.includes("\uFFFD")) return text;
  }
  return items.map((code) => String.fromCodePoint(code)).join("");
}

function toIndexed(value: JsonObject): Json[] | undefined {
  if (!Object.hasOwn(value, "0") || !Object.hasOwn(value, "3")) return undefined;
  const keys = Object.keys(value);
  return keys.every((key, at) => key === String(at)) ? keys.map((key) => value[key] as Json) : undefined;
}

/** One as a person sees it may be of several code points; one code point is enough. */
function isCharacter(value: Json | undefined): value is string {
  return typeof value === "string" && value.length > 0 && value.length <= 2 && [...value].length === 1;
}

/** Of text: no control characters but tab and ends of lines. */
function isCode(value: Json | undefined): value is number {
  return (
    typeof value === "number" &&
    Number.isInteger(value) &&
    (value > 31 || (value > 8 && value < 14)) &&
    value <= 0x10_ff_ff
  );
}
