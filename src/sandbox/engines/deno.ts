import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { SluiceError } from "../../base/errors.ts";
import type { Engine } from "./engine.ts";

/**
 * No permission is asked for, and each of these closes something that having none leaves open (DESIGN 5): prompts,
 * remote and npm modules, configuration and lock files found nearby, the module cache, code made from strings.
 */
const FLAGS = [
  "run",
  "--quiet",
  "--no-prompt",
  "--no-remote",
  "--no-npm",
  "--no-config",
  "--no-lock",
  "--no-code-cache",
  "--cached-only",
  "--v8-flags=--disallow-code-generation-from-strings",
];

/** `DENO_DIR` cannot exist, so nothing of a guest can be kept on disk; one time zone, so that runs are the same everywhere. */
const ENVIRONMENT = { DENO_DIR: "/dev/null/none", NO_COLOR: "1", TZ: "UTC", LC_ALL: "en_US.UTF-8" };

/** The path of the deno binary that npm installed for this platform, or why there is none. */
function findDeno(): string {
  const libc = process.platform === "linux" ? "-glibc" : "";
  const name = `@deno/${process.platform}-${process.arch}${libc}`;
  const file = process.platform === "win32" ? "deno.exe" : "deno";
  try {
    const path = join(dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)), file);
    if (existsSync(path)) return path;
  } catch {
    // Said below.
  }
  throw new SluiceError(
    "engine_unavailable",
    `The engine "deno" is not installed: the npm package "${name}" is missing`,
    {
      hint: "Install again with optional dependencies (npm ci --include=optional); on musl there is no such package",
    },
  );
}

/** Whether Deno's package is installed for this platform. */
export function hasDeno(): boolean {
  try {
    findDeno();
    return true;
  } catch {
    return false;
  }
}

/** Deno from its npm platform package: no permission, an empty environment. */
export const deno: Engine = {
  name: "deno",
  async describe() {
    const program = findDeno();
    const { stdout } = await promisify(execFile)(program, ["--version"], { env: {} });
    return `${stdout.split("\n")[0] ?? "deno"} at ${program}`;
  },
  toCommand({ memoryMb }) {
    const program = findDeno();
    const folder = fileURLToPath(new URL("../guest/", import.meta.url));
    // The heap may use what the limit allows; the watchdog sees everything else.
    const flags = FLAGS.map((flag) =>
      flag.startsWith("--v8-flags") ? `${flag},--max-old-space-size=${memoryMb}` : flag,
    );
    return { program, args: [...flags, join(folder, "deno.js")], env: ENVIRONMENT, reads: [program, folder] };
  },
};
