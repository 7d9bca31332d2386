import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { importFrom, resolveFrom } from "../import-from.mjs";
import { toRan } from "../tools.mjs";

/** The newest that this version of workerd knows is said by Miniflare when it is too new. */
const COMPATIBILITY = "2026-06-01";

/** `@cloudflare/codemode` on local workerd, by Miniflare, as its README has it for Workers. @param {import("../host.mjs").Ground} ground */
export async function open({ folder, timeoutMs }) {
  const { Miniflare } = await importFrom(folder, "miniflare");
  const { build } = await import(pathToFileURL(join(folder, "node_modules/esbuild/lib/main.js")).href).then(
    (module) => module.default ?? module,
  );
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("./cloudflare-worker.mjs", import.meta.url))],
    alias: { "@cloudflare/codemode": resolveFrom(folder, "@cloudflare/codemode") },
    external: ["cloudflare:*", "node:*"],
    bundle: true,
    write: false,
    format: "esm",
    platform: "neutral",
    mainFields: ["module", "main"],
  });
  const flare = new Miniflare({
    modules: true,
    script: outputFiles[0].text,
    compatibilityDate: COMPATIBILITY,
    compatibilityFlags: ["nodejs_compat"],
    workerLoaders: { LOADER: {} },
    bindings: { TIMEOUT_MS: timeoutMs },
  });
  const { port, hostname } = await flare.ready;
  const ask = (/** @type {string} */ path, /** @type {RequestInit} */ init = {}) =>
    fetch(`http://${hostname}:${port}/${path}`, init);
  let isIdle = true;
  return {
    toCall: (/** @type {string} */ name) => `codemode.${name}`,
    isIdle: () => isIdle,
    async run(/** @type {string} */ code) {
      try {
        const response = await ask("run", { method: "POST", body: `async () => { ${code}\n}` });
        const { result, error, logs, idle } = JSON.parse(await response.text());
        isIdle = idle;
        return toRan({ ok: error === undefined, value: result, error, logs });
      } catch (error) {
        return toRan({ ok: false, error });
      }
    },
    // Its host is the Worker that runs the executor.
    ping: async () => {
      await (await ask("ping")).text();
    },
    close: () => flare.dispose(),
  };
}
