// An agent's connections, and what a model would read of each answer. A call that fails is an answer too: what to do about
// it is the agent's business.
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { Conversation, countDefinition, toModelText } from "../../demo/conversation.js";

/** @typedef {{ command: string, args: string[], env?: Record<string, string> }} Entry */
/** @typedef {{ definitions: number, tools: number, start: () => Conversation, close: () => Promise<void> }} Agent */

/**
 * Connects the official client to every server, and counts all definitions as a client sends them to a model.
 * @param {Record<string, Entry>} servers
 * @returns {Promise<Agent>}
 */
export async function connectAgent(servers) {
  /** @type {Map<string, Client>} */
  const clients = new Map();
  const close = async () => {
    await Promise.all([...clients.values()].map((client) => client.close()));
  };
  let definitions = 0;
  let tools = 0;
  try {
    for (const [name, entry] of Object.entries(servers)) {
      const client = new Client({ name: "sluice-bench", version: "1.0.0" });
      clients.set(name, client);
      await client.connect(new StdioClientTransport({ ...entry, stderr: "ignore" }));
      const listed = await client.listTools();
      tools += listed.tools.length;
      for (const tool of listed.tools) definitions += countDefinition(tool);
    }
  } catch (error) {
    await close();
    throw error;
  }

  /** @type {import("../../demo/conversation.js").Caller} */
  const caller = async ({ server, name, input }) => {
    const client = clients.get(server);
    if (client === undefined) throw new Error(`The agent has no server "${server}"`);
    try {
      return toModelText(server, await client.callTool({ name, arguments: input }, { timeout: 120_000 }));
    } catch (error) {
      return `Error: ${String(error)}`;
    }
  };
  return { definitions, tools, start: () => new Conversation(definitions, caller), close };
}

/** Whether a server's answer says that the call failed, as a model reads it: of the three one has no error results. @param {string} answer */
export function isFailure(answer) {
  return /^Error\b/.test(answer) || /^\{"(?:error":|ok":false)/.test(answer);
}
