import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { limits } from "../../src/base/limits.ts";
import { compareWorlds, holdStill } from "./compare.mjs";

/** Runs programs `from` to `to` over both worlds and expects no difference in what a model sees. */
export async function expectSame(from: number, to: number, program?: (seed: number) => string): Promise<void> {
  holdStill(limits);
  const { createSluice } = await import("../../src/runtime/create-sluice.ts");
  const folder = mkdtempSync(join(tmpdir(), "sluice-noninterference-"));
  try {
    const { differences, statuses } = await compareWorlds({
      createSluice,
      folder,
      from,
      to,
      ...(program === undefined ? {} : { program }),
    });
    expect(differences).toEqual([]);
    // Programs that all fail at once would see nothing to differ in.
    expect(statuses["completed"] ?? 0).toBeGreaterThan((to - from) * 0.8);
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
