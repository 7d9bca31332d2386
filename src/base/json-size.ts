import type { Json } from "./json.ts";

/** Bytes of a value as JSON, closely enough to bound it (escapes are not counted); stops counting above `max`. */
export function toJsonSize(value: Json, max: number): number {
  let bytes = 0;
  // A list instead of recursion: a foreign value may be nested deeper than the stack.
  const open: Json[] = [value];
  while (open.length > 0 && bytes <= max) {
    const next = open.pop() as Json;
    if (typeof next === "string") bytes += Buffer.byteLength(next) + 2;
    else if (typeof next !== "object" || next === null) bytes += 5;
    else if (Array.isArray(next)) {
      bytes += 2 + next.length;
      for (const item of next) open.push(item);
    } else {
      bytes += 2;
      for (const key of Object.keys(next)) {
        bytes += key.length + 4;
        open.push(next[key] as Json);
      }
    }
  }
  return bytes;
}
