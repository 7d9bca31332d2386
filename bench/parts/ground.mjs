// What every benchmark stands on: the built package, a folder of its own, a real upstream and a direct client to it.
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";

/** The built package. */
export const dist = new URL("../../dist/", import.meta.url);
/** Its command line. */
export const cli = fileURLToPath(new URL("surfaces/cli.js", dist));

/** The official client gives up a server that sends more than 10 MB at once unless told otherwise. */
const BUFFER_BYTES_MAX = 128 * 2 ** 20;
/** The entry of `mcpServers` for the bench's own server. */
export const upstream = {
  command: process.execPath,
  args: [fileURLToPath(new URL("./upstream-server.mjs", import.meta.url))],
};

/** Imports a module of the built package. @param {string} path @returns {Promise<any>} */
export async function load(path) {
  const url = new URL(path, dist);
  if (!existsSync(url)) throw new Error(`${path} is not built: run "npm run build" first`);
  return await import(url.href);
}

/**
 * Runs the work with a temporary folder, and removes it.
 * @template T
 * @param {(folder: string) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function inFolder(work) {
  const folder = await mkdtemp(join(tmpdir(), "sluice-bench-"));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

/**
 * Runs the work with a Sluice over the bench's own upstream, which is called once so that it is connected.
 * @template T
 * @param {object} sandbox the config's section
 * @param {(sluice: any, stateDir: string) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withSluice(sandbox, work) {
  const { createSluice } = await load("index.js");
  return await inFolder(async (folder) => {
    const sluice = await createSluice({ mcpServers: { bench: upstream }, stateDir: folder, sandbox });
    try {
      const { status, error } = await sluice.executeCode("return await bench.getRecord({ id: 1 })");
      if (status !== "completed") throw new Error(`The first program ${status}: ${error?.message}`);
      return await work(sluice, folder);
    } finally {
      await sluice[Symbol.asyncDispose]();
    }
  });
}

/**
 * Runs the work with the official client, connected directly to another process of the same upstream.
 * @template T
 * @param {(call: (name: string, args: Record<string, unknown>) => Promise<any>) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withDirectClient(work) {
  const client = new Client({ name: "sluice-bench", version: "1.0.0" }, { versionNegotiation: { mode: "auto" } });
  await client.connect(new StdioClientTransport({ ...upstream, maxBufferSize: BUFFER_BYTES_MAX }));
  try {
    return await work((name, args) => client.callTool({ name, arguments: args }));
  } finally {
    await client.close();
  }
}

/**
 * The result of an execution, which must have ended well.
 * @param {Promise<any>} execution
 */
export async function mustComplete(execution) {
  const outcome = await execution;
  if (outcome.status !== "completed")
    throw new Error(`A program ${outcome.status}: ${outcome.error?.code} ${outcome.error?.message}`);
  return outcome;
}
