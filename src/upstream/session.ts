import type { Client, Transport } from "@modelcontextprotocol/client";
import { SluiceError, toMessage } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { ToolDefinition } from "../base/tool-definition.ts";
import { readVersion } from "../base/version.ts";
import type { HttpConfig, ServerConfig, StdioConfig } from "../config/config.ts";
import { boundedFetch } from "./bounded-fetch.ts";
import { StdioTransport, tooLargeMark } from "./stdio-transport.ts";

/** The MCP client library, loaded with the first connection: it costs a start 100 ms. */
export type Library = typeof import("@modelcontextprotocol/client");

/** One established connection: from an answered handshake until it is closed, by whichever side. */
export interface Session {
  readonly client: Client;
  readonly library: Library;
  /** Whether the server speaks a revision before 2026-07-28; remembered, so that the next start asks only once. */
  readonly isLegacy: boolean;
  /** Whether requests can still be sent. */
  isOpen(): boolean;
  /** Tools of which some arguments travel in HTTP headers too (`x-mcp-header` in their schema), as this session listed them. */
  readonly mirrored: Map<string, ToolDefinition>;
  /** Whether a server that has forgotten this session would say so (HTTP). */
  hasSessionId(): boolean;
  /** How it ended (`exited with code 1`), and what it said last, to end a message with. */
  describeEnd(): SessionEnd;
  close(): Promise<void>;
}

export interface SessionEnd {
  how: string;
  lastWords: string;
}

export interface SessionOptions {
  server: ServerConfig;
  /** Skip the question for the newest protocol. */
  isLegacy: boolean;
  log: (line: string) => void;
  onToolsChanged: () => void;
  /** The connection ended; called once, also after `close()`. */
  onClosed: () => void;
  /** Gives up the start. */
  signal: AbortSignal;
}

/** Data of the error that stands for an answer whose stream broke off. */
export const streamEndedMark = "sluice/stream-ended";

/** A way to reach the server, tried once. */
interface Attempt {
  transport: Transport;
  isLegacy: boolean;
  describeEnd(): SessionEnd;
  end(): Promise<void>;
}

/** Starts or reaches the server and shakes hands, in the newest revision that both speak; rejects with what the client or the transport threw. */
export async function openSession(options: SessionOptions): Promise<Session> {
  const library = await import("@modelcontextprotocol/client");
  const { transport } = options.server;
  return transport.kind === "stdio" ? openStdio(library, transport, options) : openHttp(library, transport, options);
}

async function openStdio(library: Library, config: StdioConfig, options: SessionOptions): Promise<Session> {
  const attempt = async (isLegacy: boolean): Promise<Session> => {
    const transport = new StdioTransport(options.server.key, config, options.log);
    const cannot = `Cannot start server "${options.server.key}": `;
    const describeEnd = (): SessionEnd => ({ how: transport.ending ?? "was closed", lastWords: transport.lastWords });
    try {
      return await shakeHands(library, { transport, isLegacy, describeEnd, end: () => transport.close() }, options);
    } catch (error) {
      if (error instanceof SluiceError && transport.pid === undefined) throw error;
      if (options.signal.aborted)
        throw new SluiceError(
          "upstream_unavailable",
          `${cannot}${toMessage(options.signal.reason)}${transport.lastWords}`,
          { cause: error, transient: { mayHaveRun: false } },
        );
      if (transport.ending === undefined) throw error;
      // Some servers end when the first request is not the one they know: ask again, the old way.
      if (!isLegacy) return attempt(true);
      const how = `${cannot}it ${transport.ending} before it had answered the handshake${transport.lastWords}`;
      throw new SluiceError("upstream_unavailable", how, { cause: error, transient: { mayHaveRun: false } });
    }
  };
  return attempt(options.isLegacy);
}

async function openHttp(library: Library, config: HttpConfig, options: SessionOptions): Promise<Session> {
  const url = new URL(config.url);
  const streamable = (isLegacy: boolean): Promise<Session> => {
    let wasTooLarge = false;
    const transport = new library.StreamableHTTPClientTransport(url, {
      requestInit: { headers: { ...config.headers } },
      fetch: boundedFetch(limits.upstreamMessageBytesMax, () => {
        wasTooLarge = true;
      }),
    });
    answerBrokenStreams(transport, () => {
      const mark = wasTooLarge ? tooLargeMark : streamEndedMark;
      wasTooLarge = false;
      return mark;
    });
    const end = async (): Promise<void> => {
      // The server may drop what it keeps for the session; nobody waits long for that.
      const courtesy = transport.sessionId === undefined ? undefined : transport.terminateSession().catch(() => {});
      await Promise.race([courtesy, pause(limits.disconnectMs)]);
      await transport.close();
    };
    return shakeHands(
      library,
      { transport, isLegacy, describeEnd: () => ({ how: "closed the connection", lastWords: "" }), end },
      options,
    );
  };
  const sse = (): Promise<Session> => {
    const transport = new library.SSEClientTransport(url, {
      requestInit: { headers: { ...config.headers } },
      fetch: boundedFetch(limits.upstreamMessageBytesMax, () => {}),
    });
    return shakeHands(
      library,
      {
        transport,
        isLegacy: true,
        describeEnd: () => ({ how: "closed the event stream", lastWords: "" }),
        end: () => transport.close(),
      },
      options,
    );
  };
  if (config.kind === "sse") return sse();
  try {
    return await streamable(options.isLegacy).catch((error: unknown) => {
      if (options.isLegacy || options.signal.aborted || !isTroubledByProbe(library, error)) throw error;
      return streamable(true);
    });
  } catch (error) {
    if (options.signal.aborted || !(error instanceof library.SdkHttpError) || ![400, 404, 405].includes(error.status))
      throw error;
    // What the specification prescribes for servers older than Streamable HTTP.
    return sse().catch(() => {
      throw error;
    });
  }
}

/** A server that fails on a request it does not know may still know the older handshake. */
function isTroubledByProbe(library: Library, error: unknown): boolean {
  if (!(error instanceof library.SdkError)) return false;
  if (error.code === library.SdkErrorCode.RequestTimeout) return true;
  return error.code === library.SdkErrorCode.EraNegotiationFailed && !(error.cause instanceof TypeError);
}

async function shakeHands(library: Library, attempt: Attempt, options: SessionOptions): Promise<Session> {
  const { server, signal } = options;
  const client = new library.Client(
    { name: "sluice", version: readVersion() },
    {
      // None: a server must not ask the model, the user or the file system through this connection.
      capabilities: {},
      versionNegotiation: { mode: "auto", probe: { timeoutMs: Math.min(limits.probeMs, server.connectMs / 2) } },
      inputRequired: { autoFulfill: false },
    },
  );
  client.setNotificationHandler("notifications/tools/list_changed", () => options.onToolsChanged());
  const { transport } = attempt;
  const aborted = new Promise<never>((_, reject) => {
    const giveUp = (): void => reject(signal.reason);
    if (signal.aborted) giveUp();
    signal.addEventListener("abort", giveUp, { once: true });
  });
  aborted.catch(() => {});
  try {
    const connected = client.connect(transport, {
      timeout: server.connectMs,
      signal,
      ...(attempt.isLegacy ? { prior: { kind: "legacy" } as const } : {}),
    });
    connected.catch(() => {});
    await Promise.race([connected, aborted]);
  } catch (error) {
    await attempt.end().catch(() => {});
    throw error;
  }
  let isOpen = true;
  const noteClosed = (): void => {
    if (!isOpen) return;
    isOpen = false;
    options.onClosed();
  };
  client.onclose = noteClosed;
  client.onerror = (error) => {
    // The event stream is the session: one that is opened anew belongs to another.
    if (error instanceof library.SseError) void client.close();
  };
  const isLegacy = client.getProtocolEra() !== "modern";
  if (!isLegacy && client.getServerCapabilities()?.tools?.listChanged === true) {
    // Since 2026-07-28 a server only tells those who ask; of one that refuses, the list is asked for again when its ttlMs is over.
    client
      .listen({ toolsListChanged: true })
      .catch((error: unknown) => options.log(`cannot subscribe to changes of its tools: ${toMessage(error)}`));
  }
  return {
    client,
    library,
    isLegacy,
    isOpen: () => client.transport !== undefined,
    mirrored: new Map(),
    hasSessionId: () => transport.sessionId !== undefined,
    describeEnd: () => attempt.describeEnd(),
    close: async () => {
      await attempt.end().catch(() => {});
      noteClosed();
    },
  };
}

/** Without this a call whose answer stream breaks off would wait for its time-out. */
function answerBrokenStreams(transport: Transport, takeMark: () => string): void {
  const send = transport.send.bind(transport);
  transport.send = (message, options) => {
    if (
      !("id" in message) ||
      !("method" in message) ||
      typeof message.id !== "number" ||
      options?.onRequestStreamEnd !== undefined
    )
      return send(message, options);
    const { id } = message;
    return send(message, {
      ...options,
      onRequestStreamEnd: () =>
        transport.onmessage?.({
          jsonrpc: "2.0",
          id,
          error: { code: -32000, message: "The stream of the answer ended before the answer", data: takeMark() },
        }),
    });
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
