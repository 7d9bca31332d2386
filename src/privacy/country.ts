import { parsePhoneNumberFromString } from "libphonenumber-js/max";
import { toCanonical } from "./detect/canonical.ts";

/** Of ISO 13616, without blanks: the country, two check digits, the account. */
export const iban: RegExp = /^([A-Z]{2})\d{2}[A-Z\d]{11,30}$/;

/** The country of a phone number or an IBAN in ISO 3166 letters; `null` where it does not say. */
export function countryOf(name: string, surface: string): string | null {
  if (name === "IBAN") return iban.exec(toCanonical(name, surface))?.[1] ?? null;
  return parsePhoneNumberFromString(surface)?.country ?? null;
}
