// A server whose tools have effects, each appended to a file as it happens: tool, key. In raw JSON lines; 2025-06-18.
import { appendFileSync, mkdirSync } from "node:fs";
import { createInterface } from "node:readline";

const journal = process.argv[2];
const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
const schema = { type: "object", properties: { key: { type: "string" }, ms: { type: "number" } }, required: ["key"] };

/** Whether a key is new, over every process of this server: one that is about to be killed may still be at work. */
const isFirst = (key) => {
  try {
    mkdirSync(`${journal}.${key}`);
    return true;
  } catch {
    return false;
  }
};
const record = (tool, key) => appendFileSync(journal, `${JSON.stringify({ tool, key })}\n`);

const tools = {
  // Nothing says that it may be done twice.
  add: [
    {},
    ({ key }) => {
      record("add", key);
      return `added ${key}`;
    },
  ],
  // The same key once more changes nothing.
  put: [
    { idempotentHint: true },
    ({ key }) => {
      if (isFirst(key)) record("put", key);
      return `put ${key}`;
    },
  ],
  read: [{ readOnlyHint: true }, ({ key }) => `read ${key}`],
  large: [{ readOnlyHint: true }, ({ key }) => JSON.stringify({ key, text: "z".repeat(700_000) })],
  fails: [{}, () => ({ isError: true, content: [{ type: "text", text: "no such account" }] })],
};

createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, method, params } = JSON.parse(line);
  if (method === "initialize")
    return send({
      id,
      result: {
        protocolVersion: "2025-06-18",
        capabilities: { tools: {} },
        serverInfo: { name: "ledger", version: "1" },
      },
    });
  if (method === "tools/list")
    return send({
      id,
      result: {
        tools: Object.entries(tools).map(([name, [annotations]]) => ({
          name,
          description: `The tool ${name}.`,
          inputSchema: schema,
          annotations,
        })),
      },
    });
  if (method !== "tools/call") return id === undefined ? undefined : send({ id, result: {} });
  const args = params.arguments ?? {};
  const said = tools[params.name]?.[1](args) ?? "";
  const result = typeof said === "string" ? { content: [{ type: "text", text: said }] } : said;
  setTimeout(() => send({ id, result }), args.ms ?? 0);
});
