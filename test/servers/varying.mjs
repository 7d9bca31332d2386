// A server whose tools declare no output and answer what the test asks for: the argument `answer` is returned as it is,
// as JSON in a text; `text` as a text; `declared` has an output schema and answers `answer` as structured content.
import { createInterface } from "node:readline";

const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
const inputSchema = { type: "object" };
const version = process.argv[2] ?? "1";
const listed = [
  { name: "get", description: `Answers what it is asked to, version ${version}.`, inputSchema },
  { name: "text", description: "Answers a text.", inputSchema },
  {
    name: "declared",
    description: "Answers what it declares, or not.",
    inputSchema,
    outputSchema: { type: "object", properties: { total: { type: "number" } }, required: ["total"] },
  },
  {
    name: "strict",
    description: "Answers what it declares, or not.",
    inputSchema,
    outputSchema: {
      type: "object",
      properties: { total: { type: "number" }, byName: { additionalProperties: { type: "number" } } },
      required: ["total"],
      additionalProperties: false,
    },
  },
  {
    name: "orders",
    description: "Answers what it declares, or not.",
    inputSchema,
    outputSchema: {
      type: "object",
      properties: { total: { type: "number" }, rows: { type: "array", items: { $ref: "#/$defs/row" } } },
      required: ["total"],
      $defs: {
        row: {
          type: "object",
          properties: { phone: { type: "number" }, card: { type: "integer" } },
          required: ["phone", "card"],
        },
      },
    },
  },
];

createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, method, params } = JSON.parse(line);
  const args = params?.arguments ?? {};
  if (method === "initialize") {
    const serverInfo = { name: "varying", version };
    send({ id, result: { protocolVersion: "2025-06-18", capabilities: { tools: {} }, serverInfo } });
  } else if (method === "tools/list") {
    send({ id, result: { tools: listed } });
  } else if (method === "tools/call") {
    const text = params.name === "text" ? args.text : JSON.stringify(args.answer);
    const structured = ["declared", "strict", "orders"].includes(params.name) ? { structuredContent: args.answer } : {};
    send({ id, result: { content: [{ type: "text", text }], ...structured } });
  } else if (id !== undefined) {
    send({ id, error: { code: -32601, message: "Method not found" } });
  }
});
