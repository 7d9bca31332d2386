// A server whose tools are those of a file, read again for every list: [path of the JSON file, "silent" or "slow"?]. When the
// file changes it sends list_changed, unless it is silent; when slow, a list takes half a second to arrive. A tool named `hold` answers when the file `<path>.go` is there; all
// others answer their name and arguments.
import { existsSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";

const [, , path, mode] = process.argv;
const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
const read = () => readFileSync(path, "utf8");
const answer = (id, value) => send({ id, result: { content: [{ type: "text", text: JSON.stringify(value) }] } });

let known = read();
setInterval(() => {
  const now = read();
  if (now === known) return;
  known = now;
  if (mode !== "silent") send({ method: "notifications/tools/list_changed" });
}, 10);

createInterface({ input: process.stdin })
  .on("line", (line) => {
    const { id, method, params } = JSON.parse(line);
    if (method === "initialize") {
      const { instructions } = JSON.parse(known);
      const serverInfo = { name: "changing", version: "1" };
      const capabilities = { tools: { listChanged: true } };
      send({ id, result: { protocolVersion: "2025-06-18", capabilities, serverInfo, instructions } });
    } else if (method === "tools/list") {
      const inputSchema = { type: "object" };
      const result = { tools: JSON.parse(read()).tools.map((tool) => ({ inputSchema, ...tool })) };
      setTimeout(() => send({ id, result }), mode === "slow" ? 500 : 0);
    } else if (method === "tools/call" && params.name === "hold") {
      const timer = setInterval(() => {
        if (!existsSync(`${path}.go`)) return;
        clearInterval(timer);
        answer(id, "released");
      }, 5);
    } else if (method === "tools/call") {
      if (JSON.parse(read()).tools.some(({ name }) => name === params.name))
        answer(id, { called: params.name, ...params.arguments });
      else send({ id, error: { code: -32602, message: `Unknown tool: ${params.name}` } });
    } else if (id !== undefined) {
      send({ id, error: { code: -32601, message: "Method not found" } });
    }
  })
  .on("close", () => process.exit());
