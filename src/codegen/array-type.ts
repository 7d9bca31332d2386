import { isJsonObject } from "../base/json.ts";
import type { Json, JsonObject } from "../base/json.ts";
import { toAtom, toOperand } from "./part.ts";
import type { Part } from "./part.ts";
import type { Place, Writer } from "./schema-type.ts";

/** The type of an array schema: a list, or a tuple where the first items have schemas of their own. */
export function toArrayPart(schema: JsonObject, place: Place, writer: Writer): Part {
  const inside = { ...place, depth: place.depth + 1, owner: undefined };
  const items = schema["items"];
  const first = Array.isArray(schema["prefixItems"]) ? schema["prefixItems"] : Array.isArray(items) ? items : [];
  const rest: Json | undefined = Array.isArray(items) ? schema["additionalItems"] : items;
  const { minItems, maxItems } = schema;
  if (first.length === 0) {
    if (rest === false || maxItems === 0) return toAtom("[]");
    const item = writer.render(rest, inside);
    return { ...toAtom(`${toOperand(item)}[]`), bare: item.kind === "open" && !isJsonObject(rest) };
  }
  const needed = typeof minItems === "number" ? minItems : 0;
  const shown = typeof maxItems === "number" && maxItems < first.length ? first.slice(0, maxItems) : first;
  const parts = shown.map((item, index) => `${toOperand(writer.render(item, inside))}${index < needed ? "" : "?"}`);
  const isClosed = rest === false || (typeof maxItems === "number" && maxItems <= first.length);
  if (!isClosed) parts.push(`...${toOperand(writer.render(rest, inside))}[]`);
  return toAtom(`[${parts.join(", ")}]`);
}
