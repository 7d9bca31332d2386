import { createHash } from "node:crypto";
import { isJsonObject, toCanonicalJson } from "../base/json.ts";
import type { Json } from "../base/json.ts";
import { limits } from "../base/limits.ts";
import type { Store } from "../store/store.ts";
import { createAddressBook } from "./address.ts";
import type { AddressBook, Resolution } from "./address.ts";
import { assignCallNames, assignIdentifiers } from "./names.ts";
import type { CatalogueServer, Tool, ToolDefinition } from "./tool.ts";

/** What one server said when it was asked for its tools. */
export interface ServerListing {
  tools: readonly ToolDefinition[];
  /** What was wrong with its definitions, one sentence each. */
  problems: readonly string[];
  instructions?: string | undefined;
  /** The protocol revision it speaks. */
  protocol?: string | undefined;
}

/** Every tool of every configured server, known from the store without connecting to any of them. */
export interface Catalogue {
  /** Counts the updates that changed something, from 0: what was derived from an older version is stale. */
  readonly version: number;
  /** Every configured server in the config's order; the same array until `version` changes. Tools are parsed when read. */
  servers(): readonly CatalogueServer[];
  /** The server with this key or, if there is none, this identifier. */
  server(keyOrIdentifier: string): CatalogueServer | undefined;
  /** One tool by its server's key and its own name; only its definition is read. */
  tool(key: string, name: string): Tool | undefined;
  /** How many tools a server has, without parsing them; 0 for an unknown one. */
  toolCount(key: string): number;
  /** The definition hashes of each server's tools, in their order and with commas between, as the store has them. */
  definitionHashes(): { server: string; hashes: string }[];
  /** Takes what a server said, into the store too; `changed` if it differs from what was known. */
  update(key: string, listing: ServerListing): { changed: boolean };
  /** The tool that an address, a `server__tool` or a bare call name means; else what was perhaps meant. */
  resolve(name: string): Resolution;
}

interface ServerRow {
  key: string;
  config_hash: string;
  instructions: string | null;
  problems: string;
  fetched_at: number | null;
}

interface Entry {
  key: string;
  configHash: string;
  server: CatalogueServer;
  names?: readonly string[];
  callNames?: ReadonlyMap<string, string>;
  /** Those of its tools that were read one by one. */
  read?: Map<string, Tool>;
}

/** Loads the catalogue of the configured servers: what the store has under the same key and config hash. */
export function createCatalogue(options: {
  store: Store;
  servers: readonly { key: string; configHash: string }[];
}): Catalogue {
  const { store } = options;
  const identifiers = assignIdentifiers(options.servers.map(({ key }) => key));
  const rows = new Map<string, ServerRow>();
  for (const row of store.all<ServerRow>("SELECT key, config_hash, instructions, problems, fetched_at FROM server")) {
    rows.set(toRowKey(row.key, row.config_hash), row);
  }
  const entries = new Map<string, Entry>();
  for (const { key, configHash } of options.servers) {
    const row = rows.get(toRowKey(key, configHash));
    const entry: Entry = { key, configHash, server: undefined as never };
    entry.server = toServer(entry, {
      instructions: row?.instructions ?? undefined,
      problems: row === undefined ? [] : parseStrings(row.problems),
      fetchedAt: row?.fetched_at ?? undefined,
    });
    if (row === undefined) entry.names = [];
    entries.set(key, entry);
  }
  const byIdentifier = new Map([...identifiers].map(([key, identifier]) => [identifier, key]));
  let version = 0;
  let servers: readonly CatalogueServer[] | undefined;
  let addresses: AddressBook | undefined;

  /** A server whose tools are read from the store and parsed when somebody asks for them. */
  function toServer(
    entry: Entry,
    known: { instructions?: string | undefined; problems: readonly string[]; fetchedAt?: number | undefined },
  ): CatalogueServer {
    let tools: readonly Tool[] | undefined;
    delete entry.read;
    return {
      key: entry.key,
      identifier: identifiers.get(entry.key) as string,
      ...(known.instructions === undefined ? {} : { instructions: known.instructions }),
      problems: known.problems,
      ...(known.fetchedAt === undefined ? {} : { fetchedAt: known.fetchedAt }),
      get tools(): readonly Tool[] {
        tools ??= known.fetchedAt === undefined ? [] : readTools(entry);
        return tools;
      },
    };
  }

  function readTools(entry: Entry): readonly Tool[] {
    const sql = "SELECT definition, hash FROM tool WHERE server_key = ? AND config_hash = ? ORDER BY position";
    const read = store.all<{ definition: string; hash: string }>(sql, [entry.key, entry.configHash]);
    const definitions = read.map(({ definition, hash }) => ({ ...(JSON.parse(definition) as ToolDefinition), hash }));
    // another process may have written since the names were read: names and tools are of one reading
    entry.names = definitions.map(({ name }) => name);
    entry.callNames = assignCallNames(entry.names);
    return definitions.map((definition) => toTool(entry, definition));
  }

  function toTool(entry: Entry, definition: ToolDefinition & { hash: string }): Tool {
    const callName = entry.callNames?.get(definition.name) as string;
    return { ...definition, server: entry.key, address: `${entry.key}.${definition.name}`, callName };
  }

  function readTool(key: string, name: string): Tool | undefined {
    const entry = entries.get(key);
    if (entry === undefined) return undefined;
    const known = entry.read?.get(name);
    if (known !== undefined) return known;
    const sql = "SELECT definition, hash FROM tool WHERE server_key = ? AND config_hash = ? AND name = ?";
    const row = store.get<{ definition: string; hash: string }>(sql, [key, entry.configHash, name]);
    // the names may have been read before another process wrote
    if (row === undefined || !callNamesOf(entry).has(name)) return undefined;
    const tool = toTool(entry, { ...(JSON.parse(row.definition) as ToolDefinition), hash: row.hash });
    entry.read = (entry.read ?? new Map<string, Tool>()).set(name, tool);
    return tool;
  }

  /** The names of all tools at once: the index of the table has them, no definition is touched. */
  function readNames(): void {
    const missing = new Map<string, string[]>();
    for (const entry of entries.values())
      if (entry.names === undefined) missing.set(toRowKey(entry.key, entry.configHash), []);
    if (missing.size === 0) return;
    const sql = "SELECT server_key, config_hash, name FROM tool";
    for (const row of store.all<{ server_key: string; config_hash: string; name: string }>(sql)) {
      missing.get(toRowKey(row.server_key, row.config_hash))?.push(row.name);
    }
    for (const entry of entries.values()) entry.names ??= missing.get(toRowKey(entry.key, entry.configHash)) ?? [];
  }

  function callNamesOf(entry: Entry): ReadonlyMap<string, string> {
    readNames();
    return (entry.callNames ??= assignCallNames(entry.names ?? []));
  }

  function server(keyOrIdentifier: string): CatalogueServer | undefined {
    return (entries.get(keyOrIdentifier) ?? entries.get(byIdentifier.get(keyOrIdentifier) ?? ""))?.server;
  }

  function update(key: string, listing: ServerListing): { changed: boolean } {
    const entry = entries.get(key);
    if (entry === undefined) return { changed: false };
    const { definitions, problems } = toAccepted(listing);
    const fetchedAt = Date.now();
    const changed = store.transaction(() => {
      const where = [key, entry.configHash];
      const sql = "SELECT name, hash FROM tool WHERE server_key = ? AND config_hash = ? ORDER BY position";
      const known = store.all<{ name: string; hash: string }>(sql, where);
      const same =
        known.length === definitions.length &&
        known.every(({ name, hash }, index) => name === definitions[index]?.name && hash === definitions[index].hash);
      if (!same) {
        store.run("DELETE FROM tool WHERE server_key = ? AND config_hash = ?", where);
        for (const [position, { hash, ...definition }] of definitions.entries()) {
          const insert =
            "INSERT INTO tool (server_key, config_hash, position, name, definition, hash) VALUES (?, ?, ?, ?, ?, ?)";
          store.run(insert, [...where, position, definition.name, JSON.stringify(definition), hash]);
        }
      }
      const replace =
        "INSERT OR REPLACE INTO server (key, config_hash, instructions, problems, protocol, fetched_at) VALUES (?, ?, ?, ?, ?, ?)";
      store.run(replace, [
        ...where,
        listing.instructions ?? null,
        JSON.stringify(problems),
        listing.protocol ?? null,
        fetchedAt,
      ]);
      forgetOldConfigs(key, entry.configHash, fetchedAt - limits.definitionsKeptMs);
      return !same;
    });
    const { instructions, problems: knownProblems, fetchedAt: knownFetchedAt } = entry.server;
    const differs =
      changed ||
      knownFetchedAt === undefined ||
      instructions !== listing.instructions ||
      JSON.stringify(knownProblems) !== JSON.stringify(problems);
    // the store may have been equal because another process wrote it: what this one has in memory decides as well
    const held = entry.names;
    const namesDiffer =
      held !== undefined &&
      (held.length !== definitions.length ||
        new Set([...held, ...definitions.map(({ name }) => name)]).size !== held.length);
    delete entry.callNames;
    entry.names = definitions.map(({ name }) => name);
    entry.server = toServer(entry, { instructions: listing.instructions, problems, fetchedAt });
    servers = undefined;
    addresses = undefined;
    if (!differs && !namesDiffer) return { changed: false };
    version += 1;
    return { changed: true };
  }

  function forgetOldConfigs(key: string, configHash: string, before: number): void {
    const sql = "SELECT config_hash FROM server WHERE key = ? AND config_hash <> ? AND fetched_at < ?";
    for (const { config_hash: old } of store.all<{ config_hash: string }>(sql, [key, configHash, before])) {
      store.run("DELETE FROM tool WHERE server_key = ? AND config_hash = ?", [key, old]);
      store.run("DELETE FROM server WHERE key = ? AND config_hash = ?", [key, old]);
    }
  }

  return {
    get version(): number {
      return version;
    },
    servers: () => (servers ??= [...entries.values()].map((entry) => entry.server)),
    server,
    tool: readTool,
    toolCount: (key) => {
      readNames();
      return entries.get(key)?.names?.length ?? 0;
    },
    definitionHashes() {
      // joined there: a row costs more than a hash
      const sql =
        "SELECT server_key, config_hash, group_concat(hash) AS hashes FROM " +
        "(SELECT server_key, config_hash, hash FROM tool ORDER BY server_key, config_hash, position) " +
        "GROUP BY server_key, config_hash";
      const known = new Map<string, string>();
      for (const row of store.all<{ server_key: string; config_hash: string; hashes: string }>(sql))
        known.set(toRowKey(row.server_key, row.config_hash), row.hashes);
      return [...entries.values()].map(({ key, configHash }) => ({
        server: key,
        hashes: known.get(toRowKey(key, configHash)) ?? "",
      }));
    },
    update,
    resolve: (name) => {
      addresses ??= createAddressBook(
        [...entries.values()].map((entry) => ({
          key: entry.key,
          identifier: entry.server.identifier,
          callNames: () => callNamesOf(entry),
        })),
      );
      const found = addresses.resolve(name);
      if (found.kind !== "found") return found;
      const tool = entries.get(found.server)?.server.tools.find((candidate) => candidate.name === found.tool);
      return tool === undefined ? { kind: "not-found", nearest: [] } : { kind: "found", tool };
    },
  };
}

/** The definitions that a program can use: named, once each, and meant for a model rather than for an app's own page. */
function toAccepted(listing: ServerListing): {
  definitions: (ToolDefinition & { hash: string })[];
  problems: readonly string[];
} {
  const problems = [...listing.problems];
  const definitions = new Map<string, ToolDefinition & { hash: string }>();
  for (const tool of listing.tools) {
    if (isForAppsOnly(tool)) continue;
    if (tool.name === "" || /[\0\p{Surrogate}]/u.test(tool.name)) {
      problems.push(`Left out the tool ${JSON.stringify(tool.name)}: its name is empty or not valid text`);
    } else if (definitions.has(tool.name)) {
      problems.push(`Left out the second tool named ${JSON.stringify(tool.name)}: the first one is used`);
    } else {
      const hash = createHash("sha256")
        .update(toCanonicalJson(tool as unknown as Json))
        .digest("hex");
      definitions.set(tool.name, { ...tool, hash });
    }
  }
  return { definitions: [...definitions.values()], problems };
}

function isForAppsOnly(tool: ToolDefinition): boolean {
  const ui = tool._meta?.["ui"];
  const visibility = isJsonObject(ui) ? ui["visibility"] : undefined;
  return Array.isArray(visibility) && visibility.length > 0 && !visibility.includes("model");
}

function toRowKey(key: string, configHash: string): string {
  return JSON.stringify([key, configHash]);
}

function parseStrings(text: string): string[] {
  const parsed = JSON.parse(text) as unknown;
  return Array.isArray(parsed) ? parsed.filter((item) => typeof item === "string") : [];
}
