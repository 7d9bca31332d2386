// A server in raw JSON lines that misbehaves in the way its first argument names. Speaks 2025-06-18 otherwise.
import { appendFileSync } from "node:fs";
import { createInterface } from "node:readline";

const mode = process.argv[2] ?? "plain";
const journal = process.argv[3];
const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
const text = (value) => ({ content: [{ type: "text", text: value }] });
const tool = (name, more = {}) => ({ name, inputSchema: { type: "object" }, ...more });
const note = (line) => journal && appendFileSync(journal, `${line}\n`);

note("start");
if (mode === "exits") {
  process.stderr.write("reading the key\nError: API_KEY is not set\n");
  process.exit(7);
}
if (mode === "junk") process.stdout.write('Server v1 starting...\n\n{"level":30,"msg":"log line"}\n');
if (mode === "bom") process.stdout.write("\uFEFF");

const nested = (levels) => {
  let value = {};
  for (let i = 0; i < levels; i++) value = { a: value };
  return value;
};

const broken = [
  tool("good", {
    description: "Fine.",
    title: "Good",
    annotations: { readOnlyHint: true },
    outputSchema: { type: "object" },
  }),
  { name: "no type", inputSchema: { properties: { a: { type: "string" } } } },
  { name: "no schema" },
  { name: "text schema", inputSchema: "object" },
  { name: "array schema", inputSchema: { type: "array" } },
  { inputSchema: { type: "object" } },
  { name: 5, inputSchema: { type: "object" } },
  "not a tool",
  null,
  tool("good", { description: "Again." }),
  tool("wrong parts", { description: 4, title: {}, outputSchema: "x", annotations: [], _meta: 1 }),
  tool("x".repeat(600)),
  tool("large", { description: "x".repeat(1_100_000) }),
  tool("deep", { inputSchema: { type: "object", ...nested(500) } }),
  tool("app only", { _meta: { ui: { visibility: ["app"] } } }),
  tool("app and model", { _meta: { ui: { visibility: ["app", "model"] } } }),
  tool("__proto__"),
];

let changed = false;
function listTools(params) {
  switch (mode) {
    case "broken":
      return { tools: broken };
    case "empty":
      return { tools: [] };
    case "no-list":
      return { tools: "none" };
    case "pages": {
      const page = Number(params?.cursor ?? 0);
      return { tools: [tool(`t${page}`)], ...(page < 4 && { nextCursor: String(page + 1) }) };
    }
    case "endless": {
      const page = Number(params?.cursor ?? 0);
      return { tools: [tool(`t${page}`)], nextCursor: String(page + 1) };
    }
    case "circle":
      return { tools: [tool(`t${params?.cursor ?? ""}`)], nextCursor: "again" };
    default:
      return { tools: [tool("echo"), ...(changed ? [tool("new")] : [])] };
  }
}

function callTool(id, { name, arguments: args, _meta }) {
  switch (name) {
    case "echo":
      return send({ id, result: text(JSON.stringify(args)) });
    case "crash":
      process.stderr.write("about to crash\n");
      return setTimeout(() => process.exit(3), 20);
    case "hang":
      return undefined;
    case "fail":
      return send({ id, error: { code: -32603, message: "the disk is full" } });
    case "odd":
      return send({
        id,
        result: { content: [{ type: "hologram", beams: 3 }], structuredContent: [1, 2], extra: true },
      });
    case "large":
      return send({ id, result: text("x".repeat(args.bytes)) });
    case "last-words":
      send({ id, result: text("y".repeat(300_000)) });
      return process.stdout.write("", () => process.exit(0));
    case "junk":
      process.stdout.write("debug: called\n");
      return send({ id, result: text("after junk") });
    case "progress":
      send({
        method: "notifications/progress",
        params: { progressToken: _meta?.progressToken, progress: 1, total: 2, message: "half" },
      });
      return setTimeout(() => send({ id, result: text("done") }), 30);
    case "ask":
      // Wants the client's roots and a ping before it answers.
      asked = { id, seen: [] };
      send({ id: "r1", method: "roots/list" });
      return send({ id: "r2", method: "ping" });
    case "change":
      changed = true;
      for (let i = 0; i < 50; i++) send({ method: "notifications/tools/list_changed" });
      return send({ id, result: text("changed") });
    default:
      return send({ id, error: { code: -32602, message: `Unknown tool: ${name}` } });
  }
}
let asked;

createInterface({ input: process.stdin }).on("line", (line) => {
  const message = JSON.parse(line);
  note(message.method ?? `answer ${message.id}`);
  if (message.method === undefined) {
    asked.seen.push(message.error === undefined ? "answered" : message.error.code);
    if (asked.seen.length === 2) send({ id: asked.id, result: text(JSON.stringify(asked.seen)) });
    return;
  }
  if (mode === "hangs") return;
  if (mode === "exits-on-unknown" && message.method === "server/discover") process.exit(1);
  if (mode === "silent-on-unknown" && message.method === "server/discover") return;
  switch (message.method) {
    case "initialize":
      send({
        id: message.id,
        result: {
          protocolVersion: mode === "old" ? "2024-11-05" : "2025-06-18",
          capabilities: mode === "no-tools" ? { resources: {} } : { tools: {} },
          serverInfo: { name: "raw", version: "1" },
          ...(mode === "plain" && { instructions: "Use echo." }),
        },
      });
      break;
    case "tools/list":
      send({ id: message.id, result: listTools(message.params) });
      break;
    case "tools/call":
      callTool(message.id, message.params);
      break;
    default:
      if (message.id !== undefined) send({ id: message.id, error: { code: -32601, message: "Method not found" } });
  }
});
