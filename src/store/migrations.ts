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
  // What stands behind tokens, sealed with the vault's key; digests are keyed too. Numbers are never given out again.
  `CREATE TABLE vault_value (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    scope TEXT NOT NULL,
    class TEXT NOT NULL,
    number INTEGER NOT NULL,
    variant INTEGER NOT NULL,
    key_id TEXT NOT NULL,
    canonical_digest TEXT NOT NULL,
    surface_digest TEXT NOT NULL,
    is_number INTEGER NOT NULL,
    sealed TEXT NOT NULL,
    seen_at INTEGER NOT NULL
  );
  CREATE UNIQUE INDEX vault_value_token ON vault_value (scope, class, number, variant);
  CREATE INDEX vault_value_canonical ON vault_value (scope, class, canonical_digest);
  CREATE TABLE vault_counter (
    scope TEXT NOT NULL,
    class TEXT NOT NULL,
    last INTEGER NOT NULL,
    PRIMARY KEY (scope, class)
  ) WITHOUT ROWID;
  CREATE TABLE vault_scope (
    scope TEXT NOT NULL PRIMARY KEY,
    generation INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE vault_server (
    scope TEXT NOT NULL,
    class TEXT NOT NULL,
    number INTEGER NOT NULL,
    server TEXT NOT NULL,
    is_origin INTEGER NOT NULL,
    PRIMARY KEY (scope, class, number, server)
  ) WITHOUT ROWID;
  CREATE INDEX vault_server_sent ON vault_server (scope, server) WHERE is_origin = 0;
  CREATE TABLE vault_question (
    scope TEXT NOT NULL,
    class TEXT NOT NULL,
    number INTEGER NOT NULL,
    question TEXT NOT NULL,
    PRIMARY KEY (scope, class, number, question)
  ) WITHOUT ROWID;`,
  // What a person is asked, by any process, and what was answered once for all.
  `CREATE TABLE question (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    execution_id TEXT NOT NULL,
    tool TEXT NOT NULL,
    origins TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    answer TEXT,
    answered_at INTEGER,
    answered_by TEXT
  ) WITHOUT ROWID;
  CREATE TABLE remembered_answer (
    kind TEXT NOT NULL,
    origins TEXT NOT NULL,
    tool TEXT NOT NULL,
    answer TEXT NOT NULL,
    answered_at INTEGER NOT NULL,
    PRIMARY KEY (kind, origins, tool)
  ) WITHOUT ROWID;`,
  // Servers that are left alone for a while, because their calls failed.
  `CREATE TABLE breaker (
    server TEXT NOT NULL PRIMARY KEY,
    state TEXT NOT NULL,
    retry_at INTEGER NOT NULL,
    failed_tries INTEGER NOT NULL
  ) WITHOUT ROWID;`,
  // What was used, by day and tool ('' is executions as wholes), and what counts to a day's budget.
  `CREATE TABLE usage (
    day TEXT NOT NULL,
    tool TEXT NOT NULL,
    executions INTEGER NOT NULL,
    calls INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    tokens_in INTEGER NOT NULL,
    tokens_out INTEGER NOT NULL,
    tokens_avoided INTEGER NOT NULL,
    usd REAL NOT NULL,
    usd_avoided REAL NOT NULL,
    cpu_ms REAL NOT NULL,
    duration_ms REAL NOT NULL,
    PRIMARY KEY (day, tool)
  ) WITHOUT ROWID;
  CREATE INDEX usage_tool ON usage (tool);
  CREATE TABLE day_spent (
    day TEXT NOT NULL PRIMARY KEY,
    calls INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    usd REAL NOT NULL
  ) WITHOUT ROWID;`,
  // What files of the workspace hold of what programs had read when they wrote them.
  `CREATE TABLE file_label (
    path TEXT NOT NULL,
    kind TEXT NOT NULL,
    labels TEXT NOT NULL,
    PRIMARY KEY (path, kind)
  ) WITHOUT ROWID;`,
  // Single facts.
  `CREATE TABLE setting (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
  ) WITHOUT ROWID;`,
  // Segments of the audit: how the closed ones end, apart from their files.
  `CREATE TABLE audit_segment (
    file TEXT NOT NULL PRIMARY KEY,
    records INTEGER NOT NULL,
    last_hash TEXT,
    bytes INTEGER NOT NULL,
    is_removed INTEGER NOT NULL
  ) WITHOUT ROWID;`,
  // Skills as they were saved here: trust and test belong to one content, known by its hash; files say neither.
  `CREATE TABLE skill (
    name TEXT NOT NULL PRIMARY KEY,
    workspace TEXT NOT NULL,
    version INTEGER NOT NULL,
    hash TEXT NOT NULL,
    trust TEXT NOT NULL,
    tools TEXT NOT NULL,
    is_tested INTEGER NOT NULL,
    saved_at INTEGER NOT NULL,
    saved_by TEXT NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE skill_use (
    name TEXT NOT NULL,
    hash TEXT NOT NULL,
    uses INTEGER NOT NULL,
    successes INTEGER NOT NULL,
    tokens_saved INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    PRIMARY KEY (name, hash)
  ) WITHOUT ROWID;
  CREATE TABLE skill_growth (
    stage INTEGER NOT NULL PRIMARY KEY,
    executions INTEGER NOT NULL,
    completed INTEGER NOT NULL,
    with_skill INTEGER NOT NULL,
    code_tokens INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE skill_record (
    name TEXT NOT NULL,
    position INTEGER NOT NULL,
    tool TEXT NOT NULL,
    definition_hash TEXT NOT NULL,
    arguments TEXT NOT NULL,
    outcome TEXT NOT NULL,
    PRIMARY KEY (name, position)
  ) WITHOUT ROWID;
  CREATE TABLE program_shape (
    code_hash TEXT NOT NULL PRIMARY KEY,
    execution_id TEXT NOT NULL,
    shape TEXT NOT NULL,
    is_suggested INTEGER NOT NULL,
    seen_at INTEGER NOT NULL
  ) WITHOUT ROWID;`,
  // Of a segment that was or is written: a line that is on the disk, so that an end is not only the file's word.
  `ALTER TABLE audit_segment ADD COLUMN flushed_records INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE audit_segment ADD COLUMN flushed_hash TEXT;`,
  // Keys that are data, secrets too, could be among what was learned: it is learned anew.
  `DELETE FROM learned_output;`,
  // A test holds for a skill with those that it imports; which were tested before is not known, so all are tested again.
  // `skill_sight`: the definitions of the tools of a skill that nobody has saved here, when its content was first seen.
  `ALTER TABLE skill ADD COLUMN content TEXT NOT NULL DEFAULT '';
  ALTER TABLE skill ADD COLUMN imports TEXT NOT NULL DEFAULT '[]';
  UPDATE skill SET content = hash, trust = 'draft', is_tested = 0;
  CREATE TABLE skill_sight (
    name TEXT NOT NULL,
    hash TEXT NOT NULL,
    tool TEXT NOT NULL,
    definition_hash TEXT NOT NULL,
    PRIMARY KEY (name, tool)
  ) WITHOUT ROWID;`,
  // Executions that were counted and did not complete: one that goes on is not counted again.
  `CREATE TABLE skill_growth_open (
    execution_id TEXT NOT NULL PRIMARY KEY,
    stage INTEGER NOT NULL,
    ended_at INTEGER NOT NULL
  ) WITHOUT ROWID;`,
  // Values that were sent to a server: to the one that they came from too, which gives them back in other forms.
  `ALTER TABLE vault_server ADD COLUMN is_sent INTEGER NOT NULL DEFAULT 0;
  UPDATE vault_server SET is_sent = 1 WHERE is_origin = 0;
  DROP INDEX vault_server_sent;
  CREATE INDEX vault_server_sent ON vault_server (scope, server) WHERE is_sent = 1;`,
  // More than a value stands behind a token: it is restored, and looked for nowhere else.
  `ALTER TABLE vault_value ADD COLUMN is_mixed INTEGER NOT NULL DEFAULT 0;`,
  // Numbers are kept as JSON has them, and so are lists and objects; of texts is kept how JSON had them last, if it was with
  // other escapes than they are written with.
  `ALTER TABLE vault_value RENAME COLUMN is_number TO is_json;
  ALTER TABLE vault_value ADD COLUMN writing TEXT;`,
];
