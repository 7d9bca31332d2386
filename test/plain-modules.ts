import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { transformSync } from "oxc-transform";

/** Writes modules of `src` (names without extension) as plain JavaScript to a folder, for processes without the test runner. */
export function writePlainModules(out: string, modules: readonly string[]): void {
  symlinkSync(fileURLToPath(new URL("../node_modules", import.meta.url)), join(out, "node_modules"), "junction");
  writeFileSync(join(out, "package.json"), '{"type":"module"}');
  for (const module of modules) {
    const source = readFileSync(new URL(`../src/${module}.ts`, import.meta.url), "utf8");
    const { code, errors } = transformSync(`${module}.ts`, source, {
      typescript: { rewriteImportExtensions: "rewrite" },
    });
    if (errors.length > 0) throw new Error(`Cannot compile ${module}: ${errors[0]?.message}`);
    mkdirSync(dirname(join(out, module)), { recursive: true });
    writeFileSync(join(out, `${module}.js`), code);
  }
}
