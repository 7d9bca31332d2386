import { ValidationErrorsIBAN, countrySpecs, isValidIBAN, validateIBAN } from "ibantools";

const shape = /^[A-Za-z]{2}\d{2}(?:[ \-\u00A0]?[A-Za-z\d]){11,30}$/u;

/** Whether a value is an IBAN by country, length and checksum; groups may be parted by spaces or hyphens. */
export const isIban = (surface: string): boolean => isIbanShaped(surface) && isValidIBAN(toDigits(surface));

/** The same where only the checksum may be wrong: a typing error in a number that a word calls an account is still somebody's. */
export const isIbanLike = (surface: string): boolean =>
  isIbanShaped(surface) &&
  validateIBAN(toDigits(surface)).errorCodes.every((code) => code === ValidationErrorsIBAN.WrongIBANChecksum);

/** Whether a value has the form of an IBAN: enough where a key says that it is one. */
export const isIbanShaped = (surface: string): boolean => surface.length <= 45 && shape.test(surface);

function toDigits(surface: string): string {
  return surface.replaceAll(/[ \-\u00A0]/gu, "").toUpperCase();
}

/** How many letters and digits the IBANs of a country have; 0 where it has none. */
export const ibanLength = (country: string): number => countrySpecs[country]?.chars ?? 0;
