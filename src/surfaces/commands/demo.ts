import { SluiceError } from "../../base/errors.ts";
import type { Command } from "../command.ts";
import { exitCodes } from "../exit-code.ts";

interface DemoModule {
  readonly runDemo: (options: { json: boolean; signal: AbortSignal }) => Promise<{ ok: boolean }>;
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
    // Outside of src: the demo is what a user of the package would write.
    const url = new URL("../../../demo/run.js", import.meta.url);
    const { runDemo } = (await import(url.href)) as DemoModule;
    const { ok } = await runDemo({ json: invocation.flag("json"), signal: invocation.signal });
    return ok ? exitCodes.completed : exitCodes.failed;
  },
};
