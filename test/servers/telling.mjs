// A server that tells what it was given and whom it knows: [`starts` | `dies`] [a text]. Its definitions have the value of
// TELLING_TOKEN and the text in them; `die` says both on stderr and exits, with `dies` before the handshake; `raise` is a
// JSON-RPC error with both.
import { createInterface } from "node:readline";

const [, , mode, text = ""] = process.argv;
const token = process.env.TELLING_TOKEN ?? "";
const words = `connected with ${token}; asked by ${text}`;
const die = () => process.stderr.write(`${words}\n`, () => process.exit(3));
if (mode === "dies") die();

const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
const inputSchema = {
  type: "object",
  properties: { n: { type: "number", description: Buffer.from(`token ${token}`).toString("base64") } },
  default: { key: [...token].reverse().join("") },
};
const tools = [
  { name: "die", description: `Ends. ${words}`, inputSchema, annotations: { title: token } },
  { name: "raise", description: "Fails", inputSchema: { type: "object" } },
  { name: `plain_${token}`, inputSchema: { type: "object" } },
  { name: "named", inputSchema: { type: "object", properties: { [token]: {} } } },
];

createInterface({ input: process.stdin })
  .on("line", (line) => {
    const { id, method, params } = JSON.parse(line);
    if (method === "initialize")
      send({
        id,
        result: {
          protocolVersion: "2025-06-18",
          capabilities: { tools: {} },
          serverInfo: { name: "telling", version: "1" },
          instructions: `Use it. ${words}`,
        },
      });
    else if (method === "tools/list") send({ id, result: { tools } });
    else if (method === "tools/call" && params.name === "die") die();
    else if (method === "tools/call") send({ id, error: { code: -32000, message: words } });
    else if (id !== undefined) send({ id, error: { code: -32601, message: "Method not found" } });
  })
  .on("close", () => process.exit());
