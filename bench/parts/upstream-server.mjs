// A small MCP server on the official library. `rows` answers from a text that is made once, so that what is measured is
// its way through the system and not its making.
import { fromJsonSchema, McpServer } from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";

/** @type {Map<number, string>} */
const texts = new Map();

/** Rows of an order sheet as JSON text of about this many bytes. @param {number} megabytes */
function makeRows(megabytes) {
  const known = texts.get(megabytes);
  if (known !== undefined) return known;
  const rows = [];
  let bytes = 2;
  for (let id = 1; bytes < megabytes * 1_000_000; id += 1) {
    const status = id % 97 === 0 ? "pending" : "shipped";
    const row = {
      id,
      status,
      customer: `Customer ${id % 9_973}`,
      amount: (id * 7_919) % 100_000,
      note: "Deliver to the side entrance",
    };
    rows.push(row);
    bytes += JSON.stringify(row).length + 1;
  }
  const text = JSON.stringify(rows);
  texts.set(megabytes, text);
  return text;
}

const object = (/** @type {Record<string, object>} */ properties) =>
  fromJsonSchema(/** @type {any} */ ({ type: "object", properties, required: Object.keys(properties) }));
const integer = { type: "integer" };
const toText = (/** @type {unknown} */ value) => ({
  content: [{ type: /** @type {const} */ ("text"), text: JSON.stringify(value) }],
});

serveStdio(() => {
  const server = new McpServer({ name: "bench", version: "1.0.0" });
  server.registerTool(
    "get_record",
    { description: "Gets one record", inputSchema: object({ id: integer }) },
    /** @type {any} */ (
      (/** @type {{ id: number }} */ { id }) => toText({ id, name: `Record ${id}`, tags: ["a", "b"], amount: id * 3 })
    ),
  );
  server.registerTool(
    "wait",
    { description: "Answers after some milliseconds", inputSchema: object({ ms: integer }) },
    /** @type {any} */ (
      async (/** @type {{ ms: number }} */ { ms }) => {
        await new Promise((resolve) => setTimeout(resolve, ms));
        return toText({ waited: ms });
      }
    ),
  );
  server.registerTool(
    "rows",
    { description: "Gets a sheet of orders of some megabytes", inputSchema: object({ megabytes: integer }) },
    /** @type {any} */ (
      (/** @type {{ megabytes: number }} */ { megabytes }) => ({
        content: [{ type: "text", text: makeRows(megabytes) }],
      })
    ),
  );
  return server;
});
