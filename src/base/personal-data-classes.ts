/** What kind of personal data a value is; the word in its token: `[EMAIL_1]`. A user's own classes have other names. */
export type BuiltInClass =
  | "EMAIL"
  | "PHONE"
  | "NAME"
  | "CARD"
  | "IBAN"
  | "BANK"
  | "GOV_ID"
  | "PASSPORT"
  | "DOB"
  | "SECRET"
  | "ADDRESS"
  | "IP"
  | "MAC"
  | "USERNAME"
  | "WALLET";

/** Sealed unless the config says otherwise. */
export const defaultClasses: readonly BuiltInClass[] = [
  "EMAIL",
  "PHONE",
  "NAME",
  "CARD",
  "IBAN",
  "BANK",
  "GOV_ID",
  "PASSPORT",
  "DOB",
  "SECRET",
];

/** Sealed with `classes: "all"` or by name. */
export const optionalClasses: readonly BuiltInClass[] = ["ADDRESS", "IP", "MAC", "USERNAME", "WALLET"];

/** Go nowhere but back without a rule: what they open or prove does harm anywhere. */
export const guardedClasses: readonly BuiltInClass[] = ["SECRET", "CARD", "GOV_ID", "PASSPORT"];

/** Text from outside that looks like a token; restores to that text. */
export const literalClass = "LITERAL";
/** A whole text: of a server whose mode is `strict`, or one that could not be read to its end in its budget. */
export const textClass = "TEXT";
