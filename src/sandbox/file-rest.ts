import type { JsonObject } from "../base/json.ts";
import type { DiskRoot } from "./disk-root.ts";

/**
 * What of a write is still to be done: all of it, unless it began before an interruption (`before` are its facts) and
 * the file shows that it was done, or in part. Undefined: nothing.
 */
export async function toRest(
  root: Pick<DiskRoot, "read">,
  names: readonly string[],
  bytes: Buffer,
  mode: "replace" | "create" | "append",
  before: JsonObject | undefined,
): Promise<Buffer | undefined> {
  // To replace by the same once more changes nothing.
  if (before === undefined || mode === "replace") return bytes;
  const there = await root.read(names).catch(() => undefined);
  if (there === undefined) return bytes;
  if (mode === "create") return there.equals(bytes) ? undefined : bytes;
  const added = there.subarray(Number(before["size"]));
  if (added.subarray(0, bytes.length).equals(bytes)) return undefined;
  // It was broken off in the middle, and nobody has written since.
  return added.length > 0 && bytes.subarray(0, added.length).equals(added) ? bytes.subarray(added.length) : bytes;
}
