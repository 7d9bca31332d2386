// Types, lint, format, dead code, the package: every check runs, the first failure decides the exit code.
import { spawnSync } from "node:child_process";

const checks = [
  ["tsc", "--noEmit", "-p", "."],
  ["tsc", "--noEmit", "-p", "src/sandbox/guest"],
  ["tsc", "--noEmit", "-p", "demo"],
  ["oxlint", "--type-aware", "."],
  ["oxfmt", "--check", "."],
  ["knip"],
  ["publint", "--strict"],
];

let failed = 0;
for (const [command, ...args] of checks) {
  process.stdout.write(`\n$ ${command} ${args.join(" ")}\n`);
  // npm run puts node_modules/.bin on the PATH.
  const { status } = spawnSync(command, args, { stdio: "inherit" });
  if (status !== 0) failed += 1;
}
process.exit(failed === 0 ? 0 : 1);
