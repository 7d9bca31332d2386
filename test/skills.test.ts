import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { limits } from "../src/base/limits.ts";
import { parseSkillHead } from "../src/skills/skill-page.ts";
import { checkOutcome, type House, openHouse, zooServer } from "./house.ts";

let house: House;

beforeAll(async () => {
  house = await openHouse();
  await house.sluice.refresh();
}, 60_000);

afterAll(async () => await house[Symbol.asyncDispose]());

const feed = {
  name: "feed-twice",
  description: "Feeds an animal of the zoo two times. Use it for hungry animals.",
  code: `import * as zoo from "../../servers/zoo";
/** Feeds it. */
export async function feedTwice(animal: string, grams: number = 50): Promise<string[]> {
  const first = await zoo.feedAnimal({ animal, grams });
  const second = await zoo.feedAnimal({ animal, grams });
  return [first, second];
}`,
  example: `await feedTwice("lion")`,
};

/** A program that saves a skill and returns what it is told, or the error. */
const saving = (skill: unknown): string => `import { saveSkill } from "sluice";
try { return await saveSkill(${JSON.stringify(skill)}); } catch (error) { return { code: error.code, message: error.message, hint: error.hint }; }`;

describe("what a program saves", () => {
  const save = (skill: object): string => `import { saveSkill } from "sluice";
const first = await zoo.feedAnimal({ animal: "lion", grams: 50 });
await zoo.feedAnimal({ animal: "lion", grams: 50 });
await zoo.feedAnimal({ animal: "bear", grams: 1 });
await saveSkill(${JSON.stringify(skill)});
return first;`;

  it("is tested with what its tools answered the program, and nobody is called", async () => {
    const calls = join(mkdtempSync(join(tmpdir(), "sluice-zoo-")), "calls");
    await using own = await openHouse({ mcpServers: { zoo: zooServer(calls) } });
    checkOutcome(await own.run(save(feed)), { result: "fed lion 50 g" });
    expect(readFileSync(calls, "utf8").trim().split("\n")).toHaveLength(3);
    expect(await own.sluice.skills.show(feed.name)).toMatchObject({ trust: "draft", isTested: true });
    // With these answers on record, and no others.
    expect(await own.sluice.skills.test(feed.name)).toMatchObject({ ok: true, calls: 2 });
    expect(await own.sluice.skills.trust(feed.name, "ada")).toMatchObject({ trust: "trusted" });
    expect(readFileSync(calls, "utf8").trim().split("\n")).toHaveLength(3);
    expect(own.sluice.usage().find(({ tool }) => tool.startsWith("zoo."))).toMatchObject({ calls: 3 });
  });

  it("is told of where it fails, and left alone where it asks for something else", async () => {
    await using own = await openHouse();
    const wrong = `import { feedTwice } from "./index.ts"; if ((await feedTwice("lion"))[0] !== "fed") throw new Error("not fed");`;
    const outcome = await own.run(save({ ...feed, tests: wrong }));
    checkOutcome(outcome, { result: "fed lion 50 g", warnings: [{ code: "skill_untested" }] });
    expect(outcome.warnings?.[0]?.message).toContain("not fed");
    expect(await own.sluice.skills.show(feed.name)).toMatchObject({ trust: "draft", isTested: false });
    checkOutcome(await own.run(save({ ...feed, example: `await feedTwice("ox")` })), { result: "fed lion 50 g" });
    expect(await own.sluice.skills.show(feed.name)).toMatchObject({ isTested: false, version: 2 });
    checkOutcome(await own.run(save({ ...feed, example: undefined })), { result: "fed lion 50 g" });
    // One that fails leaves what it saved untested.
    checkOutcome(await own.run(save(feed).replace("return first", "throw new Error('late')")), {
      error: { message: "late" },
    });
    expect(await own.sluice.skills.show(feed.name)).toMatchObject({ isTested: false, version: 4 });
  });
});

describe("the tools of a skill", () => {
  it("are those that its text names, however it comes to them", async () => {
    await using own = await openHouse();
    await own.sluice.refresh();
    const body = {
      address: `await callTool("zoo.feed-animal", given)`,
      template: "await callTool(`zoo.feed-animal`, given)",
      constant: `await callTool(tool, given)`,
      choice: `await callTool(given === 1 ? "zoo.feed-animal" : "zoo.echo", given)`,
      alias: `await (async (c) => c("zoo.feed-animal", given))(callTool)`,
      member: `await (sluice as any).callTool("zoo.feed-animal", given)`,
      underscores: `await callTool("zoo__feed-animal", given)`,
      global: `await (globalThis as any).zoo.feedAnimal(given)`,
      reflected: `await (Reflect.get(globalThis, "zoo") as any)["feed" + "Animal"](given)`,
      servers: `await (globalThis as any).servers["zoo"]["feedAnimal"](given)`,
    };
    for (const [name, text] of Object.entries(body)) {
      const constant = name === "constant" ? `const tool = "zoo.feed-animal";\n` : "";
      const code = `${constant}export async function ${name}Way(given: any) { return ${text}; }`;
      const saved = await own.sluice.skills.save({ name: `${name}-way`, description: "Feeds.", code }, "ada");
      expect([name, saved.tools]).toEqual([name, expect.arrayContaining(["zoo.feed-animal"])]);
    }
    const made = `export async function madeWay(given: any) { return callTool(["zoo", "feed-animal"].join("."), given); }`;
    const example = `await madeWay({ animal: "lion", grams: 1 })`;
    await own.sluice.skills.save({ name: "made-way", description: "Feeds.", code: made, example }, "ada");
    expect(await own.sluice.skills.test("made-way", { live: true })).toMatchObject({ ok: true });
    expect(await own.sluice.skills.show("made-way")).toMatchObject({ tools: ["zoo.feed-animal"] });
    const plain = `export const plainWay = (): string => "see zoo.feed for more, or example.com";`;
    const saved = await own.sluice.skills.save({ name: "plain-way", description: "Tells.", code: plain }, "ada");
    expect(saved.tools).toEqual([]);
  });
});

describe("saving", () => {
  it("saves from a program, and later programs import it, with and without extension", async () => {
    checkOutcome(await house.run(saving(feed)), {
      result: {
        name: "feed-twice",
        version: 1,
        trust: "draft",
        signature: "feedTwice(animal: string, grams?: number): Promise<string[]>",
        import: "./skills/feed-twice",
        tools: ["zoo.feed-animal"],
      },
    });
    for (const path of [
      "./skills/feed-twice",
      "./skills/feed-twice.ts",
      "./skills/feed-twice/index.ts",
      "./skills/feed-twice/index",
    ])
      checkOutcome(await house.run(`import { feedTwice } from "${path}"; return await feedTwice("lion", 7);`), {
        result: ["fed lion 7 g", "fed lion 7 g"],
        calls: { done: 2 },
      });
    expect(readdirSync(join(house.skills, "feed-twice")).sort()).toEqual(["SKILL.md", "example.ts", "index.ts"]);
    const page = readFileSync(join(house.skills, "feed-twice", "SKILL.md"), "utf8");
    expect(page.replace(/[0-9a-f]{16}/, "HASH")).toMatchInlineSnapshot(`
      "---
      name: feed-twice
      description: "Feeds an animal of the zoo two times. Use it for hungry animals."
      compatibility: "Runs as a module in Sluice"
      metadata:
        sluice-version: "1"
        sluice-trust: "draft"
        sluice-signature: "feedTwice(animal: string, grams?: number): Promise<string[]>"
        sluice-tools: "zoo.feed-animal@HASH"
      ---

      # feed-twice

      Feeds an animal of the zoo two times. Use it for hungry animals.

      ## Call it

      \`\`\`ts
      import { feedTwice } from "./skills/feed-twice";

      // feedTwice(animal: string, grams?: number): Promise<string[]>
      \`\`\`

      ## Example

      \`\`\`ts
      await feedTwice("lion")
      \`\`\`

      ## Tools

      - \`zoo.feed-animal\`

      ## Files

      - \`index.ts\`: the code
      - \`example.ts\`: a call
      "
    `);
  });

  it("keeps the version before, and says which one is there", async () => {
    const changed = {
      ...feed,
      name: "versioned",
      code: "export const versioned = (n: number): number => n + 1;",
      example: "versioned(1)",
    };
    checkOutcome(await house.run(saving(changed)), { result: expect.objectContaining({ version: 1, tools: [] }) });
    const again = { ...changed, code: "export const versioned = (n: number): number => n + 2;" };
    checkOutcome(await house.run(saving(again)), { result: expect.objectContaining({ version: 2, trust: "draft" }) });
    checkOutcome(await house.run(`import { versioned } from "./skills/versioned"; return versioned(1);`), {
      result: 3,
    });
    const shown = await house.sluice.skills.show("versioned");
    expect(shown.versions.map(({ version }) => version)).toEqual([1, 2]);
    expect(readFileSync(join(shown.versions[0]?.folder ?? "", "index.ts"), "utf8")).toContain("n + 1");
  });

  it("is in the audit", async () => {
    const records = [];
    for await (const record of house.sluice.auditRecords())
      if (record["kind"] === "skill-changed") records.push(record);
    expect(records[0]).toMatchObject({
      change: "saved",
      skill: "feed-twice",
      version: 1,
      by: expect.stringMatching(/^run_/),
    });
  });

  it("obeys a grant that may not write", async () => {
    const { result } = await house.run(saving({ ...feed, name: "not-allowed" }), { grant: { workspace: "read-only" } });
    expect(result).toMatchObject({ code: "skills_read_only" });
    const uncaught = `import { saveSkill } from "sluice"; await saveSkill({ name: "not-allowed" });`;
    expect((await house.run(uncaught, { grant: { workspace: "read-only" } })).error).toMatchObject({
      ...{ code: "skills_read_only", line: 1, hint: expect.stringContaining("Print the code") },
    });
    expect(await house.run(uncaught)).toMatchObject({ status: "failed", error: { code: "skill_invalid", line: 1 } });
    expect(existsSync(join(house.skills, "not-allowed"))).toBe(false);
  });

  const code = "export const goodName = (): number => 1;";
  const good = { name: "good-name", description: "Good.", code };
  const cases: [what: string, skill: Record<string, unknown>, message: RegExp][] = [
    ["no name", { ...good, name: undefined }, /A skill's name has lowercase/],
    ["a name with capitals", { ...good, name: "GoodName" }, /A skill's name has lowercase/],
    ["a name that is a path", { ...good, name: "../good-name" }, /A skill's name has lowercase/],
    ["a name of an object's prototype", { ...good, name: "__proto__" }, /A skill's name has lowercase/],
    ["a name that no function can have", { ...good, name: "delete" }, /no function can be called delete/],
    [
      "a thenable module",
      { ...good, name: "then", code: "export const then = () => 1;" },
      /no function can be called then/,
    ],
    ["two hyphens", { ...good, name: "good--name" }, /A skill's name has lowercase/],
    ["a hyphen at the end", { ...good, name: "good-" }, /A skill's name has lowercase/],
    ["a name that is too long", { ...good, name: "a".repeat(65) }, /at most 64/],
    ["no description", { ...good, description: "  " }, /has no description/],
    ["a description that is too long", { ...good, description: "x".repeat(1_025) }, /skillDescriptionCharsMax is 1024/],
    ["no code", { ...good, code: undefined }, /has no code/],
    ["an unknown key", { ...good, trust: "trusted" }, /Unknown: trust;/],
    ["code that is no text", { ...good, code: { toString: 1 } }, /The code of the skill "good-name" must be a text/],
    ["code that does not parse", { ...good, code: "export const goodName = (" }, /Cannot parse/],
    [
      "another function",
      { ...good, code: "export const other = () => 1;" },
      /must export exactly one function, goodName; it exports other/,
    ],
    ["nothing", { ...good, code: "const goodName = () => 1;" }, /it exports nothing/],
    ["two functions", { ...good, code: `${code} export const more = 1;` }, /it exports goodName, more/],
    ["a default export", { ...good, code: "export default function goodName() {}" }, /it exports default/],
    ["a value", { ...good, code: "export const goodName = 1;" }, /not a function declared/],
    [
      "a re-export",
      { ...good, code: `export { feedTwice as goodName } from "../feed-twice";` },
      /not a function declared/,
    ],
    [
      "a tool that is not there",
      {
        ...good,
        code: `import * as zoo from "../../servers/zoo";\nexport const goodName = async () => zoo.feedAnimals({});`,
      },
      /type errors: line 2/,
    ],
    [
      "a wrong argument",
      {
        ...good,
        code: `import * as zoo from "../../servers/zoo";\nexport const goodName = async () => zoo.feedAnimal({ animal: 1 });`,
      },
      /type errors: line 2/,
    ],
    [
      "an import that is not there",
      { ...good, code: `import x from "left-pad"; export const goodName = () => x;` },
      /Cannot import "left-pad"/,
    ],
    [
      "itself",
      { ...good, code: `import { goodName as g } from "./index.ts"; export const goodName = (): number => g();` },
      /imports itself|there is no skill/,
    ],
    [
      "a home",
      { ...good, code: `export const goodName = () => "/home/ada/notes.txt";` },
      /names a place of one machine/,
    ],
    [
      "a drive",
      { ...good, code: String.raw`export const goodName = () => "C:\\Users\\ada";` },
      /names a place of one machine/,
    ],
    [
      "a file URL",
      { ...good, code: `export const goodName = () => "file:///etc/passwd";` },
      /names a place of one machine/,
    ],
    ["a home in its example", { ...good, example: `goodName("~/notes.txt")` }, /The example .* names a place/],
    [
      "a way out",
      {
        ...good,
        code: `import fs from "fs/promises"; export const goodName = async () => fs.readFile("../../../notes.txt", "utf8");`,
      },
      /leads out of its folder/,
    ],
    [
      "a way out through the workspace",
      {
        ...good,
        code: `import fs from "fs/promises"; export const goodName = async () => fs.readFile("./workspace/../../secrets", "utf8");`,
      },
      /leads out of its folder/,
    ],
    [
      "an e-mail address",
      { ...good, code: `export const goodName = () => "ada.lovelace@acme.io";` },
      /The code of .* holds personal data or a secret \(EMAIL\)/,
    ],
    ["an e-mail address in a comment", { ...good, code: `// for ada.lovelace@acme.io\n${code}` }, /\(EMAIL\)/],
    [
      "an e-mail address in the description",
      { ...good, description: "Writes to ada.lovelace@acme.io." },
      /The description of .*\(EMAIL\)/,
    ],
    [
      "tests that do not parse",
      { ...good, example: "goodName()", tests: "const (" },
      /skills\/good-name\/index\.test\.ts cannot be used/,
    ],
    [
      "an example that does not parse",
      { ...good, example: "const (" },
      /skills\/good-name\/example\.ts cannot be used/,
    ],
    ["a card in the tests", { ...good, tests: `goodName("4111 1111 1111 1111")` }, /The tests of .*\(CARD\)/],
    ["a token", { ...good, code: `export const goodName = () => "[EMAIL_1]";` }, /holds a token of personal data/],
    [
      "a token in a template",
      { ...good, code: "export const goodName = (n: string) => `${n} [NAME_12.2]`;" },
      /holds a token of personal data/,
    ],
    [
      "a secret",
      { ...good, code: `export const goodName = () => "ghp_16C7e42F292c6912E7710c838347Ae178B4a";` },
      /\(SECRET\)/,
    ],
    [
      "too much code",
      { ...good, code: `${code}\n// ${"x".repeat(limits.skillCodeBytesMax)}` },
      /skillCodeBytesMax is 65536/,
    ],
    [
      "deep nesting",
      { ...good, code: `export const goodName = () => ${"[".repeat(3_000)}${"]".repeat(3_000)};` },
      /nested too deep/,
    ],
  ];

  it.each(cases)("refuses %s", async (_, skill, message) => {
    const { status, result } = await house.run(saving(skill));
    expect(status).toBe("completed");
    expect(result).toMatchObject({ code: "skill_invalid", message: expect.stringMatching(message) });
    expect(existsSync(join(house.skills, "good-name"))).toBe(false);
    // The value itself is not told again.
    expect(JSON.stringify(result)).not.toMatch(/lovelace@|4111|ghp_/);
  });

  it("takes what only looks like one of these", async () => {
    const skill = {
      name: "looks-odd",
      description: "Reads and/or writes: see https://example.com/home/page.",
      code: `import fs from "fs/promises";
import { feedTwice } from "../feed-twice";
interface Row { id: number }
export type Rows = Row[];
const ratio = 1 / 2, root = "/workspace/rows.json", other = "./workspace/a/../rows.json", url = "https://api.example.com/v1/users";
async function looksOdd(options: { rows: Rows; feed?: boolean }): Promise<Row[]> {
  await fs.writeFile(root, JSON.stringify(options.rows));
  if (options.feed) await feedTwice("lion");
  return JSON.parse(await fs.readFile(other, "utf8"));
}
export { looksOdd };`,
    };
    const { result } = await house.run(saving(skill));
    expect(result).toMatchObject({
      version: 1,
      signature: expect.stringMatching(
        /^looksOdd\(options: \{ rows: Rows; feed\?: boolean \}\): Promise<Row\[\]> where .*interface Row \{ id: number \}/,
      ),
    });
    checkOutcome(
      await house.run(
        `import { looksOdd } from "./skills/looks-odd"; return await looksOdd({ rows: [{ id: 1 }], feed: true });`,
      ),
      {
        result: [{ id: 1 }],
        calls: { done: 2 },
      },
    );
  });
});

describe("the head of a SKILL.md", () => {
  const heads: [what: string, head: string, expected: Record<string, unknown>][] = [
    [
      "a comment behind a value",
      "name: y-e # trailing\ndescription: It runs. # or not",
      { name: "y-e", description: "It runs." },
    ],
    ["quoted keys", `"name": y-e\n'description': Runs.`, { name: "y-e", description: "Runs." }],
    ["a quote in quotes", "name: y-e\ndescription: 'It''s quoted'", { description: "It's quoted" }],
    ["escapes", `name: "y-e"\ndescription: "caf\\u00e9: # no comment"`, { description: "café: # no comment" }],
    [
      "a folded text after an empty line",
      "name: y-e\ndescription: >-\n\n  One\n  two.\n\n  Three.\nlicense: MIT",
      { description: "One two. Three.", license: "MIT" },
    ],
    ["a plain text on several lines", "name: y-e\ndescription: One\n  two\n  three", { description: "One two three" }],
    [
      "values that are no texts",
      "name: y-e\ndescription: 12\nlicense:\n  - MIT\ncompatibility: true",
      { description: "12", license: undefined, compatibility: "true" },
    ],
    [
      "a colon in a plain text",
      "name: y-e\ndescription: Use it: when a # is there. Not:\nlicense: see: LICENSE",
      { description: "Use it: when a # is there. Not:", license: "see: LICENSE" },
    ],
    ["words that were truths once", "name: yes\ndescription: no", { name: "yes", description: "no" }],
    [
      "metadata in braces",
      "name: y-e\ndescription: d\nmetadata: { author: me, version: 1.5 }",
      {
        metadata: new Map([
          ["author", "me"],
          ["version", "1.5"],
        ]),
      },
    ],
    ["an alias", "name: y-e\ndescription: &d Runs.\nmetadata:\n  what: *d", { metadata: new Map([["what", "Runs."]]) }],
    [
      "a key of objects",
      "name: y-e\ndescription: d\n__proto__:\n  name: other\nmetadata:\n  __proto__: x",
      { name: "y-e", metadata: new Map([["__proto__", "x"]]) },
    ],
    ["a tag", "name: !!js/function y-e\ndescription: !x d", { name: "y-e", description: "d" }],
  ];
  it.each(heads)("is read with %s", (_, head, expected) => {
    for (const text of [
      `---\n${head}\n---\nBody`,
      `\uFEFF---  \r\n${head.replaceAll("\n", "\r\n")}\r\n---\t\r\n`,
      `---\n${head}\n---`,
    ])
      expect({ license: undefined, ...parseSkillHead(text) }).toMatchObject(expected);
  });

  it("is none where there is none", () => {
    for (const text of [
      "",
      "name: a",
      "---\nname: a\n",
      "---\n---\n",
      "---\n# nothing\n---\n",
      "---\ndescription: d\n---\n",
      "--- \nname: a\n----\n",
    ])
      expect(parseSkillHead(text)).toBeUndefined();
  });

  const x = "x".repeat(9);
  const bomb = [...x].map((_, n) => `a${n + 1}: &a${n + 1} [${`*a${n}, `.repeat(9)}]`).join("\n");
  const hostile: [what: string, head: string, message: RegExp][] = [
    [
      "a colon in a plain text of two lines",
      "name: a\ndescription: Use it: now\n  and: more: so",
      /line 3: Nested mappings/,
    ],
    ["a colon in metadata", "name: a\nmetadata:\n  what: this: that", /line 4: Nested mappings/],
    ["a quote that does not end", `name: "a`, /closing "quote/],
    ["no keys", "- name: a", /must have keys/],
    ["a text alone", "name", /must have keys/],
    ["a key that is there twice", "name: a\nname: b", /name is there twice/],
    ["metadata that is there twice", "name: a\nmetadata:\n  x: 1\n  x: 2", /x is there twice/],
    ["a bomb of aliases", `a0: &a0 x\n${bomb}`, /alias count/],
    ["an alias of nothing", "name: *a", /alias/],
    ["too much", `name: a\ndescription: ${"x".repeat(70_000)}`, /skillHeadBytesMax is 65536/],
    ["lists without an end", "[".repeat(60_000), /line 2/],
    ["lists in lists", "- ".repeat(30_000), /line 2|call stack/],
    ["maps in maps", "a: {".repeat(13_000), /line 2/],
    ["quotes alone", `"`.repeat(60_000), /line 2/],
    ["anchors alone", "&a ".repeat(20_000), /line 2/],
    ["ends alone", "]\n".repeat(30_000), /line 2/],
    ["keys alone", "a\n".repeat(30_000), /must have keys|line/],
  ];
  it.each(hostile)("is refused, soon and with a reason, for %s", (_, head, message) => {
    const began = performance.now();
    expect(() => parseSkillHead(`---\n${head}\n---\n`)).toThrow(
      expect.objectContaining({ name: "SluiceError", code: "skill_invalid", message: expect.stringMatching(message) }),
    );
    expect(performance.now() - began).toBeLessThan(10_000);
  });

  it("that cannot be read is told of a skill, and stops nothing else", async () => {
    await using other = await openHouse({ mcpServers: {} });
    const put = (name: string, head: string): void => {
      mkdirSync(join(other.skills, name), { recursive: true });
      writeFileSync(join(other.skills, name, "SKILL.md"), `---\n${head}\n---\n`);
      writeFileSync(join(other.skills, name, "index.ts"), `export const ${name} = (): number => 1;`);
    };
    put("bad", "name: bad\ndescription: Sweeps\n  it: all: of it");
    put("good", "name: good # or so\ndescription: >-\n\n  Sweeps the floor.");
    expect(await other.sluice.skills.list()).toMatchObject([
      { name: "bad", problem: expect.stringContaining("The head of its SKILL.md cannot be read: line 3") },
      { name: "good", description: "Sweeps the floor.", signature: "good(): number" },
    ]);
    expect((await other.sluice.searchTools("sweeps")).results.map(({ id }) => id)).toEqual(["skills/good"]);
    expect((await other.run(`import { good } from "./skills/good"; return good();`)).result).toBe(1);
    expect((await other.run(`import { bad } from "./skills/bad"; return bad();`)).error?.code).toBe("skill_invalid");
    await expect(other.sluice.skills.add(join(other.skills, "bad"), "ada")).rejects.toMatchObject({
      code: "skill_invalid",
    });
  });
});
