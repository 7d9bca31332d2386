import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { limits } from "../src/base/limits.ts";
import { createSluice } from "../src/runtime/create-sluice.ts";
import { sweepScratch } from "../src/runtime/scratch.ts";
import { checkOutcome, type House, openHouse, zooServer } from "./house.ts";

const sheet = {
  name: "save-sheet-as-csv",
  description: "Saves a sheet as a file.",
  code: `import * as zoo from "../../servers/zoo";
import { promises as fs } from "node:fs";
export async function saveSheetAsCsv(name: string): Promise<string> {
  const rows = await zoo.echo({ rows: ["a,b", "1,2"] }) as any;
  const path = "./workspace/" + name + ".csv";
  await fs.writeFile(path, rows.rows.join("\\n"));
  return path;
}`,
  example: `await saveSheetAsCsv("orders")`,
};

/** All below a folder, with what is in it. */
function read(folder: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => [join(parentPath, name), readFileSync(join(parentPath, name), "utf8")]),
  );
}

const left = ({ stateDir }: House): string[] =>
  existsSync(join(stateDir, "scratch")) ? readdirSync(join(stateDir, "scratch")) : [];

/** Saves a skill whose test is this program, and tests it. */
async function test({ sluice }: House, name: string, tests: string): Promise<unknown> {
  await sluice.skills.save({ name, description: "d", code: `export const ${name} = (): number => 1;`, tests }, "ada");
  return await sluice.skills.test(name);
}

describe("the test of a skill that writes", () => {
  it("passes, live and of the record, and leaves nothing", { timeout: 60_000 }, async () => {
    await using house = await openHouse();
    const { skills } = house.sluice;
    await house.sluice.refresh();
    writeFileSync(join(house.workspace, "orders.csv"), "mine");
    await skills.save(sheet, "ada");
    expect(await skills.test(sheet.name, { live: true })).toMatchObject({ ok: true, calls: 1 });
    expect(await skills.test(sheet.name)).toMatchObject({ ok: true, calls: 1 });
    expect(await skills.trust(sheet.name, "ada")).toMatchObject({ trust: "trusted" });
    expect(read(house.workspace)).toEqual({ [join(house.workspace, "orders.csv")]: "mine" });
    expect(left(house)).toEqual([]);
    const kinds = [];
    for await (const { kind } of house.sluice.auditRecords()) kinds.push(kind);
    expect(kinds).not.toContain("file-written");
    checkOutcome(await house.sluice.callTool(`skill:${sheet.name}`, { name: "real" }), {
      result: "./workspace/real.csv",
    });
    expect(readFileSync(join(house.workspace, "real.csv"), "utf8")).toBe("a,b\n1,2");
  });

  it("passes where it was made of a run that wrote", { timeout: 60_000 }, async () => {
    await using house = await openHouse();
    const ran = await house.run(
      `import fs from "node:fs/promises"; const name = "x"; const said = await zoo.echo({ name }); await fs.writeFile("./workspace/run.csv", JSON.stringify(said)); return (await fs.readFile("./workspace/run.csv", "utf8")).length;`,
    );
    checkOutcome(ran, { result: 12 });
    writeFileSync(join(house.workspace, "run.csv"), "changed since");
    const about = { name: "from-a-run", description: "d", by: "ada" };
    expect(await house.sluice.skills.promote(ran.executionId, about)).toMatchObject({ test: { ok: true, calls: 1 } });
    expect(await house.sluice.skills.trust("from-a-run", "ada")).toMatchObject({ trust: "trusted" });
    expect(read(house.workspace)).toEqual({ [join(house.workspace, "run.csv")]: "changed since" });
  });

  it("sees the workspace with its own changes, whatever they are", { timeout: 60_000 }, async () => {
    await using house = await openHouse({ mcpServers: {} });
    mkdirSync(join(house.workspace, "dir/deep"), { recursive: true });
    for (const name of ["a", "b", "dir/c", "dir/deep/d"]) writeFileSync(join(house.workspace, name), name);
    symlinkSync("/etc/hostname", join(house.workspace, "link"));
    const before = read(house.workspace);
    // The same program comes to the same in a scratch and, later, in the workspace itself.
    const program = `
import fs from "node:fs";
const seen: unknown[] = [];
const trying = (act: () => unknown): void => { try { seen.push(act() ?? null); } catch (error: any) { seen.push(error.code); } };
const text = (path: string): string => fs.readFileSync("./workspace/" + path, "utf8");
const all = (): string => (fs.readdirSync("./workspace", { recursive: true }) as string[]).join();
trying(() => fs.appendFileSync("./workspace/a", "+"));
trying(() => text("a"));
trying(() => fs.appendFileSync("./workspace/dir/deep/new", "n"));
trying(() => fs.writeFileSync("./workspace/dir/c", "C"));
trying(() => fs.writeFileSync("./workspace/b", "x", { flag: "wx" }));
trying(() => fs.writeFileSync("./workspace/none/x", "x"));
trying(() => fs.writeFileSync("./workspace/a/x", "x"));
trying(() => fs.writeFileSync("./workspace/dir", "x"));
trying(() => fs.appendFileSync("./workspace/dir", "x"));
trying(() => fs.writeFileSync("./workspace/link", "x"));
trying(() => text("link"));
trying(() => fs.mkdirSync("./workspace/dir"));
trying(() => fs.mkdirSync("./workspace/dir", { recursive: true }));
trying(() => fs.mkdirSync("./workspace/a", { recursive: true }));
trying(() => fs.mkdirSync("./workspace/a/b", { recursive: true }));
trying(() => fs.mkdirSync("./workspace/x/y/z", { recursive: true }));
trying(() => fs.rmdirSync("./workspace/dir"));
trying(() => fs.rmSync("./workspace/dir"));
trying(() => fs.rmdirSync("./workspace/a"));
trying(() => fs.unlinkSync("./workspace/b"));
trying(() => fs.unlinkSync("./workspace/b"));
trying(() => text("b"));
trying(all);
trying(() => fs.writeFileSync("./workspace/b", "again", { flag: "wx" }));
trying(() => text("b"));
trying(() => fs.renameSync("./workspace/dir", "./workspace/dir/in"));
trying(() => fs.renameSync("./workspace/dir", "./workspace/a"));
trying(() => fs.renameSync("./workspace/a", "./workspace/dir"));
trying(() => fs.renameSync("./workspace/dir", "./workspace/x"));
trying(() => fs.renameSync("./workspace/dir", "./workspace/moved"));
trying(all);
trying(() => text("moved/deep/d") + text("moved/deep/new") + text("moved/c"));
trying(() => text("dir/c"));
trying(() => fs.mkdirSync("./workspace/dir"));
trying(() => fs.readdirSync("./workspace/dir"));
trying(() => fs.renameSync("./workspace/moved", "./workspace/dir"));
trying(() => fs.renameSync("./workspace/b", "./workspace/dir/c"));
trying(() => text("dir/c"));
trying(() => fs.copyFileSync("./workspace/dir/deep/d", "./workspace/a"));
trying(() => text("a"));
trying(() => fs.rmSync("./workspace/dir/deep", { recursive: true }));
trying(() => fs.statSync("./workspace/dir/deep/d").size);
trying(() => fs.statSync("./workspace/dir/c").size);
trying(() => fs.rmSync("./workspace", { recursive: true }));
trying(() => fs.renameSync("./workspace/gone", "./workspace/a"));
trying(all);
`;
    const told = await test(house, "seen", `${program}\nthrow new Error(JSON.stringify(seen));`);
    expect(read(house.workspace)).toEqual(before);
    const { result } = await house.run(`${program}\nreturn JSON.stringify(seen);`);
    expect(told).toMatchObject({ ok: false, message: expect.stringContaining(String(result)) });
    expect(read(house.workspace)).not.toEqual(before);
    expect(left(house)).toEqual([]);
  });

  it("has the quota of the workspace, with what is in it", { timeout: 60_000 }, async () => {
    await using house = await openHouse({
      mcpServers: {},
      sandbox: { workspaceBytesMax: 1_000, workspaceFilesMax: 3, fileBytesMax: 600 },
    });
    writeFileSync(join(house.workspace, "kept"), "x".repeat(500));
    const tests = `
import fs from "node:fs";
const codes = [["a", 601], ["a", 501], ["kept", 600], ["a", 400], ["b", 1], ["b", 0], ["c", 0]].map(([name, size]: any) => {
  try { fs.writeFileSync("./workspace/" + name, "x".repeat(size)); return "ok"; } catch (error: any) { return error.code; }
});
throw new Error(codes.join());`;
    expect(await test(house, "full", tests)).toMatchObject({
      message: expect.stringContaining("EFBIG,EDQUOT,ok,ok,EDQUOT,ok,EDQUOT"),
    });
    expect(readdirSync(house.workspace)).toEqual(["kept"]);
  });

  it("saves no skill, and changes nothing of what is known of the files", { timeout: 60_000 }, async () => {
    await using house = await openHouse({
      mcpServers: { hr: { ...zooServer(), trust: "internal" }, web: { ...zooServer(), trust: "public" } },
      ...{ privacy: { mode: "off" }, policy: { flows: { "private -> outside": "deny" } } },
    });
    const saving = `import { saveSkill } from "sluice"; await saveSkill({ name: "n", description: "d", code: "export const n = 1;" });`;
    expect(await test(house, "saver", saving)).toMatchObject({
      ...{ ok: false, message: expect.stringContaining("skills_read_only") },
    });
    expect(readdirSync(house.skills)).toEqual(["saver"]);
    await house.run(`await hr.echo({}); fs.writeFileSync("./workspace/private", "x");`);
    await house.run(`fs.writeFileSync("./workspace/plain", "x");`);
    const writing = `import fs from "node:fs";
      fs.writeFileSync("./workspace/private", "clean");
      fs.renameSync("./workspace/private", "./workspace/plain");
      fs.writeFileSync("./workspace/private", "clean");`;
    expect(await test(house, "writer", writing)).toMatchObject({ ok: true });
    const sending = (file: string): string =>
      `const text = fs.readFileSync("./workspace/${file}", "utf8"); await web.echo({}); return text;`;
    expect(await house.run(sending("private"))).toMatchObject({ error: { code: "flow_denied" } });
    expect(await house.run(sending("plain"))).toMatchObject({ status: "completed", result: "x" });
    // The copy of what is private is as private.
    const copying = `import fs from "node:fs"; import * as web from "./servers/web";
      fs.renameSync("./workspace/private", "./workspace/other"); fs.readFileSync("./workspace/other"); await web.echo({});`;
    await house.sluice.skills.save(
      { name: "copier", description: "d", code: "export const copier = (): number => 1;", tests: copying },
      "ada",
    );
    expect(await house.sluice.skills.test("copier", { live: true })).toMatchObject({
      ...{ ok: false, message: expect.stringContaining("flow_denied") },
    });
  });

  it("leaves nothing for longer than its process lives, and a while", { timeout: 60_000 }, async () => {
    await using house = await openHouse({ mcpServers: {} });
    const { stateDir, sluice } = house;
    const tests = `import fs from "node:fs"; fs.writeFileSync("./workspace/half", "x"); await new Promise((resolve) => setTimeout(resolve, 60_000));`;
    await sluice.skills.save(
      { name: "endless", description: "d", code: "export const endless = (): number => 1;", tests },
      "ada",
    );
    const config = { mcpServers: {}, stateDir, skills: { dir: house.skills } };
    const built = new URL("../dist/index.js", import.meta.url).href;
    const script = `import { createSluice } from ${JSON.stringify(built)};
      const sluice = await createSluice(${JSON.stringify(config)});
      await sluice.skills.test("endless");`;
    writeFileSync(join(stateDir, "host.mjs"), script);
    const child = spawn(process.execPath, [join(stateDir, "host.mjs")], { stdio: ["ignore", "ignore", "inherit"] });
    const isWritten = (): boolean => left(house).some((name) => existsSync(join(stateDir, "scratch", name, "half")));
    await expect.poll(isWritten, { timeout: 30_000 }).toBe(true);
    // Not while it lives; and what is not ours stays.
    mkdirSync(join(stateDir, "scratch", "notes"));
    await sweepScratch(stateDir, Date.now() + 2 * limits.scratchKeepMs);
    expect(isWritten()).toBe(true);
    child.kill("SIGKILL");
    await once(child, "close");
    expect(isWritten()).toBe(true);
    await using _ = await createSluice(config);
    await expect.poll(() => left(house), { timeout: 10_000 }).toEqual(["notes"]);
    expect(existsSync(join(house.workspace, "half"))).toBe(false);
  });
});

describe("a skill under another name", () => {
  it("has its record and its versions, and nothing is left under the old one", { timeout: 60_000 }, async () => {
    await using house = await openHouse();
    const { skills } = house.sluice;
    await house.sluice.refresh();
    await skills.save({ ...sheet, code: sheet.code.replace("a,b", "first") }, "ada");
    await skills.save(sheet, "ada");
    // Text of another encoding is no text of ours.
    const folder = await skills.export(sheet.name, join(house.stateDir, "exported"));
    const latin = Buffer.from("caf\xe9 ../save-sheet-as-csv", "latin1");
    writeFileSync(join(folder, "latin.txt"), latin);
    await skills.add(folder, "ada");
    await skills.test(sheet.name, { live: true });
    expect(await skills.rename(sheet.name, "sheet-to-csv", "ada")).toMatchObject({ version: 4, trust: "draft" });
    expect(readFileSync(join(house.skills, "sheet-to-csv", "latin.txt"))).toEqual(latin);
    expect(await skills.test("sheet-to-csv")).toMatchObject({ ok: true, calls: 1 });
    expect((await skills.show("sheet-to-csv")).versions.map(({ version }) => version)).toEqual([1, 2, 3, 4]);
    expect(existsSync(join(house.stateDir, "skill-versions", sheet.name))).toBe(false);
    expect(await skills.restore("sheet-to-csv", 1, "ada")).toMatchObject({
      ...{ version: 5, signature: "sheetToCsv(name: string): Promise<string>" },
    });
    expect((await skills.show("sheet-to-csv")).files).toMatchObject({
      "index.ts": expect.stringContaining("first"),
      "SKILL.md": expect.not.stringMatching(/save-sheet|saveSheet/),
    });
    // The old name begins anew, and what it is given then goes behind what is kept of the other.
    expect(await skills.save({ ...sheet, example: `await saveSheetAsCsv("other")` }, "ada")).toMatchObject({
      version: 1,
    });
    expect(await skills.test(sheet.name)).toMatchObject({ ok: false, message: expect.stringContaining("is recorded") });
    await skills.remove("sheet-to-csv", "ada");
    expect(await skills.rename(sheet.name, "sheet-to-csv", "ada")).toMatchObject({ version: 7 });
    expect((await skills.show("sheet-to-csv")).versions.map(({ version }) => version)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(await skills.restore("sheet-to-csv", 6, "ada")).toMatchObject({ version: 8 });
    expect((await skills.show("sheet-to-csv")).files["example.ts"]).toContain(`sheetToCsv("other")`);
  });
});
