import { closeSync, openSync } from "node:fs";
import { makeFolder } from "../base/make-folder.ts";
import { join } from "node:path";
import { isMainThread } from "node:worker_threads";
import Database from "libsql";
import { SluiceError, toMessage } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { Checkpoints } from "./checkpoints.ts";
import { migrations } from "./migrations.ts";

/** What a column holds. The driver aborts the whole process on others (a boolean), so the type names all there are. */
export type SqlValue = string | number | null;

/** The state directory's SQLite file, open; shared by any number of processes. Dispose it to close the file. */
export interface Store extends Disposable {
  /** Absolute path of the file. */
  readonly file: string;
  /** Every row of a query; the caller names the row's type and selects exactly its columns. */
  all<Row>(sql: string, params?: readonly SqlValue[]): Row[];
  /** The first row of a query, `undefined` if there is none. */
  get<Row>(sql: string, params?: readonly SqlValue[]): Row | undefined;
  /** Executes one statement and says how many rows it changed. */
  run(sql: string, params?: readonly SqlValue[]): { changes: number };
  /** Runs `work` in one write transaction: all of it or, if it throws, nothing. Inside another one it joins that. */
  transaction<Result>(work: () => Result): Result;
  /** Does what can be done another time: where another process holds the file, it throws at once. */
  withoutWaiting<Result>(work: () => Result): Result;
  /** Closes the file; safe to call twice. */
  close(): void;
}

export interface StoreOptions {
  /** The name of the file. */
  name?: string;
  tables?: readonly string[];
  /** How long another process is waited for; absent: `storeBusyMs` to open it, and `storeWaitMs` from then on. */
  waitMs?: number;
}

/**
 * Opens (or makes) a SQLite file of the state directory (`store.sqlite`) and brings it to this version's tables.
 * Throws `store_unavailable`, saying what to do, where that cannot be done.
 */
export function createStore(
  directory: string,
  { name = "store.sqlite", tables = migrations, waitMs }: StoreOptions = {},
): Store {
  const file = join(directory, name);
  const attempt = <Result>(act: () => Result): Result => retryWhileBusy(file, waitMs ?? limits.storeBusyMs, act);
  let database: Database.Database | undefined;
  try {
    makeFolder(directory, 0o700);
    // Made here so that it is private from its first byte; SQLite gives its side files the same mode.
    closeSync(openSync(file, "a", 0o600));
    // It answers "busy" at once: how long it is tried again is decided here.
    const opened = new Database(file);
    database = opened;
    attempt(() => opened.prepare("PRAGMA journal_mode = WAL").all());
    opened.exec("PRAGMA synchronous = NORMAL");
    // Other threads may wait for the disk at a commit; in the main one everybody would.
    if (isMainThread) opened.exec("PRAGMA wal_autocheckpoint = 0");
    migrate(opened, file, tables, attempt);
  } catch (error) {
    database?.close();
    throw toStoreError(error, file);
  }
  return new OpenStore(database, file, waitMs ?? limits.storeWaitMs);
}

type Attempt = <Result>(act: () => Result) => Result;

class OpenStore implements Store {
  readonly file: string;
  #database: Database.Database;
  #waitMs: number;
  /** Another process has held it for as long as it is waited for, and nothing was written since. */
  #isHeld = false;
  #isUrgent = true;
  #statements = new Map<string, Database.Statement>();
  #open = true;
  #inTransaction = false;
  #checkpoints: Checkpoints | undefined;

  constructor(database: Database.Database, file: string, waitMs: number) {
    this.#database = database;
    this.file = file;
    this.#waitMs = waitMs;
    if (isMainThread) this.#checkpoints = new Checkpoints(file, () => this.#checkpoint());
  }

  all<Row>(sql: string, params: readonly SqlValue[] = []): Row[] {
    return this.#execute(sql, params, (statement, values) => statement.all(...values)) as Row[];
  }

  get<Row>(sql: string, params: readonly SqlValue[] = []): Row | undefined {
    // Not the driver's get(): it adds a `_metadata` member to the row.
    return this.all<Row>(sql, params)[0];
  }

  run(sql: string, params: readonly SqlValue[] = []): { changes: number } {
    // A prepared statement that finds another process's lock stays under way in the driver, and nothing that is written
    // after it is committed: the lock is taken first, by what the driver does not keep.
    if (!this.#inTransaction) return this.transaction(() => this.run(sql, params));
    const { changes } = this.#execute(sql, params, (statement, values) => statement.run(...values));
    this.#checkpoints?.wrote(params);
    return { changes };
  }

  transaction<Result>(work: () => Result): Result {
    if (this.#inTransaction) return work();
    this.#exec("BEGIN IMMEDIATE");
    this.#isHeld = false;
    this.#inTransaction = true;
    try {
      const result = work();
      if (result instanceof Promise) {
        throw new SluiceError("internal", "Cannot run a store transaction that awaits: other work would join it");
      }
      this.#exec("COMMIT");
      this.#checkpoints?.committed();
      return result;
    } catch (error) {
      // Some failures (disk full) have rolled back already.
      if (this.#database.inTransaction) this.#database.exec("ROLLBACK");
      throw error;
    } finally {
      this.#inTransaction = false;
    }
  }

  withoutWaiting<Result>(work: () => Result): Result {
    const wasUrgent = this.#isUrgent;
    this.#isUrgent = false;
    try {
      return work();
    } finally {
      this.#isUrgent = wasUrgent;
    }
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#checkpoints?.stop();
    this.#statements.clear();
    this.#database.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #checkpoint(): void {
    if (this.#inTransaction) return;
    try {
      this.#database.exec("PRAGMA wal_checkpoint(PASSIVE)");
    } catch {
      // What was not moved stays in the log, and is read from there.
    }
  }

  /** A wait holds up the whole process: one that was in vain is not repeated while the other process goes on. */
  #attempt<Result>(act: () => Result): Result {
    const waitMs = this.#isUrgent && !this.#isHeld ? this.#waitMs : 0;
    try {
      return retryWhileBusy(this.file, waitMs, act);
    } catch (error) {
      if (waitMs > 0 && isBusy(error)) this.#isHeld = true;
      throw error;
    }
  }

  #exec(sql: string): void {
    this.#assertOpen();
    try {
      this.#attempt(() => this.#database.exec(sql));
    } catch (error) {
      throw toStoreError(error, this.file);
    }
  }

  #execute<Result>(
    sql: string,
    params: readonly SqlValue[],
    act: (statement: Database.Statement, values: unknown[]) => Result,
  ): Result {
    this.#assertOpen();
    const values = params.map((value, index) => checkParameter(value, index, sql));
    try {
      // Inside a transaction the lock is held, so nothing is busy; outside, each statement stands alone.
      return this.#attempt(() => act(this.#prepare(sql), values));
    } catch (error) {
      throw toStoreError(error, this.file);
    }
  }

  #prepare(sql: string): Database.Statement {
    const known = this.#statements.get(sql);
    if (known) return known;
    if (this.#statements.size >= limits.storeStatementsMax) this.#statements.clear();
    const statement = this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  #assertOpen(): void {
    if (!this.#open) throw new SluiceError("internal", `Cannot use the store ${this.file}: it is closed`);
  }
}

function checkParameter(value: unknown, index: number, sql: string): SqlValue {
  if (value === null || typeof value === "string") return value;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw new SluiceError(
    "internal",
    `Cannot bind parameter ${index + 1} of "${sql}": it is ${typeof value}, expected a string, a finite number or null`,
  );
}

function migrate(database: Database.Database, file: string, tables: readonly string[], attempt: Attempt): void {
  if (attempt(() => readVersion(database)) === tables.length) return;
  attempt(() => database.exec("BEGIN IMMEDIATE"));
  try {
    // Read again under the lock: another process may have done it meanwhile.
    const version = readVersion(database);
    if (version > tables.length) {
      throw new SluiceError(
        "store_unavailable",
        `Cannot use ${file}: a newer Sluice wrote it (version ${version}, this one knows ${tables.length}); ` +
          `update Sluice or set another "stateDir"`,
      );
    }
    for (const sql of tables.slice(version)) database.exec(sql);
    database.exec(`PRAGMA user_version = ${tables.length}`);
    database.exec("COMMIT");
  } catch (error) {
    if (database.inTransaction) database.exec("ROLLBACK");
    throw error;
  }
}

function readVersion(database: Database.Database): number {
  const [row] = database.prepare("PRAGMA user_version").all() as { user_version: number }[];
  return row?.user_version ?? 0;
}

const sleepCell = new Int32Array(new SharedArrayBuffer(4));

/** Repeats an act while SQLite says "busy". */
function retryWhileBusy<Result>(file: string, waitMs: number, act: () => Result): Result {
  const deadline = performance.now() + waitMs;
  for (;;) {
    try {
      return act();
    } catch (error) {
      if (!isBusy(error)) throw error;
      if (performance.now() >= deadline) throw toHeld(error, file, waitMs);
      Atomics.wait(sleepCell, 0, 0, 2 + Math.random() * 10);
    }
  }
}

function isBusy(error: unknown): boolean {
  return codeOf(error instanceof SluiceError ? error.cause : error).startsWith("SQLITE_BUSY");
}

function toHeld(cause: unknown, file: string, waitMs: number): SluiceError {
  const how = waitMs > 0 ? `has held it for ${waitMs} ms` : "holds it";
  const message = `Cannot use ${file}: another process or thread ${how}; end the process that does, or set another "stateDir"`;
  return new SluiceError("store_unavailable", message, { cause });
}

function codeOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : "";
  return typeof code === "string" ? code : "";
}

/** The remedy of each group of SQLite's and the file system's codes; others are ours (a wrong statement). */
function toStoreError(error: unknown, file: string): SluiceError {
  if (error instanceof SluiceError) return error;
  const code = codeOf(error);
  const unavailable = (problem: string): SluiceError =>
    new SluiceError("store_unavailable", `Cannot use ${file}: ${problem}`, { cause: error });
  if (code === "SQLITE_NOTADB" || code.startsWith("SQLITE_CORRUPT")) {
    return unavailable(
      "it is not a readable SQLite file; move it (and its -wal and -shm files) away, then start again",
    );
  }
  if (code.startsWith("SQLITE_FULL") || code === "ENOSPC")
    return unavailable("the disk is full; make room, then start again");
  const isAccess =
    /^(SQLITE_(READONLY|CANTOPEN|PERM|AUTH|IOERR)|E[A-Z]+$)/.test(code) || /unable to open/i.test(toMessage(error));
  if (isAccess) {
    return unavailable(`${toMessage(error)}; make its folder writable for this user, or set another "stateDir"`);
  }
  return new SluiceError("internal", `Cannot use ${file}: ${toMessage(error)}`, { cause: error });
}
