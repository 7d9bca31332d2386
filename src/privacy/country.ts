import { parsePhoneNumberFromString } from "libphonenumber-js/max";

/** The country of a phone number or an IBAN in ISO 3166 letters; `null` where it does not say. */
export function countryOf(name: string, surface: string): string | null {
  if (name === "IBAN") return /^[A-Za-z]{2}/.exec(surface.trim())?.[0].toUpperCase() ?? null;
  return parsePhoneNumberFromString(surface)?.country ?? null;
}
