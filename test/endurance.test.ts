import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { runAmongCrashes } from "../bench/parts/crashes.mjs";
import { listTree } from "../src/sandbox/process-tree.js";
import { openHouse } from "./house.ts";
import { untilDead } from "./processes.ts";
import { requires } from "./require.ts";

const COUNT = 40;
const CRASHES = COUNT / 10;
const server = fileURLToPath(new URL("../bench/parts/upstream-server.mjs", import.meta.url));

/** The run of 200 on every engine behind every wall is `npm run bench -- walls`. */
const cells = [
  { engine: "deno", wall: "none", needs: [] },
  { engine: "deno", wall: "bwrap", needs: ["bwrap"] },
  { engine: "quickjs", wall: "none", needs: [] },
];

for (const { engine, wall, needs } of cells) {
  describe.runIf(requires(...needs))(`${COUNT} executions in a row on ${engine} behind ${wall}`, () => {
    test("every tenth crashes, all others are right, and nothing stays", { timeout: 180_000 }, async () => {
      const before = new Set(listTree(process.pid));
      const house = await openHouse({
        mcpServers: { bench: { command: process.execPath, args: [server] } },
        sandbox: { engine, wall, memoryMb: 192 },
      });
      expect(await runAmongCrashes(house.sluice, COUNT)).toEqual({ right: COUNT - CRASHES, crashed: CRASHES });
      // All but the reaper, which stays as long as this process.
      const isReaper = (pid: number): boolean =>
        // What has ended since the list was made is none that could stay.
        !existsSync(`/proc/${pid}`) || readCommand(pid).includes("reaper.js");
      const made = listTree(process.pid).filter((pid) => !before.has(pid) && !isReaper(pid));
      await house[Symbol.asyncDispose]();
      expect(await untilDead(made, 2_000)).toEqual([]);
    });
  });
}

/** Empty if it ends in this moment. */
function readCommand(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1");
  } catch {
    return "";
  }
}
