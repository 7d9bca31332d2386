/** The tables of the journal, in a file of its own: what it holds is large and goes again. Released entries are never changed. */
export const tables: readonly string[] = [
  `CREATE TABLE run (
    id TEXT NOT NULL PRIMARY KEY,
    created_at INTEGER NOT NULL,
    touched_at INTEGER NOT NULL,
    owner TEXT NOT NULL,
    status TEXT NOT NULL,
    code_sha256 TEXT NOT NULL,
    opening TEXT NOT NULL,
    start TEXT,
    engine TEXT,
    error_code TEXT,
    outcome TEXT,
    progress TEXT,
    unrecorded TEXT,
    stop_asked INTEGER NOT NULL,
    calls INTEGER NOT NULL,
    resumes INTEGER NOT NULL,
    bytes INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX run_created ON run (created_at);
  CREATE TABLE batch (
    run_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    sealed TEXT NOT NULL,
    PRIMARY KEY (run_id, number)
  ) WITHOUT ROWID;
  CREATE TABLE value_use (
    run_id TEXT NOT NULL,
    digest TEXT NOT NULL,
    PRIMARY KEY (run_id, digest)
  ) WITHOUT ROWID;
  CREATE INDEX value_use_digest ON value_use (digest);`,
  `ALTER TABLE run ADD COLUMN workspace TEXT NOT NULL DEFAULT 'default';`,
  // Where its steps end at least, sealed: who cuts them off behind it is found.
  `ALTER TABLE run ADD COLUMN ending TEXT NOT NULL DEFAULT '';
  UPDATE run SET unrecorded = 'an earlier version recorded it';`,
];
