// A server with somebody's data: [path of a JSON file]. `get` answers one member of it, `text` the same as one text,
// `save` appends its arguments to `<path>.saved` and answers them, `echo` answers a text in another form, `fail` fails
// with a text, `send` and `note` take data of others.
import { appendFileSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";

const [, , path] = process.argv;
const answer = (id, result) => process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", id, result })}\n`);
const read = (name) => JSON.parse(readFileSync(path, "utf8"))[name] ?? null;
const text = (value) => ({
  content: [{ type: "text", text: typeof value === "string" ? value : JSON.stringify(value) }],
});

const string = { type: "string" };
const object = (properties, required = []) => ({ type: "object", properties, required });
const forms = {
  same: (value) => value,
  upper: (value) => value.toUpperCase(),
  reversed: (value) => [...value].reverse().join(""),
  base64: (value) => Buffer.from(value).toString("base64"),
  spaced: (value) => [...value].join(" "),
};

const tools = {
  get: [object({ name: string }, ["name"]), ({ name }) => ({ structuredContent: { value: read(name) }, content: [] })],
  text: [object({ name: string }, ["name"]), ({ name }) => text(read(name))],
  save: [
    object({ record: { type: "object", additionalProperties: true } }, ["record"]),
    (args) => {
      appendFileSync(`${path}.saved`, `${JSON.stringify(args.record)}\n`);
      return text({ saved: args.record });
    },
  ],
  send: [
    object({ to: { ...string, format: "email" }, body: string }, ["to"]),
    (args) => {
      appendFileSync(`${path}.saved`, `${JSON.stringify(args)}\n`);
      return text({ sent: true });
    },
  ],
  note: [
    object({ text: string, count: { type: "integer" }, kind: { enum: ["a", "b"] } }),
    (args) => {
      appendFileSync(`${path}.saved`, `${JSON.stringify(args)}\n`);
      return text({ noted: args });
    },
  ],
  echo: [
    object({ value: string, form: { enum: Object.keys(forms) } }, ["value"]),
    ({ value, form = "same" }) => text(`it is ${forms[form](value)}`),
  ],
  fail: [object({ name: string }, ["name"]), ({ name }) => ({ isError: true, ...text(read(name)) })],
};

createInterface({ input: process.stdin })
  .on("line", (line) => {
    const { id, method, params } = JSON.parse(line);
    if (method === "initialize")
      answer(id, {
        protocolVersion: "2025-06-18",
        capabilities: { tools: {} },
        serverInfo: { name: "people", version: "1" },
      });
    else if (method === "tools/list")
      answer(id, { tools: Object.entries(tools).map(([name, [inputSchema]]) => ({ name, inputSchema })) });
    else if (method === "tools/call") answer(id, tools[params.name][1](params.arguments ?? {}));
    else if (id !== undefined)
      process.stdout.write(
        `${JSON.stringify({ jsonrpc: "2.0", id, error: { code: -32601, message: "Method not found" } })}\n`,
      );
  })
  .on("close", () => process.exit());
