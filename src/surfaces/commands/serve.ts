import { Console } from "node:console";
import type { Command } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { readConfig, toReasons, toWallText } from "../open.ts";

/** `sluice serve`: the MCP server of a client's configuration. Ends when the client closes its end. */
export const serve: Command = {
  usage: "serve",
  summary: "Serve MCP over stdin and stdout.",
  positionalsMax: 0,
  options: {},
  examples: [
    "sluice serve --config ./sluice.config.json",
    '{ "mcpServers": { "sluice": { "command": "npx", "args": ["sluice", "serve"] } } }',
  ],
  async run(invocation) {
    // stdout carries the protocol and nothing else, whoever prints.
    globalThis.console = new Console(process.stderr, process.stderr);
    const asJson = invocation.flag("json");
    const log = (line: string): void =>
      invocation.terminal.note(
        asJson ? JSON.stringify({ time: new Date().toISOString(), message: line }) : `sluice: ${line}`,
      );
    const config = await readConfig(invocation);
    const [{ createSluice }, { createMcpServer }, { openStdio }] = await Promise.all([
      import("../../runtime/create-sluice.ts"),
      import("../mcp-server.ts"),
      import("../stdio.ts"),
    ]);
    await using sluice = await createSluice(config, { log, warm: true });
    const options = { answerMs: config.sandbox.answerMs, exposes: config.expose.length > 0 };
    const connection = openStdio(
      () => createMcpServer(sluice, options),
      (error) => log(`protocol: ${error.message}`),
    );
    invocation.signal.addEventListener("abort", () => void connection.close(), { once: true });
    const usable = config.servers.filter(({ disabledReason }) => disabledReason === undefined);
    log(
      `ready, ${usable.length} of ${config.servers.length} servers enabled, engine: ${sluice.engine.name}, wall: ${toWallText(sluice.wall.name, sluice.wall.runtime)}`,
    );
    for (const reason of toReasons(sluice)) log(reason);
    await connection.closed;
    return exitCodes.completed;
  },
};
