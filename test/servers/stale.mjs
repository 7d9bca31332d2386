// A server of the revision 2026-07-28 that tells nobody when its tools change, only for how long a list is good:
// [path of a JSON file with its tools, ttlMs].
import { readFileSync } from "node:fs";
import { Server } from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";

const [, , path, ttlMs] = process.argv;

serveStdio(() => {
  const options = { capabilities: { tools: {} }, cacheHints: { "tools/list": { ttlMs: Number(ttlMs) } } };
  const server = new Server({ name: "stale", version: "1" }, options);
  const inputSchema = { type: "object" };
  server.setRequestHandler("tools/list", () => ({
    tools: JSON.parse(readFileSync(path, "utf8")).tools.map((tool) => ({ inputSchema, ...tool })),
  }));
  server.setRequestHandler("tools/call", ({ params }) => ({ content: [{ type: "text", text: params.name }] }));
  return server;
});
