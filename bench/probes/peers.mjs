// Other systems, installed by npm in exact versions, outside the repository and without running their scripts.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

/**
 * @typedef {object} Peer
 * @property {string} name as the table has it
 * @property {string} module its file in `systems`
 * @property {Record<string, string>} packages the first is the peer
 * @property {string[]} [nodeFlags]
 */

/** A current Node, for those that need more than the oldest that Sluice runs on. */
const node = { [`node-${process.platform}-${process.arch}`]: "24.9.0" };

/** @type {Peer[]} */
export const peers = [
  {
    name: "@executor-js/runtime-quickjs",
    module: "executor",
    packages: { "@executor-js/runtime-quickjs": "1.5.35", effect: "4.0.0-beta.59" },
  },
  {
    name: "@utcp/code-mode",
    module: "utcp",
    packages: {
      "@utcp/code-mode": "1.2.12",
      "@utcp/sdk": "1.1.2",
      "@utcp/direct-call": "1.0.12",
      "isolated-vm": "6.2.0",
      ...node,
    },
    // What isolated-vm asks for.
    nodeFlags: ["--no-node-snapshot"],
  },
  {
    name: "@cloudflare/codemode on workerd",
    module: "cloudflare",
    packages: {
      "@cloudflare/codemode": "0.5.6",
      miniflare: "4.20260730.0",
      esbuild: "0.25.12",
      zod: "4.6.7",
      ...node,
    },
  },
  {
    name: "@tanstack/ai-isolate-quickjs",
    module: "tanstack",
    packages: {
      "@tanstack/ai-isolate-quickjs": "0.1.30",
      "@tanstack/ai-code-mode": "0.2.5",
      "@tanstack/ai": "0.28.0",
      zod: "4.6.7",
    },
  },
  {
    name: "@ai-sdk/code-mode",
    module: "ai-sdk",
    packages: { "@ai-sdk/code-mode": "1.0.42", ai: "7.0.85", zod: "4.6.7", ...node },
  },
];

const INSTALL_MS = 120_000;

/**
 * The folder of an installed peer and the Node that runs it, or why it is not there.
 * @param {Peer} peer @returns {Promise<{ folder: string, node: string } | { reason: string }>}
 */
export async function installPeer({ module, packages }) {
  const root = process.env["SLUICE_BENCH_PEERS"] ?? join(tmpdir(), "sluice-bench-peers");
  const folder = join(root, `${module}-${toMark(packages)}`);
  const done = join(folder, "installed");
  try {
    if (!existsSync(done)) {
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, "package.json"), JSON.stringify({ private: true, dependencies: packages }));
      const args = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error"];
      await promisify(execFile)("npm", args, { cwd: folder, timeout: INSTALL_MS });
      await writeFile(done, "");
    }
    const own = Object.keys(packages).find((name) => name.startsWith("node-"));
    return { folder, node: own === undefined ? process.execPath : join(folder, "node_modules", own, "bin/node") };
  } catch (error) {
    const { stderr, message } = /** @type {any} */ (error);
    const line = String(stderr || message)
      .split("\n")
      .find((line) => line.trim() !== "");
    return { reason: `does not install: ${line?.slice(0, 120)}` };
  }
}

/** @param {Record<string, string>} packages */
function toMark(packages) {
  return Object.values(packages)
    .join("-")
    .replaceAll(/[^\w.-]/g, "");
}
