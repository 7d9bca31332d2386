import { mkdir, mkdtemp, readFile, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { JsonObject } from "../src/base/json.ts";
import { parseConfig } from "../src/config/parse-config.ts";
import { createSluice } from "../src/runtime/create-sluice.ts";
import { createDiskRoot } from "../src/sandbox/disk-root.ts";
import type { Sluice } from "../src/runtime/sluice.ts";
import { engineOfTests } from "./house.ts";
import { cli, createSite, toEnvironment } from "./servers/command-line.ts";

const people = fileURLToPath(new URL("./servers/people.mjs", import.meta.url));
let folder: string;
let open: Sluice[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-workspaces-"));
  open = [];
  await writeFile(join(folder, "hr.json"), JSON.stringify({ leads: [{ email: "ana@acme.io" }] }));
});
afterEach(async () => {
  for (const sluice of open) await sluice[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

test("what is appended stays in one piece, whoever else appends", async () => {
  const pieces = ["a", "b", "c"].map((letter) => Buffer.alloc(2_500_000, letter));
  // Two roots know nothing of each other, as two processes do not.
  await Promise.all(
    pieces.map(async (piece) => {
      const root = createDiskRoot(folder);
      for (let n = 0; n < 4; n += 1) await root.append(["all"], piece);
    }),
  );
  const text = await readFile(join(folder, "all"), "latin1");
  const runs = [...text.matchAll(/a+|b+|c+/g)].map(([run]) => run.length);
  expect(text).toHaveLength(30_000_000);
  expect(runs.filter((length) => length % 2_500_000 !== 0)).toEqual([]);
});

async function start(workspace: string, config: JsonObject = {}): Promise<Sluice> {
  const sluice = await createSluice({
    mcpServers: { hr: { command: process.execPath, args: [people, join(folder, "hr.json")] } },
    stateDir: join(folder, "state"),
    skills: { dir: join(folder, "state", "skills") },
    workspaces: { reports: { bytesMax: 1_000, filesMax: 3 }, other: {} },
    ...config,
    workspace,
    sandbox: { ...engineOfTests(), wall: "none", guestsWarm: 0 },
  });
  open.push(sluice);
  return sluice;
}

describe("named workspaces", () => {
  test("have files, tokens and runs of their own", async () => {
    const [main, reports] = [await start("default"), await start("reports")];
    const seal = `const { value } = await hr.get({ name: "leads" }); await fs.promises.writeFile("./workspace/who", value[0].email); return value[0].email`;
    const first = await main.executeCode(seal);
    expect(first).toMatchObject({ status: "completed", result: "[EMAIL_1]" });
    expect(await reports.executeCode(`return await fs.promises.readdir("./workspace")`)).toMatchObject({ result: [] });
    // A token of another workspace is none here.
    expect(
      await reports.executeCode(`import { pii } from "sluice"; return await pii.domain("[EMAIL_1]")`),
    ).toMatchObject({ status: "failed", error: { message: expect.stringContaining("[EMAIL_1]") as string } });
    // Nor is a run, whose tokens would mean others.
    expect(await reports.resume(first.executionId)).toMatchObject({ error: { code: "not_resumable" } });
    const stopped = await main.executeCode(`await new Promise(() => setInterval(() => {}, 50))`, { answerMs: 1 });
    await main[Symbol.asyncDispose]();
    open = open.filter((one) => one !== main);
    const refused = await reports.resume(stopped.executionId);
    expect(refused).toMatchObject({ error: { code: "not_resumable", hint: "Name it: --workspace default" } });
  });

  test("have what programs had read when they wrote", async () => {
    const config = {
      policy: { flows: { "private -> outside": "deny" } },
      mcpServers: {
        hr: { command: process.execPath, args: [people, join(folder, "hr.json")], reads: "private" },
        out: {
          command: process.execPath,
          args: [people, join(folder, "hr.json")],
          reads: "ordinary",
          sends: "outside",
        },
      },
    };
    const [main, other] = [await start("default", config), await start("other", config)];
    await main.executeCode(
      `const { value } = await hr.get({ name: "leads" }); await fs.promises.writeFile("./workspace/a", "x")`,
    );
    // The same name, written by one who has read nothing, in another workspace.
    await other.executeCode(`await fs.promises.writeFile("./workspace/a", "clean")`);
    const send = `const text = await fs.promises.readFile("./workspace/a", "utf8"); return await out.note({ text })`;
    expect(await main.executeCode(send)).toMatchObject({ status: "failed", error: { code: "flow_denied" } });
    expect(await other.executeCode(send)).toMatchObject({ status: "completed" });
  });

  test("have quotas that only lower the sandbox's", async () => {
    const reports = await start("reports");
    const write = (bytes: number, name = "a"): string =>
      `await fs.promises.writeFile("./workspace/${name}", "x".repeat(${bytes}))`;
    expect(await reports.executeCode(write(900))).toMatchObject({ status: "completed" });
    expect((await reports.executeCode(write(200, "b"))).error?.message).toContain("workspaceBytesMax is 1000");
    await reports.executeCode(`for (const name of ["b", "c"]) await fs.promises.writeFile("./workspace/" + name, "")`);
    expect((await reports.executeCode(write(1, "d"))).error?.message).toContain("workspaceFilesMax is 3");
    const config = { mcpServers: {}, workspaces: { big: { bytesMax: 99_999_999_999_999 } }, workspace: "big" };
    await using big = await createSluice({ ...config, stateDir: join(folder, "big") });
    expect(big.workspace.name).toBe("big");
  });

  test.each([
    [{ workspace: "none" }, "no such workspace"],
    [{ workspace: "../x" }, "lower case"],
    [{ workspaces: { A: {} } }, "lower case"],
    [{ workspaces: { "../a": {} } }, "lower case"],
    [{ workspaces: { a: { bytes: 1 } } }, "bytesMax"],
    [{ workspaces: { a: { bytesMax: "1" } } }, "whole number"],
    [{ workspaces: [] }, "expected an object"],
  ])("%j is refused with what is wrong", (config, message) => {
    expect(() => parseConfig({ mcpServers: {}, ...config }, { directory: folder, env: {} })).toThrow(message);
  });
});

describe("the files of a workspace", () => {
  test("are listed, read, removed and exported; nothing outside is", async () => {
    const sluice = await start("default");
    await sluice.executeCode(`
      await fs.promises.mkdir("./workspace/sub/deep", { recursive: true });
      await fs.promises.writeFile("./workspace/sub/deep/b.txt", "b");
      await fs.promises.writeFile("./workspace/a.txt", "a");`);
    const inside = join(folder, "state", "workspaces", "default");
    await writeFile(join(folder, "secret"), "secret");
    await symlink(join(folder, "secret"), join(inside, "link"));
    const { workspace } = sluice;
    expect((await workspace.list()).map(({ path, bytes }) => [path, bytes])).toEqual([
      ["a.txt", 1],
      ["sub/deep/b.txt", 1],
    ]);
    expect((await workspace.read("sub/deep/b.txt")).toString()).toBe("b");
    expect((await workspace.read("./workspace/a.txt")).toString()).toBe("a");
    await sluice.executeCode(
      `await fs.promises.mkdir("./workspace/workspace"); await fs.promises.writeFile("./workspace/workspace/a.txt", "inner")`,
    );
    expect((await workspace.read("workspace/a.txt")).toString()).toBe("inner");
    await workspace.remove("workspace");
    for (const path of ["../secret", "/etc/passwd", "link", "nothing", "", "sub", "a\0b", "./servers/hr/get.ts"])
      await expect(workspace.read(path)).rejects.toMatchObject({ code: "workspace_path" });
    expect(await workspace.export(join(folder, "out"))).toBe(2);
    expect(await readFile(join(folder, "out", "sub", "deep", "b.txt"), "utf8")).toBe("b");
    await expect(workspace.export(join(folder, "out"))).rejects.toMatchObject({ code: "workspace_path" });
    await workspace.remove("sub");
    expect((await workspace.list()).map(({ path }) => path)).toEqual(["a.txt"]);
    await expect(workspace.remove("")).rejects.toMatchObject({ code: "workspace_path" });
  });

  test("that the host kept for programs go after a week; a program's own stay", async () => {
    const inside = join(folder, "state", "workspaces", "default");
    const old = new Date(Date.now() - 8 * 86_400_000);
    for (const path of [".spill/old.txt", ".spill/new.txt", ".media/old.png", "own.txt"]) {
      await mkdir(join(inside, path, ".."), { recursive: true });
      await writeFile(join(inside, path), "x");
      if (!path.includes("new")) await utimes(join(inside, path), old, old);
    }
    const { workspace } = await start("default");
    await expect
      .poll(async () => (await workspace.list()).map(({ path }) => path), { timeout: 10_000 })
      .toEqual([".spill/new.txt", "own.txt"]);
  });

  test("are a client's resources, sealed, and the command line's", async () => {
    await using site = await createSite({
      mcpServers: {},
      workspaces: { reports: {} },
      sandbox: { wall: "none" },
      privacy: { classes: ["EMAIL"] },
    });
    const inside = join(site.directory, ".sluice", "workspaces", "reports");
    await mkdir(join(inside, "sub"), { recursive: true });
    await writeFile(join(inside, "sub", "a b.txt"), "mail to ana@acme.io");
    await writeFile(join(inside, "b.bin"), Buffer.from([0, 1, 2]));
    await writeFile(join(inside, "latin.csv"), Buffer.from("José;ana@acme.io", "latin1"));
    await writeFile(join(inside, "wide.csv"), Buffer.from("José;ana@acme.io", "utf16le"));
    await writeFile(join(inside, "ana@acme.io.txt"), "x");
    const client = new Client({ name: "test", version: "1" });
    await client.connect(
      new StdioClientTransport({
        ...{ command: process.execPath, args: [cli, "serve", "--workspace", "reports"], cwd: site.directory },
        ...{ env: toEnvironment(site.directory), stderr: "ignore" },
      }),
    );
    expect((await client.listResources()).resources).toMatchObject([
      { uri: "workspace:///b.bin", size: 3 },
      { uri: "workspace:///latin.csv" },
      { uri: "workspace:///sub/a%20b.txt", name: "sub/a b.txt" },
      { uri: "workspace:///wide.csv" },
    ]);
    const read = async (uri: string): Promise<object> => (await client.readResource({ uri })).contents[0] ?? {};
    expect(await read("workspace:///sub/a%20b.txt")).toMatchObject({ text: "mail to [EMAIL]" });
    for (const name of ["latin", "wide"])
      expect(await read(`workspace:///${name}.csv`)).toMatchObject({ text: "José;[EMAIL]" });
    expect(await read("workspace:///b.bin")).toMatchObject({ blob: "AAEC" });
    for (const uri of ["workspace:///../../vault.key", "workspace:///%2e%2e/x", "file:///etc/passwd", "workspace:///%"])
      await expect(read(uri)).rejects.toThrow();
    await client.close();
    expect((await site.run(["workspace", "--workspace", "reports"])).stdout).toContain("sub/a b.txt");
    expect((await site.run(["workspace", "cat", "sub/a b.txt", "--workspace", "reports"])).stdout).toBe(
      "mail to ana@acme.io\n",
    );
    expect(await site.run(["workspace", "rm", "b.bin", "--workspace=reports"])).toMatchObject({ code: 0 });
    expect((await site.run(["workspace"])).stderr).toContain('"default" is empty');
    expect(await site.run(["workspace", "--workspace", "report"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("Did you mean reports?") as string,
    });
  });
});
