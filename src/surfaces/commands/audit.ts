import { toUsageError } from "../arguments.ts";
import type { Command } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { openSluice, readConfig } from "../open.ts";

/** `sluice audit edges`: which personal data flowed where. */
export const audit: Command = {
  usage: "audit edges",
  summary: "Show what the audit says.",
  positionalsMax: 1,
  options: {},
  examples: ["sluice audit edges", "sluice audit edges --json"],
  async run(invocation) {
    const { terminal } = invocation;
    const [what] = invocation.positionals;
    if (what !== "edges") throw toUsageError("audit", "Say what of it: edges");
    await using sluice = await openSluice(await readConfig(invocation), invocation);
    const edges = await sluice.edges();
    if (invocation.flag("json")) terminal.out(JSON.stringify({ edges }, null, 2));
    else
      for (const { from, to, class: name, verdict, calls, tokens } of edges)
        terminal.out(`${from.join(", ") || "?"} → ${to}  ${name}  ${verdict}  ${tokens} values in ${calls} calls`);
    if (edges.length === 0) terminal.note("No personal data has gone to any tool");
    return exitCodes.completed;
  },
};
