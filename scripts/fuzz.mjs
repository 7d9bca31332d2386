// npm run fuzz -- [--minutes N] [--seed N] [--engine deno|quickjs] [--frames|--properties]: programs (or frames of the border)
// out of chance, until the time is over or one fails; then its seed and its text are printed. The work is in
// test/fuzz.test.ts. --properties: all properties of the tests with new seeds, each with ten times its cases.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "30" },
    seed: { type: "string", default: String(Date.now() % 1_000_000_000) },
    engine: { type: "string", default: "deno" },
    frames: { type: "boolean", default: false },
    properties: { type: "boolean", default: false },
  },
});
for (const name of /** @type {const} */ (["minutes", "seed"]))
  if (!(Number(values[name]) > 0)) {
    process.stderr.write(`--${name} is a number above 0, not "${values[name]}"\n`);
    process.exit(2);
  }

const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * @param {string[]} files
 * @param {Record<string, string>} variables
 */
function runTests(files, variables) {
  const vitest = join(root, "node_modules/vitest/vitest.mjs");
  const env = { ...process.env, ...variables };
  return spawnSync(process.execPath, [vitest, "run", ...files], { cwd: root, stdio: "inherit", env }).status ?? 1;
}

/** Round after round, each with a seed of its own. */
function fuzzProperties() {
  const end = Date.now() + Number(values.minutes) * 60_000;
  const files = readdirSync(join(root, "test"))
    .filter((name) => name.endsWith(".test.ts") && /\bfc\./.test(readFileSync(join(root, "test", name), "utf8")))
    .map((name) => `test/${name}`);
  for (let seed = Number(values.seed); Date.now() < end; seed += 1) {
    const status = runTests(files, { SLUICE_TEST_SEED: String(seed), SLUICE_TEST_TIMES: "10" });
    if (status === 0) continue;
    process.stderr.write(`seed ${seed} fails: npm run fuzz -- --properties --seed ${seed}\n`);
    return status;
  }
  return 0;
}

process.exitCode = values.properties
  ? fuzzProperties()
  : runTests(["test/fuzz.test.ts"], {
      SLUICE_FUZZ_MINUTES: values.minutes,
      SLUICE_FUZZ_SEED: values.seed,
      SLUICE_FUZZ_ENGINE: values.engine,
      SLUICE_FUZZ_WHAT: values.frames ? "frames" : "programs",
    });
