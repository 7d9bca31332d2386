import { parsePhoneNumberFromString } from "libphonenumber-js/max";
import { toBirthDate } from "./date-text.ts";
import { toPlainText } from "./plain-text.ts";

/** What all surfaces of one value have in common: two surfaces are one value if this is equal. */
export function toCanonical(kind: string, surface: string): string {
  const text = surface.normalize("NFC").trim();
  switch (kind) {
    case "EMAIL":
      return toPlainText(text)
        .text.replace(/^mailto:/iu, "")
        .toLowerCase();
    case "PHONE":
      return toPhone(text);
    case "CARD":
    case "IBAN":
    case "BANK":
    case "GOV_ID":
    case "PASSPORT":
      return text.replaceAll(/[^\p{L}\p{N}]/gu, "").toUpperCase();
    case "DOB":
      return toBirthDate(text) ?? text;
    case "NAME":
      return text.replaceAll(/\s+/gu, " ");
    case "IP":
    case "MAC":
      return text.toLowerCase();
    default:
      return text;
  }
}

/** E.164 where the number says its country, digits otherwise: no region is guessed. */
function toPhone(text: string): string {
  const plain = text
    .normalize("NFKC")
    .replace(/^(?:tel|sms|callto):/iu, "")
    .replace(/^\+\+/u, "+");
  if (plain.startsWith("+")) {
    const parsed = parsePhoneNumberFromString(plain);
    if (parsed !== undefined) return parsed.ext === undefined ? parsed.number : `${parsed.number};ext=${parsed.ext}`;
  }
  const digits = plain.replaceAll(/\D/gu, "");
  return plain.startsWith("+") ? `+${digits}` : digits;
}
