import { importFrom } from "../import-from.mjs";
import { isIdle, parameters, toRan, tools } from "../tools.mjs";

/** `@tanstack/ai-isolate-quickjs` under `createCodeModeTool`, as its README has it. @param {import("../host.mjs").Ground} ground */
export async function open({ folder, timeoutMs, memoryMb }) {
  const { createQuickJSIsolateDriver } = await importFrom(folder, "@tanstack/ai-isolate-quickjs");
  const { createCodeModeTool } = await importFrom(folder, "@tanstack/ai-code-mode");
  const { toolDefinition } = await importFrom(folder, "@tanstack/ai");
  const { z } = await importFrom(folder, "zod");
  const tool = createCodeModeTool({
    driver: createQuickJSIsolateDriver({ timeout: timeoutMs, memoryLimit: memoryMb }),
    timeout: timeoutMs,
    memoryLimit: memoryMb,
    tools: Object.entries(tools).map(([name, work]) => {
      const shape = Object.fromEntries(Object.keys(parameters[name] ?? {}).map((key) => [key, z.number()]));
      return toolDefinition({ name, description: name, inputSchema: z.object(shape) }).server(work);
    }),
  });
  return {
    toCall: (/** @type {string} */ name) => `external_${name}`,
    isIdle,
    async run(/** @type {string} */ code) {
      try {
        const { success, result, error, logs } = await tool.execute({ typescriptCode: code });
        return toRan({ ok: success, value: result, error, logs });
      } catch (error) {
        return toRan({ ok: false, error });
      }
    },
    close: () => Promise.resolve(),
  };
}
