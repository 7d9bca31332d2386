// Compiles src/ to dist/ and copies the plain JavaScript that runs in other processes as it stands. The new folder
// takes the old one's place at the end, so that a running Sluice never sees half of it.
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "rolldown";

const root = fileURLToPath(new URL("..", import.meta.url));
const dist = join(root, "dist");
const made = join(root, `dist.${process.pid}.tmp`);
const old = `${made}.old`;
try {
  const compiler = join(root, "node_modules/typescript/bin/tsc");
  const { status } = spawnSync(process.execPath, [compiler, "-p", root, "--outDir", made], { stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
  cpSync(join(root, "src"), made, {
    recursive: true,
    filter: (path) => !path.endsWith(".ts") && !path.endsWith("tsconfig.json"),
  });
  // What QuickJS lacks of the web platform, in one file.
  await build({
    input: join(root, "src/sandbox/guest/prelude/prelude.js"),
    output: { file: join(made, "sandbox/guest/quickjs-prelude.js"), format: "esm" },
    logLevel: "warn",
  });
  rmSync(join(made, "sandbox/guest/prelude"), { recursive: true });
  chmodSync(join(made, "surfaces/cli.js"), 0o755);
  try {
    renameSync(dist, old);
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
  }
  renameSync(made, dist);
} finally {
  rmSync(made, { recursive: true, force: true });
  rmSync(old, { recursive: true, force: true });
}
