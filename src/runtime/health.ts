import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SluiceError, toMessage } from "../base/errors.ts";
import type { Config } from "../config/config.ts";
import type { Engine } from "../sandbox/engines/engine.ts";
import type { Pool } from "../sandbox/pool.ts";
import type { Store } from "../store/store.ts";
import type { HealthCheck } from "./sluice.ts";
import { checkAppArmor, checkMemoryBound, checkWalls } from "./wall-health.ts";

/** More than the room that is left in a file or page already there. */
const PROBE_BYTES = 65_536;

/** Checks what programs need of this machine, each by really using it. */
export async function checkHealth(
  config: Config,
  { engine, pool, store, isSealing }: { engine: Engine; pool: Pool; store: Store; isSealing: boolean },
): Promise<HealthCheck[]> {
  const needed = await Promise.all([
    check(
      "engine",
      "Install again with optional dependencies: npm ci --include=optional",
      async () => `${engine.name}: ${await engine.describe()}`,
    ),
    check("sandbox", "The engine is there and does not start: run it by hand and read what it says", async () => {
      const started = performance.now();
      const { release } = await pool.take(AbortSignal.timeout(20_000));
      release();
      return `a guest started and ran in ${Math.round(performance.now() - started)} ms`;
    }),
    check("state directory", `Make room and make it writable, or name another with "stateDir"`, async () => {
      await mkdir(config.stateDir, { recursive: true });
      const probe = join(config.stateDir, `.probe-${process.pid}`);
      try {
        // A full disk takes an empty file.
        await writeFile(probe, "0".repeat(PROBE_BYTES));
      } finally {
        await rm(probe, { force: true });
      }
      return config.stateDir;
    }),
    check("store", `Make room, or end the process that holds it; or name another "stateDir"`, () => {
      store.run("INSERT OR REPLACE INTO setting (name, value) VALUES ('probe', ?)", ["0".repeat(PROBE_BYTES)]);
      store.run("DELETE FROM setting WHERE name = 'probe'");
      return Promise.resolve(store.file);
    }),
  ]);
  // What reads the vault is large, and the host that runs programs does not read it: a thread does.
  const { checkVault } = await import("./vault-health.ts");
  needed.push(checkVault(config, { store, isOn: isSealing }));
  return [...needed, ...(await checkWalls(config, engine)), checkMemoryBound(), await checkAppArmor(pool)];
}

async function check(name: string, remedy: string, use: () => Promise<string>): Promise<HealthCheck> {
  try {
    return { name, ok: true, detail: await use() };
  } catch (error) {
    return {
      name,
      ok: false,
      detail: toMessage(error),
      remedy: (error instanceof SluiceError ? error.hint : undefined) ?? remedy,
    };
  }
}
