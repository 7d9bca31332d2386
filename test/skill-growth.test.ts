import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { outlineModule } from "../src/sandbox/link.ts";
import { toLikeness, toProgramShape } from "../src/skills/program-shape.ts";
import { promoteProgram } from "../src/skills/promote.ts";
import { checkOutcome, openHouse, zooServer } from "./house.ts";
import { createSite, type Site } from "./servers/command-line.ts";

describe("promotion", () => {
  const isPrivate = (text: string): boolean => /\[[A-Z]+_\d/.test(text) || text.includes("@");

  async function check(
    code: string,
    expected: { code: string; example: string; parameters?: string[] },
  ): Promise<void> {
    const promoted = promoteProgram("do-it", await outlineModule("program.ts", code), isPrivate);
    expect(promoted.code).toBe(expected.code);
    expect(promoted.example).toBe(expected.example);
    if (expected.parameters !== undefined)
      expect(promoted.parameters.map(({ name }) => name)).toEqual(expected.parameters);
    // What it makes is a module again.
    const { exports } = await outlineModule("skills/do-it/index.ts", promoted.code);
    expect(exports).toEqual([expect.objectContaining({ name: "doIt", call: expect.anything() as unknown })]);
  }

  test("makes parameters of what calls were given, and of constants", async () => {
    await check(
      `import * as crm from "./servers/crm";
const limit = 10;
const found = await crm.find({ customer: "c-17", limit, "sort by": "date", tags: ["new", "c-17"] });
return found.filter((one) => one.state === "open");`,
      {
        code: `import * as crm from "./servers/crm";

export async function doIt({ limit, customer, sortBy, tags }: { limit: number; customer: string; sortBy: string; tags: string }) {
  const found = await crm.find({ customer: customer, limit, "sort by": sortBy, tags: [tags, customer] });
  return found.filter((one) => one.state === "open");
}
`,
        example: `await doIt({ limit: 10, customer: "c-17", sortBy: "date", tags: "new" })`,
      },
    );
  });

  test("makes one parameter of a value that several calls were given, whatever they are called", async () => {
    await check(`const a = await w.get({ id: "twice" });\nreturn [a, await w.idem({ id: "twice" })];`, {
      code: `export async function doIt({ id }: { id: string }) {\n  const a = await w.get({ id: id });\n  return [a, await w.idem({ id: id })];\n}\n`,
      example: `await doIt({ id: "twice" })`,
    });
    await check(`const w = servers.w; return [await w.find({ id: "twice" }), await servers.v.add({ id: "twice" })];`, {
      code: `export async function doIt({ id }: { id: string }) {\n  const w = servers.w; return [await w.find({ id: id }), await servers.v.add({ id: id })];\n}\n`,
      example: `await doIt({ id: "twice" })`,
    });
    // Not of separators and formats.
    await check(
      `const a = await w.list({}); return await w.put({ v: a.map((one) => one + ",").join("\\n"), n: JSON.stringify({ id: "x" }) });`,
      {
        code: `export async function doIt({ id }: { id: string }) {\n  const a = await w.list({}); return await w.put({ v: a.map((one) => one + ",").join("\\n"), n: JSON.stringify({ id: id }) });\n}\n`,
        example: `await doIt({ id: "x" })`,
      },
    );
    // Not of what is called on the program's own values.
    const own = `const seen = new Map(); seen.set("k", await zoo.list({})); return [seen].map((one) => one.get("k"));`;
    await check(own, {
      code: `export async function doIt() {\n  ${own}\n}\n`,
      example: `await doIt()`,
    });
  });

  test("makes parameters of lists and objects of texts and numbers", async () => {
    await check(
      `const ids = ["x1", "x2"];
const sizes: number[] = [1, -2];
const options = { limit: 5, "sort by": 'date' };
return await Promise.all(ids.map((id) => w.get({ id, sizes, ...options })));`,
      {
        code: `export async function doIt({ ids, sizes, options }: { ids: string[]; sizes: number[]; options: { limit: number; "sort by": string } }) {
  return await Promise.all(ids.map((id) => w.get({ id, sizes, ...options })));
}
`,
        example: `await doIt({ ids: ["x1","x2"], sizes: [1,-2], options: {"limit":5,"sort by":"date"} })`,
      },
    );
    for (const fixed of [
      `const made = [];`,
      `const mixed = ["a", 1];`,
      `const deep = [["a"]];`,
      `const one = { a: { b: 1 } };`,
      `const modes = ["fast", "slow"] as const;`,
      `const a = ["x"], b = ["y"];`,
      `const it = { [1 + 1]: "x" };`,
      `const odd = { __proto__: "x" };`,
    ])
      await check(`${fixed} return 1;`, {
        code: `export async function doIt() {\n  ${fixed} return 1;\n}\n`,
        example: `await doIt()`,
      });
    const secret = `const to = ["[EMAIL_1]", "all"]; return await mail.send({ to });`;
    await check(secret, {
      code: `export async function doIt({ to }: { to: string[] }) {\n  return await mail.send({ to });\n}\n`,
      example: `await doIt({ to: ["<to>","all"] })`,
    });
  });

  test("keeps no token and no personal data, wherever it stands", async () => {
    const code = `// for [NAME_1]
const to = "[EMAIL_1]";
if (to === "ada@acme.io") console.log("hello [NAME_1]");
await mail.send({ to, text: \`Dear [NAME_1.2]\` }); // [NAME_1] wants it
return "done";`;
    const promoted = promoteProgram("do-it", await outlineModule("program.ts", code), isPrivate);
    expect(promoted.code + promoted.example).not.toMatch(/\[[A-Z]+_|ada@/);
    expect(promoted.code).toContain('return "done"');
    await outlineModule("skills/do-it/index.ts", promoted.code);
  });

  test("takes every form of a program", async () => {
    await check(`export default await zoo.feed({ animal: "lion" });`, {
      code: `export async function doIt({ animal }: { animal: string }) {\n  return await zoo.feed({ animal: animal });\n}\n`,
      example: `await doIt({ animal: "lion" })`,
    });
    await check(`async () => {\n  return 1;\n}`, {
      code: `export async function doIt() {\n  return await (async () => {\n    return 1;\n  })()\n}\n`,
      example: `await doIt()`,
    });
    await check("Here it is:\n```ts\nreturn await callTool('zoo.feed', { grams: -5 });\n```\n", {
      code: `export async function doIt({ grams }: { grams: number }) {\n  return await callTool('zoo.feed', { grams: grams });\n}\n`,
      example: `await doIt({ grams: -5 })`,
    });
    await check(`const animal = "lion"; const delete_ = await zoo.feed({ animal, delete: "x", ["k" + 1]: "y" });`, {
      code: `export async function doIt({ animal, value, value2 }: { animal: string; value: string; value2: string }) {\n  const delete_ = await zoo.feed({ animal, delete: value, ["k" + 1]: value2 });\n}\n`,
      example: `await doIt({ animal: "lion", value: "x", value2: "y" })`,
    });
  });

  test("refuses what is no program of its own", async () => {
    for (const code of [`export const a = 1;`, `return await zoo.feed({ "[EMAIL_1]": 1 });`])
      expect(() => promoteProgram("do-it", { ...outline.get(code)! }, isPrivate)).toThrow(
        /only a program|as the name of something/,
      );
  });
  const outline = new Map<string, Awaited<ReturnType<typeof outlineModule>>>();
  beforeAll(async () => {
    for (const code of [`export const a = 1;`, `return await zoo.feed({ "[EMAIL_1]": 1 });`])
      outline.set(code, await outlineModule("program.ts", code));
  });

  it("saves the program of a past execution, which then does the same and more", async () => {
    await using house = await openHouse();
    const { sluice } = house;
    const ran = await house.run(`const grams = 40; return [await zoo.feedAnimal({ animal: "lion", grams }), "x"];`);
    const promoted = await sluice.skills.promote(ran.executionId, {
      name: "feed-it",
      description: "Feeds.",
      by: "ada",
    });
    expect(promoted).toMatchObject({
      version: 1,
      trust: "draft",
      parameters: ["grams", "animal"],
      tools: ["zoo.feed-animal"],
      // Tried against what the execution was told, without a call.
      test: { ok: true, ran: "example", calls: 1 },
    });
    expect(await sluice.skills.test("feed-it")).toMatchObject({ ok: true, calls: 1 });
    checkOutcome(await sluice.callTool("skill:feed-it", { grams: 3, animal: "bear" }), {
      result: ["fed bear 3 g", "x"],
    });
    expect(await sluice.skills.test("feed-it", { live: true })).toMatchObject({ ok: true, ran: "example", calls: 1 });
    await expect(
      sluice.skills.promote("run_0000000000", { name: "x-y", description: "d", by: "a" }),
    ).rejects.toMatchObject({ code: "unknown_execution" });
  });

  it("is not tested by what would need more than the record", async () => {
    await using house = await openHouse();
    const promote = async (name: string, code: string): Promise<unknown> => {
      const { executionId } = await house.run(code);
      return (await house.sluice.skills.promote(executionId, { name, description: "d", by: "ada" })).test;
    };
    expect(
      await promote("catch-it", `try { await zoo.fails({}); } catch (error) { return error.message; }`),
    ).toMatchObject({
      ok: true,
      calls: 1,
    });
    expect(await promote("chance-it", `return await zoo.echo({ n: Math.random() });`)).toMatchObject({
      ok: false,
      message: expect.stringContaining("No result of zoo.echo is recorded"),
    });
    expect((await house.sluice.skills.list()).every(({ isTested, name }) => isTested === (name === "catch-it"))).toBe(
      true,
    );
  });

  it("is refused of what did not complete, with a journal and without", { timeout: 60_000 }, async () => {
    for (const journal of [{}, { journal: { bytesMax: 0 } }]) {
      await using house = await openHouse(journal);
      const { executionId, status } = await house.run(`await zoo.fails({}); return 1;`);
      expect(status).toBe("failed");
      await expect(
        house.sluice.skills.promote(executionId, { name: "fails-it", description: "d", by: "ada" }),
      ).rejects.toMatchObject({
        code: "skill_invalid",
        message: `The execution ${executionId} did not complete: failed`,
      });
      expect(await house.sluice.skills.list()).toEqual([]);
      const done = await house.run(`const ids = ["a", "b"]; return ids.length;`);
      expect(
        await house.sluice.skills.promote(done.executionId, { name: "count-ids", description: "d", by: "ada" }),
      ).toMatchObject({ version: 1, parameters: ["ids"] });
    }
  });

  it("leaves out what programs were told as tokens", async () => {
    await using house = await openHouse();
    const told = await house.run(`return await zoo.echo({ email: "ada.lovelace@acme.io" });`);
    const token = (told.result as { email: string }).email;
    expect(token).toMatch(/^\[EMAIL_\d+\]$/);
    const ran = await house.run(
      `return await zoo.echo({ email: "${token}", note: "write to ${token}", kind: "letter" });`,
    );
    expect(ran.status).toBe("completed");
    const promoted = await house.sluice.skills.promote(ran.executionId, {
      ...{ name: "echo-mail", description: "Echoes.", by: "ada" },
    });
    expect(promoted.test).toMatchObject({ ok: false, message: expect.stringContaining("No result of zoo.echo") });
    const { files } = await house.sluice.skills.show("echo-mail");
    expect(JSON.stringify(files)).not.toMatch(/\[EMAIL|lovelace/);
    expect(files["example.ts"]).toContain(`email: "<email>"`);
    expect(files["example.ts"]).toContain(`kind: "letter"`);
  });
});

describe("shapes", () => {
  const one = `const rows = await gdrive.getSheet({ sheetId: "abc" }); return rows.filter((row) => row.Status === "open").length;`;
  it("are the same whatever names and values are", () => {
    const other = `const all = await gdrive.getSheet({ id: 'x' }); // all of it\nreturn all.filter((r) => r.Status === 'done').length`;
    expect(toLikeness(toProgramShape(one), toProgramShape(other))).toBe(1);
  });
  it("differ where something else is done", () => {
    const other = `for (const lead of await salesforce.query({ query: "SELECT Id FROM Lead" })) await slack.sendMessage({ channel: lead.Id, text: "hi" });`;
    expect(toLikeness(toProgramShape(one), toProgramShape(other))).toBeLessThan(0.2);
  });
  it("are bounded, and read what is no code", () => {
    expect(toProgramShape("x(1);".repeat(100_000)).length).toBeLessThanOrEqual(512);
    expect(toProgramShape(`"`.repeat(70_000))).toBeDefined();
    expect(toProgramShape("/*".repeat(40_000))).toBeDefined();
    expect(toLikeness([], [])).toBe(0);
  });
});

describe("growth", () => {
  it("suggests to promote three programs of one shape, once", async () => {
    await using house = await openHouse();
    const run = async (animal: string): Promise<unknown> => {
      const { warnings = [] } = await house.run(
        `const ${animal} = await zoo.feedAnimal({ animal: "${animal}", grams: 5 }); const cages = await zoo.cagesList({}); return [${animal}, cages.length];`,
      );
      return warnings.filter(({ code }) => code === "promote_suggested").map(({ message }) => message);
    };
    expect(await run("lion")).toEqual([]);
    expect(await run("bear")).toEqual([]);
    expect(await run("wolf")).toEqual([
      expect.stringMatching(/much like run_\w+ and run_\w+.*saveSkill.*sluice skills promote run_/),
    ]);
    expect(await run("seal")).toEqual([]);
  });

  it("counts uses, successes and the share of programs that call a skill", async () => {
    await using house = await openHouse({ mcpServers: {} });
    const code = `export const half = (n: number): number => { if (n % 2) throw new Error("odd"); /* ${"x".repeat(400)} */ return n / 2; };`;
    await house.sluice.skills.save({ name: "half", description: "Halves.", code }, "ada");
    for (const n of [2, 4, 5]) await house.run(`import { half } from "./skills/half"; return half(${n});`);
    for (let n = 0; n < 9; n += 1) await house.run(`return ${n};`);
    const { skills, growth } = house.sluice.skills.stats();
    expect(skills).toEqual([
      { name: "half", uses: 3, successRate: 2 / 3, tokensSaved: expect.any(Number), secondsSaved: expect.any(Number) },
    ]);
    expect(skills[0]?.tokensSaved).toBeGreaterThan(150);
    expect(
      growth.map(({ runs, executions, withSkill, completed }) => [runs, executions, withSkill, completed]),
    ).toEqual([
      ["1–10", 10, 3, 9],
      ["11–100", 2, 0, 2],
      ["100+", 0, 0, 0],
    ]);
  });
});

describe("sluice skills", () => {
  let site: Site;
  beforeAll(async () => {
    site = await createSite({ mcpServers: { zoo: zooServer() }, skills: { shared: ["./team"] } });
    mkdirSync(join(site.directory, "team", "wave"), { recursive: true });
    writeFileSync(join(site.directory, "team", "wave", "index.ts"), "export const wave = (): string => 'hello';\n");
    writeFileSync(join(site.directory, "team", "wave", "SKILL.md"), "---\nname: wave\ndescription: Waves.\n---\n");
    writeFileSync(
      join(site.directory, "count-cages.ts"),
      `import * as zoo from "./servers/zoo";\nexport async function countCages(): Promise<number> {\n  return (await zoo.cagesList({})).length;\n}\n`,
    );
  }, 60_000);
  afterAll(async () => await site[Symbol.asyncDispose]());

  async function run(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
    const { code, stdout, stderr } = await site.run(["skills", ...args]);
    return { code, out: stdout, err: stderr };
  }

  it("lives the life of a skill", { timeout: 180_000 }, async () => {
    expect(await run("add", "count-cages.ts")).toMatchObject({
      code: 2,
      err: expect.stringContaining("--description is missing"),
    });
    const added = await run("add", "count-cages.ts", "--description", "Counts the cages.");
    expect(added).toMatchObject({
      code: 0,
      out: expect.stringContaining(
        "Saved count-cages, version 1, draft\ncountCages(): Promise<number>\nIt calls zoo.cages.list",
      ),
    });
    const listed = JSON.parse((await run("ls", "--json")).out) as {
      skills: { name: string; trust: string; isShared: boolean }[];
    };
    expect(listed.skills.map(({ name, trust, isShared }) => [name, trust, isShared])).toEqual([
      ["count-cages", "draft", false],
      ["wave", "found", true],
    ]);
    expect((await run()).out).toMatch(/count-cages {2}draft \(v1\) {2}countCages\(\)/);
    expect(await run("test", "count-cages")).toMatchObject({
      code: 2,
      err: expect.stringContaining("nothing to test it with"),
    });
    // With an example it can be tested: the folder is changed, and taken in again.
    const edited = join(site.directory, "edited", "count-cages");
    expect(await run("export", "count-cages", "edited")).toMatchObject({
      code: 0,
      out: expect.stringContaining("count-cages"),
    });
    writeFileSync(join(edited, "example.ts"), "countCages()\n");
    writeFileSync(join(edited, "notes.md"), "About cages.\n");
    expect(await run("import", "edited/count-cages")).toMatchObject({
      code: 0,
      out: expect.stringContaining("version 2"),
    });
    expect(await run("test", "count-cages")).toMatchObject({
      code: 1,
      err: expect.stringContaining("No result of zoo.cages.list is recorded"),
    });
    expect(await run("trust", "count-cages")).toMatchObject({
      code: 2,
      err: expect.stringContaining("skill_untrusted"),
    });
    expect(await run("test", "count-cages", "--live")).toMatchObject({
      code: 0,
      out: expect.stringContaining("1 calls recorded"),
    });
    expect(await run("test", "count-cages")).toMatchObject({
      code: 0,
      out: expect.stringContaining("answered from the record"),
    });
    expect(await run("trust", "count-cages")).toMatchObject({ code: 0, out: "Trusted: count-cages\n" });
    expect((await run("show", "count-cages")).out).toMatch(
      /count-cages {2}trusted \(v2; tested\)[\s\S]*── notes\.md\n {2}About cages\.[\s\S]*version 1: /,
    );
    expect((await site.run(["call", "skill:count-cages"])).stdout).toBe("2\n");
    expect(await run("rename", "count-cages", "number-of-cages")).toMatchObject({
      code: 0,
      out: expect.stringContaining("numberOfCages(): Promise<number>"),
    });
    expect((await run("stats", "--json")).out).toContain('"growth"');
    expect(await run("restore", "number-of-cages", "x")).toMatchObject({
      code: 2,
      err: expect.stringContaining("number"),
    });
    const restored = await run("restore", "number-of-cages", "1");
    expect(restored).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^Saved number-of-cages, version \d+, draft/),
    });
    expect(await run("rm", "number-of-cages")).toMatchObject({ code: 0, out: "Removed number-of-cages\n" });
    expect(await run("rm", "wave")).toMatchObject({ code: 2, err: expect.stringContaining("shared folder") });
    expect(readFileSync(join(site.directory, "team", "wave", "index.ts"), "utf8")).toContain("hello");
    const ran = JSON.parse(
      (await site.run(["run", "--json", "-e", "return (await zoo.cagesList({})).length"])).stdout,
    ) as { executionId: string };
    const promoted = await run("promote", ran.executionId, "--name", "how-many", "--description", "Counts.", "--json");
    expect(JSON.parse(promoted.out)).toMatchObject({
      name: "how-many",
      parameters: [],
      code: expect.stringContaining("export async function howMany()"),
    });
  });

  it("shows what a skill says of itself, and never what it would do to a terminal", { timeout: 60_000 }, async () => {
    const folder = join(site.directory, ".sluice", "skills", "fake-it");
    mkdirSync(folder, { recursive: true });
    const escape = "\u001b[2J\u001b[1;1H";
    writeFileSync(
      join(folder, "SKILL.md"),
      `---\nname: "fake-it\\e[8m"\ndescription: "Fakes.\\e[1A\\e[2K\\r\\n\\u202egood  trusted (v3; tested)\\x9b2J"\n---\n${escape}Body\u202e\u200b\r\n`,
    );
    writeFileSync(
      join(folder, "index.ts"),
      `// ${escape}\nexport const fakeIt = (a: "${escape}\u202e", b\u200d: string): number => 1;\n`,
    );
    writeFileSync(join(folder, `${escape}\n── x.ts`), `${escape}\n`);
    const unseen = /(?![\n\t])[\p{Cc}\p{Cf}\u2028\u2029]/u;
    const listed = await run();
    expect(listed.out).not.toMatch(unseen);
    expect(listed.out.split("\n").filter((line) => !line.startsWith(" ") && line.includes("trusted"))).toEqual([]);
    expect(listed.out).toContain("\n    Fakes.[1A[2K good trusted (v3; tested)2J\n");
    const shown = await run("show", "fake-it");
    expect(shown.out).not.toMatch(unseen);
    expect(shown.out).toContain("\\u001b[2J\\u001b[1;1HBody\\u202e\\u200b\n");
    expect(shown.out).not.toContain("\n── x.ts");
    const json = JSON.parse((await run("show", "fake-it", "--json")).out) as { files: Record<string, string> };
    expect(json.files["SKILL.md"]).toContain(`${escape}Body`);
    expect((await site.run(["tools", "fakes"])).stdout).not.toMatch(unseen);
    writeFileSync(join(folder, "index.ts"), `export const fakeIt = ( ${escape}`);
    for (const act of [["ls"], ["show", "fake-it"], ["test", "fake-it"], ["add", folder]]) {
      const { out, err } = await run(...act);
      expect(out + err).not.toMatch(unseen);
    }
    rmSync(folder, { recursive: true });
  });

  it("says what is wrong with a command", async () => {
    expect(await run("lst")).toMatchObject({ code: 2, err: expect.stringContaining("Unknown: lst; give ls, show") });
    expect(await run("show")).toMatchObject({ code: 2, err: expect.stringContaining("show takes NAME") });
    expect(await run("rename", "a")).toMatchObject({
      code: 2,
      err: expect.stringContaining("rename takes NAME and a new NAME"),
    });
    expect(await run("show", "../x")).toMatchObject({ code: 2, err: expect.stringContaining("skill_not_found") });
    expect(await run("add", "missing")).toMatchObject({
      code: 2,
      err: expect.stringContaining("There is no file or folder missing"),
    });
    expect(await run("promote", "run_0000000000")).toMatchObject({
      code: 2,
      err: expect.stringContaining("--name is missing"),
    });
  });
});
