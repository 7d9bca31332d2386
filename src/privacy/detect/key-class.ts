import { barePhrases, keyPhrases, rolePhrases } from "./key-phrases.ts";
import { toKeyWords } from "./key-words.ts";
import { isSecretKey, mayBeSecretKey } from "./secret-key.ts";

/**
 * What a key says about its value: `bare` names need a person around them, `role` values must read as a name, `random`
 * ones must look drawn; a `told` name is somebody's whatever it looks like.
 */
export interface KeyClass {
  class: string;
  kind: "sure" | "bare" | "role" | "random" | "told";
}

/** Words after the one that counts: `phone_work`, `emailPrimary`, `address1`. */
const qualifiers = new Set(
  (
    "primary secondary main home work personal private business office other alt alternate alternative value raw text " +
    "full formatted display original old new current masked plain input field string str one two first second line number no nr " +
    "privat geschaftlich e a b x y in th id"
  ).split(" "),
);
/** How a birth date is written, after its words: `dob_ms`. With another class the same word says that it is a time. */
const momentUnits = "ts timestamp time date datetime epoch unix ms millis milliseconds sec secs seconds utc iso".split(
  " ",
);
const PHRASE_WORDS_MAX = 5;
const CACHED_MAX = 4096;

const phrases = toPhrases();
const cached = new Map<string, KeyClass | undefined>();

/** The class that a key names, by its last words: `customerEmail` is an EMAIL, `emailVerified` is nothing. */
export function toKeyClass(key: string): KeyClass | undefined {
  if (cached.has(key)) return cached.get(key);
  const found = classify(toKeyWords(key));
  if (cached.size >= CACHED_MAX) cached.clear();
  cached.set(key, found);
  return found;
}

function classify(words: readonly string[]): KeyClass | undefined {
  if (words.length === 0) return undefined;
  if (isSecretKey(words)) return { class: "SECRET", kind: "sure" };
  for (let end = words.length; end > 0; end -= 1) {
    for (let start = Math.max(0, end - PHRASE_WORDS_MAX); start < end; start += 1) {
      const found = phrases.get(words.slice(start, end).join("_"));
      if (found !== undefined) return found;
    }
    if (!qualifiers.has(words[end - 1] ?? "")) break;
  }
  return toJoined(words.at(-1) ?? "") ?? (mayBeSecretKey(words) ? { class: "SECRET", kind: "random" } : undefined);
}

/** `useremail`, `customerphone`: lower-case keys that were never split. */
function toJoined(word: string): KeyClass | undefined {
  if (word.length < 7) return undefined;
  if (word.endsWith("email") || word.endsWith("emailaddress")) return phrases.get("email");
  if (word.endsWith("phone") || word.endsWith("phonenumber"))
    return word.endsWith("headphone") || word.endsWith("microphone") ? undefined : phrases.get("phone");
  return undefined;
}

function toPhrases(): Map<string, KeyClass> {
  const all = new Map<string, KeyClass>();
  const add = (list: string, found: KeyClass) => {
    for (const phrase of list.split(/\s+/u)) {
      if (!all.has(phrase)) all.set(phrase, found);
      const together = phrase.replaceAll("_", "");
      if (together.length > 4 && !all.has(together)) all.set(together, found);
    }
  };
  for (const [name, list] of Object.entries(keyPhrases)) add(list, { class: name, kind: "sure" });
  const births = (keyPhrases.DOB ?? "").split(/\s+/u);
  for (const unit of momentUnits) add(births.map((one) => `${one}_${unit}`).join(" "), { class: "DOB", kind: "sure" });
  add(barePhrases, { class: "NAME", kind: "bare" });
  add(rolePhrases, { class: "NAME", kind: "role" });
  return all;
}
