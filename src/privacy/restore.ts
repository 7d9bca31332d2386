import { SluiceError } from "../base/errors.ts";
import { isJsonObject, type Json, type JsonObject, type JsonSchema } from "../base/json.ts";
import { limits } from "../base/limits.ts";
import { scalarTypeAt } from "./schema-place.ts";
import { literalClass, textClass } from "./classes.ts";
import { type RestoredValue, toWordAround } from "./echoes.ts";
import { isIndexKey } from "./index-key.ts";
import { findJson, jsonString, toPlaces } from "./embedded-json.ts";
import { isNumber, isString, type JsonText, toEscaped, toInner, toRead } from "./json-text.ts";
import { notInside, replaceSpans } from "./spans.ts";
import { type Token, type TokenGrammar, type TokenInText, toTokenText } from "./token.ts";
import type { Vault, VaultEntry } from "./vault.ts";

/** One use of a token in the arguments of a call. */
export interface TokenUse {
  token: Token;
  /** Keys from the outermost object, indices left out. */
  path: readonly string[];
  /** It is all of its member, not a part of a longer text. */
  isWhole: boolean;
}

/**
 * The arguments with every token replaced by what stands behind it: in longer texts, in keys, in JSON inside strings
 * (quoted as there), percent-encoded where the token is, as a number where the schema wants one. One pass: what comes
 * out is not looked at again. Throws `unknown_token`, `malformed_token`, `vault_key_lost`, `arguments_invalid`, and, over
 * these limits, `tokensPerCallMax` or `restoredCharsMax`.
 */
export function restoreArguments(args: JsonObject, schema: JsonSchema, { grammar, vault }: RestoreParts): JsonObject {
  return new Restoring(schema, grammar, createEntries(vault)).visit(args, []) as JsonObject;
}

export interface RestoreParts {
  grammar: TokenGrammar;
  vault: Vault;
}

/**
 * Every token that restoring replaces in the arguments, literals left out; throws `malformed_token` or `tokensPerCallMax`. Looks into nothing
 * that is behind them.
 */
export function findTokens(args: JsonObject, grammar: TokenGrammar): TokenUse[] {
  const uses: TokenUse[] = [];
  const note = (use: TokenUse): VaultEntry => {
    if (use.token.class !== literalClass) uses.push(use);
    // Each stands for itself, so that they are found by the walk that restores them.
    return { token: use.token, surface: toTokenText(use.token) };
  };
  new Restoring(true, grammar, note).visit(args, []);
  return uses;
}

/** The values that restoring puts into the arguments, each as often as it is in another word; throws as that does. */
export function restoredValues(args: JsonObject, { grammar, vault }: RestoreParts): RestoredValue[] {
  const values = new Map<string, RestoredValue>();
  const entryOf = createEntries(vault);
  new Restoring(true, grammar, entryOf, ({ token, surface }, text, start) => {
    if (token.class === literalClass) return;
    const around = toWordAround(text, start, start + surface.length);
    values.set(`${token.class}\0${surface}\0${around.word}`, { class: token.class, surface, ...around });
  }).visit(args, []);
  return [...values.values()];
}

/** Reads each value once. */
function createEntries(vault: Vault): (use: TokenUse) => VaultEntry {
  const entries = new Map<string, VaultEntry>();
  return ({ token }) => {
    const name = toTokenText(token);
    const known = entries.get(name);
    if (known !== undefined) return known;
    const entry = vault.read(token);
    if (entry === undefined) throw toUnknown(name);
    entries.set(name, entry);
    return entry;
  };
}

type Found = Extract<TokenInText, { kind: "token" }>;

function findIn(text: string, grammar: TokenGrammar): Found[] {
  return grammar.find(text).map((part) => {
    if (part.kind === "token") return part;
    throw new SluiceError(
      "malformed_token",
      `Cannot restore "${text.slice(part.start, part.end)}": it is a part of a token`,
      {
        hint: "Tokens are whole or nothing: pass on the token as it was given, such as [EMAIL_1]",
      },
    );
  });
}

/** Told of each value in the text that it became a part of. */
type OnRestored = (entry: VaultEntry, text: string, start: number) => void;

class Restoring {
  #schema: JsonSchema;
  #grammar: TokenGrammar;
  #find: (use: TokenUse) => VaultEntry;
  #onRestored: OnRestored | undefined;
  #tokens = 0;
  #chars = 0;

  constructor(
    schema: JsonSchema,
    grammar: TokenGrammar,
    entryOf: (use: TokenUse) => VaultEntry,
    onRestored?: OnRestored,
  ) {
    this.#schema = schema;
    this.#grammar = grammar;
    this.#find = entryOf;
    this.#onRestored = onRestored;
  }

  #entryOf(use: TokenUse): VaultEntry {
    if (++this.#tokens <= limits.tokensPerCallMax) return this.#find(use);
    const message = `The arguments of one call have more than ${limits.tokensPerCallMax} tokens (tokensPerCallMax)`;
    throw new SluiceError("tokensPerCallMax", message, { hint: "Send them in several calls" });
  }

  /** What is put in a token's place, counted: one token can stand for megabytes, and stand in many places. */
  #count(written: string): string {
    // Rounded up to a power of two: how many of one fit would tell its length.
    this.#chars += Math.max(64, 2 ** Math.ceil(Math.log2(Math.max(1, written.length))));
    if (this.#chars <= limits.restoredCharsMax) return written;
    throw new SluiceError(
      "restoredCharsMax",
      `What stands behind the tokens of one call is over ${limits.restoredCharsMax.toLocaleString("en")} characters (restoredCharsMax)`,
      { hint: "Send less in one call" },
    );
  }

  visit(value: Json, path: readonly string[]): Json {
    if (typeof value === "string") return this.#leaf(value, path);
    if (Array.isArray(value)) return value.map((item) => this.visit(item, path));
    if (!isJsonObject(value)) return value;
    const members = new Map<string, Json>();
    let hidden: string | undefined;
    for (const [key, member] of Object.entries(value)) {
      const name = this.#text(key, path);
      if (name !== key && isIndexKey(name)) hidden = key;
      if (members.has(name))
        throw new SluiceError(
          "arguments_invalid",
          `Two keys of one object are the same value behind their tokens: ${key}`,
        );
      members.set(name, this.visit(member, [...path, key]));
    }
    if (hidden !== undefined) refuseOrder(hidden, [...members.keys()]);
    return Object.fromEntries(members);
  }

  #leaf(text: string, path: readonly string[]): Json {
    if (!text.includes("[") && !text.includes("%5")) return text;
    const entry = this.#whole(text, path, true);
    if (entry === undefined) return this.#text(text, path);
    const wanted = scalarTypeAt(this.#schema, path) ?? (isNumber(entry) ? "number" : "string");
    return wanted === "number" ? toNumber(entry) : this.#count(entry.surface);
  }

  /** What is behind a text that is one token. */
  #whole(text: string, path: readonly string[], isMember: boolean): VaultEntry | undefined {
    const [only] = findIn(text, this.#grammar);
    if (only?.start !== 0 || only.end !== text.length) return undefined;
    const entry = this.#entryOf({ token: only.token, path, isWhole: isMember });
    this.#onRestored?.(entry, entry.surface, 0);
    return entry;
  }

  #text(text: string, path: readonly string[]): string {
    const edits = this.#edits(text, path, true);
    return replaceSpans(text, edits, (index) => edits[index]?.written ?? "");
  }

  /** What to write in a text, sorted; `isMember`: it is all of a member or key, not a string in JSON in it. */
  #edits(text: string, path: readonly string[], isMember: boolean): Edit[] {
    if (!text.includes("[") && !text.includes("%5")) return [];
    const plain = findIn(text, this.#grammar);
    const json = findJson(text);
    const tokens = [
      ...notInside(plain, json).map((part) => ({ ...part, isEncoded: false })),
      ...notInside(this.#grammar.findEncoded(text), json).map((part) => ({ ...part, isEncoded: true })),
    ].map(({ start, end, token, isEncoded }) => {
      const entry = this.#entryOf({ token, path, isWhole: isMember && start === 0 && end === text.length });
      const written = this.#count(isEncoded ? encodeURIComponent(entry.surface) : entry.surface);
      return { start, end, written, up: 0, entry, json: isEncoded ? {} : entry };
    });
    const edits: Edit[] = [...tokens, ...this.#inJson(text, json, path)].sort((a, b) => a.start - b.start);
    if (this.#onRestored === undefined || tokens.length === 0) return edits;
    const restored = replaceSpans(text, edits, (index) => edits[index]?.written ?? "");
    let shift = 0;
    for (const { start, end, entry, written } of edits) {
      if (entry !== undefined) this.#onRestored(entry, restored, start + shift);
      shift += written.length - (end - start);
    }
    return edits;
  }

  /** JSON inside a text: its strings are restored one by one, everything else stays as it is written. */
  #inJson(text: string, json: readonly { start: number; end: number }[], path: readonly string[]): Edit[] {
    let hidden: string | undefined;
    const edits: Edit[] = [];
    const keys: string[] = [];
    for (const { start, end } of json)
      for (const { 0: literal, index } of text.slice(start, end).matchAll(jsonString)) {
        const at = start + index;
        colon.lastIndex = at + literal.length;
        const isKey = colon.test(text);
        const inside = mayHaveToken.test(literal) ? this.#jsonString(literal, path, isKey) : [];
        edits.push(...inside.map((edit) => ({ ...edit, start: at + edit.start, end: at + edit.end })));
        if (!isKey) continue;
        const key = replaceSpans(literal, inside, (one) => inside[one]?.written ?? "");
        keys.push(key);
        if (inside.length > 0 && isIndexKey(toRead({ json: key }))) hidden = literal;
      }
    // All that the text names, wherever: who reads it puts them in their order.
    if (hidden !== undefined) refuseOrder(hidden, [...new Set(keys.map((json) => toRead({ json })))]);
    return edits;
  }

  #jsonString(literal: string, path: readonly string[], isKey: boolean): Edit[] {
    const inner = JSON.parse(literal) as string;
    const edits = this.#edits(inner, path, false);
    const [only] = edits;
    const { json } = only?.json ?? {};
    // A number, a list or an object, where a string has its token.
    if (only?.up === 0 && only.end - only.start === inner.length && json !== undefined && !isKey && !isString({ json }))
      return [{ start: 0, end: literal.length, written: json, up: 0, json: {} }];
    const placeOf = toPlaces(literal);
    return edits.map(({ start, end, written, json: own, up }) => ({
      ...{ start: placeOf(start), end: placeOf(end), up: up + 1, json: own },
      written: toInner(own, up + 1) ?? toEscaped(written),
    }));
  }
}

/** What is put in the place of a part of a text. */
interface Edit {
  start: number;
  end: number;
  written: string;
  /** What the token stands for, if it is in no string of JSON there. */
  entry?: VaultEntry;
  /** In how many it is. */
  up: number;
  /** How that was written in JSON. */
  json: Partial<JsonText>;
}

/** Asked of strings of JSON, without looking closely: escapes may hide one. */
const mayHaveToken = /[[\\]|%5/;

/** What follows a key. */
const colon = /\s*:/y;

/** Classes whose values are no numbers, however they are written. */
const neverNumbers = new Set([
  "EMAIL",
  "NAME",
  "IBAN",
  "ADDRESS",
  "USERNAME",
  "WALLET",
  "MAC",
  "IP",
  textClass,
  literalClass,
]);

/**
 * Where the schema asks for a number: whether that fails depends on the class alone. A value that is none, or that would
 * lose digits, is sent as it is, for its server to refuse.
 */
function toNumber(entry: VaultEntry): Json {
  const { surface, token } = entry;
  if (neverNumbers.has(token.class) && !isNumber(entry))
    throw new SluiceError(
      "arguments_invalid",
      `Cannot restore ${toTokenText(token)} as a number: the schema asks for one, and it stands for a text`,
    );
  if (isNumber(entry)) return Number(surface);
  const text = surface.trim();
  const value = [text, text.replaceAll(/[\s().+/-]/g, "")].map(toExactNumber).find((one) => one !== undefined);
  return value ?? surface;
}

function toExactNumber(text: string): number | undefined {
  const value = text === "" ? Number.NaN : Number(text);
  return Number.isFinite(value) && (Math.abs(value) <= Number.MAX_SAFE_INTEGER || String(value) === text)
    ? value
    : undefined;
}

/** The order of two numbers as keys tells which is larger, and so, asked often enough, what they are. */
function refuseOrder(hidden: string, keys: readonly string[]): void {
  if (keys.filter(isIndexKey).length < 2) return;
  throw new SluiceError(
    "arguments_invalid",
    `Cannot restore ${hidden} as a key beside another number: keys that are numbers stand in the order of their size, which tells what is behind a token`,
    { hint: "Send one object for each, or a list of pairs" },
  );
}

/** `token`: as it is written. */
export function toUnknown(token: string): SluiceError {
  return new SluiceError("unknown_token", `Cannot restore ${token}: nothing has this token here`, {
    hint: "Pass on tokens as a tool or file gave them; numbers cannot be made up",
  });
}
