import { createHmac } from "node:crypto";
import { SluiceError } from "../base/errors.ts";
import type { Json, JsonObject } from "../base/json.ts";
import { iban } from "./country.ts";
import { toCanonical } from "./detect/canonical.ts";
import { type TokenGrammar, toTokenText } from "./token.ts";
import type { Vault, VaultEntry } from "./vault.ts";

/** What programs may ask about a token: the name of a function of `pii`, and its arguments. */
export interface Question {
  name: string;
  arguments: Json[];
}

/** Classes that each question may be asked of. `matches` is asked of any, where the policy lets it. */
const askedOf: Readonly<Record<string, readonly string[]>> = {
  domain: ["EMAIL"],
  country: ["PHONE", "IBAN"],
  last4: ["CARD", "IBAN"],
  ageBand: ["DOB"],
};

export interface QuestionParts {
  grammar: TokenGrammar;
  vault: Vault;
  /** Keeps what `sortKey` gives apart from the values: 32 bytes of this scope. */
  sortSecret: Uint8Array;
  /** `matches` tells whatever is asked: only where the config says so. */
  mayMatch: boolean;
  now: () => number;
  /** The country of a phone number or IBAN in ISO 3166 letters. */
  countryOf: (name: string, surface: string) => string | null;
}

/** Answers a question about the value behind a token. Throws a `SluiceError` that says why it does not. */
export function answerQuestion({ name, arguments: args }: Question, parts: QuestionParts): Json {
  const [first, second] = args;
  const entry = readEntry(first, name, parts);
  const { class: kind } = entry.token;
  if (name === "same") {
    const other = readEntry(second, name, parts);
    // Which tokens are one value is in their numbers: it costs nothing.
    return other.token.class === kind && other.token.number === entry.token.number;
  }
  if (name === "sortKey") return toSortKey(entry, parts.sortSecret);
  if (name === "matches" && !parts.mayMatch)
    throw new SluiceError("pii_question_denied", "pii.matches is not permitted here", {
      hint: 'It tells anything about a value; the operator may allow it with "privacy": { "matches": true }',
    });
  const allowed = askedOf[name];
  if (name !== "matches" && allowed === undefined)
    throw new SluiceError("invalid_input", `There is no pii.${name}`, {
      hint: `There are: domain, country, last4, ageBand, same, sortKey, matches`,
    });
  if (allowed !== undefined && !allowed.includes(kind))
    throw new SluiceError("invalid_input", `pii.${name} is asked of ${allowed.join(" and ")}, not of ${kind}`);
  if (!parts.vault.noteQuestion(entry.token, JSON.stringify([name, ...args.slice(1)])))
    throw new SluiceError(
      "pii_budget_exceeded",
      `${toTokenText(entry.token)} has been asked four different questions already`,
      {
        hint: "Each answer tells a little of the value; use what was answered before",
      },
    );
  return answers[name]?.(entry, second, parts) ?? null;
}

/** One address and nothing else: of what only stands where one belongs, no part is told. */
const address = /^[^@]+@((?:[\p{L}\p{N}-]+\.)+[\p{L}\p{N}-]+)$/u;
const card = /^\d{12,19}$/;
const canonicalOf = ({ token, surface }: VaultEntry): string => toCanonical(token.class, surface);

/** `null`: what is behind the token is not of the form of its class, and none of it is told. */
const answers: Readonly<Record<string, (entry: VaultEntry, option: Json | undefined, parts: QuestionParts) => Json>> = {
  domain: (entry) => address.exec(canonicalOf(entry))?.[1] ?? null,
  country: ({ surface, token }, _, { countryOf }) => countryOf(token.class, surface),
  last4(entry) {
    const number = canonicalOf(entry);
    return (entry.token.class === "IBAN" ? iban : card).test(number) ? number.slice(-4) : null;
  },
  ageBand: (entry, _, { now }) => toAgeBand(canonicalOf(entry), now()),
  matches: ({ surface }, option) => matches(surface, option as JsonObject),
};

function readEntry(given: Json | undefined, name: string, { grammar, vault }: QuestionParts): VaultEntry {
  const text = typeof given === "string" ? given.trim() : "";
  const [only] = grammar.find(text);
  if (only?.kind !== "token" || only.start !== 0 || only.end !== text.length)
    throw new SluiceError("invalid_input", `pii.${name} takes one whole token, such as "[EMAIL_1]"`);
  const entry = vault.read(only.token);
  if (entry === undefined) throw new SluiceError("unknown_token", `Nothing has the token ${text} here`);
  // What is asked is asked of the value: a form that a program had made of it has parts that the value does not have.
  return vault.read({ ...only.token, variant: 1 }) ?? entry;
}

/** Stands for the value in an order that says nothing of it: equal values have equal keys. */
function toSortKey({ token }: VaultEntry, secret: Uint8Array): string {
  return createHmac("sha256", secret).update(`${token.class}\0${token.number}`).digest("hex").slice(0, 16);
}

/** Ten years wide, as `30-39`; `90+` at the end. */
function toAgeBand(date: string, now: number): string | null {
  const born = Date.parse(date);
  if (Number.isNaN(born)) return null;
  const age = Math.floor((now - born) / 31_556_952_000);
  if (age < 0 || age > 130) return null;
  const from = Math.floor(age / 10) * 10;
  return from >= 90 ? "90+" : `${from}-${from + 9}`;
}

function matches(surface: string, option: JsonObject | undefined): boolean {
  const fold = (text: string): string => text.normalize("NFC").toLowerCase();
  const value = fold(surface);
  if (typeof option?.["endsWith"] === "string") return value.endsWith(fold(option["endsWith"]));
  if (Array.isArray(option?.["in"])) return option["in"].some((one) => typeof one === "string" && fold(one) === value);
  throw new SluiceError(
    "invalid_input",
    'pii.matches takes { endsWith: "text" } or { in: ["text"] } as its second argument',
  );
}
