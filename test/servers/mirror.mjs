// A server that gives back what it was given, as a text or as an error; `die` says it on stderr and ends.
import { createInterface } from "node:readline";

const text = (value) => ({ content: [{ type: "text", text: value }] });

const tools = {
  text: ({ value, times = 1 }) => text(value.repeat(times)),
  fail: ({ value, times = 1 }) => ({ isError: true, ...text(value.repeat(times)) }),
  refuse: ({ value }) => ({ error: { code: -32000, message: value } }),
  die: ({ value }) => {
    process.stderr.write(`${value}\n`);
    setTimeout(() => process.exit(1), 50);
    return undefined;
  },
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
          tools: Object.keys(tools).map((name) => ({ name, inputSchema: { type: "object" } })),
        },
      });
    else if (method === "tools/call") {
      const result = tools[params.name](params.arguments ?? {});
      if (result !== undefined) answer("error" in result ? result : { result });
    } else if (id !== undefined) answer({ error: { code: -32601, message: "Method not found" } });
  })
  .on("close", () => process.exit());
