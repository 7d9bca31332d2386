import { createHash } from "node:crypto";
import { isJsonObject, toCanonicalJson } from "../base/json.ts";
import type { Json } from "../base/json.ts";
import { limits } from "../base/limits.ts";
import { toEscape, unseen } from "../base/unseen.ts";
import type { Store } from "../store/store.ts";
import { createAddressBook } from "./address.ts";
import type { AddressBook, Resolution } from "./address.ts";
import type { ListedDefinition, ShownDefinition } from "./trust.ts";
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

/** Tools and servers by their names: the catalogue as it is, or as it was at one time. */
export interface CatalogueView {
  /** Every configured server in the config's order; the same array until `version` changes. Tools are parsed when read. */
  servers(): readonly CatalogueServer[];
  /** The server with this key or, if there is none, this identifier. */
  server(keyOrIdentifier: string): CatalogueServer | undefined;
  /** How many tools a server has, without parsing them; 0 for an unknown one. */
  toolCount(key: string): number;
  /** The tool that an address, a `server__tool` or a bare call name means; else what was perhaps meant. */
  resolve(name: string): Resolution;
}

/** Every tool of every configured server, known from the store without connecting to any of them. */
export interface Catalogue extends CatalogueView {
  /** Counts the updates that changed something, from 0: what was derived from an older version is stale. */
  readonly version: number;
  /** The catalogue as it is now, whatever changes later. */
  snapshot(): CatalogueView;
  /** One tool by its server's key and its own name; only its definition is read. */
  tool(key: string, name: string): Tool | undefined;
  /** The definition hashes of each server's tools, in their order and with commas between, as the store has them; none of a server that is not known here. */
  definitionHashes(): { server: string; hashes: string }[];
  /** Takes what a server said, into the store too; `changed` if it differs from what was known. */
  update(key: string, listing: ServerListing): { changed: boolean; definitions: readonly ListedDefinition[] };
  /** Reads the tools of a server once more: what is shown of them may be something else now. */
  reread(key: string): void;
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
  /** What it listed last. */
  now: Listed;
}

/** What a server listed at one time; what was read of it never changes. */
interface Listed {
  server: CatalogueServer;
  names?: readonly string[];
  callNames?: ReadonlyMap<string, string>;
  tools?: readonly Tool[];
  /** Those of its tools that were read one by one. */
  read?: Map<string, Tool>;
}

/** Loads the catalogue of the configured servers: what the store has under the same key and config hash. */
export function createCatalogue(options: {
  store: Store;
  servers: readonly { key: string; configHash: string }[];
  /** What is shown in the place of a definition; all as it was listed, if this is absent. */
  toShown?: ((server: string, definition: ListedDefinition) => ShownDefinition) | undefined;
}): Catalogue {
  const { store, toShown = (_, definition) => definition } = options;
  const identifiers = assignIdentifiers(options.servers.map(({ key }) => key));
  const rows = new Map<string, ServerRow>();
  for (const row of store.all<ServerRow>("SELECT key, config_hash, instructions, problems, fetched_at FROM server")) {
    rows.set(toRowKey(row.key, row.config_hash), row);
  }
  const entries = new Map<string, Entry>();
  for (const { key, configHash } of options.servers) {
    const row = rows.get(toRowKey(key, configHash));
    const now = toListed(key, configHash, {
      instructions: row?.instructions ?? undefined,
      problems: row === undefined ? [] : parseStrings(row.problems),
      fetchedAt: row?.fetched_at ?? undefined,
    });
    if (row === undefined) now.names = [];
    entries.set(key, { key, configHash, now });
  }
  const byIdentifier = new Map([...identifiers].map(([key, identifier]) => [identifier, key]));
  let version = 0;
  let view: CatalogueView | undefined;

  /** A server whose tools are read from the store and parsed when somebody asks for them. */
  function toListed(
    key: string,
    configHash: string,
    known: { instructions?: string | undefined; problems: readonly string[]; fetchedAt?: number | undefined },
  ): Listed {
    const listed: Listed = {
      server: {
        key,
        identifier: identifiers.get(key) as string,
        ...(known.instructions === undefined ? {} : { instructions: known.instructions }),
        problems: known.problems,
        ...(known.fetchedAt === undefined ? {} : { fetchedAt: known.fetchedAt }),
        get tools(): readonly Tool[] {
          return (listed.tools ??= known.fetchedAt === undefined ? [] : readTools(key, configHash, listed));
        },
      },
    };
    return listed;
  }

  function readTools(key: string, configHash: string, listed: Listed): readonly Tool[] {
    const sql = "SELECT definition, hash FROM tool WHERE server_key = ? AND config_hash = ? ORDER BY position";
    const read = store.all<{ definition: string; hash: string }>(sql, [key, configHash]);
    const definitions = read.map(({ definition, hash }) => ({ ...(JSON.parse(definition) as ToolDefinition), hash }));
    // another process may have written since the names were read: names and tools are of one reading
    listed.names = definitions.map(({ name }) => name);
    const callNames = (listed.callNames = assignCallNames(listed.names));
    return definitions.map((definition) => toTool(key, callNames, definition));
  }

  function toTool(
    key: string,
    callNames: ReadonlyMap<string, string>,
    definition: ToolDefinition & { hash: string },
  ): Tool {
    const callName = callNames.get(definition.name) as string;
    return { ...toShown(key, definition), server: key, address: `${key}.${definition.name}`, callName };
  }

  function readTool(key: string, name: string): Tool | undefined {
    const entry = entries.get(key);
    if (entry === undefined) return undefined;
    const { now, configHash } = entry;
    const known = now.tools?.find((tool) => tool.name === name) ?? now.read?.get(name);
    if (known !== undefined) return known;
    const sql = "SELECT definition, hash FROM tool WHERE server_key = ? AND config_hash = ? AND name = ?";
    const row = store.get<{ definition: string; hash: string }>(sql, [key, configHash, name]);
    // of this server alone: an answer of search names few of hundreds
    const names = "SELECT name FROM tool WHERE server_key = ? AND config_hash = ?";
    now.names ??= store.all<{ name: string }>(names, [key, configHash]).map((known) => known.name);
    // the names may have been read before another process wrote
    if (row === undefined || !callNamesOf(now).has(name)) return undefined;
    const definition = { ...(JSON.parse(row.definition) as ToolDefinition), hash: row.hash };
    const tool = toTool(key, callNamesOf(now), definition);
    now.read = (now.read ?? new Map<string, Tool>()).set(name, tool);
    return tool;
  }

  /** The names of all tools at once: the index of the table has them, no definition is touched. */
  function readNames(): void {
    const missing = new Map<string, string[]>();
    for (const { key, configHash, now } of entries.values())
      if (now.names === undefined) missing.set(toRowKey(key, configHash), []);
    if (missing.size === 0) return;
    const sql = "SELECT server_key, config_hash, name FROM tool";
    for (const row of store.all<{ server_key: string; config_hash: string; name: string }>(sql)) {
      missing.get(toRowKey(row.server_key, row.config_hash))?.push(row.name);
    }
    for (const { key, configHash, now } of entries.values()) now.names ??= missing.get(toRowKey(key, configHash)) ?? [];
  }

  function callNamesOf(listed: Listed): ReadonlyMap<string, string> {
    if (listed.names === undefined) readNames();
    return (listed.callNames ??= assignCallNames(listed.names ?? []));
  }

  /** The catalogue as it is now: it holds what each server listed last, and nothing of that changes. */
  function toView(): CatalogueView {
    const listed = new Map([...entries].map(([key, { now }]) => [key, now]));
    const servers = [...listed.values()].map((one) => one.server);
    let addresses: AddressBook | undefined;
    return {
      servers: () => servers,
      server: (name) => (listed.get(name) ?? listed.get(byIdentifier.get(name) ?? ""))?.server,
      toolCount: (key) => {
        const one = listed.get(key);
        return one === undefined ? 0 : callNamesOf(one).size;
      },
      resolve: (name) => {
        addresses ??= createAddressBook(
          [...listed.values()].map((one) => ({
            key: one.server.key,
            identifier: one.server.identifier,
            callNames: () => callNamesOf(one),
          })),
        );
        const found = addresses.resolve(name);
        if (found.kind !== "found") return found;
        const tool = listed.get(found.server)?.server.tools.find((candidate) => candidate.name === found.tool);
        return tool === undefined ? { kind: "not-found", nearest: [] } : { kind: "found", tool };
      },
    };
  }

  const current = (): CatalogueView => (view ??= toView());

  function update(key: string, listing: ServerListing): ReturnType<Catalogue["update"]> {
    const entry = entries.get(key);
    if (entry === undefined) return { changed: false, definitions: [] };
    const { definitions, problems } = toAccepted(listing);
    const before = entry.now;
    const fetchedAt = Date.now();
    const changed = store.transaction(() => {
      const where = [key, entry.configHash];
      const sql = "SELECT name, hash FROM tool WHERE server_key = ? AND config_hash = ? ORDER BY position";
      const known = store.all<{ name: string; hash: string }>(sql, where);
      const same =
        known.length === definitions.length &&
        known.every(({ name, hash }, index) => name === definitions[index]?.name && hash === definitions[index].hash);
      if (!same) {
        // A running program holds what was listed before: it is read while it is there.
        void before.server.tools;
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
    const { instructions, problems: knownProblems, fetchedAt: knownFetchedAt } = before.server;
    const differs =
      changed ||
      knownFetchedAt === undefined ||
      instructions !== listing.instructions ||
      JSON.stringify(knownProblems) !== JSON.stringify(problems) ||
      // the store may have been equal because another process wrote it: what this one has in memory decides as well
      isOther(before, definitions);
    if (!differs) return { changed: false, definitions };
    if (knownFetchedAt !== undefined) void before.server.tools;
    entry.now = toListed(key, entry.configHash, { instructions: listing.instructions, problems, fetchedAt });
    entry.now.names = definitions.map(({ name }) => name);
    view = undefined;
    version += 1;
    return { changed: true, definitions };
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
    servers: () => current().servers(),
    server: (name) => current().server(name),
    tool: readTool,
    toolCount: (key) => current().toolCount(key),
    resolve: (name) => current().resolve(name),
    snapshot: current,
    definitionHashes() {
      // joined there: a row costs more than a hash
      const sql =
        "SELECT server_key, config_hash, group_concat(hash) AS hashes FROM " +
        "(SELECT server_key, config_hash, hash FROM tool ORDER BY server_key, config_hash, position) " +
        "GROUP BY server_key, config_hash";
      const known = new Map<string, string>();
      for (const row of store.all<{ server_key: string; config_hash: string; hashes: string }>(sql))
        known.set(toRowKey(row.server_key, row.config_hash), row.hashes);
      return [...entries.values()].map(({ key, configHash, now }) => {
        if (options.toShown !== undefined) return { server: key, hashes: toHashes(now.server.tools) };
        const hashes = now.server.fetchedAt === undefined ? undefined : known.get(toRowKey(key, configHash));
        return { server: key, hashes: hashes ?? "" };
      });
    },
    update,
    reread(key) {
      const entry = entries.get(key);
      if (entry === undefined) return;
      const { instructions, problems, fetchedAt, tools } = entry.now.server;
      // A running program holds what was shown before: it was read now.
      void tools;
      entry.now = toListed(key, entry.configHash, { instructions, problems, fetchedAt });
      view = undefined;
      version += 1;
    },
  };
}

/** What is shown of tools: a text that is another when something else is. */
export function toHashes(tools: readonly Tool[]): string {
  return tools.map(({ hash, isWithheld }) => (isWithheld === true ? `${hash}!` : hash)).join(",");
}

/** Whether what this process has read is not what was listed now. */
function isOther({ tools, names }: Listed, definitions: readonly ListedDefinition[]): boolean {
  if (tools !== undefined) {
    return (
      tools.length !== definitions.length ||
      tools.some(({ name, hash }, at) => name !== definitions[at]?.name || hash !== definitions[at].hash)
    );
  }
  if (names === undefined) return false;
  return (
    names.length !== definitions.length ||
    new Set([...names, ...definitions.map(({ name }) => name)]).size !== names.length
  );
}

/** The definitions that a program can use: named, once each, and meant for a model rather than for an app's own page. */
function toAccepted(listing: ServerListing): {
  definitions: ListedDefinition[];
  problems: readonly string[];
} {
  const problems = [...listing.problems];
  const definitions = new Map<string, ListedDefinition>();
  for (const tool of listing.tools) {
    if (isForAppsOnly(tool)) continue;
    if (tool.name === "" || tool.name.search(unseen) !== -1) {
      // a name is shown as it is, and two that look the same must be the same
      const shown = JSON.stringify(tool.name).replace(unseen, toEscape);
      problems.push(`Left out the tool ${shown}: its name is empty, not valid text or has characters that nobody sees`);
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
