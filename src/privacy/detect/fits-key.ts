import type { KeyClass } from "./key-class.ts";
import { isNameLike, isSomebody, isSurelyNameLike } from "./name-like.ts";
import { isPlausible } from "./plausible.ts";
import { isRandomLike } from "./secret-like.ts";

const RANDOM_CHARACTERS_MIN = 12;

/** Whether a value is plausible for what its key says, as strictly as the key is vague. */
export function fitsKey(found: KeyClass, value: string): boolean {
  switch (found.kind) {
    case "sure":
      return isPlausible(found.class, value);
    case "bare":
      return isNameLike(value) && /^[\p{Lu}\p{Lt}\p{Lo}]/u.test(value);
    case "told":
      return isSomebody(value);
    case "role":
      return isSurelyNameLike(value, 2);
    case "random":
      return isRandomLike(value, RANDOM_CHARACTERS_MIN);
  }
}
