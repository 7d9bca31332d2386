// A server of the current revision over stdio. Calling `grow` gives it another tool.
import { fromJsonSchema, McpServer } from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";

const object = (properties) => fromJsonSchema({ type: "object", properties, required: Object.keys(properties) });

serveStdio(() => {
  const server = new McpServer({ name: "modern", version: "1" }, { capabilities: { tools: { listChanged: true } } });
  const number = { type: "number" };
  server.registerTool(
    "add",
    { inputSchema: object({ a: number, b: number }), outputSchema: object({ sum: number }) },
    ({ a, b }) => ({
      content: [],
      structuredContent: { sum: a + b },
    }),
  );
  server.registerTool("grow", { inputSchema: object({}) }, () => {
    server.registerTool("grown", { inputSchema: object({}) }, () => ({ content: [] }));
    return { content: [{ type: "text", text: "grown" }] };
  });
  return server;
});
