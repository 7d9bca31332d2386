import { userInfo } from "node:os";
import { toUsageError } from "../arguments.ts";
import type { Command } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { openSluice, readConfig } from "../open.ts";

/** `sluice vault`: what stands behind tokens, for a person. */
export const vault: Command = {
  usage: "vault [stats]\nvault show TOKEN\nvault forget VALUE\nvault purge",
  summary: "Count, see or forget the values behind tokens.",
  positionalsMax: 2,
  options: { yes: { type: "boolean", help: "with purge: really" } },
  examples: ["sluice vault stats", "sluice vault show '[EMAIL_1]'", "sluice vault forget ana@acme.io"],
  async run(invocation) {
    const { terminal } = invocation;
    const isJson = invocation.flag("json");
    const [act = "stats", given] = invocation.positionals;
    const print = (value: object, text: string): void =>
      isJson ? terminal.json(value) : terminal.exact("stdout", text);
    if (!["stats", "show", "forget", "purge"].includes(act))
      throw toUsageError("vault", `Unknown: ${act}; give stats, show, forget or purge`);
    if ((act === "show" || act === "forget") && given === undefined)
      throw toUsageError("vault", `${act} needs ${act === "show" ? "a token: '[EMAIL_1]'" : "a value"}`);
    if (act === "purge" && !invocation.flag("yes"))
      throw toUsageError(
        "vault",
        "purge forgets every value: tokens in files of the workspace mean nothing afterwards. Add --yes",
      );
    await using sluice = await openSluice(await readConfig(invocation), invocation);
    const by = userInfo().username;
    switch (act) {
      case "show": {
        const shown = await sluice.vault.show(given ?? "", by);
        if (shown === null) {
          terminal.note(`Nothing has the token ${given} here`);
          return exitCodes.failed;
        }
        print(shown, shown.value);
        return exitCodes.completed;
      }
      case "forget": {
        const records = await sluice.vault.forget(given ?? "", by);
        print({ records }, records === 0 ? "It was not there" : `Forgot ${records} records`);
        return exitCodes.completed;
      }
      case "purge": {
        const records = await sluice.vault.purge(by);
        print({ records }, `Forgot ${records} records`);
        return exitCodes.completed;
      }
    }
    const stats = await sluice.vault.stats();
    const rows = stats.map(
      ({ class: name, values, tokens }) => `${name.padEnd(12)} ${values} values, ${tokens} tokens`,
    );
    print({ classes: stats }, rows.join("\n") || "The vault is empty");
    return exitCodes.completed;
  },
};
