// A server in raw JSON lines with every kind of name and result that real servers have. Speaks 2025-06-18. Its first
// argument, if any, names a file to which every call that arrives is appended.
import { appendFileSync } from "node:fs";
import { createInterface } from "node:readline";

const journal = process.argv[2];
const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
const text = (value) => ({ type: "text", text: value });
const answer = (...content) => ({ content });
const object = (properties = {}, required = []) => ({ type: "object", properties, required });
const PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==";

const echo = (args) => answer(text(JSON.stringify(args)));

/** Tool name → [input schema, what it answers]. */
const tools = new Map(
  Object.entries({
    // Takes anything.
    echo: [{ type: "object" }, echo],
    "feed-animal": [
      object({ animal: { type: "string" }, grams: { type: "integer", minimum: 1 } }, ["animal"]),
      ({ animal, grams = 100 }) => answer(text(`fed ${animal} ${grams} g`)),
    ],
    "cages.list": [object(), () => answer(text('["north","south"]'))],
    delete: [object(), () => answer(text("deleted"))],
    import: [object(), () => answer(text("imported"))],
    class: [object(), () => answer(text("mammal"))],
    default: [object(), () => answer(text("by default"))],
    constructor: [object(), () => answer(text("built"))],
    then: [object(), () => answer(text("afterwards"))],
    "2nd_feeding": [object(), () => answer(text("second"))],
    getKeeper: [object(), () => answer(text("getKeeper"))],
    get_keeper: [object(), () => answer(text("get_keeper"))],
    "get-keeper": [object(), () => answer(text("get-keeper"))],
    getkeeper: [object(), () => answer(text("getkeeper"))],
    fails: [object(), () => ({ ...answer(text("the lion has eaten the keeper")), isError: true })],
    refuses: [object(), () => ({ error: { code: -32603, message: "the gate is closed" } })],
    structured: [object(), () => ({ ...answer(text("three animals")), structuredContent: { animals: 3 } })],
    prose: [object(), () => answer(text("[not JSON] after all"))],
    texts: [object(), () => answer(text("one"), text('{"two":2}'), text("[3]"))],
    picture: [
      object(),
      () => answer(text('{"looks":"like JSON"}'), { type: "image", data: PIXEL, mimeType: "image/png" }),
    ],
    nothing: [object(), () => answer()],
    link: [
      object(),
      () => answer({ type: "resource_link", uri: "zoo://map", name: "map", mimeType: "text/plain", size: 5 }),
    ],
    slow: [object({ ms: { type: "number" } }, ["ms"]), ({ ms }) => answer(text(`after ${ms}`))],
    large: [
      object({ bytes: { type: "integer" } }, ["bytes"]),
      ({ bytes }) => answer(text(JSON.stringify({ text: "z".repeat(bytes) }))),
    ],
  }),
);

const listed = [...tools].map(([name, [inputSchema]]) => ({
  name,
  description: `The tool ${name} of the zoo.`,
  inputSchema,
}));

createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, method, params } = JSON.parse(line);
  if (method === "initialize") {
    const result = {
      protocolVersion: "2025-06-18",
      capabilities: { tools: {} },
      serverInfo: { name: "zoo", version: "1" },
    };
    send({ id, result: { ...result, instructions: "Feed before you pet." } });
  } else if (method === "tools/list") {
    send({ id, result: { tools: listed } });
  } else if (method === "tools/call") {
    if (journal !== undefined) appendFileSync(journal, `${JSON.stringify(params)}\n`);
    const tool = tools.get(params.name);
    const args = params.arguments ?? {};
    const result =
      tool === undefined ? { error: { code: -32602, message: `Unknown tool: ${params.name}` } } : tool[1](args);
    const reply = () => send("error" in result ? { id, ...result } : { id, result });
    if (params.name === "slow") setTimeout(reply, args.ms);
    else reply();
  } else if (id !== undefined) {
    send({ id, error: { code: -32601, message: "Method not found" } });
  }
});
