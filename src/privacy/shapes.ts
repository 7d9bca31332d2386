import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";

// Forms in which servers say what a value is, other than by the key that it stands under.

const headerCharsMax = 60;
const labelKeys = ["key", "name", "label", "field", "property", "type", "question", "header", "column"];
const pairValueKeys = ["value", "answer"];
const headerKeys = ["columns", "headers", "header", "column_names", "columnNames", "fields"];
const rowKeys = ["rows", "values", "data", "records"];
const wrappers = new Set(
  "value plain_text plainText display_value displayValue formattedValue $date $numberLong _seconds seconds epoch".split(
    " ",
  ),
);
const listWrappers = new Set(["title", "rich_text", "text", "content"]);

/** The first row of a sheet, where it is one of texts over rows of cells. */
export function toHeaders(rows: readonly Json[]): string[] | undefined {
  const [first] = rows;
  if (rows.length < 2 || !Array.isArray(first) || first.length < 2 || !rows.every(Array.isArray)) return undefined;
  return first.every(isHeader) ? first : undefined;
}

/** `{ columns: ["id", "email"], rows: [[1, "…"]] }`: the names, and the key of the rows. */
export function toColumns(value: JsonObject): { headers: string[]; rows: string } | undefined {
  const rows = rowKeys.find((key) => Array.isArray(value[key]) && value[key].some(Array.isArray));
  if (rows === undefined) return undefined;
  for (const key of headerKeys) {
    const list = value[key];
    const names = Array.isArray(list) ? list.map((one) => (isJsonObject(one) ? (one["name"] ?? null) : one)) : [];
    if (names.length > 0 && names.every(isHeader)) return { headers: names, rows };
  }
  return undefined;
}

/** `{ name: "Phone", value: "…" }`: what says what the value is, and the key of the value. */
export function toPair(value: Json): { label: string; key: string } | undefined {
  if (!isJsonObject(value)) return undefined;
  const key = pairValueKeys.find((one) => Object.hasOwn(value, one));
  if (key === undefined) return undefined;
  const label = labelKeys.map((one) => value[one]).find(isHeader);
  return label === undefined ? undefined : { label, key };
}

/** Whether a member is the value of the object that it is in, as `{ phone: { value: "…" } }` has it. */
export function isWrapped(key: string, value: Json): boolean {
  return wrappers.has(key) || (listWrappers.has(key) && Array.isArray(value) && value.some(isJsonObject));
}

function isHeader(value: Json | undefined): value is string {
  return typeof value === "string" && value.trim() !== "" && value.length <= headerCharsMax;
}
