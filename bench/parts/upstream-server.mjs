// A small MCP server on the official library. `rows` answers from a text that is made once, so that what is measured is
// its way through the system and not its making.
import { fromJsonSchema, McpServer } from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";
import { makeRows } from "./rows.mjs";

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
  server.registerTool(
    "echo",
    { description: "Gives its arguments back", inputSchema: { ...object({}), additionalProperties: true } },
    /** @type {any} */ ((/** @type {object} */ given) => toText(given)),
  );
  server.registerTool(
    "fail",
    { description: "Fails with words of its own", inputSchema: object({}) },
    /** @type {any} */ (() => ({ isError: true, content: [{ type: "text", text: "Ticket 4711 is locked by Ada" }] })),
  );
  return server;
});
