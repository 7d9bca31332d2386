// Runs the tests and closes with one plain line: `N passed, N failed, N skipped`. A skip is printed with its reason;
// with SLUICE_TEST_REQUIRE=all it is a failure.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "sluice-test-"));
const report = join(folder, "report.json");
const vitest = join(root, "node_modules/vitest/vitest.mjs");
const run = spawnSync(
  process.execPath,
  [vitest, "run", "--reporter=default", "--reporter=json", `--outputFile.json=${report}`, ...process.argv.slice(2)],
  { cwd: root, stdio: "inherit" },
);

let counts = { passed: 0, failed: 1, skipped: 0 };
try {
  const { testResults } = JSON.parse(readFileSync(report, "utf8"));
  counts = { passed: 0, failed: 0, skipped: 0 };
  for (const file of testResults) {
    // A file that could not be loaded has no tests; it is a failure all the same.
    if (file.assertionResults.length === 0 && file.status === "failed") counts.failed += 1;
    for (const { status, fullName } of file.assertionResults) {
      if (status === "passed") counts.passed += 1;
      else if (status === "failed") counts.failed += 1;
      else {
        counts.skipped += 1;
        process.stdout.write(`skipped: ${fullName}\n`);
      }
    }
  }
} catch (error) {
  process.stdout.write(`The report of the tests cannot be read: ${error.message}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

const required = process.env.SLUICE_TEST_REQUIRE === "all";
if (run.status !== 0 && counts.failed === 0) counts.failed = 1;
if (required && counts.skipped > 0) {
  process.stdout.write("SLUICE_TEST_REQUIRE=all: a skipped test is a failed one\n");
  counts.failed += counts.skipped;
  counts.skipped = 0;
}
process.stdout.write(
  `\n${counts.passed} passed, ${counts.failed} failed${counts.skipped > 0 ? `, ${counts.skipped} skipped` : ""}\n`,
);
process.exit(counts.failed === 0 && counts.passed > 0 ? 0 : 1);
