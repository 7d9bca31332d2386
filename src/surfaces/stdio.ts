import { PassThrough } from "node:stream";
import type { JSONRPCMessage, RequestId, Server, Transport } from "@modelcontextprotocol/server";
import { serveStdio, StdioServerTransport } from "@modelcontextprotocol/server/stdio";
import { limits } from "../base/limits.ts";

/** One connection over this process' stdin and stdout. */
export interface StdioConnection {
  /** Settles when the client has closed its end or `close` has run. */
  closed: Promise<void>;
  close(): Promise<void>;
}

/** Serves MCP, in every revision, on stdin and stdout until the client closes its end. The factory may be called twice. */
export function openStdio(factory: () => Server, onError: (error: Error) => void): StdioConnection {
  const { transport, closed } = createDrainingTransport();
  const handle = serveStdio(factory, { transport, onerror: onError });
  return { closed, close: () => handle.close() };
}

/**
 * The protocol library drops every answer that is not out when stdin ends. `echo … | sluice serve` would print nothing,
 * so the end of stdin is held back until what was asked is answered, `limits.drainMs` at most.
 */
function createDrainingTransport(): { transport: Transport; closed: Promise<void> } {
  const input = new PassThrough();
  const inner = new StdioServerTransport(input, process.stdout, { maxBufferSize: limits.clientMessageBytesMax });
  const unanswered = new Set<RequestId>();
  let ended = false;
  const endIfDrained = (): void => {
    if (ended && unanswered.size === 0) input.end();
  };
  const onEnd = (): void => {
    if (ended) return;
    ended = true;
    // The last chunk has to pass through before what it asks is known.
    setImmediate(endIfDrained);
    setTimeout(() => input.end(), limits.drainMs).unref();
  };
  process.stdin.on("data", (chunk: Buffer) => input.write(chunk));
  process.stdin.on("end", onEnd);
  process.stdin.on("close", onEnd);
  process.stdin.on("error", onEnd);

  let settle: () => void;
  const closed = new Promise<void>((resolve) => (settle = resolve));
  const transport: Transport = {
    start: () => inner.start(),
    close: () => inner.close(),
    async send(message) {
      await inner.send(message);
      if (!("method" in message) && message.id !== undefined) unanswered.delete(message.id);
      endIfDrained();
    },
  };
  inner.onmessage = (message: JSONRPCMessage) => {
    if ("method" in message && "id" in message) unanswered.add(message.id);
    else if ("method" in message && message.method === "notifications/cancelled") {
      unanswered.delete(message.params?.requestId as RequestId);
    }
    transport.onmessage?.(message);
  };
  inner.onerror = (error) => transport.onerror?.(error);
  inner.onclose = () => {
    transport.onclose?.();
    process.stdin.pause();
    settle();
  };
  return { transport, closed };
}
