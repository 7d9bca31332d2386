import type { Json } from "./json.ts";

/** JSON text of a value that may be nested deeper than `JSON.stringify` has stack for. */
export function toDeepJson(value: Json): string {
  const parts: string[] = [];
  /** What is still to be written, the next last: a value, or a text as it is. */
  const left: ({ value: Json } | string)[] = [{ value }];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    if (typeof next === "string") {
      parts.push(next);
      continue;
    }
    const { value: one } = next;
    if (typeof one !== "object" || one === null) {
      parts.push(JSON.stringify(one));
      continue;
    }
    const isList = Array.isArray(one);
    const members: ({ value: Json } | string)[] = [];
    for (const [key, member] of Object.entries(one)) {
      const before = members.length === 0 ? "" : ",";
      members.push(isList ? before : `${before}${JSON.stringify(key)}:`, { value: member });
    }
    parts.push(isList ? "[" : "{");
    left.push(isList ? "]" : "}");
    for (const member of members.reverse()) left.push(member);
  }
  return parts.join("");
}
