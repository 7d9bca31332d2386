// Lets plain Node import the sources as they stand, so that a test can run them in a process of their own.
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { transformSync } from "oxc-transform";

export async function load(url, context, next) {
  if (!url.endsWith(".ts")) return next(url, context);
  const path = fileURLToPath(url);
  const { code } = transformSync(path, await readFile(path, "utf8"), { target: "es2022" });
  return { format: "module", source: code, shortCircuit: true };
}
