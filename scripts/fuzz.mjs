// npm run fuzz -- [--minutes N] [--seed N] [--engine deno|quickjs] [--frames]: programs (or frames of the border) out of
// chance, until the time is over or one fails; then its seed and its text are printed. The work is in test/fuzz.test.ts.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "30" },
    seed: { type: "string", default: String(Date.now() % 1_000_000_000) },
    engine: { type: "string", default: "deno" },
    frames: { type: "boolean", default: false },
  },
});
for (const name of /** @type {const} */ (["minutes", "seed"]))
  if (!(Number(values[name]) > 0)) {
    process.stderr.write(`--${name} is a number above 0, not "${values[name]}"\n`);
    process.exit(2);
  }

const root = fileURLToPath(new URL("..", import.meta.url));
const { status } = spawnSync(
  process.execPath,
  [join(root, "node_modules/vitest/vitest.mjs"), "run", "test/fuzz.test.ts"],
  {
    cwd: root,
    stdio: "inherit",
    env: {
      ...process.env,
      SLUICE_FUZZ_MINUTES: values.minutes,
      SLUICE_FUZZ_SEED: values.seed,
      SLUICE_FUZZ_ENGINE: values.engine,
      SLUICE_FUZZ_WHAT: values.frames ? "frames" : "programs",
    },
  },
);
process.exit(status ?? 1);
