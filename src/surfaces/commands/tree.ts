import { resolve } from "node:path";
import { toUsageError } from "../arguments.ts";
import type { Command } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { openSluice, readConfig, whileFetching } from "../open.ts";

/** `sluice tree`: writes the module tree that programs see, for a person's editor and compiler. */
export const tree: Command = {
  usage: "tree --out DIR",
  summary: "Write the typed modules of every tool to a folder.",
  positionalsMax: 0,
  options: {
    out: { type: "string", short: "o", value: "DIR", help: "the folder; made if it is missing" },
  },
  examples: ["sluice tree --out ./types", "sluice tree --out ./types && npx tsc --strict -p ./types"],
  async run(invocation) {
    const { terminal, signal } = invocation;
    const out = invocation.text("out");
    if (out === undefined) throw toUsageError("tree", "No folder was given: give --out DIR");
    await using sluice = await openSluice(await readConfig(invocation), invocation);
    const directory = resolve(out);
    const files = await whileFetching(sluice, invocation, async () => await sluice.writeTree(directory, { signal }));
    if (invocation.flag("json")) terminal.json({ directory, files });
    else terminal.out(`${files.length} files in ${out}`);
    return exitCodes.completed;
  },
};
