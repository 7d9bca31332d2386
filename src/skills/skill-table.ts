import type { Store } from "../store/store.ts";
import type { SkillTool } from "./skill-page.ts";

export type SkillTrust = "draft" | "trusted";

/** What is kept of a skill outside its folder: what no file can say of itself. */
export interface SkillRow {
  name: string;
  /** The workspace whose programs may call it while it is a draft. */
  workspace: string;
  version: number;
  /** Of the files that all this is about; other files are another skill. */
  hash: string;
  /** The same before Sluice wrote into them that they are trusted: what those who import it know it by. */
  content: string;
  trust: SkillTrust;
  /** The definitions that it was saved for, or last tested with. */
  tools: SkillTool[];
  isTested: boolean;
  /** The skills that it was tested with: those that it imports, and those that they do. */
  imports: SkillImport[];
  savedAt: number;
  savedBy: string;
}

/** A skill that another one imports, and which content of it. */
export interface SkillImport {
  name: string;
  content: string;
}

/** The result of one call of a tool, kept for the test of a skill. */
export interface RecordedCall {
  tool: string;
  definitionHash: string;
  /** JSON with sorted keys. */
  arguments: string;
  /** JSON of how it ended. */
  outcome: string;
}

/** How one skill was used, by the content that it had. */
export interface SkillUse {
  name: string;
  hash: string;
  uses: number;
  successes: number;
  tokensSaved: number;
  lastAt: number;
}

/** The table of skills in the store. */
export interface SkillTable {
  get(name: string): SkillRow | undefined;
  all(): SkillRow[];
  put(row: SkillRow): void;
  remove(name: string): void;
  /** Of a content that nobody has saved here: the definitions of these tools, and of all seen before, when they were first seen with it. */
  sight(name: string, hash: string, tools: readonly SkillTool[]): SkillTool[];
  /** The same once it has passed its test with these definitions. */
  resight(name: string, hash: string, tools: readonly SkillTool[]): void;
  records(name: string): RecordedCall[];
  setRecords(name: string, calls: readonly RecordedCall[]): void;
  use(name: string, hash: string): SkillUse | undefined;
  uses(): SkillUse[];
  /** Adds to what is counted; `uses: 0`: of a use that was counted before, as long as one is left that was no success. */
  addUse(use: SkillUse): void;
  /** What was counted and recorded of one name is of another. */
  move(name: string, to: string): void;
  transaction<Result>(work: () => Result): Result;
}

type StoredRow = Omit<SkillRow, "tools" | "imports" | "isTested"> & {
  tools: string;
  imports: string;
  isTested: number;
};

const columns = `name, workspace, version, hash, content, trust, tools, imports, is_tested AS "isTested", saved_at AS "savedAt", saved_by AS "savedBy"`;
const useColumns = `name, hash, uses, successes, tokens_saved AS "tokensSaved", last_at AS "lastAt"`;

export function createSkillTable(store: Store): SkillTable {
  const toRow = ({ tools, imports, isTested, ...row }: StoredRow): SkillRow => ({
    ...row,
    tools: JSON.parse(tools) as SkillTool[],
    imports: JSON.parse(imports) as SkillImport[],
    isTested: isTested === 1,
  });
  const addSights = (name: string, hash: string, tools: readonly SkillTool[]): void => {
    for (const tool of tools)
      store.run("INSERT OR IGNORE INTO skill_sight (name, hash, tool, definition_hash) VALUES (?, ?, ?, ?)", [
        ...[name, hash, tool.address, tool.hash],
      ]);
  };
  return {
    get(name) {
      const row = store.get<StoredRow>(`SELECT ${columns} FROM skill WHERE name = ?`, [name]);
      return row === undefined ? undefined : toRow(row);
    },
    all: () => store.all<StoredRow>(`SELECT ${columns} FROM skill ORDER BY name`).map(toRow),
    put: ({ name, workspace, version, hash, content, trust, tools, imports, isTested, savedAt, savedBy }) =>
      void store.run(
        `INSERT OR REPLACE INTO skill
         (name, workspace, version, hash, content, trust, tools, imports, is_tested, saved_at, saved_by)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        [
          ...[name, workspace, version, hash, content, trust, JSON.stringify(tools), JSON.stringify(imports)],
          ...[isTested ? 1 : 0, savedAt, savedBy],
        ],
      ),
    remove(name) {
      for (const table of ["skill", "skill_use", "skill_record", "skill_sight"])
        store.run(`DELETE FROM ${table} WHERE name = ?`, [name]);
    },
    sight(name, hash, tools) {
      const read = (): Map<string, string> =>
        new Map(
          store
            .all<{ tool: string; definition: string }>(
              `SELECT tool, definition_hash AS definition FROM skill_sight WHERE name = ? AND hash = ?`,
              [name, hash],
            )
            .map(({ tool, definition }) => [tool, definition]),
        );
      let seen = read();
      if (tools.some(({ address }) => !seen.has(address)))
        seen = store.transaction(() => {
          // What the folder held before is not there any more.
          store.run("DELETE FROM skill_sight WHERE name = ? AND hash <> ?", [name, hash]);
          addSights(name, hash, tools);
          return read();
        });
      const known = new Map([...tools.map((tool) => [tool.address, tool.hash] as const), ...seen]);
      return [...known].map(([address, definition]) => ({ address, hash: definition }));
    },
    resight(name, hash, tools) {
      store.run("DELETE FROM skill_sight WHERE name = ?", [name]);
      addSights(name, hash, tools);
    },
    records: (name) =>
      store.all<RecordedCall>(
        `SELECT tool, definition_hash AS "definitionHash", arguments, outcome FROM skill_record WHERE name = ? ORDER BY position`,
        [name],
      ),
    setRecords: (name, calls) =>
      store.transaction(() => {
        store.run("DELETE FROM skill_record WHERE name = ?", [name]);
        for (const [position, { tool, definitionHash, arguments: args, outcome }] of calls.entries())
          store.run(
            "INSERT INTO skill_record (name, position, tool, definition_hash, arguments, outcome) VALUES (?, ?, ?, ?, ?, ?)",
            [name, position, tool, definitionHash, args, outcome],
          );
      }),
    use: (name, hash) =>
      store.get<SkillUse>(`SELECT ${useColumns} FROM skill_use WHERE name = ? AND hash = ?`, [name, hash]),
    uses: () => store.all<SkillUse>(`SELECT ${useColumns} FROM skill_use ORDER BY name`),
    addUse({ name, hash, uses, successes, tokensSaved, lastAt }) {
      if (uses > 0)
        store.run(
          "INSERT OR IGNORE INTO skill_use (name, hash, uses, successes, tokens_saved, last_at) VALUES (?, ?, 0, 0, 0, ?)",
          [name, hash, lastAt],
        );
      store.run(
        `UPDATE skill_use SET uses = uses + ?1, successes = successes + ?2, tokens_saved = tokens_saved + ?3, last_at = ?4
         WHERE name = ?5 AND hash = ?6 AND successes + ?2 <= uses + ?1`,
        [uses, successes, tokensSaved, lastAt, name, hash],
      );
    },
    move(name, to) {
      store.run("DELETE FROM skill_record WHERE name = ?", [to]);
      for (const table of ["skill_use", "skill_record"])
        store.run(`UPDATE OR REPLACE ${table} SET name = ? WHERE name = ?`, [to, name]);
    },
    transaction: (work) => store.transaction(work),
  };
}
