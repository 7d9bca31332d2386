import type { Place } from "../base/place.ts";
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import type { Findings } from "./found.ts";
import { toGot } from "./violation-text.ts";

/** The types that a schema may name. */
export const jsonTypes: ReadonlySet<string> = new Set([
  "string",
  "number",
  "integer",
  "boolean",
  "object",
  "array",
  "null",
]);

/** Whether a value is of one of {@link jsonTypes}; 1.0 is an integer. */
export function isOfType(value: Json, type: string): boolean {
  if (type === "integer") return Number.isInteger(value);
  if (type === "null") return value === null;
  if (type === "array") return Array.isArray(value);
  if (type === "object") return isJsonObject(value);
  return typeof value === type;
}

/** Adds to `found` which bounds of a number are crossed. */
export function checkNumber(schema: JsonObject, value: number, place: Place | undefined, found: Findings): void {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema;
  // Draft-04 has the exclusive bounds as flags beside the bounds.
  const above = exclusiveMinimum === true ? minimum : exclusiveMinimum;
  const below = exclusiveMaximum === true ? maximum : exclusiveMaximum;
  if (typeof minimum === "number" && value < minimum) found.add(place, `a number from ${minimum}`, toGot(value));
  if (typeof maximum === "number" && value > maximum) found.add(place, `a number up to ${maximum}`, toGot(value));
  if (typeof above === "number" && value <= above) found.add(place, `a number above ${above}`, toGot(value));
  if (typeof below === "number" && value >= below) found.add(place, `a number below ${below}`, toGot(value));
  if (typeof multipleOf !== "number" || multipleOf <= 0) return;
  const quotient = value / multipleOf;
  // 0.3 is a multiple of 0.1, whatever binary fractions say.
  if (Math.abs(quotient - Math.round(quotient)) > 1e-9 * Math.max(1, Math.abs(quotient)))
    found.add(place, `a multiple of ${multipleOf}`, toGot(value));
}

/** Length in characters, as JSON Schema counts: a pair of surrogates is one. */
export function toLength(text: string): number {
  let pairs = 0;
  for (let index = 0; index < text.length - 1; index++) {
    if ((text.codePointAt(index) ?? 0) <= 0xffff) continue;
    pairs++;
    index++;
  }
  return text.length - pairs;
}
