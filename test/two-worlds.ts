// One Sluice over each of two worlds of one shape: what a model sees of a program must be the same in both.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { JsonObject } from "../src/base/json.ts";
import { limits } from "../src/base/limits.ts";
import type { ExecutionResult } from "../src/runtime/outcome.ts";
import type { Sluice } from "../src/runtime/sluice.ts";
import { holdStill } from "./noninterference/compare.mjs";
import { makeWorld } from "./noninterference/worlds.mjs";

const people = fileURLToPath(new URL("./servers/people.mjs", import.meta.url));
const mirror = fileURLToPath(new URL("./servers/mirror.mjs", import.meta.url));

export interface TwoWorlds extends AsyncDisposable {
  /** What the model sees of the program in each of them. */
  run(code: string): Promise<[Seen, Seen]>;
}

type Seen = Omit<ExecutionResult, "executionId" | "stats">;

/** `more`: what else the server `hr` has, by the world. Every flow is allowed unless the config says otherwise. */
export async function openTwoWorlds(
  config: JsonObject = {},
  more: { a: JsonObject; b: JsonObject } = { a: {}, b: {} },
): Promise<TwoWorlds> {
  holdStill(limits);
  const { createSluice } = await import("../src/runtime/create-sluice.ts");
  const folder = mkdtempSync(join(tmpdir(), "sluice-worlds-"));
  const worlds: Sluice[] = [];
  for (const name of ["a", "b"] as const) {
    const path = join(folder, `${name}.json`);
    writeFileSync(path, JSON.stringify({ ...makeWorld(name), ...more[name] }));
    worlds.push(
      await createSluice({
        mcpServers: {
          hr: { command: process.execPath, args: [people, path] },
          mirror: { command: process.execPath, args: [mirror] },
        },
        stateDir: join(folder, `${name}-state`),
        sandbox: { wall: "none", guestsWarm: 0 },
        ...config,
        privacy: {
          release: [{ from: "*", to: "mirror.*", classes: ["*"] }],
          ...(config["privacy"] as JsonObject | undefined),
        },
      }),
    );
  }
  async function see(sluice: Sluice, code: string): Promise<Seen> {
    const { executionId, stats: _, ...seen } = await sluice.executeCode(code);
    return JSON.parse(
      JSON.stringify(seen)
        .replaceAll(executionId, "run")
        .replaceAll(/run_[\da-f]{10}/g, "run"),
    ) as Seen;
  }
  return {
    run: async (code) => (await Promise.all(worlds.map((one) => see(one, code)))) as [Seen, Seen],
    async [Symbol.asyncDispose]() {
      for (const one of worlds) await one[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
