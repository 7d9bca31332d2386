import { readdirSync, readFileSync } from "node:fs";
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Child, spawnChild } from "../src/base/child-process.ts";
import { SluiceError } from "../src/base/errors.ts";
import { isAlive, untilDead } from "./processes.ts";

const env = { PATH: process.env["PATH"] ?? "" };
const stubborn = fileURLToPath(new URL("./servers/stubborn.mjs", import.meta.url));
const hosts: ChildProcess[] = [];
const children: Child[] = [];
/** What a host of a test had started: nothing of it may outlive the test, whatever that shows. */
const orphans: number[] = [];

afterEach(() => {
  for (const pid of orphans.splice(0).filter(isAlive)) process.kill(pid, "SIGKILL");
  for (const host of hosts.splice(0)) host.kill("SIGKILL");
  for (const child of children.splice(0)) child.kill();
});

async function node(script: string, args: string[] = []): Promise<Child> {
  const child = await spawnChild(process.execPath, ["-e", script, ...args], { env, label: "test child" });
  children.push(child);
  return child;
}

async function textOf(stream: AsyncIterable<Buffer | string>): Promise<string> {
  let text = "";
  for await (const chunk of stream) text += chunk.toString();
  return text;
}

async function firstLine(stream: AsyncIterable<Buffer | string>): Promise<string> {
  let text = "";
  for await (const chunk of stream) {
    text += chunk.toString();
    if (text.includes("\n")) break;
  }
  return text.slice(0, text.indexOf("\n"));
}

test("a child talks over its pipes and tells how it ended", async () => {
  const child = await node(
    "process.stdin.pipe(process.stdout); process.stdin.on('end', () => { console.error('bye'); process.exitCode = 3; })",
  );
  const [out, err] = [textOf(child.stdout), textOf(child.stderr)];
  child.stdin.end("hello");
  expect(await child.exited).toEqual({ code: 3, signal: null });
  expect([await out, await err]).toEqual(["hello", "bye\n"]);
  child.stdin.write("into the void");
  child.kill();
});

test("a command that does not exist is named", async () => {
  const start = (command: string, cwd?: string) =>
    expect(spawnChild(command, [], { env, label: 'server "x"', ...(cwd && { cwd }) })).rejects;
  await start("no-such-program").toThrow('Cannot start server "x": command not found: "no-such-program" is in none');
  await start("./no/such/file").toThrow('there is no executable file "./no/such/file"');
  await start("node", "/no/such/folder").toThrow('its working folder "/no/such/folder" does not exist');
  await start("").toThrow("its command is empty");
  await start("a\0b").toThrow(SluiceError);
  await expect(spawnChild("node", [], { env: { PATH: "/nowhere" }, label: "it" })).rejects.toThrow("command not found");
  await expect(spawnChild(process.execPath, ["a\0b"], { env, label: "it" })).rejects.toThrow("Cannot start it");
});

test("only the environment that is given reaches the child", async () => {
  process.env["SLUICE_TEST_SECRET"] = "s";
  const child = await spawnChild(process.execPath, ["-p", "JSON.stringify(process.env)"], {
    env: { A: "1" },
    label: "it",
  });
  expect(JSON.parse(await textOf(child.stdout))).toEqual({ A: "1" });
});

test("terminate ends a polite child at the end of its input, and a stubborn one with its grandchild after the grace", async () => {
  const polite = await node("process.stdin.on('end', () => process.exit(0)).resume()");
  await polite.terminate(5_000);
  expect(await polite.exited).toEqual({ code: 0, signal: null });

  const child = await spawnChild(process.execPath, [stubborn], { env, label: "stubborn" });
  children.push(child);
  const pids = JSON.parse(await firstLine(child.stderr)) as number[];
  expect(pids).toHaveLength(2);
  const startedAt = performance.now();
  await child.terminate(300);
  expect(performance.now() - startedAt).toBeLessThan(1_500);
  expect(await child.exited).toEqual({ code: null, signal: "SIGKILL" });
  expect(await untilDead(pids, 500)).toEqual([]);
});

test("what a child leaves in its group goes when the child ends by itself", async () => {
  const child = await node(
    "const c = require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e3)'], { stdio: 'ignore' }); console.log(c.pid); c.unref(); setTimeout(() => process.exit(0), 50)",
  );
  const pid = Number(await firstLine(child.stdout));
  await child.exited;
  expect(await untilDead([pid], 1_000)).toEqual([]);
});

test.skipIf(process.platform !== "linux")("what a marked child sends out of its session goes with it", async () => {
  const script =
    "const c = require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e3)'], { stdio: 'ignore', detached: true }); console.log(c.pid); c.unref(); process.stdin.resume()";
  const child = await spawnChild(process.execPath, ["-e", script], { env, label: "it", marked: true });
  children.push(child);
  const pid = Number(await firstLine(child.stdout));
  orphans.push(pid);
  expect(isAlive(pid)).toBe(true);
  child.kill();
  await child.exited;
  expect(await untilDead([pid], 2_000)).toEqual([]);
});

describe.runIf(process.platform === "linux")("once the reaper runs, it starts the children", () => {
  const parentOf = (pid: number): number =>
    Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1]);
  const start = (script: string, files: string[] = []): Promise<Child> =>
    spawnChild("bash", ["--norc", "-c", script], { env, label: "it", files });
  let reaper = 0;

  beforeEach(async () => {
    await expect
      .poll(async () => {
        const child = await start("sleep 1000");
        reaper = parentOf(child.pid);
        child.kill();
        await child.exited;
        return reaper;
      })
      .not.toBe(process.pid);
  });

  test("and nothing that they say at once is lost", async () => {
    const sizes = [1, 70_000, 3_000_000];
    const said = await Promise.all(
      Array.from({ length: 30 }, async (_, index) => {
        const size = sizes[index % 3] ?? 1;
        const child = await start(`head -c ${size} /dev/zero; head -c ${size} /dev/zero >&2; cat; exit 7`);
        child.stdin.end("the end");
        const [out, err, exit] = await Promise.all([textOf(child.stdout), textOf(child.stderr), child.exited]);
        return [out.length - size, err.length - size, exit];
      }),
    );
    expect(said).toEqual(Array.from({ length: 30 }, () => [7, 0, { code: 7, signal: null }]));
  });

  test("nor of many that end as soon as they have started, and no descriptor stays", async () => {
    const open = (): number => readdirSync("/proc/self/fd").length;
    const before = open();
    const said = await Promise.all(
      Array.from({ length: 50 }, async () => {
        const child = await start("echo out; echo err >&2; echo in >&0; exit 3");
        const [out, err, exit] = await Promise.all([textOf(child.stdout), textOf(child.stderr), child.exited]);
        return [out, err, exit.code];
      }),
    );
    expect(said).toEqual(Array.from({ length: 50 }, () => ["out\n", "err\n", 3]));
    await expect.poll(() => open() - before).toBeLessThanOrEqual(0);
  });

  test("what is far too large is refused, and the others live", async () => {
    const other = await start("sleep 1000");
    const large = spawnChild("bash", [], { env: { ...env, LARGE: "x".repeat(4_000_000) }, label: "it" });
    await expect(large).rejects.toThrow("Cannot start it: spawn E2BIG");
    expect(isAlive(other.pid)).toBe(true);
    other.kill();
  });

  test("with the files they are to have open, and what cannot be started is a rejection", async () => {
    const child = await start("cat <&3; cat <&4", [fileURLToPath(import.meta.url), "/dev/null"]);
    expect(await textOf(child.stdout)).toBe(readFileSync(fileURLToPath(import.meta.url), "utf8"));
    await expect(start("", ["/no/such/file"])).rejects.toThrow("Cannot start it: ENOENT");
    const folder = spawnChild("bash", [], { env, label: "it", cwd: "/root/no/such" });
    await expect(folder).rejects.toThrow("does not exist");
  });

  test("and if it is killed its children have ended, and the next ones start", async () => {
    const child = await start("sleep 1000");
    const pending = start("echo it runs too");
    process.kill(reaper, "SIGKILL");
    expect(await child.exited).toEqual({ code: null, signal: "SIGKILL" });
    expect(await textOf((await pending).stdout)).toMatch(/^(?:it runs too\n)?$/);
    expect(await untilDead([child.pid], 1_000)).toEqual([]);
    const next = await start("echo it runs");
    expect(await textOf(next.stdout)).toBe("it runs\n");
  });
});

const ends = {
  "kill -9": (host: ChildProcess) => host.kill("SIGKILL"),
  "process.exit": (host: ChildProcess) => host.stdin?.write("exit\n"),
  "an uncaught exception": (host: ChildProcess) => host.stdin?.write("throw\n"),
};

for (const [name, end] of Object.entries(ends)) {
  for (const dieWithParent of [true, false]) {
    test(`nothing is left after ${name} of the host (${dieWithParent ? "with" : "without"} die-with-parent)`, async () => {
      const host = spawn(
        process.execPath,
        [fileURLToPath(new URL("./servers/host.mjs", import.meta.url)), String(dieWithParent)],
        {
          stdio: ["pipe", "pipe", "ignore"],
        },
      );
      hosts.push(host);
      const told = JSON.parse(await firstLine(host.stdout)) as { reaper: number; parents: number[]; pids: number[] };
      const { reaper, parents, pids } = told;
      orphans.push(...pids);
      expect(pids.filter(isAlive)).toHaveLength(5);
      expect(parents).toEqual([host.pid, reaper, reaper]);
      // The one that cleans up is not to be talked out of it, once it runs.
      await expect.poll(() => catchesSigquit(reaper), { timeout: 10_000 }).toBe(true);
      for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.kill(reaper, signal);
      end(host);
      expect(await untilDead([...pids, reaper], 2_000)).toEqual([]);
    });
  }
}

/** Whether the process has a handler for SIGQUIT (3), the last that the reaper sets: Node itself has none. */
function catchesSigquit(pid: number): boolean {
  const caught = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? "0";
  return ((BigInt(`0x${caught}`) >> 2n) & 1n) === 1n;
}
