import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { SluiceError } from "../../base/errors.ts";
import type { Engine } from "./engine.ts";

/**
 * V8's own stack, in kibibytes: deep recursion in the guest must meet QuickJS' guard, which a program can catch, before
 * this one, which it cannot. Main threads have 8 MiB, and 4 at the least.
 */
const STACK_KB = 3_900;
/** Bytes of WebAssembly executed in a function before V8 optimises it: a start uses fewer, a loop soon more. */
const TIERING_BUDGET = 100_000_000;
const GUEST_FOLDER: string = fileURLToPath(new URL("../guest/", import.meta.url));

/** The folder of the npm package. */
function findPackage(): string {
  try {
    return dirname(createRequire(import.meta.url).resolve("quickjs-wasi/package.json"));
  } catch (cause) {
    throw new SluiceError("engine_unavailable", `The engine "quickjs" is not installed: "quickjs-wasi" is missing`, {
      cause,
      hint: "Install Sluice again: npm ci",
    });
  }
}

/** The bundle beside the guest; run from the sources, it is the last build's. */
function findPrelude(): string {
  const name = "quickjs-prelude.js";
  const path = [join(GUEST_FOLDER, name), join(GUEST_FOLDER, "../../../dist/sandbox/guest", name)].find(existsSync);
  if (path !== undefined) return path;
  throw new SluiceError("engine_unavailable", `The engine "quickjs" lacks a part of itself: ${name}`, {
    hint: "Run `npm run build`",
  });
}

/** The nearest package.json above the guest's folder: it says that the files are ES modules. */
function findManifest(): string[] {
  for (let folder = dirname(GUEST_FOLDER); folder !== dirname(folder); folder = dirname(folder)) {
    const path = join(folder, "package.json");
    if (existsSync(path)) return [path];
  }
  return [];
}

function toWasmFlags(): string[] {
  const [major = 0, minor = 0] = process.versions.v8.split(".").map(Number);
  // V8 before 11.4 reads what the package's libraries are written in only when told to; later ones refuse the flag.
  const reads = major < 11 || (major === 11 && minor < 4) ? ["--experimental-wasm-extended-const"] : [];
  // By itself V8 11 optimises the interpreter's loop, a second of work, before the runner has started.
  return major > 13 ? reads : [...reads, `--wasm-tiering-budget=${TIERING_BUDGET}`];
}

/** QuickJS in WebAssembly, in a Node process of its own: where there is no Deno. */
export const quickjs: Engine = {
  name: "quickjs",
  describe() {
    const folder = findPackage();
    const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { version: string };
    return Promise.resolve(`quickjs-wasi ${version} in Node ${process.versions.node} at ${folder}`);
  },
  toCommand({ memoryMb }) {
    const folder = findPackage();
    const prelude = findPrelude();
    return {
      program: process.execPath,
      args: [
        ...toWasmFlags(),
        `--stack-size=${STACK_KB}`,
        // The guest's memory is no part of V8's heap, and yet V8 clears up for every piece that it grows by when it comes
        // near this: far above what QuickJS and the watchdog allow.
        `--max-old-space-size=${4 * memoryMb}`,
        "--disallow-code-generation-from-strings",
        "--no-warnings",
        join(GUEST_FOLDER, "quickjs.js"),
        GUEST_FOLDER,
        folder,
        prelude,
        String(memoryMb),
      ],
      env: { TZ: "UTC", LC_ALL: "en_US.UTF-8" },
      reads: [process.execPath, GUEST_FOLDER, folder, prelude, ...findManifest()],
    };
  },
};
