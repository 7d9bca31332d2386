import { SluiceError } from "../base/errors.ts";
import { isJsonObject, type Json, type JsonObject, type JsonSchema } from "../base/json.ts";
import { limits } from "../base/limits.ts";
import { scalarTypeAt } from "./schema-place.ts";
import { literalClass } from "./classes.ts";
import { replaceSpans } from "./spans.ts";
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
export function restoreArguments(
  args: JsonObject,
  schema: JsonSchema,
  { grammar, vault }: { grammar: TokenGrammar; vault: Vault },
): JsonObject {
  return new Restoring(schema, grammar, vault).visit(args, []) as JsonObject;
}

/** Every token in the arguments, literals left out; throws `malformed_token` or `tokensPerCallMax`. Looks into nothing that is behind them. */
export function findTokens(args: JsonObject, grammar: TokenGrammar): TokenUse[] {
  const uses: TokenUse[] = [];
  let tokens = 0;
  function visit(value: Json, path: readonly string[]): void {
    if (typeof value === "string") {
      for (const part of [...findIn(value, grammar), ...grammar.findEncoded(value)]) {
        if (++tokens > limits.tokensPerCallMax) throw tooMany();
        if (part.token.class === literalClass) continue;
        uses.push({ token: part.token, path, isWhole: part.start === 0 && part.end === value.length });
      }
    } else if (Array.isArray(value)) for (const item of value) visit(item, path);
    else if (isJsonObject(value))
      for (const [key, member] of Object.entries(value)) {
        visit(key, path);
        visit(member, [...path, key]);
      }
  }
  visit(args, []);
  return uses;
}

function tooMany(): SluiceError {
  const message = `The arguments of one call have more than ${limits.tokensPerCallMax} tokens (tokensPerCallMax)`;
  return new SluiceError("tokensPerCallMax", message, { hint: "Send them in several calls" });
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

class Restoring {
  #schema: JsonSchema;
  #grammar: TokenGrammar;
  #vault: Vault;
  #entries = new Map<string, VaultEntry>();
  #tokens = 0;
  #chars = 0;

  constructor(schema: JsonSchema, grammar: TokenGrammar, vault: Vault) {
    this.#schema = schema;
    this.#grammar = grammar;
    this.#vault = vault;
  }

  visit(value: Json, path: readonly string[]): Json {
    if (typeof value === "string") return this.#leaf(value, path);
    if (Array.isArray(value)) return value.map((item) => this.visit(item, path));
    if (!isJsonObject(value)) return value;
    const members = new Map<string, Json>();
    for (const [key, member] of Object.entries(value)) {
      const name = this.#text(key);
      if (members.has(name))
        throw new SluiceError(
          "arguments_invalid",
          `Two keys of one object are the same value behind their tokens: ${key}`,
        );
      members.set(name, this.visit(member, [...path, key]));
    }
    return Object.fromEntries(members);
  }

  #leaf(text: string, path: readonly string[]): Json {
    if (!text.includes("[") && !text.includes("%5")) return text;
    const [only, ...others] = findIn(text, this.#grammar);
    if (only?.start === 0 && only.end === text.length && others.length === 0) {
      const entry = this.#entryOf(only.token);
      const wanted = scalarTypeAt(this.#schema, path) ?? (entry.isNumber ? "number" : "string");
      return wanted === "number" ? toNumber(entry) : this.#count(entry.surface);
    }
    return this.#text(text);
  }

  /** What is put in a token's place, counted: one token can stand for megabytes, and stand in many places. */
  #count(text: string): string {
    this.#chars += text.length;
    if (this.#chars <= limits.restoredCharsMax) return text;
    throw new SluiceError(
      "restoredCharsMax",
      `What stands behind the tokens of one call is over ${limits.restoredCharsMax} characters (restoredCharsMax)`,
      { hint: "Send less in one call" },
    );
  }

  #text(text: string): string {
    const json = this.#inJson(text);
    if (json !== undefined) return json;
    const plain = findIn(text, this.#grammar).map((part) => ({
      ...part,
      text: this.#count(this.#entryOf(part.token).surface),
    }));
    const encoded = this.#grammar.findEncoded(text).map((part) => ({
      ...part,
      text: this.#count(encodeURIComponent(this.#entryOf(part.token).surface)),
    }));
    const parts = [...plain, ...encoded].sort((a, b) => a.start - b.start);
    return replaceSpans(text, parts, (index) => parts[index]?.text ?? "");
  }

  /** JSON inside a string: its strings are restored one by one, everything else stays as it is written. */
  #inJson(text: string): string | undefined {
    const first = /^\s*[{[]/.exec(text);
    if (first === null || findIn(text, this.#grammar)[0]?.start === first[0].length - 1 || !isJson(text))
      return undefined;
    return text.replace(/"[^"\\]*(?:\\.[^"\\]*)*"/g, (literal) => {
      const inner = JSON.parse(literal) as string;
      const restored = this.#leafInJson(inner);
      return restored === inner ? literal : JSON.stringify(restored);
    });
  }

  #leafInJson(text: string): string | number {
    const [only] = findIn(text, this.#grammar);
    if (only?.start === 0 && only.end === text.length) {
      const entry = this.#entryOf(only.token);
      return entry.isNumber ? toNumber(entry) : this.#count(entry.surface);
    }
    return this.#text(text);
  }

  #entryOf(token: Token): VaultEntry {
    if (++this.#tokens > limits.tokensPerCallMax) throw tooMany();
    const name = toTokenText(token);
    const known = this.#entries.get(name);
    if (known !== undefined) return known;
    const entry = this.#vault.read(token);
    if (entry === undefined) throw toUnknown(name);
    this.#entries.set(name, entry);
    return entry;
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function toNumber({ surface, token }: VaultEntry): number {
  const value = [Number(surface), Number(surface.replaceAll(/[\s-]/g, ""))].find(Number.isFinite);
  if (value !== undefined && surface.trim() !== "") return value;
  throw new SluiceError(
    "arguments_invalid",
    `Cannot restore ${toTokenText(token)} as a number: the schema asks for one, and it stands for a text`,
  );
}

/** `token`: as it is written. */
export function toUnknown(token: string): SluiceError {
  return new SluiceError("unknown_token", `Cannot restore ${token}: nothing has this token here`, {
    hint: "Pass on tokens as a tool or file gave them; numbers cannot be made up",
  });
}
