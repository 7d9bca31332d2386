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

  it("goes with code that is imported", async () => {
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
      ["cannot have", { "assets/..\\..\\evil.txt": "up" }],
      ["cannot have", { "assets/a\u001b[2J.txt": "clears" }],
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
