import { createBackground } from "../base/background.ts";
import type { Json, JsonSchema } from "../base/json.ts";
import { limits } from "../base/limits.ts";
import type { Store } from "../store/store.ts";
import {
  KEYS_ARE_DATA,
  mergeShapes,
  parseShape,
  type Shape,
  toChanges,
  toShapeJson,
  toShapeSchema,
  WHOLE,
} from "./shape.ts";
import { withSealedNumbers } from "./sealed-numbers.ts";
import type { Tool } from "./tool.ts";

/** What results have taught about a tool's output, for the definition that it has now. */
export interface LearnedOutput {
  address: string;
  /** The shape as a JSON Schema: kinds and keys, no values. Of a tool that declares its output, what it declares, with the numbers that were seen sealed as texts too. */
  schema: JsonSchema;
  isDeclared: boolean;
  /** How many results it comes from; where the output is declared, how many were not what it declares. */
  calls: number;
  /** Milliseconds since the epoch: the first and the last of them. */
  firstAt: number;
  lastAt: number;
  /** How it was widened since the first, the latest last. */
  changes: LearnedChange[];
}

export interface LearnedChange {
  at: number;
  /** `rows[].total: now also null` */
  what: string;
}

/** Output types that were learned from results; kept in the store, and forgotten with the definition they belong to. */
export interface Learned extends Disposable {
  /** Takes the shape of one result, as the program saw it; answers how it contradicts what was known. */
  observe(tool: Tool, seen: Shape): string[];
  /** Notes where a result was not what the tool's declared schema says (a path and what was expected there); answers what was new. */
  contradict(tool: Tool, notes: readonly string[]): string[];
  of(tool: Tool): LearnedOutput | undefined;
  /** Counts what was learned, from 0: what was derived from an older count is stale. */
  readonly version: number;
  /** All that is known of tools that exist, by address. */
  list(tools: Iterable<Tool>): LearnedOutput[];
  /** Forgets what was learned of these addresses; answers how many there were. */
  reset(addresses: Iterable<string>): number;
}

interface Entry {
  address: string;
  hash: string;
  shape: Shape;
  /** What came since the last write: another process may have written too. */
  delta: Shape;
  deltaCalls: number;
  calls: number;
  firstAt: number;
  lastAt: number;
  changes: LearnedChange[];
  newChanges: LearnedChange[];
  schema?: JsonSchema;
}

interface Row {
  shape: string;
  calls: number;
  first_at: number;
  last_at: number;
  changes: string;
}

/** The latest, without those that name keys which have turned out to be data. */
function toKept(changes: readonly LearnedChange[]): LearnedChange[] {
  const places = changes.flatMap(({ what }) =>
    what.endsWith(KEYS_ARE_DATA) ? what.slice(0, -KEYS_ARE_DATA.length) : [],
  );
  return changes
    .filter(
      ({ what }) => !places.some((place) => (place === WHOLE ? !what.startsWith(WHOLE) : what.startsWith(`${place}.`))),
    )
    .slice(-limits.learnedChangesMax);
}

/** A declared schema that is contradicted nearly everywhere is not told place by place. */
const MORE_PLACES = "and other places, which are not listed";

const empty = (): Shape => ({ scalars: [] });

/** Opens what was learned; `now` gives milliseconds since the epoch, and `log` is told where it cannot be written. */
export function createLearned(
  store: Store,
  { now = Date.now, log = () => undefined }: { now?: () => number; log?: (line: string) => void } = {},
): Learned {
  const entries = new Map<string, Entry | undefined>();
  const dirty = new Set<Entry>();
  let version = 0;
  const writing = createBackground((isLast) => (isLast ? write() : store.withoutWaiting(write)), {
    ...{ name: "learned types", ms: limits.learnedWriteMs, log },
  });

  function read(address: string, hash: string): Row | undefined {
    const sql =
      "SELECT shape, calls, first_at, last_at, changes FROM learned_output WHERE address = ? AND definition_hash = ?";
    return store.get<Row>(sql, [address, hash]);
  }

  function entryOf({ address, hash }: Tool): Entry | undefined {
    const key = `${hash} ${address}`;
    if (entries.has(key)) return entries.get(key);
    const row = read(address, hash);
    const entry: Entry | undefined =
      row === undefined
        ? undefined
        : {
            ...{ address, hash, shape: parseShape(JSON.parse(row.shape) as Json), delta: empty(), deltaCalls: 0 },
            ...{ calls: row.calls, firstAt: row.first_at, lastAt: row.last_at },
            ...{ changes: JSON.parse(row.changes) as LearnedChange[], newChanges: [] },
          };
    if (entries.size >= limits.learnedEntriesMax) forgetClean();
    entries.set(key, entry);
    return entry;
  }

  /** Entries that the store has too can be read again. */
  function forgetClean(): void {
    for (const [key, entry] of entries) if (entry === undefined || !dirty.has(entry)) entries.delete(key);
  }

  function ensure(tool: Tool): Entry {
    const known = entryOf(tool);
    if (known !== undefined) return known;
    const at = now();
    const { address, hash } = tool;
    const entry: Entry = {
      ...{ address, hash, shape: empty(), delta: empty(), deltaCalls: 0, calls: 0 },
      ...{ firstAt: at, lastAt: at, changes: [], newChanges: [] },
    };
    entries.set(`${hash} ${address}`, entry);
    return entry;
  }

  function note(entry: Entry, changes: readonly string[]): void {
    const made = changes.map((what) => ({ at: now(), what }));
    entry.changes = toKept([...entry.changes, ...made]);
    entry.newChanges = toKept([...entry.newChanges, ...made]);
  }

  function count(entry: Entry): void {
    entry.deltaCalls += 1;
    entry.calls += 1;
    entry.lastAt = now();
    dirty.add(entry);
    writing.ask();
  }

  /** All of it or, if it throws, nothing: then all is still to be written. */
  function write(): void {
    if (dirty.size === 0) return;
    store.transaction(() => {
      for (const entry of dirty) writeOne(entry);
      prune();
    });
    for (const entry of dirty) Object.assign(entry, { delta: empty(), deltaCalls: 0, newChanges: [] });
    dirty.clear();
    writing.forget();
  }

  function writeOne(entry: Entry): void {
    const row = read(entry.address, entry.hash);
    // What others wrote since is not lost: theirs and what came here meanwhile, together.
    if (row !== undefined && row.calls + entry.deltaCalls !== entry.calls) {
      entry.shape = mergeShapes(parseShape(JSON.parse(row.shape) as Json), entry.delta);
      entry.calls = row.calls + entry.deltaCalls;
      entry.firstAt = Math.min(entry.firstAt, row.first_at);
      const theirs = JSON.parse(row.changes) as LearnedChange[];
      entry.changes = toKept([...theirs, ...entry.newChanges]);
      delete entry.schema;
    }
    const sql =
      "INSERT OR REPLACE INTO learned_output (address, definition_hash, shape, calls, first_at, last_at, changes) VALUES (?, ?, ?, ?, ?, ?, ?)";
    const { address, hash, calls, firstAt, lastAt } = entry;
    const shape = JSON.stringify(toShapeJson(entry.shape));
    store.run(sql, [address, hash, shape, calls, firstAt, lastAt, JSON.stringify(entry.changes)]);
  }

  /** The longest unused go first. */
  function prune(): void {
    const { count } = store.get<{ count: number }>("SELECT COUNT(*) AS count FROM learned_output") ?? { count: 0 };
    const over = count - limits.learnedToolsMax;
    if (over <= 0) return;
    store.run(
      "DELETE FROM learned_output WHERE (address, definition_hash) IN (SELECT address, definition_hash FROM learned_output ORDER BY last_at LIMIT ?)",
      [over],
    );
  }

  function of(tool: Tool): LearnedOutput | undefined {
    const entry = entryOf(tool);
    if (entry === undefined) return undefined;
    const { address, calls, firstAt, lastAt, changes } = entry;
    entry.schema ??=
      tool.outputSchema === undefined
        ? toShapeSchema(entry.shape)
        : withSealedNumbers(
            tool.outputSchema,
            changes.map(({ what }) => what),
          );
    const { schema } = entry;
    return { address, schema, isDeclared: tool.outputSchema !== undefined, calls, firstAt, lastAt, changes };
  }

  return {
    get version() {
      return version;
    },
    of,
    observe(tool, seen) {
      const entry = ensure(tool);
      const before = entry.shape;
      entry.shape = mergeShapes(before, seen);
      entry.delta = mergeShapes(entry.delta, seen);
      count(entry);
      const changes = entry.calls === 1 ? [] : toChanges(before, entry.shape);
      if (entry.calls === 1 || changes.length > 0) version += 1;
      note(entry, changes);
      delete entry.schema;
      return changes;
    },
    contradict(tool, notes) {
      const entry = ensure(tool);
      count(entry);
      const known = new Set(entry.changes.map(({ what }) => what));
      const fresh = notes.filter((what) => !known.has(what));
      if (fresh.length === 0 || known.has(MORE_PLACES)) return [];
      const room = Math.max(limits.learnedChangesMax - known.size - 1, 0);
      const changes = fresh.length > room ? [...fresh.slice(0, room), MORE_PLACES] : fresh;
      note(entry, changes);
      delete entry.schema;
      version += 1;
      return changes;
    },
    list(tools) {
      const known = new Set([...dirty].map(({ address }) => address));
      for (const { address } of store.all<{ address: string }>("SELECT address FROM learned_output"))
        known.add(address);
      const found = [...tools]
        .filter(({ address }) => known.has(address))
        .map(of)
        .filter((learned) => learned !== undefined);
      return found.sort((a, b) => (a.address < b.address ? -1 : 1));
    },
    reset(addresses) {
      let count = 0;
      // What was learned of others, and is not written yet, stays.
      write();
      store.transaction(() => {
        for (const address of addresses)
          count += store.run("DELETE FROM learned_output WHERE address = ?", [address]).changes;
      });
      entries.clear();
      dirty.clear();
      version += 1;
      return count;
    },
    [Symbol.dispose]: () => writing[Symbol.dispose](),
  };
}
