import type { ToolDefinition } from "../base/tool-definition.ts";

export type { ToolDefinition };

/** A definition in its place in the catalogue. */
export interface Tool extends ToolDefinition {
  /** The server's key in the config, verbatim. */
  server: string;
  /** `server.originalToolName`: the canonical name everywhere (config, policy, audit, search). */
  address: string;
  /** The function's name in programs: camelCase, unique within its server (DESIGN 2.3, Names). */
  callName: string;
  /** sha256 over the canonical JSON of the definition, hex. */
  hash: string;
  /** What its server says now is not what was pinned, and is not shown: this is what was, as far as it is known. */
  isWithheld?: true;
}

/** One server of the catalogue: what is known of it without being connected. */
export interface CatalogueServer {
  /** The server's key in the config, verbatim. */
  key: string;
  /** The key in camelCase: the name of its global and of `servers.<identifier>`. Unique among servers. */
  identifier: string;
  /** The server's `instructions`, if it sent any. */
  instructions?: string;
  /** Its tools in the order the server listed them. */
  tools: readonly Tool[];
  /** What was wrong with its definitions, one sentence each (a tool left out, a schema that cannot be read). */
  problems: readonly string[];
  /** Milliseconds since the epoch when the list was fetched; `undefined` when it never was. */
  fetchedAt?: number;
}
