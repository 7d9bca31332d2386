import { spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { JsonObject } from "../src/base/json.ts";
import { deno } from "../src/sandbox/engines/deno.ts";
import { listTree } from "../src/sandbox/process-tree.js";
import { chooseWall } from "../src/sandbox/walls/choose.ts";
import { createContainer } from "../src/sandbox/walls/container.ts";
import { listLibraries } from "../src/sandbox/walls/libraries.ts";
import { listContainerProcesses } from "../src/sandbox/walls/container-processes.ts";
import { checkOutcome, type House, openHouse, zooServer } from "./house.ts";
import { isAlive, untilDead } from "./processes.ts";
import { requires } from "./require.ts";
import { cli, createSite, toEnvironment } from "./servers/command-line.ts";

const container = { command: "podman", runtime: "runc" } as const;

/** The walls of this machine: what the config says, and what must be installed for it. */
const walls: { name: string; wall: string; runtime?: string; needs: string[]; sandbox: JsonObject }[] = [
  { name: "none", wall: "none", needs: [], sandbox: { wall: "none" } },
  { name: "bwrap", wall: "bwrap", needs: ["bwrap"], sandbox: { wall: "bwrap", floor: "bwrap" } },
  {
    name: "podman with runc",
    wall: "container",
    runtime: "runc",
    needs: ["podman", "runc"],
    sandbox: { wall: "container", floor: "container" },
  },
  {
    name: "podman with runsc",
    wall: "container",
    runtime: "runsc",
    needs: ["podman", "runsc"],
    sandbox: { wall: "container", container: { runtime: "runsc" } },
  },
];

for (const { name, wall, runtime, needs, sandbox } of walls) {
  const level = { wall, ...(runtime === undefined ? {} : { runtime }) };
  describe.runIf(process.platform === "linux" && requires(...needs))(`behind ${name}`, { timeout: 120_000 }, () => {
    const open = (more: JsonObject = {}): Promise<House> =>
      openHouse({ sandbox: { ...sandbox, guestsWarm: 0, memoryMb: 192, cpuMs: 1_000, ...more } });

    test("programs run, call tools, keep files, and say which wall it was", async () => {
      await using house = await open();
      const outcome = await house.run(
        "await fs.promises.writeFile('./workspace/a', 'kept');\nreturn [await zoo.echo({ a: 1 }), await fs.promises.readFile('./workspace/a', 'utf8')]",
      );
      checkOutcome(outcome, { result: [{ a: 1 }, "kept"] });
      expect(outcome.stats).toMatchObject({ ...level, engine: "deno" });
      const { wall: name, ...more } = level;
      expect(house.sluice.wall).toEqual({ name, ...more });
      // One that never got a guest would have had this one.
      expect((await house.run('import "npm:x";')).stats).toMatchObject({ ...level, engine: "deno" });
      const segment = readdirSync(join(house.stateDir, "audit")).map((file) =>
        readFileSync(join(house.stateDir, "audit", file), "utf8"),
      );
      const started = segment.flatMap((text) =>
        text.split("\n").filter((line) => line.includes('"execution-started"')),
      );
      expect(started).toHaveLength(2);
      for (const line of started) expect(JSON.parse(line)).toMatchObject({ ...level, engine: "deno" });
    });

    test.each([
      ["array buffers", "const all = [];\nfor (;;) all.push(new Uint8Array(5_000_000).fill(1));"],
      ["strings", "const all = [];\nfor (;;) all.push('x'.repeat(1000) + all.length);"],
    ])("memory is bounded: %s", async (_, code) => {
      await using house = await open({ cpuMs: 30_000 });
      const outcome = await house.run(`console.log("before");\n${code}`);
      expect(outcome).toMatchObject({ status: "killed", error: { code: "memoryMb" }, logs: [{ text: "before" }] });
      expect(outcome.stats.memoryPeakBytes).toBeLessThan((192 + 128) * 1024 * 1024);
      checkOutcome(await house.run("return 1"), { result: 1 });
    });

    test("processor time is bounded", async () => {
      await using house = await open();
      const outcome = await house.run("for (;;);");
      expect(outcome).toMatchObject({ status: "killed", error: { code: "cpuMs" } });
      expect(outcome.stats.cpuMs).toBeGreaterThanOrEqual(1_000);
    });

    test("a run whose host was killed goes on behind it", async () => {
      const effects = join(await mkdtemp(join(tmpdir(), "sluice-walls-")), "effects");
      const ledger = fileURLToPath(new URL("servers/ledger.mjs", import.meta.url));
      await using site = await createSite({
        mcpServers: { ledger: { command: process.execPath, args: [ledger, effects] } },
        ...{ privacy: { mode: "off" }, sandbox: { ...sandbox, guestsWarm: 0 } },
      });
      const workspace = join(site.directory, ".sluice", "workspaces", "default");
      const code = `const chance = Math.random();
        const a = await ledger.add({ key: "a" });
        await fs.promises.writeFile("./workspace/waits", String(chance));
        while (!fs.existsSync("./workspace/go")) await new Promise((resolve) => setTimeout(resolve, 20));
        return [a, await ledger.add({ key: "b" }), await fs.promises.readFile("./workspace/waits", "utf8") === String(chance)];`;
      const host = spawn(process.execPath, [cli, "run", "-e", code], {
        cwd: site.directory,
        env: toEnvironment(site.directory),
        stdio: "ignore",
      });
      await expect.poll(() => existsSync(join(workspace, "waits")), { timeout: 60_000 }).toBe(true);
      host.kill("SIGKILL");
      expect(await untilDead([host.pid as number], 10_000)).toEqual([]);
      await writeFile(join(workspace, "go"), "");
      const { runs } = JSON.parse((await site.run(["runs", "--json"])).stdout) as { runs: { id: string }[] };
      expect(runs).toMatchObject([{ status: "interrupted", isResumable: true }]);
      const resumed = await site.run(["runs", "resume", runs[0]?.id ?? "", "--json"]);
      expect(JSON.parse(resumed.stdout)).toMatchObject({
        ...{ status: "completed", result: ["added a", "added b", true], stats: { wall } },
      });
      expect((await readFile(effects, "utf8")).trim().split("\n")).toHaveLength(2);
    });

    test("a spinning guest dies with its host", async () => {
      await using site = await createSite({ mcpServers: { zoo: zooServer() }, sandbox });
      const code = "await fs.promises.writeFile('./workspace/spinning', '');\nfor (;;);";
      const host = spawn(process.execPath, [cli, "run", "-e", code], {
        cwd: site.directory,
        env: toEnvironment(site.directory),
        stdio: "ignore",
      });
      const spinning = join(site.directory, ".sluice/workspaces/default/spinning");
      const deadline = performance.now() + 60_000;
      while (!existsSync(spinning) && performance.now() < deadline && host.exitCode === null)
        await new Promise((resolve) => setTimeout(resolve, 50));
      expect(existsSync(spinning)).toBe(true);
      const folder = join(site.directory, ".sluice/containers");
      const files = wall === "container" ? readdirSync(folder).filter((file) => file.endsWith(".pid")) : [];
      const inside = files.flatMap((file) => listContainerProcesses(join(folder, file)));
      const pids = [...listTree(host.pid as number).filter((pid) => pid !== host.pid), ...inside];
      const guests = pids.filter((pid) => /guest\/deno\.js/.test(readFileSync(`/proc/${pid}/cmdline`, "latin1")));
      // gVisor's own processes run the guest's, without its command line.
      expect(guests.length + inside.length).toBeGreaterThanOrEqual(1);
      expect(pids.every(isAlive)).toBe(true);
      host.kill("SIGKILL");
      expect(await untilDead(pids, 2_000)).toEqual([]);
    });
  });
}

describe.runIf(process.platform === "linux" && requires("bwrap"))("the wall bwrap", { timeout: 60_000 }, () => {
  test("is what auto comes to, and its proof is kept for the next start", async () => {
    await using house = await openHouse({ sandbox: { wall: "auto" } });
    expect(house.sluice.wall).toEqual({ name: "bwrap" });
    const file = join(house.stateDir, "wall-bwrap.json");
    const before = (await stat(file)).mtimeMs;
    const { wall } = await chooseWall(toSandbox("auto"), deno, house.stateDir);
    expect(wall.name).toBe("bwrap");
    // A new proof would be written.
    expect((await stat(file)).mtimeMs).toBe(before);
    // What was proved for other files proves nothing.
    const kept = JSON.parse(await readFile(file, "utf8")) as JsonObject;
    expect(kept).toMatchObject({ libraries: expect.arrayContaining([expect.stringMatching(/ld-linux/)]) as unknown });
  });

  test("leaves a guest nothing of the system: its process sees its own files, and no more", async () => {
    await using house = await openHouse({ sandbox: { wall: "bwrap", guestsWarm: 0 } });
    const stop = new AbortController();
    const running = house.run("await fs.promises.writeFile('./workspace/here', '');\nfor (;;);", {
      signal: stop.signal,
    });
    const here = join(house.workspace, "here");
    while (!existsSync(here)) await new Promise((resolve) => setTimeout(resolve, 20));
    const guest = listTree(process.pid).find((pid) => {
      const args = readFileSync(`/proc/${pid}/cmdline`, "latin1").split("\0");
      return args[0]?.endsWith("/deno") ?? false;
    });
    expect(guest).toBeDefined();
    const status = new Map(
      readFileSync(`/proc/${guest}/status`, "latin1")
        .split("\n")
        .map((line) => line.split(":\t") as [string, string]),
    );
    for (const set of ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"]) expect(status.get(set)).toMatch(/^0+$/);
    expect(status.get("Seccomp")).toBe("2");
    expect(status.get("NoNewPrivs")).toBe("1");
    if (process.getuid?.() === 0) expect(status.get("Uid")?.split("\t")).not.toContain("0");
    expect(readdirSync(`/proc/${guest}/root/`)).not.toContain("etc");
    const mounts = readFileSync(`/proc/${guest}/mountinfo`, "latin1").trim().split("\n");
    for (const mount of mounts) expect(mount.split(" ")[5]).toMatch(/^ro,/);
    for (const space of ["user", "pid", "net", "ipc", "uts", "mnt", "cgroup"])
      expect(readNamespace(guest as number, space)).not.toBe(readNamespace(process.pid, space));
    expect(readFileSync(`/proc/${guest}/environ`, "latin1").split("\0").filter(Boolean).sort()).toEqual(
      Object.entries(deno.toCommand({ memoryMb: 64 }).env)
        .map(([key, value]) => `${key}=${value}`)
        .concat("PWD=/")
        .sort(),
    );
    stop.abort();
    expect(await running).toMatchObject({ status: "killed", error: { code: "cancelled" } });
  });

  test("has the filter that its source assembles", () => {
    const script = fileURLToPath(new URL("../scripts/seccomp.mjs", import.meta.url));
    const { status, stderr } = spawnSync(process.execPath, [script, "--check"], { encoding: "utf8" });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  });
});

describe("a wall that cannot be used", () => {
  test("is an error with a remedy when it was named", async () => {
    const stateDir = await mkdtemp(join(tmpdir(), "sluice-walls-"));
    try {
      await expect(
        chooseWall({ ...toSandbox("container"), container: { command: "docker", runtime: "runsc" } }, deno, stateDir),
      ).rejects.toMatchObject({ code: "wall_unavailable", hint: expect.stringMatching(/docker/) as string });
    } finally {
      await rm(stateDir, { recursive: true, force: true });
    }
  });

  test.each([
    ["none", "bwrap"],
    ["none", "container"],
  ] as const)("below the floor nothing starts: %s under %s", async (wall, floor) => {
    await expect(openHouse({ sandbox: { wall, floor } })).rejects.toMatchObject({
      code: "wall_below_floor",
      message: expect.stringContaining(floor) as string,
    });
  });
});

test.runIf(process.platform === "linux")("the loader's libraries are absolute files", async () => {
  const libraries = await listLibraries(process.execPath);
  expect(libraries.length).toBeGreaterThan(1);
  for (const path of libraries) expect(existsSync(path)).toBe(true);
});

test("a container that has ended by itself is looked for no more when it is killed", async () => {
  const folder = await mkdtemp(join(tmpdir(), "sluice-ended-"));
  // A client that knows none of its arguments, and ends.
  const client = { ...container, program: process.execPath, ignoreCgroups: false };
  const command = { program: "guest", args: [], env: {}, readable: [], folders: [] };
  const child = await createContainer(client, "none", folder).start(command, { memoryMb: 64 });
  await child.exited;
  const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
  const before = timers();
  child.kill();
  expect(timers()).toBe(before);
  await rm(folder, { recursive: true });
});

function toSandbox(wall: "auto" | "container"): Parameters<typeof chooseWall>[0] {
  return { wall, floor: "none", container, memoryMb: 192 };
}

function readNamespace(pid: number, name: string): string {
  return readlinkSync(`/proc/${pid}/ns/${name}`);
}
