import { importFrom } from "../import-from.mjs";
import { isIdle, parameters, toRan, tools } from "../tools.mjs";

/** `@ai-sdk/code-mode` by `experimental_runCodeMode`, as its README has it. @param {import("../host.mjs").Ground} ground */
export async function open({ folder, timeoutMs, memoryMb }) {
  const { experimental_runCodeMode: runCodeMode } = await importFrom(folder, "@ai-sdk/code-mode");
  const { tool } = await importFrom(folder, "ai");
  const { z } = await importFrom(folder, "zod");
  const given = Object.fromEntries(
    Object.entries(tools).map(([name, execute]) => {
      const shape = Object.fromEntries(Object.keys(parameters[name] ?? {}).map((key) => [key, z.number()]));
      return [name, tool({ description: name, inputSchema: z.object(shape), execute })];
    }),
  );
  const executionPolicy = { timeoutMs, memoryLimitBytes: memoryMb * 2 ** 20 };
  return {
    toCall: (/** @type {string} */ name) => `tools.${name}`,
    isIdle,
    async run(/** @type {string} */ code) {
      try {
        const value = await runCodeMode({ js: code, tools: given, options: { executionPolicy } });
        return toRan({ ok: true, value });
      } catch (error) {
        return toRan({ ok: false, error });
      }
    },
    close: () => Promise.resolve(),
  };
}
