import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** The path of a package's ES module in a folder that is not this one's. @param {string} folder @param {string} name */
export function resolveFrom(folder, name) {
  const home = join(folder, "node_modules", name);
  const { exports, module, main } = JSON.parse(readFileSync(join(home, "package.json"), "utf8"));
  let entry = exports?.["."] ?? exports ?? module ?? main ?? "index.js";
  while (typeof entry === "object") entry = entry.import ?? entry.node ?? entry.default;
  return join(home, entry);
}

/** Imports a package from there. @param {string} folder @param {string} name @returns {Promise<any>} */
export async function importFrom(folder, name) {
  return await import(pathToFileURL(resolveFrom(folder, name)).href);
}
