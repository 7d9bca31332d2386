import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { Conversation, countDefinition, toModelText, toText } from "./conversation.js";

/** @typedef {{ command: string, args: string[] }} Command */

/**
 * An agent's connections to MCP servers, with the tokens of all their definitions as a client sends them to a model.
 * @typedef {object} Agent
 * @property {number} definitions
 * @property {() => Conversation} start
 * @property {() => Promise<void>} close
 */

/**
 * Connects to every server with the official client. The scripted direct agent uses the demo's servers so, and the
 * code agent one server, `sluice serve`: what is counted comes from the same lines on both sides.
 * @param {Map<string, Command>} servers
 * @returns {Promise<Agent>}
 */
export async function connectAgent(servers) {
  /** @type {Map<string, Client>} */
  const clients = new Map();
  const close = async () => {
    await Promise.all([...clients.values()].map((client) => client.close()));
  };
  let definitions = 0;
  try {
    await Promise.all(
      [...servers].map(async ([name, { command, args }]) => {
        const client = new Client({ name: "sluice-demo", version: "1.0.0" });
        clients.set(name, client);
        const transport = new StdioClientTransport({ command, args, stderr: "pipe" });
        let log = "";
        transport.stderr?.on("data", (chunk) => (log = `${log}${chunk}`.slice(-2_000)));
        await client.connect(transport).catch((/** @type {unknown} */ error) => {
          throw new Error(
            `Cannot start the MCP server "${name}" (${command} ${args.join(" ")}): ${String(error)}\n${log}`,
            {
              cause: error,
            },
          );
        });
        const { tools } = await client.listTools();
        for (const tool of tools) definitions += countDefinition(tool);
      }),
    );
  } catch (error) {
    await close();
    throw error;
  }

  /** @type {import("./conversation.js").Caller} */
  const caller = async ({ server, name, input }) => {
    const client = clients.get(server);
    if (client === undefined) throw new Error(`The agent has no server "${server}"`);
    const result = await client.callTool({ name, arguments: input }, { timeout: 120_000 });
    if (result.isError === true) throw new Error(`${server}.${name} failed: ${toText(result.content)}`);
    return toModelText(server, result);
  };
  return { definitions, start: () => new Conversation(definitions, caller), close };
}
