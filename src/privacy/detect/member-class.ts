import { fitsKey } from "./fits-key.ts";
import { toKeyClass } from "./key-class.ts";
import { isPersonAround } from "./person-words.ts";

/** One value in an object. */
export interface Member {
  /** Keys from the outermost object to this member, array indices left out: `["items", "first_name"]`. */
  path: readonly string[];
  value: string | number;
  /** The other keys of the object it is in. */
  siblings: readonly string[];
}

/** The class that the whole value of a member is, by key, siblings and a look at the value; undefined = look into it. */
export function toMemberClass({ path, value, siblings }: Member): string | undefined {
  const key = path.at(-1);
  if (key === undefined) return undefined;
  const found = toKeyClass(key);
  if (found === undefined) return undefined;
  const text = typeof value === "string" ? value.trim() : String(value);
  if (typeof value === "number" && !Number.isSafeInteger(value)) return undefined;
  if (found.kind === "bare" && !isPersonAround(path, siblings)) return undefined;
  return fitsKey(found, text) ? found.class : undefined;
}
