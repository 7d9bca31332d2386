import type { Tool } from "@modelcontextprotocol/client";
import { SluiceError } from "../base/errors.ts";
import { isJsonObject, type JsonObject } from "../base/json.ts";
import { limits } from "../base/limits.ts";
import type { ToolDefinition } from "../base/tool-definition.ts";
import { createTurns } from "../base/turns.ts";
import type { ServerConfig } from "../config/config.ts";
import { type Connection, createConnection, type UpstreamState } from "./connection.ts";
import { fromPlaceholder } from "./large-result.ts";
import type { Session } from "./session.ts";
import { createToolList } from "./tool-list.ts";
import { toUpstreamError } from "./upstream-error.ts";

export type { UpstreamState } from "./connection.ts";

/** Connections to all configured servers; nothing is started before it is used. Dispose it to end every server. */
export interface Upstreams extends AsyncDisposable {
  /** Asks the server for all its tools; rejects with `upstream_*` or `cancelled`. */
  listTools(key: string, options?: { signal?: AbortSignal }): Promise<ToolListing>;
  /** One `tools/call`; answers the server's `CallToolResult` as it came, unchecked (its `isError` too). Rejects with `upstream_*`, `result_too_large` or `cancelled`. */
  callTool(key: string, toolName: string, args: JsonObject, options: CallOptions): Promise<unknown>;
  /** Those of these that wait to be started come next: somebody waits for them. */
  hurry(keys: readonly string[]): void;
  state(key: string): UpstreamState;
  /** Why the server failed or is disabled. */
  reason(key: string): string | undefined;
}

export interface ToolListing {
  /** In the order listed. */
  tools: ToolDefinition[];
  /** What was wrong with the list, one sentence each. */
  problems: string[];
  instructions?: string;
  /** The protocol revision that both speak: `2025-11-25`. */
  protocol: string;
  /** For how long the server says that the list is good, in milliseconds (since 2026-07-28); 0: it says nothing of use. */
  ttlMs: number;
}

export interface CallOptions {
  signal?: AbortSignal;
  /** Default: the server's `callMs`. */
  timeoutMs?: number;
  /** Called once, before the request is written: there is a connection. What it throws, the call ends with. */
  onLeave?: () => void;
  onProgress?: (progress: CallProgress) => void;
}

/** What a server tells while a call runs. */
export interface CallProgress {
  progress: number;
  total?: number;
  message?: string;
}

export interface UpstreamsOptions {
  servers: readonly ServerConfig[];
  /** One line of a server's stderr, or a note about it. */
  log: (server: string, line: string) => void;
  /** The server said that its tools are others now (at most once per `toolsChangedMs`). */
  onToolsChanged: (server: string) => void;
  onState?: (server: string, state: UpstreamState, reason: string | undefined) => void;
}

/** The servers of a configuration, ready to be used. */
export function createUpstreams(options: UpstreamsOptions): Upstreams {
  const servers = new Map<string, { config: ServerConfig; connection: Connection }>();
  const turns = createTurns();
  for (const config of options.servers) {
    let timer: NodeJS.Timeout | undefined;
    const onToolsChanged = (): void => {
      timer ??= setTimeout(() => {
        timer = undefined;
        options.onToolsChanged(config.key);
      }, limits.toolsChangedMs).unref();
    };
    const connection = createConnection({
      server: config,
      turns,
      log: (line) => options.log(config.key, line),
      onToolsChanged,
      onState: (state, reason) => options.onState?.(config.key, state, reason),
    });
    servers.set(config.key, { config, connection });
  }
  const find = (key: string): { config: ServerConfig; connection: Connection } => {
    const server = servers.get(key);
    if (server === undefined) throw new SluiceError("upstream_unavailable", `No server "${key}" is configured`);
    return server;
  };
  return {
    listTools: async (key, { signal } = {}) => {
      const { config, connection } = find(key);
      const timeoutMs = config.callMs;
      return withSession(connection, signal, async (session) => {
        try {
          return await listTools(
            session,
            AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(signal === undefined ? [] : [signal])]),
            timeoutMs,
          );
        } catch (error) {
          throw toUpstreamError(error, { server: key, what: "its list of tools", timeoutMs, signal, session });
        }
      });
    },
    callTool: async (key, toolName, args, { signal, timeoutMs: given, onLeave, onProgress }) => {
      const { config, connection } = find(key);
      const timeoutMs = given ?? config.callMs;
      const request = async (session: Session): Promise<unknown> => {
        try {
          return fromPlaceholder(
            await callTool(session, toolName, args, {
              timeout: timeoutMs,
              ...(signal === undefined ? {} : { signal }),
              ...(onProgress === undefined ? {} : { onprogress: onProgress }),
            }),
          );
        } catch (error) {
          throw toUpstreamError(error, {
            server: key,
            what: `tool "${toolName}"`,
            timeoutMs,
            signal,
            session,
            isCall: true,
          });
        }
      };
      const called = withSession(connection, signal, request, onLeave);
      turns.hurry([key]);
      return called;
    },
    hurry: (keys) => turns.hurry(keys),
    state: (key) => find(key).connection.state,
    reason: (key) => find(key).connection.reason,
    [Symbol.asyncDispose]: async () => {
      await Promise.all([...servers.values()].map(({ connection }) => connection.close()));
    },
  };
}

/** Runs a request on the server's session; once more on a new one if the server has forgotten the first (then it did nothing). */
async function withSession<T>(
  connection: Connection,
  signal: AbortSignal | undefined,
  request: (session: Session) => Promise<T>,
  onLeave?: () => void,
): Promise<T> {
  for (let isRepeated = false; ; isRepeated = true) {
    const session = await connection.acquire(signal);
    if (!isRepeated) onLeave?.();
    try {
      const answer = await request(session);
      connection.noteAnswer();
      return answer;
    } catch (error) {
      if (!isForgotten(session, error)) {
        // An error is an answer too.
        if (error instanceof SluiceError && error.code === "upstream_error") connection.noteAnswer();
        throw error;
      }
      connection.drop(session);
      if (isRepeated) throw error;
    }
  }
}

/** HTTP 404 (some servers: 400) to a request with a session id: the server was restarted, or has given the session up. */
function isForgotten(session: Session, error: unknown): boolean {
  if (!(error instanceof SluiceError) || !session.hasSessionId()) return false;
  const { cause } = error;
  if (!(cause instanceof session.library.SdkHttpError)) return false;
  return cause.status === 404 || (cause.status === 400 && /session/i.test(String(cause.data.text)));
}

/** Accepts any result: a wrong output schema, or a content type of tomorrow, must not lose what a tool has done. */
const anything = {
  "~standard": { version: 1, vendor: "sluice", validate: (value: unknown): { value: unknown } => ({ value }) },
} as const;

async function callTool(session: Session, name: string, args: JsonObject, options: RequestOptions): Promise<unknown> {
  const { client, library, mirrored } = session;
  const request = async (): Promise<unknown> => {
    const tool = mirrored.get(name);
    if (tool === undefined)
      return client.request({ method: "tools/call", params: { name, arguments: args } }, anything, options);
    // Only the client's own way sets those headers. Without the output schema it does not check the result.
    const { outputSchema: _, ...toolDefinition } = tool;
    return client.callTool({ name, arguments: args }, { ...options, toolDefinition: toolDefinition as Tool });
  };
  try {
    return await request();
  } catch (error) {
    const lacksHeader = error instanceof library.ProtocolError && error.code === headerMismatch && !mirrored.has(name);
    if (!lacksHeader) throw error;
    // This session has not seen the list: the catalogue had it from before.
    await listTools(session, options.signal ?? AbortSignal.timeout(options.timeout), options.timeout);
    return await request();
  }
}

interface RequestOptions {
  timeout: number;
  signal?: AbortSignal;
  onprogress?: (progress: CallProgress) => void;
}

/** JSON-RPC code of a server that misses in the HTTP headers what the arguments say. */
const headerMismatch = -32020;

async function listTools(session: Session, signal: AbortSignal, timeoutMs: number): Promise<ToolListing> {
  const listing = await readPages(session, signal, timeoutMs);
  for (const tool of session.isLegacy ? [] : listing.tools) {
    if (JSON.stringify(tool.inputSchema).includes('"x-mcp-header"')) session.mirrored.set(tool.name, tool);
  }
  return listing;
}

async function readPages({ client, isLegacy }: Session, signal: AbortSignal, timeoutMs: number): Promise<ToolListing> {
  const list = createToolList();
  const listing: ToolListing = {
    tools: list.tools,
    problems: list.problems,
    protocol: client.getNegotiatedProtocolVersion() ?? "unknown",
    ttlMs: 0,
  };
  const instructions = client.getInstructions();
  if (typeof instructions === "string" && instructions.trim() !== "") listing.instructions = instructions;
  if (client.getServerCapabilities()?.tools === undefined) return listing;
  const cursors = new Set<string>();
  let cursor: string | undefined;
  for (let page = 1; ; page++) {
    const answer = await client.request(
      { method: "tools/list", ...(cursor === undefined ? {} : { params: { cursor } }) },
      anything,
      { timeout: timeoutMs, signal },
    );
    if (!isJsonObject(answer) || !Array.isArray(answer["tools"]))
      throw new SluiceError("upstream_error", "The answer to tools/list has no list of tools");
    const { ttlMs } = answer;
    if (page === 1 && !isLegacy && typeof ttlMs === "number" && ttlMs > 0) listing.ttlMs = ttlMs;
    for (const entry of answer["tools"]) list.add(entry);
    const next = answer["nextCursor"];
    if (typeof next !== "string" || next === "") return listing;
    if (cursors.has(next)) {
      list.problems.push(
        `Its tool list comes back to a page already read (cursor ${JSON.stringify(next.slice(0, 60))}); what follows is left out`,
      );
      return listing;
    }
    if (page >= limits.toolListPagesMax) {
      list.problems.push(
        `Its tool list did not end after ${limits.toolListPagesMax} pages (toolListPagesMax); what follows is left out`,
      );
      return listing;
    }
    cursors.add(next);
    cursor = next;
  }
}
