// Compiles src/ to dist/ and copies the plain JavaScript that runs in other processes as it stands. The new folder
// takes the old one's place at the end, so that a running Sluice never sees half of it.
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "rolldown";

const root = fileURLToPath(new URL("..", import.meta.url));
const dist = join(root, "dist");
const made = join(root, `dist.${process.pid}.tmp`);
const old = `${made}.old`;
/** What each process that serves needs of others: an eighth of its start is finding and reading their files one by one. */
const bundled = ["@modelcontextprotocol/client", "@modelcontextprotocol/core", "@modelcontextprotocol/server", "zod"];
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
  await copyTypeScript(join(made, "runtime"));
  await bundleTokenizer(join(made, "runtime"));
  await bundleTelemetry(join(made, "runtime"));
  await bundleEntries(made);
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

/**
 * The tokenizer with the half of its table that encodes: 3 MB instead of 30, and read four times as fast.
 * @param {string} folder
 */
async function bundleTokenizer(folder) {
  const input = join(root, "src/runtime/tokenizer.js");
  const file = join(folder, "tokenizer.js");
  await build({ input, platform: "node", output: { file, format: "esm" }, logLevel: "warn" });
  const { stringEncoder, binaryEncoder, ...o200k } = await import("ai-tokenizer/encoding/o200k_base");
  const { name, pat_str, special_tokens } = o200k;
  const binary = binaryEncoder.map(([bytes, rank]) => [[...bytes], rank]);
  writeFileSync(join(folder, "o200k.json"), JSON.stringify({ name, pat_str, special_tokens, stringEncoder, binary }));
  const home = dirname(createRequire(import.meta.url).resolve("ai-tokenizer"));
  cpSync(join(home, "../LICENSE"), join(folder, "tokenizer-LICENSE.txt"));
}

/**
 * What a process begins with, in a few files: reading some 300 of them takes longer than what is in them. The modules stay
 * where they are for threads and other processes, each of which loads a few.
 * @param {string} folder
 */
async function bundleEntries(folder) {
  const entries = ["index.js", "surfaces/cli.js", "testing/index.js", "privacy/privacy-thread.js"];
  const toName = (/** @type {string} */ path) => path.replace(/\.js$/, "").replaceAll("/", "-");
  await build({
    input: Object.fromEntries(entries.map((path) => [toName(path), join(folder, path)])),
    platform: "node",
    external: (id) => !/^[./]/.test(id) && !bundled.some((name) => id === name || id.startsWith(`${name}/`)),
    plugins: [
      {
        name: "files-beside-a-module",
        // A module finds its files where it was, which is one folder beside the bundle's.
        transform(code, id) {
          const from = `../${relative(folder, id).replaceAll("\\", "/")}`;
          // As it is written in code; the programs of the conformance suite have it in texts.
          return code.replaceAll(
            /(?<=createRequire\(|, )import\.meta\.url(?=\))/g,
            `new URL(${JSON.stringify(from)}, import.meta.url).href`,
          );
        },
      },
    ],
    output: { dir: join(folder, "bundle"), format: "esm", chunkFileNames: "[name]-[hash].js" },
    logLevel: "warn",
  });
  for (const name of bundled) {
    const licence = join(root, "node_modules", name, "LICENSE");
    cpSync(licence, join(folder, "bundle", `${name.replace(/^@/, "").replace("/", "-")}-LICENSE.txt`));
  }
  for (const path of entries) {
    const file = `${"../".repeat(path.split("/").length - 1) || "./"}bundle/${toName(path)}.js`;
    const shebang = /^#!.*\n/.exec(readFileSync(join(folder, path), "utf8"))?.[0] ?? "";
    const isCommand = shebang !== "";
    writeFileSync(join(folder, path), isCommand ? `${shebang}import "${file}";\n` : `export * from "${file}";\n`);
  }
}

/**
 * What is used of OpenTelemetry, in one file with the licence that its packages share. Kept between builds.
 * @param {string} folder
 */
async function bundleTelemetry(folder) {
  const input = join(root, "src/runtime/telemetry-export.js");
  const home = dirname(createRequire(import.meta.url).resolve("@opentelemetry/sdk-trace-base/package.json"));
  const file = join(folder, "telemetry-export.js");
  await build({
    ...{ input, platform: "node", logLevel: "silent" },
    output: { file, format: "esm", minify: true, codeSplitting: false },
  });
  cpSync(join(home, "LICENSE"), join(folder, "telemetry-LICENSE.txt"));
}

/**
 * The compiler that checks programs: a seventh of the package's size, since it is one file without the other tools, and
 * of the declarations only those of the language. Kept between builds, because it takes seconds.
 * @param {string} folder
 */
async function copyTypeScript(folder) {
  const home = dirname(createRequire(import.meta.url).resolve("typescript-6/package.json"));
  const { version } = JSON.parse(readFileSync(join(home, "package.json"), "utf8"));
  const cache = join(root, "node_modules/.cache/sluice");
  const compiler = join(cache, `typescript-${version}.cjs`);
  if (!existsSync(compiler)) {
    mkdirSync(cache, { recursive: true });
    const file = `${compiler}.${process.pid}`;
    const output = { file, format: /** @type {const} */ ("cjs"), minify: true };
    await build({ input: join(home, "lib/typescript.js"), platform: "node", output, logLevel: "silent" });
    renameSync(file, compiler);
  }
  cpSync(compiler, join(folder, "typescript.cjs"));
  cpSync(join(home, "LICENSE.txt"), join(folder, "typescript-LICENSE.txt"));
  // In one file, what extends before what is extended: the compiler merges its files anew for every program.
  const library = [...readLibrary(join(home, "lib"), "lib.esnext.d.ts")].reverse();
  const isModule = (/** @type {string} */ text) => /^export \{\};/m.test(text);
  const scripts = library.filter(([, text]) => !isModule(text)).map(([, text]) => text);
  const modules = library.filter(([, text]) => isModule(text)).map(([name, text]) => [`/lib/${name}`, text]);
  writeFileSync(
    join(folder, "typescript-lib.json"),
    JSON.stringify([["/lib/all.d.ts", scripts.join("\n")], ...modules]),
  );
}

/**
 * One file of the language's declarations and all that it refers to: name → text.
 * @param {string} folder
 * @param {string} name
 * @param {Map<string, string>} [found]
 */
function readLibrary(folder, name, found = new Map()) {
  if (found.has(name)) return found;
  const text = readFileSync(join(folder, name), "utf8");
  found.set(name, text.replace(/^\/\/\/.*$/gm, "").replace(/^\s*\/\*[\s\S]*?\*\//gm, ""));
  for (const [, lib] of text.matchAll(/^\/\/\/ <reference lib="([^"]+)" \/>/gm))
    // Decorators are nothing that a program has.
    if (!lib?.startsWith("decorators")) readLibrary(folder, `lib.${lib}.d.ts`, found);
  return found;
}
