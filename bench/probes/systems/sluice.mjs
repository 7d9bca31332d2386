import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { load, upstream } from "../../parts/ground.mjs";
import { pause, waitForPool } from "../../parts/processes.mjs";

const GUESTS = 2;
/** A container's guest is warmed where this process does not see it; two behind gVisor at once take 2 s. */
const CONTAINER_MS = 2_000;
const SETTLE_MS = 3_000;

/** Sluice over the bench's own MCP server, in a process of its own. @param {import("../host.mjs").Ground} ground */
export async function open({ options, timeoutMs, memoryMb, isCold }) {
  const { createSluice } = await load("index.js");
  const folder = await mkdtemp(join(tmpdir(), "sluice-probe-"));
  const sandbox = /** @type {any} */ (options);
  const sluice = await createSluice({
    mcpServers: { bench: upstream },
    stateDir: folder,
    sandbox: { ...sandbox, memoryMb, timeoutMs, guestsWarm: isCold ? 0 : GUESTS },
  });
  await sluice.callTool("bench.get_record", { id: 1 });
  let open = 0;
  const hasProcesses = sandbox.engine !== "worker";
  return {
    toCall: (/** @type {string} */ name) =>
      `bench.${name.replaceAll(/_(\w)/g, (/** @type {string} */ _, letter) => letter.toUpperCase())}`,
    isIdle: () => open === 0,
    async run(/** @type {string} */ code) {
      const outcome = await sluice.executeCode(code);
      open = outcome.calls.open;
      return toRan(outcome);
    },
    async settle() {
      if (!hasProcesses) return pause(100);
      // On a busy machine it is never quiet; the probe goes on then.
      await waitForPool(GUESTS, SETTLE_MS).catch(() => undefined);
      if (sandbox.wall === "container") await pause(CONTAINER_MS);
    },
    async close() {
      await sluice[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** @param {any} outcome @returns {import("../verdicts.mjs").Ran} */
function toRan({ stats, ...outcome }) {
  const { status, result, error, logs, warnings } = outcome;
  return {
    ok: status === "completed",
    value: result,
    ...(error === undefined ? {} : { code: error.code, message: error.message }),
    ...(error?.line === undefined ? {} : { line: error.line }),
    ...(warnings === undefined
      ? {}
      : { warning: warnings.map((/** @type {any} */ { message }) => message).join("; ") }),
    logs: logs.length,
    answerChars: JSON.stringify(outcome).length,
    peakBytes: stats.memoryPeakBytes,
  };
}
