import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import {
  createMcpHandler,
  fromJsonSchema,
  McpServer,
  WebStandardStreamableHTTPServerTransport,
} from "@modelcontextprotocol/server";

/** A server on loopback, and what reached it. */
export interface HttpServer extends AsyncDisposable {
  url: string;
  requests: { method: string; headers: IncomingMessage["headers"]; body: string }[];
}

type Answer = (request: Request, response: ServerResponse) => Promise<Response | undefined>;

/** Serves on a free port of loopback; an `answer` of `undefined` has written the response itself. */
export async function serveHttp(answer: Answer, port = 0): Promise<HttpServer> {
  const requests: HttpServer["requests"] = [];
  const server: Server = createServer((incoming, outgoing) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of incoming) chunks.push(chunk as Buffer);
      const body = Buffer.concat(chunks);
      requests.push({ method: incoming.method ?? "", headers: incoming.headers, body: body.toString() });
      const aborted = new AbortController();
      outgoing.on("close", () => aborted.abort());
      const request = new Request(`http://127.0.0.1${incoming.url}`, {
        method: incoming.method ?? "GET",
        headers: incoming.headers as Record<string, string>,
        signal: aborted.signal,
        ...(body.length > 0 && { body }),
      });
      const response = await answer(request, outgoing);
      if (response === undefined) return;
      outgoing.writeHead(response.status, Object.fromEntries(response.headers));
      outgoing.flushHeaders();
      if (response.body !== null) for await (const chunk of response.body) outgoing.write(chunk);
      outgoing.end();
    })().catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    requests,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const object = (properties: Record<string, object>) =>
  fromJsonSchema<Record<string, string>>({ type: "object", properties });

/** A server with tools that echo, fail, hang and hold a header. */
export function createExample(): McpServer {
  const server = new McpServer({ name: "example", version: "1" }, { capabilities: { tools: { listChanged: true } } });
  const text = (value: string) => ({ content: [{ type: "text" as const, text: value }] });
  server.registerTool("echo", { inputSchema: object({ message: { type: "string" } }) }, ({ message }) =>
    text(`Echo: ${message}`),
  );
  server.registerTool("hang", { inputSchema: object({}) }, () => new Promise(() => {}));
  server.registerTool(
    "region",
    { inputSchema: object({ region: { type: "string", "x-mcp-header": "Region" } }) },
    ({ region }) => text(`in ${region}`),
  );
  return server;
}

/** Serves the current revision and, statelessly, the older ones; with what tells subscribers that tools changed. */
export async function serveModern(
  options: { port?: number; isRejectingLegacy?: boolean } = {},
): Promise<HttpServer & { toolsChanged(): void }> {
  const handler = createMcpHandler(createExample, options.isRejectingLegacy ? { legacy: "reject" } : {});
  const server = await serveHttp((request) => handler.fetch(request), options.port);
  return Object.assign(server, { toolsChanged: () => handler.notify.toolsChanged() });
}

/** Serves the revisions up to 2025-11-25 with sessions; `forget` loses them all, as a restart does. */
export async function serveSessions(): Promise<HttpServer & { forget(): void }> {
  const sessions = new Map<string, WebStandardStreamableHTTPServerTransport>();
  const server = await serveHttp(async (request) => {
    const id = request.headers.get("mcp-session-id");
    if (id !== null)
      return (
        sessions.get(id)?.handleRequest(request) ??
        Response.json(
          { jsonrpc: "2.0", id: null, error: { code: -32001, message: "Session not found" } },
          { status: 404 },
        )
      );
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: () => crypto.randomUUID(),
      onsessioninitialized: (session) => void sessions.set(session, transport),
    });
    await createExample().connect(transport);
    return transport.handleRequest(request);
  });
  return Object.assign(server, { forget: () => sessions.clear() });
}

/** Serves the transport of 2024-11-05 alone: an event stream by GET, messages by POST elsewhere. `drop` breaks the streams. */
export async function serveSse(): Promise<HttpServer & { drop(): void }> {
  const streams: ServerResponse[] = [];
  const server = await serveHttp(async (request, response) => {
    if (request.method === "GET") {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write("event: endpoint\ndata: /messages\n\n");
      streams.push(response);
      return undefined;
    }
    if (!request.url.endsWith("/messages")) return new Response("Cannot POST", { status: 404 });
    const message = (await request.json()) as { id?: number; method: string; params?: { name: string } };
    const result = {
      initialize: {
        protocolVersion: "2024-11-05",
        capabilities: { tools: {} },
        serverInfo: { name: "sse", version: "1" },
      },
      "tools/list": { tools: [{ name: "echo", inputSchema: { type: "object" } }] },
      "tools/call": { content: [{ type: "text", text: "by SSE" }] },
    }[message.method];
    if (result !== undefined && message.params?.name !== "hang") {
      streams.at(-1)?.write(`data: ${JSON.stringify({ jsonrpc: "2.0", id: message.id, result })}\n\n`);
    }
    return new Response(null, { status: 202 });
  });
  return Object.assign(server, {
    drop: () => {
      for (const stream of streams.splice(0)) stream.destroy();
    },
  });
}
