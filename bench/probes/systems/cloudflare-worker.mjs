// The Worker of the Cloudflare probe: what `cloudflare.mjs` bundles and Miniflare runs.
import { DynamicWorkerExecutor } from "@cloudflare/codemode";
import { isIdle, tools } from "../tools.mjs";

export default {
  /** @param {Request} request @param {{ LOADER: unknown, TIMEOUT_MS: number }} env */
  async fetch(request, env) {
    if (new URL(request.url).pathname === "/ping") return new Response("there");
    const executor = new DynamicWorkerExecutor({ loader: env.LOADER, timeout: env.TIMEOUT_MS });
    const { result, error, logs } = await executor.execute(await request.text(), tools);
    return Response.json({ result, error, logs, idle: isIdle() });
  },
};
