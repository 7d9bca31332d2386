// A state directory whose catalogue knows many tools of servers that were never started, and the config for it.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { load } from "./ground.mjs";
import { makeServerKeys, makeTools } from "./synthetic-tools.mjs";

/**
 * Writes both into the folder; answers the config's path.
 * @param {string} folder
 * @param {{ servers: number, toolsPerServer: number }} size
 */
export async function writeWarmCatalogue(folder, { servers, toolsPerServer }) {
  const { createStore } = await load("store/store.js");
  const { createCatalogue } = await load("catalogue/catalogue.js");
  const { loadConfig } = await load("config/load-config.js");
  const path = join(folder, "sluice.config.json");
  const entries = makeServerKeys(servers).map((key) => [key, { command: "never-started", args: [key] }]);
  await writeFile(path, JSON.stringify({ mcpServers: Object.fromEntries(entries), stateDir: "./state" }));
  const config = loadConfig({ path, cwd: folder, env: {} });
  const store = createStore(config.stateDir);
  const known = config.servers.map((/** @type {{ key: string, hash: string }} */ { key, hash }) => ({
    key,
    configHash: hash,
  }));
  const catalogue = createCatalogue({ store, servers: known });
  for (const [index, { key }] of known.entries())
    catalogue.update(key, { tools: makeTools(index, toolsPerServer), problems: [] });
  store.close();
  return path;
}
