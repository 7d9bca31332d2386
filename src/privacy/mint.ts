import type { SqlValue, Store } from "../store/store.ts";
import { literalClass } from "./classes.ts";
import { toCanonical } from "./detect/canonical.ts";
import { type Token, toTokenText } from "./token.ts";
import type { FoundValue } from "./vault.ts";
import type { VaultKey } from "./vault-key.ts";

export interface MintParts {
  store: Store;
  scope: string;
  /** Under which numbers are counted: wider than a scope that others follow in the same place. */
  counterScope: string;
  keyOf: (name: string) => VaultKey;
  /** What a record is sealed together with. */
  about: (token: Token) => string;
  now: number;
}

/** Rows of one statement: each statement costs as much as several rows. */
const CHUNK = 50;
const DAY_MS = 86_400_000;

interface Surface {
  number: number;
  variant: number;
  is_json: number;
  canonical_digest: string;
  surface_digest: string;
  is_mixed: number;
  has_writing: number;
  seen_at: number;
}

/** Tokens of values, in order, in one write transaction of the caller's; new where the value or the surface is. */
export function mintValues(values: readonly FoundValue[], server: string, parts: MintParts): string[] {
  const { keyOf, about, now } = parts;
  const digested = values.map((value) => toDigests(value, keyOf(value.class)));
  const known = readKnown(digested, parts);
  const counters = new Map<string, number>();
  const rows: SqlValue[][] = [];
  const servers = new Map<string, SqlValue[]>();
  const writings: [token: Token, writing: string, isAnother: boolean][] = [];
  const texts = digested.map(({ value, canonicalDigest, surfaceDigest }) => {
    const { class: name, surface, writing, isMixed = false } = value;
    const isJson = Number(value.isJson === true);
    const key = `${name} ${canonicalDigest}`;
    const surfaces = known.get(key) ?? [];
    const same = surfaces.find((row) => row.surface_digest === surfaceDigest && row.is_json === isJson);
    const token: Token = {
      class: name,
      number: surfaces[0]?.number ?? nextNumber(name, counters, parts),
      variant: same?.variant ?? Math.max(0, ...surfaces.map((row) => row.variant)) + 1,
    };
    if (same === undefined) {
      const own = keyOf(name);
      const ids: SqlValue[] = [parts.scope, name, token.number, token.variant, own.id, canonicalDigest, surfaceDigest];
      rows.push([...ids, isJson, own.encrypt(surface, about(token)), Number(isMixed), now]);
      const row = { ...token, is_json: isJson, is_mixed: Number(isMixed), has_writing: 0, seen_at: now };
      known.set(key, [...surfaces, { ...row, canonical_digest: canonicalDigest, surface_digest: surfaceDigest }]);
    } else {
      if (same.is_mixed === 1 && !isMixed) unmix(token, parts);
      if (now - same.seen_at > DAY_MS) touch(token, parts);
    }
    if (writing !== undefined) writings.push([token, writing, same?.has_writing === 1]);
    if (name !== literalClass) servers.set(`${name} ${token.number}`, [parts.scope, name, token.number, server, 1]);
    return toTokenText(token);
  });
  const into =
    "scope, class, number, variant, key_id, canonical_digest, surface_digest, is_json, sealed, is_mixed, seen_at";
  insert(parts.store, `INSERT INTO vault_value (${into}) VALUES`, "", rows);
  for (const [token, writing, isAnother] of writings) if (writing !== "" || isAnother) write(token, writing, parts);
  // The first one counts: a server that a value was sent to does not become its origin by sending it back.
  const noted = "INSERT INTO vault_server (scope, class, number, server, is_origin) VALUES";
  insert(parts.store, noted, "ON CONFLICT DO NOTHING", [...servers.values()]);
  for (const [name, last] of counters)
    parts.store.run("INSERT OR REPLACE INTO vault_counter (scope, class, last) VALUES (?, ?, ?)", [
      ...[parts.counterScope, name, last],
    ]);
  return texts;
}

interface Digested {
  value: FoundValue;
  canonicalDigest: string;
  surfaceDigest: string;
}

function toDigests(value: FoundValue, key: VaultKey): Digested {
  const { class: name, surface, of = surface } = value;
  const canonical = toCanonical(name, of);
  const surfaceDigest = key.digest(`${name}\0${surface}`);
  return {
    value,
    surfaceDigest,
    canonicalDigest: canonical === surface ? surfaceDigest : key.digest(`${name}\0${canonical}`),
  };
}

/** Class and canonical digest → the surfaces that the vault has of it. */
function readKnown(digested: readonly Digested[], { store, scope }: MintParts): Map<string, Surface[]> {
  const known = new Map<string, Surface[]>();
  const wanted = new Map<string, Set<string>>();
  for (const { value, canonicalDigest } of digested) {
    const digests = wanted.get(value.class) ?? new Set();
    wanted.set(value.class, digests.add(canonicalDigest));
  }
  for (const [name, digests] of wanted) {
    for (const chunk of toChunks([...digests])) {
      // One text of the statement for all: the last digest fills it up.
      const params = Array.from(
        { length: chunk.length === 1 ? 1 : CHUNK },
        (_, index) => chunk[index] ?? chunk[0] ?? "",
      );
      const rows = store.all<Surface>(
        `SELECT number, variant, is_json, canonical_digest, surface_digest, is_mixed, writing IS NOT NULL AS has_writing, seen_at FROM vault_value
         WHERE scope = ? AND class = ? AND canonical_digest IN (${params.map(() => "?").join(", ")}) ORDER BY number, variant`,
        [scope, name, ...params],
      );
      for (const row of rows) {
        const key = `${name} ${row.canonical_digest}`;
        known.set(key, [...(known.get(key) ?? []), row]);
      }
    }
  }
  return known;
}

/** A counter is read once and written once for all values of a transaction. */
function nextNumber(name: string, counters: Map<string, number>, { store, counterScope }: MintParts): number {
  const sql = "SELECT last FROM vault_counter WHERE scope = ? AND class = ?";
  const last = counters.get(name) ?? store.get<{ last: number }>(sql, [counterScope, name])?.last ?? 0;
  counters.set(name, last + 1);
  return last + 1;
}

/** What was more than a value is one by itself too: whoever knows values hears of it as of a new one. */
function unmix({ class: name, number, variant }: Token, { store, scope }: MintParts): void {
  store.run(
    "UPDATE vault_value SET is_mixed = 0, id = (SELECT max(id) + 1 FROM vault_value) WHERE scope = ? AND class = ? AND number = ? AND variant = ?",
    [scope, name, number, variant],
  );
}

/** Notes how JSON had the text last. */
function write(token: Token, writing: string, { store, scope, keyOf, about }: MintParts): void {
  const { class: name, number, variant } = token;
  const sealed = writing === "" ? null : keyOf(name).encrypt(writing, about(token));
  store.run("UPDATE vault_value SET writing = ? WHERE scope = ? AND class = ? AND number = ? AND variant = ?", [
    ...[sealed, scope, name, number, variant],
  ]);
}

function touch({ class: name, number }: Token, { store, scope, now }: MintParts): void {
  const sql = "UPDATE vault_value SET seen_at = ? WHERE scope = ? AND class = ? AND number = ?";
  store.run(sql, [now, scope, name, number]);
}

function insert(store: Store, head: string, tail: string, rows: readonly SqlValue[][]): void {
  for (const chunk of toChunks(rows)) {
    const whole = chunk.length === CHUNK ? [chunk] : chunk.map((row) => [row]);
    for (const part of whole) {
      const places = part.map((row) => `(${row.map(() => "?").join(", ")})`).join(", ");
      store.run(`${head} ${places} ${tail}`, part.flat());
    }
  }
}

function toChunks<Item>(items: readonly Item[]): Item[][] {
  const chunks: Item[][] = [];
  for (let from = 0; from < items.length; from += CHUNK) chunks.push(items.slice(from, from + CHUNK));
  return chunks;
}
