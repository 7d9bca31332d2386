import { toKeyWords } from "./detect/key-words.ts";

/** Digits that may be somebody's: a phone number or more. */
export const digitsOnly: RegExp = /^\d{7,19}$/;

/** Whether a number, without its sign, is written as such digits and exact; without writing it. */
export function isDigitsOnly(value: number): boolean {
  return Number.isSafeInteger(value) && Math.abs(value) >= 1_000_000;
}

/** The digits of an international phone number without its country's code, which has one to three digits. */
export function withoutCountryCode(surface: string, digits: string): string[] {
  if (!surface.trim().startsWith("+") || digits.length < 10) return [];
  return [1, 2, 3].map((length) => digits.slice(length)).filter((rest) => rest.length >= 8);
}

const measures = new Set(
  `total totals subtotal sum amount count counts size bytes length width height depth price cost tax balance score rate
   ratio quantity qty average avg min max mean median duration elapsed delay timeout seconds secs sec minutes hours days
   ms us ns millis micros nanos timestamp ts time times date at on epoch expires expiry exp iat nbf updated created modified
   deleted mtime ctime atime birthtime version versions ver revision rev build release offset limit cursor page pages line
   lines row column col seq sequence port lat latitude lng lon longitude x y z seed checksum crc hash`.split(/\s+/),
);
const ids = new Set("id ids uid uids uuid guid oid pid tid pk sku ean isbn asin gtin upc".split(" "));

/**
 * What the key of a number says it is: a `measure` or a time is nobody's, an `id` only if it is known as somebody's;
 * undefined says nothing.
 */
export function saysOf(key: string | undefined): "measure" | "id" | undefined {
  const words = key === undefined ? [] : toKeyWords(key);
  const last = words.at(-1) ?? "";
  if (measures.has(last)) return "measure";
  return ids.has(last) ? "id" : undefined;
}
