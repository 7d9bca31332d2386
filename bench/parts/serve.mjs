// `sluice serve` as a client starts it, spoken to without a library, so that nothing else is in the time.
import { spawn } from "node:child_process";
import { cli } from "./ground.mjs";

const handshake = {
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "sluice-bench", version: "1.0.0" } },
};
const requests = [
  handshake,
  { jsonrpc: "2.0", method: "notifications/initialized" },
  { jsonrpc: "2.0", id: 2, method: "tools/list", params: {} },
];

/**
 * Starts it, and waits for its tools: what it listed, how long that took from the start of the process, and the process,
 * which `end` ends.
 * @param {string} config
 * @returns {Promise<{ tools: object[], ms: number, pid: number, end: () => Promise<void> }>}
 */
export async function startServe(config) {
  const start = performance.now();
  const child = spawn(process.execPath, [cli, "serve", "--config", config], { stdio: ["pipe", "pipe", "pipe"] });
  const exited = new Promise((resolve) => child.once("exit", resolve));
  let errors = "";
  child.stderr.on("data", (chunk) => (errors = `${errors}${chunk}`.slice(-2_000)));
  child.stdin.write(requests.map((request) => `${JSON.stringify(request)}\n`).join(""));
  const answer = await new Promise((resolve, reject) => {
    let text = "";
    child.stdout.on("data", (chunk) => {
      text += chunk;
      const lines = text.split("\n");
      text = lines.pop() ?? "";
      for (const line of lines) {
        const message = JSON.parse(line);
        if (message.id === 2) resolve(message);
      }
    });
    child.once("exit", (code) => reject(new Error(`sluice serve ended with ${code}: ${errors}`)));
  });
  const ms = performance.now() - start;
  const end = async () => {
    child.stdin.end();
    await exited;
  };
  return { tools: answer.result.tools, ms, pid: child.pid ?? 0, end };
}
