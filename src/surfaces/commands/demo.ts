import { SluiceError } from "../../base/errors.ts";
import type { Command } from "../command.ts";
import { exitCodes } from "../exit-code.ts";

interface DemoModule {
  runDemo(options: { json: boolean }): Promise<{ ok: boolean }>;
}

/** `sluice demo`: the scenarios of the `demo` folder, on its own servers and data. */
export const demo: Command = {
  usage: "demo",
  summary: "Run the demo: the same work as programs and by direct tool calling, with the tokens of both counted.",
  positionalsMax: 0,
  options: {},
  examples: ["sluice demo", "sluice demo --json"],
  async run(invocation) {
    if (invocation.text("config") !== undefined) {
      throw new SluiceError("usage", "The demo has its own config: leave --config out");
    }
    // The demo takes no signal; its servers end with this process.
    invocation.signal.addEventListener("abort", () => process.exit(exitCodes.interrupted), { once: true });
    // Outside of src: the demo is what a user of the package would write.
    const url = new URL("../../../demo/run.js", import.meta.url);
    const { runDemo } = (await import(url.href)) as DemoModule;
    const { ok } = await runDemo({ json: invocation.flag("json") });
    return ok ? exitCodes.completed : exitCodes.failed;
  },
};
