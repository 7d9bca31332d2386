import { importFrom } from "../import-from.mjs";
import { isIdle, toRan, tools } from "../tools.mjs";

/** `@executor-js/runtime-quickjs`, as its README has it. @param {import("../host.mjs").Ground} ground */
export async function open({ folder, timeoutMs, memoryMb }) {
  const { makeQuickJsExecutor } = await importFrom(folder, "@executor-js/runtime-quickjs");
  const Effect = await importFrom(folder, "effect").then((effect) => effect.Effect);
  const executor = makeQuickJsExecutor({ timeoutMs, memoryLimitBytes: memoryMb * 2 ** 20 });
  const invoker = {
    invoke: (/** @type {{ path: string, args: unknown }} */ { path, args }) =>
      Effect.tryPromise({
        try: () => /** @type {any} */ (tools[path.replace("bench.", "")])(args),
        catch: (/** @type {unknown} */ error) => error,
      }),
  };
  return {
    toCall: (/** @type {string} */ name) => `tools.bench.${name}`,
    isIdle,
    async run(/** @type {string} */ code) {
      try {
        const { result, error, logs } = await Effect.runPromise(executor.execute(code, invoker));
        return toRan({ ok: error === undefined, value: result, error, logs });
      } catch (error) {
        return toRan({ ok: false, error });
      }
    },
    close: () => Promise.resolve(),
  };
}
