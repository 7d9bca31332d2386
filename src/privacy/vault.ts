import { SluiceError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { Store } from "../store/store.ts";
import { literalClass } from "./classes.ts";
import { forgetOld, forgetWhere } from "./forget.ts";
import { toCanonical } from "./detect/canonical.ts";
import { fromKept, toRead } from "./json-text.ts";
import { mintValues } from "./mint.ts";
import { type Token, toTokenText } from "./token.ts";
import type { VaultKey } from "./vault-key.ts";

/** A value to be sealed. */
export interface FoundValue {
  class: string;
  /** Exactly as it stood there, or as what stood there reads. */
  surface: string;
  /** A number, a list or an object, as JSON had it: a number is one again where it is restored as a whole member. */
  isJson?: boolean;
  /** Of a text in JSON: how it was written there; empty: as it always is. It has no token of its own for that. */
  writing?: string;
  /** The value that it is another form of. */
  of?: string;
  /** It is more than a value, and tells nothing about other texts. */
  isMixed?: boolean;
}

/** What stands behind one token. */
export interface VaultEntry {
  token: Token;
  /** As it reads. */
  surface: string;
  /** In so many strings of JSON it is written so. */
  json?: string;
  layers?: number;
}

/** The table between tokens and values of one scope; every value is encrypted in it. */
export interface Vault {
  /**
   * One token per value, minted where it is new. `server` is noted as its origin, unless the value was sent there
   * before: an echo is no origin.
   */
  mint(values: readonly FoundValue[], server: string): string[];
  /** Undefined: this scope has minted no such token. Throws `vault_key_lost`. */
  read(token: Token): VaultEntry | undefined;
  /** Whether this scope has minted it, and has not forgotten it since. */
  has(token: Token): boolean;
  /** Servers that the value came from. */
  origins(token: Token): string[];
  /** Notes that the values were sent to a server. */
  noteSent(tokens: readonly Token[], server: string): void;
  /** Whether any value was sent to the server. */
  hasSentTo(server: string): boolean;
  /** Counts a question about the value; false: it had its distinct questions already. */
  noteQuestion(token: Token, question: string): boolean;
  /**
   * Values that were minted since the last time this was called, by any process, the latest ones only. `isReset`: some
   * were forgotten, what was known before is void, and these are all.
   */
  changes(): { isReset: boolean; values: { class: string; surface: string }[] };
  stats(): { class: string; values: number; tokens: number }[];
  /** Forgets every surface of a value, of each of the classes; says how many records went. */
  forget(value: string, classes: Iterable<string>): number;
  /** Forgets every value that has a surface of this kind, of all that can be read; of what is more than a value, by `isIn`. */
  forgetIf(kind: { isOne: (surface: string) => boolean; isIn: (surface: string) => boolean }): number;
}

export interface VaultOptions {
  store: Store;
  scope: string;
  /** Under which its numbers are counted, if not its own: a token of an earlier session in a file must mean nobody now. */
  counterScope?: string | undefined;
  key: VaultKey;
  /** In this process's memory only: what it seals cannot be read after its end. For secrets, and for session scopes. */
  sessionKey: VaultKey;
  /** Milliseconds since the epoch. */
  now?: () => number;
}

/** Distinct questions about one value, for the life of its record: each tells a little of it. */
const questionsMax = 4;

/** The class of secrets, whose values are sealed with the session's key. */
const inMemoryOnly = "SECRET";

interface Row {
  number: number;
  variant: number;
  /** It is a number, a list or an object, as JSON has it. */
  is_json: number;
  sealed: string;
  /** Of a text: in how many strings of JSON it stood last, and how. */
  writing: string | null;
  key_id: string;
}

/** Opens the vault of a scope, forgetting what has not been seen for `vaultTtlMs`. */
export function createVault({
  store,
  scope,
  counterScope = scope,
  key,
  sessionKey,
  now = Date.now,
}: VaultOptions): Vault {
  const tokens = new Map<string, { token: string; writing: string | undefined }>();
  let cachedGeneration = -1;
  let seenGeneration = -1;
  let lastId = 0;
  forgetOld(store, now() - limits.vaultTtlMs);

  const keyOf = (name: string): VaultKey => (name === inMemoryOnly ? sessionKey : key);
  const about = ({ class: name, number, variant }: Token): string => `${scope}\0${name}\0${number}\0${variant}`;

  function generation(): number {
    const row = store.get<{ generation: number }>("SELECT generation FROM vault_scope WHERE scope = ?", [scope]);
    return row?.generation ?? 0;
  }

  function freshTokens(): typeof tokens {
    const current = generation();
    if (current !== cachedGeneration || tokens.size > limits.vaultCacheMax) tokens.clear();
    cachedGeneration = current;
    return tokens;
  }

  function open(row: Row, token: Token): VaultEntry {
    const own = keyOf(token.class);
    // A key that is missing says so itself.
    if (row.key_id !== own.id && own.id !== "") throw toLost(token, own === sessionKey);
    const surface = own.decrypt(row.sealed, about(token));
    if (row.is_json === 1) return { token, ...readJson(surface) };
    return row.writing === null
      ? { token, surface }
      : { token, surface, ...fromKept(own.decrypt(row.writing, about(token))) };
  }

  return {
    mint(values, server) {
      if (values.length === 0) return [];
      const cached = freshTokens();
      const keys = values.map(
        ({ class: name, surface, isJson, of, isMixed }) =>
          `${server}\0${name}\0${isJson === true ? "j" : "s"}${isMixed === true ? "m" : ""}\0${surface}\0${of ?? ""}`,
      );
      const missing = new Map<string, FoundValue>();
      for (const [index, one] of keys.entries()) {
        const value = values[index] as FoundValue;
        const known = cached.get(one);
        const isOther = value.writing !== undefined && value.writing !== known?.writing;
        if (isOther || (known === undefined && !missing.has(one))) missing.set(one, value);
      }
      const found = [...missing.values()];
      const minted =
        found.length === 0
          ? []
          : store.transaction(() =>
              mintValues(found, server, { store, scope, counterScope, keyOf, about, now: now() }),
            );
      // Not before it is certain that they are there.
      for (const [index, one] of [...missing.keys()].entries())
        cached.set(one, { token: minted[index] ?? "", writing: found[index]?.writing });
      return keys.map((one) => cached.get(one)?.token ?? "");
    },
    read(token) {
      const row = store.get<Row>(
        "SELECT number, variant, sealed, key_id, is_json, writing FROM vault_value WHERE scope = ? AND class = ? AND number = ? AND variant = ?",
        [scope, token.class, token.number, token.variant],
      );
      return row === undefined ? undefined : open(row, token);
    },
    has: ({ class: name, number, variant }) =>
      store.get("SELECT 1 AS found FROM vault_value WHERE scope = ? AND class = ? AND number = ? AND variant = ?", [
        ...[scope, name, number, variant],
      ]) !== undefined,
    origins: ({ class: name, number }) =>
      store
        .all<{ server: string }>(
          "SELECT server FROM vault_server WHERE scope = ? AND class = ? AND number = ? AND is_origin = 1 ORDER BY server",
          [scope, name, number],
        )
        .map(({ server }) => server),
    noteSent(sent, server) {
      if (sent.length === 0) return;
      const values = new Map(sent.map((token) => [`${token.class} ${token.number}`, token]));
      // What came from the server stays so.
      const sql =
        "INSERT INTO vault_server (scope, class, number, server, is_origin, is_sent) VALUES (?, ?, ?, ?, 0, 1) ON CONFLICT DO UPDATE SET is_sent = 1";
      store.transaction(() => {
        for (const { class: name, number } of values.values()) store.run(sql, [scope, name, number, server]);
      });
    },
    hasSentTo: (server) =>
      store.get("SELECT 1 AS found FROM vault_server WHERE scope = ? AND server = ? AND is_sent = 1 LIMIT 1", [
        ...[scope, server],
      ]) !== undefined,
    noteQuestion({ class: name, number }, question) {
      return store.transaction(() => {
        const asked = store
          .all<{ question: string }>(
            "SELECT question FROM vault_question WHERE scope = ? AND class = ? AND number = ?",
            [scope, name, number],
          )
          .map((row) => row.question);
        if (asked.includes(question)) return true;
        if (asked.length >= questionsMax) return false;
        store.run("INSERT INTO vault_question (scope, class, number, question) VALUES (?, ?, ?, ?)", [
          ...[scope, name, number, question],
        ]);
        return true;
      });
    },
    changes() {
      const current = generation();
      const isReset = current !== seenGeneration;
      if (isReset) lastId = 0;
      seenGeneration = current;
      const rows = store.all<Row & { id: number; class: string }>(
        "SELECT id, class, number, variant, sealed, key_id, is_json, NULL AS writing FROM vault_value WHERE scope = ? AND id > ? AND class <> ? AND is_mixed = 0 ORDER BY id DESC LIMIT ?",
        [scope, lastId, literalClass, limits.knownValuesMax],
      );
      lastId = rows[0]?.id ?? lastId;
      const values = [];
      for (const row of rows.toReversed()) {
        const token = { class: row.class, number: row.number, variant: row.variant };
        // Sealed by the session of another process: it cannot be known here.
        if (row.key_id !== keyOf(row.class).id) continue;
        values.push({ class: row.class, surface: open(row, token).surface });
      }
      return { isReset, values };
    },
    stats: () =>
      store.all(
        "SELECT class, count(DISTINCT number) AS 'values', count(*) AS tokens FROM vault_value WHERE scope = ? GROUP BY class ORDER BY class",
        [scope],
      ),
    forget: (value, classes) =>
      [...classes]
        .map((name) =>
          forgetWhere(store, scope, "class = ? AND canonical_digest = ?", [
            ...[name, keyOf(name).digest(`${name}\0${toCanonical(name, value)}`)],
          ]),
        )
        .reduce((sum, count) => sum + count, 0),
    forgetIf({ isOne, isIn }) {
      const rows = store.all<Row & { class: string; is_mixed: number }>(
        "SELECT class, number, variant, sealed, key_id, is_json, NULL AS writing, is_mixed FROM vault_value WHERE scope = ? AND class <> ?",
        [scope, literalClass],
      );
      const found = new Map<string, [string, number]>();
      for (const row of rows) {
        const token = { class: row.class, number: row.number, variant: row.variant };
        if (row.key_id !== keyOf(row.class).id) continue;
        const { surface } = open(row, token);
        if (isOne(surface) || (row.is_mixed === 1 && isIn(surface)))
          found.set(`${row.class} ${row.number}`, [row.class, row.number]);
      }
      let count = 0;
      for (const params of found.values()) count += forgetWhere(store, scope, "class = ? AND number = ?", params);
      return count;
    },
  };
}

/** A literal is kept as JSON had it, with its escapes: it is told from the one without by its token. */
function readJson(kept: string): Omit<VaultEntry, "token"> {
  if (!/^\d+"/.test(kept)) return { surface: kept, json: kept };
  const text = fromKept(kept);
  return { surface: toRead(text), ...text };
}

function toLost(token: Token, isSession: boolean): SluiceError {
  const text = toTokenText(token);
  return isSession
    ? new SluiceError(
        "vault_key_lost",
        `Cannot restore ${text}: it was sealed by another session, and its value is kept in the memory of that one only`,
        {
          hint: "Ask the tool that gave it again",
        },
      )
    : new SluiceError("vault_key_lost", `Cannot restore ${text}: it was sealed with another key`, {
        hint: "Put the key of then back, or ask the tool that gave it again",
      });
}
