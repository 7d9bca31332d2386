import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createPrivacyHouse } from "./privacy-core.ts";
import { compareWorlds, holdStill } from "./noninterference/compare.mjs";
import { makeWorld } from "./noninterference/worlds.mjs";

const PROGRAMS = 500;

test("the two worlds are alike: sealed with an empty vault, they are the same text", () => {
  const [a, b] = (["a", "b"] as const).map((name) => {
    using house = createPrivacyHouse();
    return Object.values(makeWorld(name)).map((value) => house.seal(value));
  });
  expect(a).toEqual(b);
});

test(
  `what a model sees of ${PROGRAMS} programs is the same over both, byte for byte`,
  { timeout: 600_000 },
  async () => {
    holdStill();
    const { createSluice } = await import("../src/runtime/create-sluice.ts");
    const folder = mkdtempSync(join(tmpdir(), "sluice-noninterference-"));
    try {
      const { differences, statuses } = await compareWorlds({ createSluice, folder, from: 0, to: PROGRAMS });
      expect(differences).toEqual([]);
      // Programs that all fail at once would see nothing to differ in.
      expect(statuses["completed"] ?? 0).toBeGreaterThan(PROGRAMS * 0.8);
    } finally {
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    }
  },
);
