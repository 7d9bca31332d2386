import { join } from "node:path";
import { McpServer, fromJsonSchema } from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";
import { openState } from "./state.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {Record<string, unknown>} Schema */

/**
 * One tool; without `run` it is declared, as such servers have it, and answers that it is not part of the demo. What
 * `run` returns is the tool's data: as structured content too where there is an output schema, else as text alone.
 * @typedef {object} DemoTool
 * @property {string} name
 * @property {string} description
 * @property {Schema} input
 * @property {Schema} [output]
 * @property {{ readOnlyHint?: boolean, destructiveHint?: boolean, idempotentHint?: boolean, openWorldHint?: boolean }} [annotations]
 * @property {(args: any, state: State) => unknown} [run]
 */

/**
 * A problem with a call that its caller can put right: becomes an `isError` result.
 */
export class ToolFailure extends Error {}

/**
 * Serves tools over stdio; the state lives in a folder of the server's name under the folder given as argument.
 * @param {{ name: string, instructions: string, tools: DemoTool[] }} definition
 */
export function serve({ name, instructions, tools }) {
  const folder = process.argv[2] ?? process.env["SLUICE_DEMO_STATE"];
  if (folder === undefined) {
    process.stderr.write(`Cannot start ${name}: give a folder for its state as argument or in SLUICE_DEMO_STATE\n`);
    process.exit(2);
  }
  const state = openState(join(folder, name));
  serveStdio(() => {
    const server = new McpServer({ name: `demo-${name}`, version: "1.0.0" }, { instructions });
    for (const tool of tools) {
      server.registerTool(
        tool.name,
        {
          description: tool.description,
          inputSchema: fromJsonSchema(/** @type {any} */ (tool.input)),
          ...(tool.output && { outputSchema: fromJsonSchema(/** @type {any} */ (tool.output)) }),
          ...(tool.annotations && { annotations: tool.annotations }),
        },
        /** @type {any} */ ((/** @type {unknown} */ args) => call(tool, args, state)),
      );
    }
    return server;
  });
}

/**
 * @param {DemoTool} tool
 * @param {unknown} args
 * @param {State} state
 */
function call(tool, args, state) {
  try {
    if (tool.run === undefined) {
      throw new ToolFailure(
        `${tool.name} is not part of the demo: it is declared as such servers declare it, and does nothing`,
      );
    }
    const data = tool.run(args, state);
    const content = [{ type: "text", text: JSON.stringify(data) }];
    return tool.output === undefined ? { content } : { content, structuredContent: data };
  } catch (error) {
    if (!(error instanceof ToolFailure)) throw error;
    return { content: [{ type: "text", text: error.message }], isError: true };
  }
}

/** @param {string} description @param {Schema} [more] @returns {Schema} */
export function string(description, more = {}) {
  return { type: "string", description, ...more };
}

/** @param {string} description @param {Schema} [more] @returns {Schema} */
export function integer(description, more = {}) {
  return { type: "integer", description, ...more };
}

/** @param {string} description @param {Schema} [more] @returns {Schema} */
export function boolean(description, more = {}) {
  return { type: "boolean", description, ...more };
}

/** @param {string} description @param {Schema} items @returns {Schema} */
export function array(description, items) {
  return { type: "array", description, items };
}

/**
 * An object whose properties are all required but those whose name ends with `?`.
 * @param {Record<string, Schema>} properties
 * @param {Schema} [more]
 * @returns {Schema}
 */
export function object(properties, more = {}) {
  const entries = Object.entries(properties);
  return {
    type: "object",
    properties: Object.fromEntries(entries.map(([name, schema]) => [name.replace(/\?$/, ""), schema])),
    required: entries.flatMap(([name]) => (name.endsWith("?") ? [] : [name])),
    ...more,
  };
}

/** Hints of a tool that only reads. */
export const reads = { readOnlyHint: true, openWorldHint: true };

/** Hints of a tool that adds something and takes nothing away. */
export const adds = { readOnlyHint: false, destructiveHint: false, openWorldHint: true };

/** Hints of a tool that changes or removes what is there. */
export const changes = { readOnlyHint: false, destructiveHint: true, openWorldHint: true };
