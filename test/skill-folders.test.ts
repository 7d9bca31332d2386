// Skill folders from elsewhere: what they hold beside code, several modules, versions that are brought back.
import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { limits } from "../src/base/limits.ts";
import { openHouse } from "./house.ts";

type Content = string | Buffer;

/** Writes a folder called after the skill; gives its path. */
function makeFolder(name: string, files: Readonly<Record<string, Content>>): string {
  const folder = join(mkdtempSync(join(tmpdir(), "sluice-public-")), name);
  const page = `---\nname: ${name}\ndescription: Works on ${name} for zebras.\n---\n# ${name}\nRead it.\n`;
  for (const [path, content] of Object.entries({ "SKILL.md": page, ...files })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return folder;
}

/** What public skills hold: schemas, fonts, many scripts for other programs. */
function toPublicFiles(): Record<string, Content> {
  const schema = Array.from(
    { length: 2_500 },
    (_, n) => `  <xsd:attribute name="a${n}" type="s:ST_Kind${n % 90}" use="optional"/>`,
  ).join("\n");
  const scripts = Array.from({ length: 150 }, (_, n): [string, string] => [
    `scripts/office/step_${n}.py`,
    `"""Step ${n}."""\n\n\ndef step_${n}(path: str) -> str:\n    return path\n`,
  ]);
  return {
    ...Object.fromEntries(scripts),
    "scripts/schemas/wml.xsd": `<?xml version="1.0"?>\n<xsd:schema>\n${schema}\n</xsd:schema>\n`,
    "assets/fonts/body.ttf": Buffer.alloc(limits.skillFolderBytesMax + 1),
    "assets/empty.bin": Buffer.from([0, 255, 0]),
    "LICENSE.txt": "Terms.\n",
  };
}

function readTree(folder: string): Record<string, string> {
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    paths.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path.slice(folder.length + 1), readFileSync(path).toString("base64")];
    }),
  );
}

describe("what a skill holds beside its code", () => {
  it("is taken as it is: prose, schemas, fonts, scripts; and called it is not", { timeout: 60_000 }, async () => {
    const folder = makeFolder("docx-files", toPublicFiles());
    await using house = await openHouse({ mcpServers: {} });
    const { skills } = house.sluice;
    expect(await skills.add(folder, "ada")).toMatchObject({ name: "docx-files", version: 1, signature: "", tools: [] });
    expect(readTree(join(house.skills, "docx-files"))).toEqual(readTree(folder));
    expect(await skills.list()).toMatchObject([
      { name: "docx-files", trust: "draft", problem: "It has no index.ts: it can be read, not imported" },
    ]);
    const shown = await skills.show("docx-files");
    expect(Object.keys(shown.files)).toContain("scripts/office/step_149.py");
    expect(Object.keys(shown.files)).not.toContain("assets/fonts/body.ttf");
    const out = mkdtempSync(join(tmpdir(), "sluice-out-"));
    expect(readTree(await skills.export("docx-files", out))).toEqual(readTree(folder));
    const [found] = (await house.sluice.searchTools("docx files for zebras")).results;
    expect((await house.run(`return ${found?.call}`)).result).toContain("Read it.");
    // Nothing says that it could be called, or trusted.
    expect((await house.sluice.callTool("skill:docx-files", {})).error).toMatchObject({
      code: "skill_invalid",
      message: expect.stringContaining("no index.ts"),
    });
    for (const act of [skills.test("docx-files"), skills.trust("docx-files", "ada")])
      await expect(act).rejects.toMatchObject({
        code: "skill_invalid",
        message: expect.stringContaining("no index.ts"),
      });
  });

  it("goes with code that is imported", { timeout: 60_000 }, async () => {
    const folder = makeFolder("count-words", {
      ...toPublicFiles(),
      "index.ts": `export const countWords = async (): Promise<number> =>
  (await fs.promises.readFile("./skills/count-words/LICENSE.txt", "utf8")).trim().length;\n`,
    });
    await using house = await openHouse({ mcpServers: {} });
    expect(await house.sluice.skills.add(folder, "ada")).toMatchObject({ version: 1 });
    expect(
      await house.run(`import { countWords } from "./skills/count-words"; return await countWords();`),
    ).toMatchObject({ status: "completed", result: 6 });
    expect(await house.sluice.skills.rename("count-words", "word-count", "ada")).toMatchObject({ name: "word-count" });
    expect(readFileSync(join(house.skills, "word-count", "assets/fonts/body.ttf"))).toHaveLength(
      limits.skillFolderBytesMax + 1,
    );
  });

  it("has bounds of its own, and what is more is not taken in part", { timeout: 60_000 }, async () => {
    await using house = await openHouse({ mcpServers: {} });
    const many = (count: number, path: (n: number) => string): Record<string, string> =>
      Object.fromEntries(Array.from({ length: count }, (_, n): [string, string] => [path(n), ""]));
    const cases: [string, Record<string, Content>][] = [
      ["skillAssetBytesMax", { "assets/a.bin": Buffer.alloc(limits.skillAssetBytesMax), "assets/b.bin": "more" }],
      ["skillAssetsMax", many(limits.skillAssetsMax + 1, (n) => `assets/${n}.txt`)],
      ["skillFilesMax", many(limits.skillFilesMax + 1, (n) => `lib/m${n}.ts`)],
      ["skillFolderBytesMax", { "lib/big.ts": `/*${" ".repeat(limits.skillFolderBytesMax)}*/` }],
      ["skillFolderBytesMax", { "SKILL.md": `---\nname: too-much\n---\n${" ".repeat(limits.skillFolderBytesMax)}` }],
      ["pathDepthMax", { [`${"a/".repeat(limits.pathDepthMax + 2)}x.txt`]: "" }],
      ["name that a file of a skill cannot have", { "assets/..\\..\\evil.txt": "up" }],
      ["name that a file of a skill cannot have", { "assets/a\u001b[2J.txt": "clears" }],
    ];
    for (const [limit, files] of cases) {
      await expect(house.sluice.skills.add(makeFolder("too-much", files), "ada")).rejects.toMatchObject({
        ...{ code: "skill_invalid", message: expect.stringContaining(limit) },
      });
      expect(existsSync(join(house.skills, "too-much"))).toBe(false);
    }
  });

  it("is no link, no device, and nothing that cannot be read", async () => {
    await using house = await openHouse({ mcpServers: {} });
    const put = (spoil: (folder: string) => void): Promise<unknown> => {
      const folder = makeFolder("no-link", {
        "index.ts": "export const noLink = (): number => 1;\n",
        "assets/a.txt": "",
      });
      spoil(folder);
      return house.sluice.skills.add(folder, "ada");
    };
    const spoilt: ((folder: string) => void)[] = [
      (folder) => symlinkSync("/etc/hostname", join(folder, "assets", "linked")),
      (folder) => symlinkSync("/etc", join(folder, "linked")),
      (folder) => symlinkSync("gone", join(folder, "broken")),
      (folder) => void execFileSync("mkfifo", [join(folder, "assets", "pipe")]),
    ];
    for (const spoil of spoilt)
      await expect(put(spoil)).rejects.toMatchObject({
        ...{ code: "skill_invalid", message: expect.stringContaining("link or a device") },
      });
    expect(existsSync(join(house.skills, "no-link"))).toBe(false);
    // A folder of that name, taken over as it is while it may be read.
    cpSync(makeFolder("no-link", { "a.txt": "x" }), join(house.skills, "no-link"), { recursive: true });
    expect(await house.sluice.skills.list()).toMatchObject([{ name: "no-link", trust: "found" }]);
  });
});

describe("a skill of several modules", () => {
  const files = {
    "index.ts": `import { twice, type Fed } from "./lib";
import { sum } from "./math/deep/sum.ts";
export async function feedAll(animals: string[]): Promise<{ fed: Fed[]; grams: number }> {
  const fed = await Promise.all(animals.map((animal) => twice(animal)));
  return { fed, grams: sum(fed.map(({ grams }) => grams)) };
}\n`,
    "lib.ts": `import * as zoo from "../../servers/zoo";
import { GRAMS } from "./math/grams";
export interface Fed { animal: string; grams: number }
export async function twice(animal: string): Promise<Fed> {
  await zoo.feedAnimal({ animal, grams: GRAMS });
  return { animal, grams: 2 * GRAMS };
}\n`,
    "math/grams.js": "export const GRAMS = 5;\n",
    "math/deep/sum.ts": `import { GRAMS } from "../grams.js";
export const sum = (all: number[]): number => all.reduce((a, b) => a + b, GRAMS - GRAMS);\n`,
    "scripts/other.js": "require('left-pad'); // of other programs: neither parsed nor checked\n",
    "index.test.ts": `import { sum } from "./math/deep/sum";
if (sum([1, 2]) !== 3) throw new Error("sum");
if ((await feedAll(["ant"])).grams !== 10) throw new Error("grams");\n`,
  };
  const changed = (more: Record<string, string>): string => makeFolder("feed-all", { ...files, ...more });
  const using = `import { feedAll } from "./skills/feed-all"; return await feedAll(["lion", "wolf"]);`;

  it("is added, called, tested and trusted as one, and any of its files changes it", { timeout: 60_000 }, async () => {
    await using house = await openHouse();
    await house.sluice.refresh();
    const { skills } = house.sluice;
    expect(await skills.add(changed({}), "ada")).toMatchObject({
      ...{ version: 1, tools: ["zoo.feed-animal"] },
      signature: expect.stringContaining("feedAll(animals: string[])") as string,
    });
    const expected = { fed: ["lion", "wolf"].map((animal) => ({ animal, grams: 10 })), grams: 20 };
    expect((await house.run(using)).result).toEqual(expected);
    expect((await house.sluice.callTool("skill:feed-all", { animals: ["ox"] })).result).toMatchObject({ grams: 10 });
    expect(await skills.test("feed-all", { live: true })).toMatchObject({ ok: true, ran: "tests", calls: 1 });
    expect(await skills.trust("feed-all", "ada")).toMatchObject({ trust: "trusted" });
    writeFileSync(join(house.skills, "feed-all", "math", "grams.js"), "export const GRAMS = 50;\n");
    expect(await skills.show("feed-all")).toMatchObject({ trust: "found", isTested: false });
    writeFileSync(join(house.skills, "feed-all", "math", "grams.js"), files["math/grams.js"]);
    expect(await skills.show("feed-all")).toMatchObject({ trust: "trusted" });
    await skills.rename("feed-all", "feed-them", "ada");
    expect((await house.run(using.replaceAll("feedAll", "feedThem").replace("feed-all", "feed-them"))).result).toEqual(
      expected,
    );
  });

  it("is checked in all the modules that it needs, as they are now", { timeout: 60_000 }, async () => {
    await using house = await openHouse();
    await house.sluice.refresh();
    const refused: [Record<string, string>, RegExp][] = [
      [
        { "lib.ts": files["lib.ts"].replace("grams: GRAMS", "gramms: GRAMS") },
        /type errors in skills\/feed-all\/lib\.ts.*gramms/,
      ],
      [{ "index.ts": files["index.ts"].replace("twice(animal)", "twice(7)") }, /type errors.*'number'.*'string'/],
      [{ "index.ts": files["index.ts"].replace("{ twice,", "{ thrice,") }, /thrice/],
      [{ "lib.ts": "export const twice = (\n" }, /lib\.ts/],
      [{ "math/grams.js": 'import "./gone"; export const GRAMS = 1;' }, /no such module/],
      [{ "math/grams.js": 'import "../lib"; export const GRAMS = 1;' }, /imports itself/],
      [{ "math/grams.js": 'import "../../../../etc/passwd"; export const GRAMS = 1;' }, /programs can import/],
      [{ "math/grams.js": 'import "../../../state/x.js"; export const GRAMS = 1;' }, /programs can import/],
      [{ "math/grams.js": 'import "../../nobody/x"; export const GRAMS = 1;' }, /no skill "nobody\/x"/],
      [{ "math/grams.js": 'export const GRAMS = "../../../x".length;' }, /leads out of its folder/],
      [{ "math/grams.js": 'export const GRAMS = "/etc/passwd".length;' }, /place of one machine/],
      [{ "lib.ts": `${files["lib.ts"]}// ada.lovelace@acme.io` }, /personal data/],
      [{ "index.ts": 'export { twice as feedAll } from "./lib";' }, /not a function declared in its index\.ts/],
    ];
    for (const [more, message] of refused)
      await expect(house.sluice.skills.add(changed(more), "ada")).rejects.toMatchObject({
        ...{ code: "skill_invalid", message: expect.stringMatching(message) },
      });
    expect(existsSync(join(house.skills, "feed-all"))).toBe(false);
    // What lies there from before is not what is checked: saved without it, it is not there.
    await house.sluice.skills.add(changed({}), "ada");
    const { "lib.ts": lib, ...others } = files;
    expect(lib).toContain("twice");
    await expect(house.sluice.skills.add(makeFolder("feed-all", others), "ada")).rejects.toMatchObject({
      message: expect.stringMatching(/no such module/),
    });
    const alone = { name: "feed-all", description: "Feeds.", code: files["index.ts"] };
    await expect(house.sluice.skills.save(alone, "ada")).rejects.toMatchObject({
      message: expect.stringMatching(/no such module/),
    });
    expect((await house.run(using)).result).toMatchObject({ grams: 20 });
  });
});

describe("a version that was kept", () => {
  const code = (text: string): string => `export const sayIt = (): string => "${text}";`;
  const using = `import { sayIt } from "./skills/say-it"; return sayIt();`;

  it("is brought back as the next one, a draft until it is tested again", { timeout: 60_000 }, async () => {
    await using house = await openHouse({ mcpServers: {} });
    const { skills } = house.sluice;
    const save = (text: string): Promise<unknown> =>
      skills.save({ name: "say-it", description: `Says ${text}.`, code: code(text), example: "sayIt()" }, "ada");
    await save("one");
    await skills.test("say-it");
    await skills.trust("say-it", "ada");
    await save("two");
    expect(await skills.restore("say-it", 1, "bob")).toMatchObject({ version: 3, trust: "draft" });
    const shown = await skills.show("say-it");
    expect(shown).toMatchObject({ version: 3, trust: "draft", isTested: false, description: "Says one." });
    expect(shown.versions.map(({ version }) => version)).toEqual([1, 2, 3]);
    expect(shown.files["SKILL.md"]).toMatch(/sluice-version: "3"[\s\S]*sluice-trust: "draft"/);
    expect((await house.run(using)).result).toBe("one");
    await expect(skills.trust("say-it", "bob")).rejects.toMatchObject({ code: "skill_untrusted" });
    expect(await skills.test("say-it")).toMatchObject({ ok: true });
    expect(await skills.trust("say-it", "bob")).toMatchObject({ trust: "trusted" });
    // Also of one that was removed, and of one whose folder was spoilt.
    await skills.remove("say-it", "ada");
    expect(await skills.restore("say-it", 2, "ada")).toMatchObject({ version: 4, trust: "draft" });
    expect((await house.run(using)).result).toBe("two");
    symlinkSync("/etc", join(house.skills, "say-it", "linked"));
    expect(await skills.restore("say-it", 3, "ada")).toMatchObject({ version: 5 });
    expect((await house.run(using)).result).toBe("one");
    for (const [name, version, message] of [
      ["say-it", 9, 'Version 9 of a skill "say-it" is not kept; kept are 1, 2, 3, 4, 5'],
      ["say-it", Number.NaN, "Version NaN"],
      ["nobody", 1, 'Version 1 of a skill "nobody" is not kept; none is'],
    ] as const)
      await expect(skills.restore(name, version, "ada")).rejects.toMatchObject({
        ...{ code: "skill_not_found", message: expect.stringContaining(message) },
      });
    await expect(skills.restore("../../etc", 1, "ada")).rejects.toMatchObject({ code: "skill_invalid" });
    // What was changed where versions are kept is checked as any folder is.
    const kept = (await skills.show("say-it")).versions.at(0)?.folder ?? "";
    writeFileSync(join(kept, "index.ts"), code("x").replace("sayIt", "other"));
    await expect(skills.restore("say-it", 1, "ada")).rejects.toMatchObject({ code: "skill_invalid" });
  });

  it("has all of its files: modules, fonts, tests", { timeout: 60_000 }, async () => {
    await using house = await openHouse({ mcpServers: {} });
    const { skills } = house.sluice;
    const files = {
      ...toPublicFiles(),
      "lib/text.ts": 'export const TEXT = "one";\n',
      "index.ts": 'import { TEXT } from "./lib/text";\nexport const sayIt = (): string => TEXT;\n',
    };
    await skills.add(makeFolder("say-it", files), "ada");
    const before = readTree(join(house.skills, "say-it"));
    await skills.save({ name: "say-it", description: "Says.", code: code("two") }, "ada");
    expect(Object.keys(readTree(join(house.skills, "say-it")))).toEqual(["SKILL.md", "index.ts"]);
    await skills.restore("say-it", 1, "ada");
    const { "SKILL.md": page, ...others } = readTree(join(house.skills, "say-it"));
    expect({ "SKILL.md": before["SKILL.md"], ...others }).toEqual(before);
    expect(page).not.toBe(before["SKILL.md"]);
    expect((await house.run(using)).result).toBe("one");
  });
});
