import { isCardNumber } from "./card-number.ts";
import { toBirthDate } from "./date-text.ts";
import { hiddenAt, isEmail } from "./email.ts";
import { isIbanShaped } from "./iban.ts";
import { isPublicIp } from "./ip-address.ts";
import { isNameLike } from "./name-like.ts";
import { isSecretLike } from "./secret-like.ts";

const VALUE_CHARACTERS_MAX = 200;

/** Whether a value can be what its key says: a `phone` of "yes" is none. The secret's own check knows long values. */
export function isPlausible(kind: string, value: string): boolean {
  if (kind === "SECRET") return isSecretLike(value);
  if (value.length > VALUE_CHARACTERS_MAX) return false;
  const check = checks.get(kind);
  return check === undefined ? value !== "" : check(value);
}

const checks = new Map<string, (value: string) => boolean>([
  ["EMAIL", (value) => isEmail(value.replace(hiddenAt, "@")) || isWrittenEmail(value)],
  ["PHONE", isPhoneLike],
  ["NAME", isNameLike],
  ["CARD", (value) => isCardNumber(value, true)],
  ["IBAN", isIbanShaped],
  ["BANK", (value) => isIdLike(value, 5)],
  ["GOV_ID", (value) => isIdLike(value, 5)],
  ["PASSPORT", (value) => isIdLike(value, 4) && value.length <= 20],
  ["DOB", (value) => toBirthDate(value) !== undefined],
  ["ADDRESS", isAddressLike],
  ["IP", isPublicIp],
  [
    "MAC",
    (value) =>
      /^(?:[\da-f]{2}[:-]){5,7}[\da-f]{2}$/iu.test(value) ||
      /^(?:[\da-f]{4}\.){2}[\da-f]{4}$/iu.test(value) ||
      /^[\da-f]{12}$/iu.test(value),
  ],
  [
    "USERNAME",
    (value) =>
      /^@?[\p{L}\p{N}][\p{L}\p{N}._@+-]{1,63}$/u.test(value) &&
      !/^(?:true|false|null|none|root|admin|unknown|anonymous|yes|no|guest|test)$/iu.test(value),
  ],
]);

/** An address whose sign or dots are words, or whose name is quoted: `jane at acme.io`, `jane[at]acme[dot]io`, `"jane doe"@acme.io`. */
const writtenEmail =
  /^([^\s@<>"]{1,64}(?= ?[[({]| at )|"[^"\n]{1,64}"(?=@))(?: ?[[({] ?(?:at|@) ?[\])}] ?| at |@)([^\s@]+(?: dot [^\s@]+| ?[[({] ?(?:dot|\.) ?[\])}] ?[^\s@]+){0,4})$/iu;
const writtenDot = / dot | ?[[({] ?(?:dot|\.) ?[\])}] ?/giu;

/** Where the key says that it is one. */
function isWrittenEmail(value: string): boolean {
  const [, name = "", domain = ""] = writtenEmail.exec(value) ?? [];
  return isEmail(`${name.replaceAll(/["\s]/g, "")}@${domain.replaceAll(writtenDot, ".")}`);
}

/** `1-800-FLOWERS` */
const vanityPhone = /^(?:\+?\d{1,3}[ .-])?\(?\d{3}\)?[ .-](?=[\dA-Z.-]*[A-Z]{3})(?:[.-]?[\dA-Z]){7,10}$/u;

/** Digits and their separators, few letters: an extension, "tel:" or a note such as "(home)". */
function isPhoneLike(value: string): boolean {
  if (vanityPhone.test(value)) return true;
  if (
    !/^(?:tel:|sms:|callto:|\+\+?|＋|\(|00)?[\p{Nd}＋(+][\p{Nd} ().\-/+~‐-―−－　\u00A0,;:x#]*(?:(?:ext|extn|x|int|app|poste|wew|доб)[.:= ]{0,3}\p{Nd}{1,7})?#?$/iu.test(
      value,
    )
  )
    return false;
  const digits = value.match(/\p{Nd}/gu)?.length ?? 0;
  // A date has as many digits as a phone number.
  return digits >= 6 && digits <= 18 && !/^\d{4}-\d{2}-\d{2}(?:$|[T ])/u.test(value) && !/^\d+\.\d+$/u.test(value);
}

function isIdLike(value: string, digitsMin: number): boolean {
  if (value.length > 40 || !/^[\p{L}\p{N}](?:[\p{L}\p{N} ./-]*[\p{L}\p{N}])?$/u.test(value)) return false;
  const digits = value.match(/\p{Nd}/gu)?.length ?? 0;
  if (digits < digitsMin) return false;
  return !/^\d{4}-\d{2}-\d{2}(?:$|[T ])/u.test(value) && !/^[\da-f]{8}-[\da-f]{4}-/iu.test(value);
}

function isAddressLike(value: string): boolean {
  if (value.length < 2 || /^(?:https?:|wss?:|0x|\/|\w+:\/\/)/u.test(value) || value.includes("@")) return false;
  if (/^(?:null|none|unknown|n\/a|true|false|remote|online|virtual|global|zoom|tbd|undefined)$/iu.test(value))
    return false;
  if (/^[\d.:]+$/u.test(value)) return /^\d{4,6}$/u.test(value);
  // us-east-1, eu-central: regions of a cloud; a path; a code without a space.
  if (/^[a-z]{2,}(?:-[a-z\d]+)+$/u.test(value) || value.includes("://")) return false;
  return /\p{L}|\d{3}/u.test(value) && !/[{}<>=\\]/u.test(value);
}
