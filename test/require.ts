// What a machine may lack: tests that need it are skipped with a printed reason, and fail with SLUICE_TEST_REQUIRE=all.
import { findProgram } from "../src/base/find-program.ts";

const said = new Set<string>();

/** Whether these programs are installed, or must be: `describe.runIf(requires("bwrap"))`. */
export function requires(...programs: readonly string[]): boolean {
  const missing = programs.filter((program) => findProgram(program) === undefined);
  if (missing.length === 0 || process.env["SLUICE_TEST_REQUIRE"] === "all") return true;
  for (const program of missing.filter((name) => !said.has(name))) {
    said.add(program);
    process.stderr.write(`skipped: what needs ${program}, which is not installed\n`);
  }
  return false;
}
