// A server on the official library whose results are as large as one asks for.
import { fromJsonSchema, McpServer } from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";

const schema = fromJsonSchema({ type: "object" });
/** @param {number} bytes */
const toRows = (bytes) => {
  const row = { name: 'Ünï "quoted" \\ 😀', status: "shipped", note: "line\nline\u2028" };
  const count = Math.ceil(bytes / (JSON.stringify({ id: 1, ...row }).length + 6));
  return Array.from({ length: count }, (_, id) => ({ id, ...row }));
};

/** @type {Record<string, (args: any) => object>} */
const tools = {
  json: ({ bytes }) => ({ content: [{ type: "text", text: JSON.stringify(toRows(bytes)) }] }),
  pretty: ({ bytes }) => ({ content: [{ type: "text", text: JSON.stringify(toRows(bytes), null, 2) }] }),
  text: ({ bytes }) => ({ content: [{ type: "text", text: "é".repeat(bytes / 2) }] }),
  almost: ({ bytes }) => ({ content: [{ type: "text", text: `{${"x".repeat(bytes)}` }] }),
  half: ({ bytes }) => ({ content: [{ type: "text", text: `\ud800${"x".repeat(bytes)}` }] }),
  structured: ({ bytes }) => ({ content: [], structuredContent: { rows: toRows(bytes) } }),
  blocks: ({ bytes }) => ({
    content: [1, 2, 3].map((at) => ({ type: "text", text: JSON.stringify({ at, text: "x".repeat(bytes / 3) }) })),
  }),
  image: ({ bytes }) => ({
    content: [
      { type: "text", text: "a picture" },
      { type: "image", mimeType: "image/png", data: Buffer.alloc(bytes, 7).toString("base64") },
    ],
  }),
  failure: ({ bytes }) => ({ isError: true, content: [{ type: "text", text: `No: ${"x".repeat(bytes)}` }] }),
  length: ({ text }) => ({ content: [{ type: "text", text: String(text.length) }] }),
};

serveStdio(() => {
  const server = new McpServer({ name: "large", version: "1.0.0" });
  for (const [name, call] of Object.entries(tools))
    server.registerTool(name, { description: name, inputSchema: schema }, /** @type {any} */ (call));
  return server;
});
