/**
 * What each version of the store adds, in order: entry 0 takes an empty file to `user_version` 1. An entry that was
 * released is never changed; a correction is a new entry.
 */
export const migrations: readonly string[] = [
  // Definitions are kept per hash of the server's config: the same server started differently has other tools.
  `CREATE TABLE server (
    key TEXT NOT NULL,
    config_hash TEXT NOT NULL,
    instructions TEXT,
    problems TEXT NOT NULL DEFAULT '[]',
    protocol TEXT,
    fetched_at INTEGER,
    PRIMARY KEY (key, config_hash)
  ) WITHOUT ROWID;
  CREATE TABLE tool (
    server_key TEXT NOT NULL,
    config_hash TEXT NOT NULL,
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    definition TEXT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (server_key, config_hash, name)
  );`,
  // What results taught about a tool's output: kinds and keys, no values; of one definition.
  `CREATE TABLE learned_output (
    address TEXT NOT NULL,
    definition_hash TEXT NOT NULL,
    shape TEXT NOT NULL,
    calls INTEGER NOT NULL,
    first_at INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    changes TEXT NOT NULL,
    PRIMARY KEY (address, definition_hash)
  ) WITHOUT ROWID;`,
  // The text of pinned definitions, so that it can be said what has changed since.
  `CREATE TABLE pinned_definition (
    server_key TEXT NOT NULL,
    name TEXT NOT NULL,
    hash TEXT NOT NULL,
    definition TEXT NOT NULL,
    PRIMARY KEY (server_key, name, hash)
  );`,
];
