import { findInHeader } from "./credential-header.ts";
import { fitsKey } from "./fits-key.ts";
import { toKeyWords } from "./key-words.ts";
import { isPlaceholder } from "./placeholder.ts";
import { toKeyClassAmong } from "./person-words.ts";

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
  const found = toKeyClassAmong(path, siblings);
  if (found === undefined) return undefined;
  const text = typeof value === "string" ? value.trim() : String(value);
  // Of what is counted, only moments have fractions.
  if (typeof value === "number" && !Number.isSafeInteger(value) && found.class !== "DOB") return undefined;
  if (fitsKey(found, text)) return found.class;
  return found.class === "SECRET" && isPassword(key, value) ? "SECRET" : undefined;
}

/** Keys whose value is a credential whatever it looks like: people choose words. */
const passwords =
  /(?:^|_)(?:pass_?word|passwd|pwd|pass_?phrase|pass_?code|seed_phrase|recovery_phrase|passwort|kennwort|contrasena|senha|wachtwoord|haslo|client_secret|api_secret|app_secret|secret_key|private_key|api_key|apikey|access_token|refresh_token|auth_token|api_token)$/u;
const codes = /(?:^|_)(?:pin|otp|cvv|cvc|cvn)$/u;

/** Whether a key is one of these. */
export function isPasswordKey(key: string): boolean {
  return passwords.test(toKeyWords(key).join("_"));
}

function isPassword(key: string, value: string | number): boolean {
  const words = toKeyWords(key).join("_");
  if (codes.test(words))
    return /^\d{3,8}$/u.test(String(value)) && (typeof value === "string" || /cv[vcn]$/u.test(words));
  if (typeof value !== "string") return false;
  const text = value.trim();
  if (findInHeader(key, text) !== undefined) return true;
  if (!isPasswordKey(key)) return false;
  return text.length >= 3 && text.length <= 200 && !isPlaceholder(text) && !/^(?:https?:\/\/|[\d.]+$)/u.test(text);
}
