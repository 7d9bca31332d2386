import { importFrom } from "../import-from.mjs";
import { isIdle, parameters, toRan, tools } from "../tools.mjs";

const FAILED = "[ERROR] Code execution failed: ";

/** `@utcp/code-mode` with functions by `@utcp/direct-call`, as its README has it. @param {import("../host.mjs").Ground} ground */
export async function open({ folder, timeoutMs, memoryMb }) {
  const { addFunctionToUtcpDirectCall } = await importFrom(folder, "@utcp/direct-call");
  const { CodeModeUtcpClient } = await importFrom(folder, "@utcp/code-mode");
  addFunctionToUtcpDirectCall("manual", () =>
    Promise.resolve({
      utcp_version: "1.0.0",
      manual_version: "1.0.0",
      tools: Object.keys(tools).map((name) => ({
        name,
        description: name,
        inputs: {
          type: "object",
          properties: Object.fromEntries(Object.entries(parameters[name] ?? {}).map(([key, type]) => [key, { type }])),
        },
        outputs: { type: "object", properties: {} },
        tags: [],
        tool_call_template: { call_template_type: "direct-call", callable_name: name },
      })),
    }),
  );
  for (const [name, work] of Object.entries(tools))
    // It spreads the arguments.
    addFunctionToUtcpDirectCall(name, (/** @type {unknown[]} */ ...values) =>
      work(Object.fromEntries(Object.keys(parameters[name] ?? {}).map((key, at) => [key, values[at]]))),
    );
  const client = await CodeModeUtcpClient.create();
  const { success, errors } = await client.registerManual({
    name: "bench",
    call_template_type: "direct-call",
    callable_name: "manual",
  });
  if (!success) throw new Error(`The manual was not registered: ${errors}`);
  return {
    toCall: (/** @type {string} */ name) => `bench.${name}`,
    isIdle,
    async run(/** @type {string} */ code) {
      try {
        const { result, logs } = await client.callToolChain(code, timeoutMs, memoryMb);
        // It says so on the last line of the output and nowhere else.
        const last = String(logs.at(-1) ?? "");
        if (result === null && last.startsWith(FAILED))
          return toRan({ ok: false, error: last.slice(FAILED.length), logs: logs.slice(0, -1) });
        return toRan({ ok: true, value: result, logs });
      } catch (error) {
        return toRan({ ok: false, error });
      }
    },
    close: () => client.close?.(),
  };
}
