import type { ToolDefinition } from "../base/tool-definition.ts";
import type { Store } from "../store/store.ts";
import { type LockFile, openLockFile } from "./lock-file.ts";
import type { Tool } from "./tool.ts";

/** A definition as it was listed, with its hash. */
export type ListedDefinition = ToolDefinition & { hash: string };

/** What is shown of a tool; its hash stays that of what its server says now. */
export type ShownDefinition = ListedDefinition & { isWithheld?: true };

/** A tool that is no longer defined as it was pinned. */
export interface ChangedDefinition {
  server: string;
  address: string;
  /** The pinned hash, and that of the definition now. */
  pinned: string;
  hash: string;
  /** The pinned definition; `undefined` where only its hash is known, because another machine has pinned it. */
  was: ToolDefinition | undefined;
  is: ToolDefinition;
}

/** Which definitions are trusted: the first sight of a tool pins its definition, and a later one is compared with that. */
export interface Trust {
  /** The lock file. */
  readonly path: string;
  /** Takes what a server has listed: pins what is new, reports what has changed. Throws `lock_unavailable`. */
  see(server: string, definitions: readonly ListedDefinition[]): void;
  /** Whether this definition is the pinned one (a tool that is not pinned becomes so). Throws `lock_unavailable`. */
  isPinned(tool: Tool): boolean;
  /** Whether a tool may be shown as it is where only what is pinned may: not where that cannot be read. */
  mayShow(server: string, definition: ListedDefinition): boolean;
  /** What may be shown of a tool where only what is pinned may: what was pinned, as far as it is known, and a word about it. */
  toShown(server: string, definition: ListedDefinition): ShownDefinition;
  /** What its server says of a tool, whatever is shown of it. */
  asListed(tool: Tool): ToolDefinition;
  /** Those of these tools that have changed. Throws `lock_unavailable`. */
  changed(tools: Iterable<Tool>): ChangedDefinition[];
  /** Pins these tools as they are now; answers those that had changed. Throws `lock_unavailable`. */
  accept(tools: Iterable<Tool>): ChangedDefinition[];
}

/** Trust kept in the lock file at `path`; `onChanged` is told once of each change, until it is accepted. */
export function createTrust(options: {
  store: Store;
  path: string;
  onChanged: (change: ChangedDefinition) => void;
}): Trust {
  const { store, path, onChanged } = options;
  // The store's lock is let go by the system when its holder dies, which a file made for that purpose is not.
  const lock: LockFile = openLockFile(path, (work) => store.transaction(work));
  const reported = new Map<string, string>();

  function keepTexts(server: string, definitions: readonly ListedDefinition[]): void {
    const sql = "SELECT name, hash FROM pinned_definition WHERE server_key = ?";
    const kept = new Set(
      store.all<{ name: string; hash: string }>(sql, [server]).map(({ name, hash }) => `${hash} ${name}`),
    );
    const missing = definitions.filter(({ name, hash }) => !kept.has(`${hash} ${name}`));
    if (missing.length === 0) return;
    store.transaction(() => {
      for (const definition of missing) {
        const insert =
          "INSERT OR IGNORE INTO pinned_definition (server_key, name, hash, definition) VALUES (?, ?, ?, ?)";
        const { name, hash } = definition;
        store.run(insert, [server, name, hash, JSON.stringify(toPlain(definition))]);
      }
    });
  }

  function textOf(server: string, name: string, hash: string): ToolDefinition | undefined {
    const sql = "SELECT definition FROM pinned_definition WHERE server_key = ? AND name = ? AND hash = ?";
    const row = store.get<{ definition: string }>(sql, [server, name, hash]);
    return row === undefined ? undefined : (JSON.parse(row.definition) as ToolDefinition);
  }

  function mayShow(server: string, { name, hash }: ListedDefinition): boolean {
    try {
      const pinned = lock.hashOf(server, name);
      return pinned === undefined || pinned === hash;
    } catch {
      return false;
    }
  }

  /** What its server says, where something else is shown of it. */
  function asListed(server: string, definition: ShownDefinition): ToolDefinition {
    if (definition.isWithheld !== true) return definition;
    const sql = "SELECT definition FROM tool WHERE server_key = ? AND name = ? AND hash = ?";
    const row = store.get<{ definition: string }>(sql, [server, definition.name, definition.hash]);
    return row === undefined ? definition : (JSON.parse(row.definition) as ToolDefinition);
  }

  function toChange(server: string, definition: ListedDefinition, pinned: string): ChangedDefinition {
    const { name, hash } = definition;
    const was = textOf(server, name, pinned);
    return { server, address: `${server}.${name}`, pinned, hash, was, is: toPlain(asListed(server, definition)) };
  }

  /** Whether it is pinned as it is; what is not pinned is added to `fresh`. */
  function compare(server: string, definition: ListedDefinition, fresh: ListedDefinition[]): boolean {
    const { name, hash } = definition;
    const key = JSON.stringify([server, name]);
    const pinned = lock.hashOf(server, name);
    if (pinned === hash || pinned === undefined) {
      reported.delete(key);
      if (pinned === undefined) fresh.push(definition);
      return true;
    }
    if (reported.get(key) !== hash) {
      reported.set(key, hash);
      onChanged(toChange(server, definition, pinned));
    }
    return false;
  }

  function pin(server: string, definitions: readonly ListedDefinition[]): void {
    lock.write(definitions.map(({ name, hash }) => ({ server, tool: name, hash })));
    keepTexts(server, definitions);
  }

  function findChanged(tools: Iterable<Tool>): ChangedDefinition[] {
    const found: ChangedDefinition[] = [];
    for (const tool of tools) {
      const pinned = lock.hashOf(tool.server, tool.name);
      if (pinned !== undefined && pinned !== tool.hash) found.push(toChange(tool.server, tool, pinned));
    }
    return found;
  }

  return {
    path: lock.path,
    see(server, definitions) {
      const fresh: ListedDefinition[] = [];
      const trusted = definitions.filter((definition) => compare(server, definition, fresh));
      if (fresh.length > 0) pin(server, fresh);
      // Where another process, or another machine, has pinned what is listed here, the text is not here yet.
      keepTexts(server, trusted);
    },
    isPinned(tool) {
      const fresh: ListedDefinition[] = [];
      if (!compare(tool.server, tool, fresh)) return false;
      if (fresh.length === 0) return true;
      pin(tool.server, fresh);
      // Another process may have pinned another definition first.
      return compare(tool.server, tool, []);
    },
    mayShow,
    toShown(server, definition) {
      if (mayShow(server, definition)) return definition;
      const { name, hash } = definition;
      let was: ToolDefinition | undefined;
      try {
        was = textOf(server, name, lock.hashOf(server, name) ?? "");
      } catch {
        // Calls are refused for it, and say so.
      }
      const about = `Its server has changed its definition since it was pinned: calls are refused until the user accepts it (\`sluice tools --changed '${server}.${name}'\`).`;
      const { description, ...rest } = was ?? { name, inputSchema: { type: "object" } };
      return {
        ...rest,
        ...{ description: description === undefined ? about : `${about} What it was: ${description}` },
        ...{ hash, isWithheld: true },
      };
    },
    asListed: (tool) => asListed(tool.server, tool),
    changed: findChanged,
    accept(tools) {
      const found = findChanged(tools);
      lock.write(
        found.map(({ server, is, hash }) => ({ server, tool: is.name, hash })),
        { replace: true },
      );
      for (const { server, is, hash } of found) {
        keepTexts(server, [{ ...is, hash }]);
        const sql = "DELETE FROM pinned_definition WHERE server_key = ? AND name = ? AND hash <> ?";
        store.run(sql, [server, is.name, hash]);
      }
      return found;
    },
  };
}

/** The definition alone, as it is hashed. */
function toPlain(definition: ToolDefinition): ToolDefinition {
  const { name, title, description, inputSchema, outputSchema, annotations, _meta } = definition;
  return {
    name,
    ...(title === undefined ? {} : { title }),
    ...(description === undefined ? {} : { description }),
    inputSchema,
    ...(outputSchema === undefined ? {} : { outputSchema }),
    ...(annotations === undefined ? {} : { annotations }),
    ...(_meta === undefined ? {} : { _meta }),
  };
}
