import type { BuiltInClass } from "../classes.ts";

const classes = new Map<string, BuiltInClass>([
  ["email", "EMAIL"],
  ["idn-email", "EMAIL"],
  ["phone", "PHONE"],
  ["phone-number", "PHONE"],
  ["tel", "PHONE"],
  ["e164", "PHONE"],
  ["ipv4", "IP"],
  ["ipv6", "IP"],
  ["ip", "IP"],
  ["mac", "MAC"],
  ["password", "SECRET"],
  ["secret", "SECRET"],
  ["iban", "IBAN"],
  ["credit-card", "CARD"],
  ["ssn", "GOV_ID"],
]);

/** The class of values whose JSON Schema says `format`; undefined where the format tells nothing about a person. */
export const classOfFormat = (format: string): BuiltInClass | undefined => classes.get(format.toLowerCase());
