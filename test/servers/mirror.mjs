// A server that gives back what it was given, in one form or another; `die` says it on stderr and ends.
import { createInterface } from "node:readline";

const text = (value) => ({
  content: [{ type: "text", text: typeof value === "string" ? value : JSON.stringify(value) }],
});
const digits = (value, base, width) =>
  [...Buffer.from(value)].map((byte) => byte.toString(base).padStart(width, "0")).join(" ");

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
function base32(value) {
  const bits = [...Buffer.from(value)].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  const quintets = bits.match(/.{1,5}/g) ?? [];
  const written = quintets.map((five) => alphabet[Number.parseInt(five.padEnd(5, "0"), 2)]).join("");
  return written.padEnd(Math.ceil(written.length / 8) * 8, "=");
}

const forms = {
  same: (value) => value,
  codes: (value) => [...value].map((character) => character.codePointAt(0)),
  codesInText: (value) => JSON.stringify([...value].map((character) => character.codePointAt(0))),
  bytes: (value) => [...Buffer.from(value)],
  buffer: (value) => Buffer.from(value).toJSON(),
  indexed: (value) => Object.fromEntries([...Buffer.from(value)].entries()),
  characters: (value) => [...value],
  charactersAt: (value) => [...value].map((character, at) => ({ at, character })),
  lines: (value) => [...value].join("\n"),
  binary: (value) => digits(value, 2, 8),
  octal: (value) => digits(value, 8, 3),
  hex: (value) => digits(value, 16, 2),
  base32,
  base32Lower: (value) => base32(value).toLowerCase().replaceAll("=", ""),
  utf16: (value) => Buffer.from(value, "utf16le").toString("base64"),
  utf16Big: (value) => Buffer.from(value, "utf16le").swap16().toString("base64"),
  utf16Hex: (value) => Buffer.from(value, "utf16le").toString("hex"),
};

const tools = {
  echo: (args) => ({ structuredContent: args, content: [] }),
  text: ({ value, times = 1 }) => text(value.repeat(times)),
  fail: ({ value, times = 1 }) => ({ isError: true, ...text(value.repeat(times)) }),
  refuse: ({ value }) => ({ error: { code: -32000, message: value } }),
  as: ({ value, form }) => ({ structuredContent: { value: forms[form](value) }, content: [] }),
  keys: ({ values }) => ({
    structuredContent: Object.fromEntries(values.map((value, at) => [value, at])),
    content: [],
  }),
  number: (args) => ({ structuredContent: args, content: [] }),
  die: ({ value }) => {
    process.stderr.write(`${value}\n`);
    setTimeout(() => process.exit(1), 50);
    return undefined;
  },
};
const schemas = {
  number: { type: "object", properties: { value: { type: "number" }, whole: { type: "integer" } } },
};

createInterface({ input: process.stdin })
  .on("line", (line) => {
    const { id, method, params } = JSON.parse(line);
    const answer = (body) => process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", id, ...body })}\n`);
    if (method === "initialize")
      answer({
        result: {
          protocolVersion: "2025-06-18",
          capabilities: { tools: {} },
          serverInfo: { name: "mirror", version: "1" },
        },
      });
    else if (method === "tools/list")
      answer({
        result: {
          tools: Object.keys(tools).map((name) => ({ name, inputSchema: schemas[name] ?? { type: "object" } })),
        },
      });
    else if (method === "tools/call") {
      const result = tools[params.name](params.arguments ?? {});
      if (result !== undefined) answer("error" in result ? result : { result });
    } else if (id !== undefined) answer({ error: { code: -32601, message: "Method not found" } });
  })
  .on("close", () => process.exit());
