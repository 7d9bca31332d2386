import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test } from "vitest";
import { zooServer } from "./house.ts";
import { commandLineOf, descendantsOf, isAlive, untilDead } from "./processes.ts";
import { cli, createSite, type Site, toEnvironment } from "./servers/command-line.ts";

// After the end of a serve, however it came, nothing is left: neither an upstream that ignores the end of its input, nor
// that upstream's own child, nor a guest that spins.

const sites: Site[] = [];
const started: ChildProcess[] = [];

afterEach(async () => {
  for (const child of started.splice(0)) child.kill("SIGKILL");
  for (const site of sites.splice(0)) await site[Symbol.asyncDispose]();
});

async function until<T>(look: () => T | undefined): Promise<T> {
  for (;;) {
    const found = look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** A serve with a stubborn upstream, an honest one, and a program that spins; the pids of all that it started. */
async function startBusyServe(): Promise<{ serve: ChildProcess; pids: number[] }> {
  const stubborn = fileURLToPath(new URL("./servers/stubborn.mjs", import.meta.url));
  const site = await createSite({
    mcpServers: { stubborn: { command: process.execPath, args: [stubborn] }, zoo: zooServer() },
  });
  sites.push(site);
  const serve = spawn(process.execPath, [cli, "serve"], {
    cwd: site.directory,
    env: toEnvironment(site.directory),
    stdio: ["pipe", "pipe", "ignore"],
  });
  started.push(serve);
  const send = (message: object): void => void serve.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
  send({
    id: 1,
    method: "initialize",
    params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "test", version: "1" } },
  });
  await once(serve.stdout, "data");
  serve.stdout.resume();
  send({ method: "notifications/initialized" });
  const code = "await zoo.echo({});\nawait fs.promises.writeFile('./workspace/spinning', '');\nwhile (true);";
  send({ id: 2, method: "tools/call", params: { name: "execute_code", arguments: { code } } });
  const pids = await until(() => {
    const all = descendantsOf(serve.pid as number);
    const lines = all.map(commandLineOf);
    const isThere = (text: string, count = 1): boolean => lines.filter((line) => line.includes(text)).length >= count;
    // The stubborn one has its child by then, and the program has begun to spin.
    const spins = readdirSync(site.directory, { recursive: true, encoding: "utf8" }).some((name) =>
      name.endsWith("spinning"),
    );
    return spins && isThere("stubborn.mjs", 2) && isThere("zoo.mjs") && isThere("guest/deno.js") && isThere("reaper.js")
      ? all
      : undefined;
  });
  return { serve, pids };
}

describe.runIf(process.platform === "linux")("nothing is left", () => {
  test("within 2 s after kill -9 of a serve", async () => {
    const { serve, pids } = await startBusyServe();
    expect(pids.filter(isAlive).length).toBeGreaterThanOrEqual(5);
    serve.kill("SIGKILL");
    expect(await untilDead(pids, 2_000)).toEqual([]);
  });

  test.each(["the end of its input", "SIGTERM"] as const)("after %s", async (how) => {
    const { serve, pids } = await startBusyServe();
    const closed = once(serve, "exit");
    if (how === "SIGTERM") serve.kill("SIGTERM");
    else serve.stdin?.end();
    await closed;
    expect(await untilDead(pids, 2_000)).toEqual([]);
  });

  test("after a run that has ended by itself, and after one that was interrupted", async () => {
    const site = await createSite({ mcpServers: { zoo: zooServer() } });
    sites.push(site);
    let pids: number[] = [];
    const ended = site.run(["run", "-e", "await zoo.slow({ ms: 1500 });"], {
      onStart: (child) => setTimeout(() => (pids = descendantsOf(child.pid as number)), 1_200),
    });
    expect((await ended).code).toBe(0);
    expect(await untilDead(pids, 2_000)).toEqual([]);
    const interrupted = await site.run(["run", "-e", "for (;;);"], {
      onStart(child) {
        setTimeout(() => {
          pids = descendantsOf(child.pid as number);
          child.kill("SIGINT");
        }, 1_500);
      },
    });
    expect(interrupted.code).toBe(130);
    expect(await untilDead(pids, 2_000)).toEqual([]);
  });
});
