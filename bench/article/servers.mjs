// The genuine servers: installed on first use into this folder, from its own lock file, and pointed at the vendors that
// `vendors.mjs` plays. The credentials open nothing.
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "../parts/real-server.mjs";

const folder = fileURLToPath(new URL(".", import.meta.url));
const preload = new URL("to-loopback.mjs", import.meta.url).href;
const pathOf = (/** @type {string} */ name) => join(folder, "node_modules", name, "dist/index.js");

/** Installs what the lock file says, without running scripts; once for each lock file. @param {(text: string) => void} say */
export async function installServers(say) {
  const lock = await readFile(join(folder, "package-lock.json"), "utf8");
  const mark = join(folder, "node_modules/.installed");
  if (existsSync(mark) && (await readFile(mark, "utf8")) === lock) return;
  say("installing the three servers from npm into bench/article (395 MB, once)");
  await run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], folder);
  await writeFile(mark, lock);
}

/**
 * Their entries of `mcpServers`.
 * @param {string} vendors the URL of the vendors
 * @param {string} home what they write to their home stays there
 */
export function toServers(vendors, home) {
  const entry = (/** @type {string} */ name, /** @type {Record<string, string>} */ env) => ({
    command: process.execPath,
    args: ["--import", preload, pathOf(name)],
    env: { ...env, HOME: home, SLUICE_BENCH_VENDOR: vendors },
  });
  return {
    gdrive: entry("@piotr-agier/google-drive-mcp", { GOOGLE_DRIVE_MCP_ACCESS_TOKEN: "ya29.bench" }),
    salesforce: entry("@tsmztech/mcp-server-salesforce", {
      ...{ SALESFORCE_CONNECTION_TYPE: "User_Password", SALESFORCE_INSTANCE_URL: vendors },
      ...{ SALESFORCE_USERNAME: "bench", SALESFORCE_PASSWORD: "bench", SALESFORCE_TOKEN: "bench" },
    }),
    slack: entry("@modelcontextprotocol/server-slack", { SLACK_BOT_TOKEN: "xoxb-bench", SLACK_TEAM_ID: "T08NWIND001" }),
  };
}
