import { parsePhoneNumberFromString } from "libphonenumber-js/max";
import { toBirthDate } from "./date-text.ts";
import { hiddenAt } from "./email.ts";
import { toPlainText } from "./plain-text.ts";

/** What all surfaces of one value have in common: two surfaces are one value if this is equal. */
export function toCanonical(kind: string, surface: string): string {
  const text = surface.normalize("NFC").trim();
  switch (kind) {
    case "EMAIL":
      return toPlainText(text)
        .text.replace(/^mailto:/iu, "")
        .replace(hiddenAt, "@")
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
  // What is dialled before a country's code in most countries.
  const dialled = /^\(?00\)?[\s.-]?(?=[1-9])/u.exec(plain)?.[0];
  const international = dialled === undefined ? plain : `+${plain.slice(dialled.length)}`;
  if (international.startsWith("+")) {
    const parsed = parsePhoneNumberFromString(international);
    if (parsed !== undefined && (dialled === undefined || parsed.isValid()))
      return parsed.ext === undefined ? parsed.number : `${parsed.number};ext=${parsed.ext}`;
  }
  const digits = plain.replaceAll(/\D/gu, "");
  return plain.startsWith("+") ? `+${digits}` : digits;
}
