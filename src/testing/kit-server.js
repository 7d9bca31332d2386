// The MCP server of the conformance suite, in raw JSON lines: every kind of tool name and of result that real servers
// have, some of which no library would send.
import { createInterface } from "node:readline";

const send = (/** @type {object} */ message) =>
  process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
const text = (/** @type {string} */ value) => ({ type: "text", text: value });
const answer = (/** @type {object[]} */ ...content) => ({ content });
const object = (/** @type {object} */ properties = {}, /** @type {string[]} */ required = []) => ({
  type: "object",
  properties,
  required,
});
const PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==";

/** Tool name → [input schema, what it answers]. @type {Map<string, [object, (args: any) => object]>} */
const tools = new Map(
  Object.entries({
    echo: [object(), (args) => answer(text(JSON.stringify(args)))],
    "get-item": [
      object({ id: { type: "integer", minimum: 1 }, note: { type: "string" } }, ["id"]),
      ({ id, note = "" }) => ({ ...answer(text(`item ${id}`)), structuredContent: { id, note } }),
    ],
    "items.list": [object(), () => answer(text('["north","south"]'))],
    delete: [object(), () => answer(text("deleted"))],
    default: [object(), () => answer(text("by default"))],
    constructor: [object(), () => answer(text("built"))],
    then: [object(), () => answer(text("afterwards"))],
    index: [object(), () => answer(text("indexed"))],
    __proto: [object(), () => answer(text("prototype"))],
    "2nd_item": [object(), () => answer(text("second"))],
    getName: [object(), () => answer(text("getName"))],
    "get-name": [object(), () => answer(text("get-name"))],
    forbidden: [object(), () => answer(text("done all the same"))],
    fails: [object(), () => ({ ...answer(text("the kit is broken")), isError: true })],
    refuses: [object(), () => ({ error: { code: -32603, message: "the lid is closed" } })],
    prose: [object(), () => answer(text("[not JSON] after all"))],
    number: [object(), () => answer(text("42"))],
    array: [object(), () => ({ ...answer(text("unread")), structuredContent: [1, [2]] })],
    texts: [object(), () => answer(text("one"), text('{"two":2}'), text("[3]"))],
    picture: [object(), () => answer(text("a pixel"), { type: "image", data: PIXEL, mimeType: "image/png" })],
    nothing: [object(), () => answer()],
    link: [
      object(),
      () => answer({ type: "resource_link", uri: "kit://map", name: "map", mimeType: "text/plain", size: 5 }),
    ],
    keys: [object(), () => answer(text('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":2}}}'))],
    slow: [object({ ms: { type: "number" } }, ["ms"]), ({ ms }) => answer(text(`after ${ms}`))],
    large: [
      object({ bytes: { type: "integer" } }, ["bytes"]),
      ({ bytes }) => answer(text(JSON.stringify({ text: "z".repeat(bytes) }))),
    ],
  }),
);

const listed = [...tools].map(([name, [inputSchema]]) => ({ name, description: `The tool ${name}.`, inputSchema }));

createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, method, params } = JSON.parse(line);
  if (method === "initialize") {
    const serverInfo = { name: "kit", version: "1" };
    send({ id, result: { protocolVersion: "2025-06-18", capabilities: { tools: {} }, serverInfo } });
  } else if (method === "tools/list") {
    send({ id, result: { tools: listed } });
  } else if (method === "tools/call") {
    const args = params.arguments ?? {};
    const result = tools.get(params.name)?.[1](args) ?? {
      error: { code: -32602, message: `Unknown tool: ${params.name}` },
    };
    const reply = () => send("error" in result ? { id, ...result } : { id, result });
    if (params.name === "slow") setTimeout(reply, args.ms);
    else reply();
  } else if (id !== undefined) {
    send({ id, error: { code: -32601, message: "Method not found" } });
  }
});
