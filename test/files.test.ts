import { execFileSync } from "node:child_process";
import { lstat, mkdir, readdir, readFile, readlink, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { checkOutcome, type Expected, type House, openHouse } from "./house.ts";

const KB = 1024;
const SMALL = { fileBytesMax: 100 * KB, workspaceBytesMax: 300 * KB, workspaceFilesMax: 12 };

let house: House;
/** One with little room. */
let small: House;

beforeAll(async () => {
  house = await openHouse();
  small = await openHouse({ sandbox: { ...SMALL, previewBytes: 1_024 } });
  await mkdir(join(house.skills, "math"), { recursive: true });
  await writeFile(
    join(house.skills, "double.ts"),
    "export const double = (n: number): number => n * 2;\nexport default double;\n",
  );
  await writeFile(
    join(house.skills, "math", "index.ts"),
    "import { double } from '../double';\nimport { echo } from '../../servers/zoo';\nexport async function quadruple(n: number): Promise<number> {\n  const { value } = await echo({ value: double(double(n)) });\n  return value;\n}\nexport * as doubles from '../double.ts';\n",
  );
  await writeFile(join(house.skills, "plain.js"), "export function plain() { return 'plain'; }\n");
  await writeFile(join(house.skills, "one.ts"), "import { two } from './two';\nexport const one = () => two();\n");
  await writeFile(join(house.skills, "two.ts"), "import { one } from './one';\nexport const two = () => one();\n");
});

afterEach(async () => {
  for (const { workspace } of [house, small]) {
    for (const name of await readdir(workspace)) await rm(join(workspace, name), { recursive: true });
  }
  // The room is counted again once something was removed by a program.
  await small.run("await fs.promises.rm('./workspace/x', { force: true })");
});

afterAll(async () => {
  await house[Symbol.asyncDispose]();
  await small[Symbol.asyncDispose]();
});

async function check(code: string, expected: Expected, at: House = house): Promise<void> {
  checkOutcome(await at.run(code), expected);
}

/** The code of the error that each expression ends in; `"done"` where it does not. */
async function codesOf(expressions: readonly string[], at: House = house): Promise<unknown> {
  const attempts = expressions.map((expression) => `async () => ${expression}`).join(",\n");
  const program = `const codes: unknown[] = [];\nfor (const attempt of [${attempts}]) {\n  try { await attempt(); codes.push("done"); } catch (error) { codes.push(error.code ?? error.message); }\n}\nreturn codes;`;
  const { result, error } = await at.run(program);
  expect(error).toBeUndefined();
  return result;
}

/** Each expression and the code that it ends in. */
async function checkCodes(cases: Record<string, string>, at: House = house): Promise<void> {
  const codes = (await codesOf(Object.keys(cases), at)) as string[];
  expect(Object.fromEntries(Object.keys(cases).map((expression, index) => [expression, codes[index]]))).toEqual(cases);
}

describe("the three roots", () => {
  test("are all there is", () =>
    check("return [await fs.promises.readdir('.'), fs.readdirSync('/'), (await fs.promises.stat('/')).isDirectory()]", {
      result: [["servers", "skills", "workspace"], ["servers", "skills", "workspace"], true],
    }));

  test("./servers shows the module tree", async () => {
    const { result } = await house.run(
      "const index = await fs.promises.readFile('./servers/zoo/index.ts', 'utf8');\nconst dirents = await fs.promises.readdir('./servers', { withFileTypes: true });\nreturn { servers: fs.readdirSync('./servers'), zoo: await fs.promises.readdir('/servers/zoo'), index: index.includes('feedAnimal'), tool: fs.readFileSync('servers/zoo/feedAnimal.ts', 'utf8').includes('animal'), readme: fs.readFileSync('./servers/zoo/README.md', 'utf8').includes('Feed before you pet'), folder: dirents.find(({ name }) => name === 'zoo').isDirectory(), file: (await fs.promises.stat('./servers/zoo/index.ts')).isFile() }",
    );
    expect(result).toMatchObject({
      servers: expect.arrayContaining(["zoo"]) as unknown,
      zoo: expect.arrayContaining(["index.ts", "README.md", "feedAnimal.ts"]) as unknown,
      index: true,
      tool: true,
      readme: true,
      folder: true,
      file: true,
    });
  });

  test("spellings of one path are one file", async () => {
    const spellings = [
      "./workspace/a/é.txt",
      "workspace/a/é.txt",
      "/workspace/a/é.txt",
      "./workspace//a/./é.txt",
      "./servers/../workspace/a/é.txt",
      "/workspace/b/../a/é.txt",
      "./workspace/a/e\u0301.txt",
    ];
    const program = `await fs.promises.mkdir('./workspace/a');\nconst names = ${JSON.stringify(spellings)};\nfor (const name of names) await fs.promises.appendFile(name, 'x');\nreturn [await Promise.all(names.map((name) => fs.promises.readFile(name, 'utf8'))), await fs.promises.readdir('./workspace/a')]`;
    await check(program, { result: [spellings.map(() => "xxxxxxx"), ["é.txt".normalize("NFC")]] });
    expect(await readFile(join(house.workspace, "a", "é.txt".normalize("NFC")), "utf8")).toBe("xxxxxxx");
  });

  test("a path may be a URL or a Buffer", () =>
    check(
      "await fs.promises.writeFile(new URL('file:///workspace/a b.txt'), 'x');\nreturn await fs.promises.readFile(Buffer.from('workspace/a b.txt'), 'utf8')",
      { result: "x" },
    ));

  test("what is outside is refused, with Node's codes", () =>
    checkCodes({
      "fs.promises.readFile('/etc/passwd')": "EACCES",
      "fs.promises.readFile('../etc/passwd')": "EACCES",
      "fs.promises.readFile('./workspace/../../etc/passwd')": "EACCES",
      "fs.promises.readFile('C:/windows')": "EACCES",
      "fs.promises.readFile('other/x')": "ENOENT",
      "fs.promises.readFile('')": "ENOENT",
      "fs.promises.readFile('./workspace/a\\0b')": "EINVAL",
      "fs.promises.writeFile('/tmp/x', 'x')": "EACCES",
      "fs.promises.writeFile('x', 'x')": "ENOENT",
      "fs.promises.writeFile('/', 'x')": "EROFS",
      "fs.promises.readFile('/')": "EISDIR",
      "fs.promises.readFile('./workspace/' + 'a'.repeat(300))": "ENAMETOOLONG",
      "fs.promises.readFile('./workspace/' + 'é'.repeat(128))": "ENAMETOOLONG",
      "fs.promises.readFile('./workspace/' + 'a/'.repeat(40) + 'b')": "ENAMETOOLONG",
      "fs.promises.readFile('./workspace/' + 'abcdefg/'.repeat(200))": "ENAMETOOLONG",
      "fs.promises.mkdir('./workspace/' + 'a/'.repeat(40), { recursive: true })": "ENAMETOOLONG",
    }));

  test("a path is text", () =>
    check("return await fs.promises.readFile(42 as any)", {
      error: { message: "TypeError: A path is a string, not number" },
    }));
  test("content is text or bytes", () =>
    check("await fs.promises.writeFile('./workspace/a', { a: 1 } as any)", {
      error: { message: expect.stringContaining("use JSON.stringify") as string },
    }));
});

describe("acts", () => {
  test("fail with Node's codes", async () => {
    await mkdir(join(house.workspace, "folder", "full"), { recursive: true });
    await writeFile(join(house.workspace, "folder", "full", "x"), "x");
    await writeFile(join(house.workspace, "file"), "x");
    await checkCodes({
      "fs.promises.readFile('./workspace/missing')": "ENOENT",
      "fs.promises.readFile('./workspace/folder')": "EISDIR",
      "fs.promises.readFile('./workspace/file/x')": "ENOTDIR",
      "fs.promises.writeFile('./workspace/folder', 'x')": "EISDIR",
      "fs.promises.writeFile('./workspace/missing/x', 'x')": "ENOENT",
      "fs.promises.writeFile('./workspace', 'x')": "EISDIR",
      "fs.promises.writeFile('./workspace/file', 'x', { flag: 'wx' })": "EEXIST",
      "fs.promises.writeFile('./workspace/file', 'x', { flag: 'r+' })": "EINVAL",
      "fs.promises.mkdir('./workspace/folder')": "EEXIST",
      "fs.promises.mkdir('./workspace/folder', { recursive: true })": "done",
      "fs.promises.mkdir('./workspace')": "EEXIST",
      "fs.promises.mkdir('./workspace', { recursive: true })": "done",
      "fs.promises.mkdir('./workspace/file', { recursive: true })": "EEXIST",
      "fs.promises.mkdir('./workspace/file/x', { recursive: true })": "ENOTDIR",
      "fs.promises.mkdir('./workspace/a/b')": "ENOENT",
      "fs.promises.readdir('./workspace/file')": "ENOTDIR",
      "fs.promises.readdir('./workspace/missing')": "ENOENT",
      "fs.promises.rmdir('./workspace/folder')": "ENOTEMPTY",
      "fs.promises.rmdir('./workspace/file')": "ENOTDIR",
      "fs.promises.rm('./workspace/folder')": "EISDIR",
      "fs.promises.rm('./workspace')": "EISDIR",
      "fs.promises.rm('./workspace', { recursive: true })": "EISDIR",
      "fs.promises.rm('./workspace/missing')": "ENOENT",
      "fs.promises.rm('./workspace/missing', { force: true })": "done",
      "fs.promises.unlink('./workspace/missing')": "ENOENT",
      "fs.promises.rename('./workspace/missing', './workspace/x')": "ENOENT",
      "fs.promises.rename('./workspace/file', './servers/x')": "EROFS",
      "fs.promises.rename('./servers/zoo/index.ts', './workspace/x')": "EROFS",
      "fs.promises.rename('./workspace/folder', './workspace/folder/full/y')": "EINVAL",
      "fs.promises.copyFile('./workspace/missing', './workspace/x')": "ENOENT",
      "fs.promises.copyFile('./servers/zoo/index.ts', './workspace/copy.ts')": "done",
      "fs.promises.access('./workspace/missing')": "ENOENT",
      "fs.promises.rm('./servers/zoo', { recursive: true, force: true })": "EROFS",
      "fs.promises.mkdir('./skills/new')": "EROFS",
    });
    expect(await readFile(join(house.workspace, "file"), "utf8")).toBe("x");
  });

  test("have an error as Node's", () =>
    check(
      "try { await fs.promises.readFile('./workspace/missing'); } catch (error) { return [error instanceof Error, error.code, error.syscall, error.path, error.message]; }",
      {
        result: [
          true,
          "ENOENT",
          "readFile",
          "./workspace/missing",
          "ENOENT: no such file or directory, readFile './workspace/missing'",
        ],
      },
    ));

  test("in their async form", () =>
    check(
      `import { writeFile, readFile, appendFile, mkdir, readdir, stat, rename, copyFile, unlink, rm, access } from 'fs/promises';
await mkdir('./workspace/a/b/c', { recursive: true });
await writeFile('./workspace/a/one.txt', 'one');
await appendFile('./workspace/a/one.txt', ' more');
await writeFile('./workspace/a/bytes.bin', new Uint8Array([0, 255, 128]));
await writeFile('./workspace/a/latin.txt', 'é', 'latin1');
await copyFile('./workspace/a/one.txt', './workspace/a/b/two.txt');
await rename('./workspace/a/b/two.txt', './workspace/a/b/c/three.txt');
await access('./workspace/a/b/c/three.txt');
const raw = await readFile('./workspace/a/one.txt');
const info = await stat('./workspace/a/one.txt');
const tree = await readdir('./workspace/a', { recursive: true });
const types = (await readdir('./workspace/a', { withFileTypes: true })).map((entry) => [entry.name, entry.isDirectory(), entry.parentPath]);
await unlink('./workspace/a/latin.txt');
await rm('./workspace/a/b', { recursive: true });
return {
  text: await readFile('./workspace/a/one.txt', { encoding: 'utf8' }), isBuffer: Buffer.isBuffer(raw), size: info.size, isFile: info.isFile(), age: Math.abs(Date.now() - info.mtime.getTime()) < 60_000,
  hex: await readFile('./workspace/a/bytes.bin', 'hex'), replaced: [...await readFile('./workspace/a/bytes.bin', 'utf8')].map((char) => char.charCodeAt(0)), tree, types, left: await readdir('./workspace/a'),
};`,
      {
        result: {
          text: "one more",
          isBuffer: true,
          size: 8,
          isFile: true,
          age: true,
          hex: "00ff80",
          replaced: [0, 0xfffd, 0xfffd],
          tree: ["b", "b/c", "b/c/three.txt", "bytes.bin", "latin.txt", "one.txt"],
          types: [
            ["b", true, "./workspace/a"],
            ["bytes.bin", false, "./workspace/a"],
            ["latin.txt", false, "./workspace/a"],
            ["one.txt", false, "./workspace/a"],
          ],
          left: ["bytes.bin", "one.txt"],
        },
      },
    ));

  test("in their sync form", () =>
    check(
      `import fs, { existsSync } from 'node:fs';
fs.mkdirSync('./workspace/s');
fs.writeFileSync('./workspace/s/a.txt', 'a');
fs.appendFileSync('./workspace/s/a.txt', Buffer.from('b'));
fs.copyFileSync('./workspace/s/a.txt', './workspace/s/b.txt');
fs.renameSync('./workspace/s/b.txt', './workspace/s/c.txt');
const seen = [existsSync('./workspace/s/a.txt'), existsSync('./workspace/s/b.txt'), existsSync('/etc/passwd'), fs.readFileSync('./workspace/s/c.txt', 'utf8'), fs.readFileSync('./workspace/s/c.txt').length, fs.readdirSync('./workspace/s'), fs.statSync('./workspace/s').isDirectory()];
fs.unlinkSync('./workspace/s/c.txt');
fs.rmSync('./workspace/s', { recursive: true });
let code; try { fs.statSync('./workspace/s'); } catch (error) { code = error.code; }
return [...seen, code];`,
      { result: [true, false, false, "ab", 2, ["a.txt", "c.txt"], true, "ENOENT"] },
    ));

  test("sync and async take turns without losing an answer", () =>
    check(
      "const calls = Array.from({ length: 20 }, (_, n) => zoo.echo({ n }));\nfor (let n = 0; n < 20; n += 1) fs.writeFileSync('./workspace/n' + n, String(n));\nconst answers = await Promise.all(calls);\nreturn [answers.map(({ n }) => n).join() === Array.from({ length: 20 }, (_, n) => n).join(), fs.readdirSync('./workspace').length]",
      { result: [true, 20] },
    ));

  test("keep every byte", () =>
    check(
      "const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, n) => n % 256));\nawait fs.promises.writeFile('./workspace/bytes', bytes);\nconst text = '\\uFEFFé日本😀\\u2028\\0end';\nawait fs.promises.writeFile('./workspace/text', text);\nreturn [(await fs.promises.readFile('./workspace/bytes')).equals(bytes), (await fs.promises.readFile('./workspace/text', 'utf8')) === text]",
      { result: [true, true] },
    ));

  test("a file of 5 MB", () =>
    check(
      "await fs.promises.writeFile('./workspace/large', 'x'.repeat(5_000_000));\nconst text = fs.readFileSync('./workspace/large', 'utf8');\nreturn [text.length, (await fs.promises.stat('./workspace/large')).size]",
      { result: [5_000_000, 5_000_000] },
    ));
});

describe("links and devices that someone else put there", () => {
  const secret = "the host's secret";
  let outside: string;

  async function plant(): Promise<void> {
    outside = join(house.stateDir, "outside");
    await mkdir(outside, { recursive: true });
    await writeFile(join(outside, "secret"), secret);
    await symlink(join(outside, "secret"), join(house.workspace, "file-link"));
    await symlink(outside, join(house.workspace, "folder-link"));
    await symlink("/nowhere", join(house.workspace, "dangling"));
    await mkdir(join(house.workspace, "folder"));
    await symlink(outside, join(house.workspace, "folder", "inner-link"));
    await symlink("../folder", join(house.workspace, "folder", "loop"));
  }

  test("are neither followed nor written through", async () => {
    await plant();
    const denied = ["EACCES", "ENOTDIR"];
    const expressions = [
      "file-link",
      "folder-link/secret",
      "folder/inner-link/secret",
      "dangling",
      "folder/loop/loop/x",
    ].flatMap((name) => [
      `fs.promises.readFile('./workspace/${name}')`,
      `fs.promises.writeFile('./workspace/${name}', 'overwritten')`,
      `fs.promises.appendFile('./workspace/${name}', 'overwritten')`,
      `fs.promises.stat('./workspace/${name}')`,
      `fs.promises.copyFile('./workspace/${name}', './workspace/copy')`,
      `fs.promises.rename('./workspace/${name}', './workspace/moved')`,
      `fs.promises.mkdir('./workspace/${name}/deep', { recursive: true })`,
    ]);
    const codes = (await codesOf(expressions)) as string[];
    expect(
      expressions
        .map((name, index) => [name, codes[index] as string] as const)
        .filter(([, code]) => !denied.includes(code)),
    ).toEqual([]);
    expect(
      await codesOf([
        "fs.promises.readdir('./workspace/folder-link')",
        "fs.promises.readdir('./workspace/folder/inner-link', { recursive: true })",
      ]),
    ).toEqual(["ENOTDIR", "ENOTDIR"]);
    expect(await readFile(join(outside, "secret"), "utf8")).toBe(secret);
    expect(await readdir(outside)).toEqual(["secret"]);
    expect(await readlink(join(house.workspace, "file-link"))).toBe(join(outside, "secret"));
  });

  test("are not listed, and removing a folder removes the links alone", async () => {
    await plant();
    await writeFile(join(house.workspace, "folder", "own"), "x");
    await check(
      "const seen = await fs.promises.readdir('./workspace', { recursive: true });\nconst exists = [fs.existsSync('./workspace/file-link'), fs.existsSync('./workspace/dangling')];\nawait fs.promises.rm('./workspace/folder', { recursive: true });\nreturn [seen, exists]",
      {
        result: [
          ["folder", "folder/own"],
          [false, false],
        ],
      },
    );
    expect(await readFile(join(outside, "secret"), "utf8")).toBe(secret);
    expect(await readdir(house.workspace)).not.toContain("folder");
  });

  test("a file moved over a link takes its place, and its target stays", async () => {
    await plant();
    await check(
      "await fs.promises.writeFile('./workspace/new', 'new');\ntry { await fs.promises.rename('./workspace/new', './workspace/file-link'); } catch {}\nreturn 1",
      { result: 1 },
    );
    expect(await readFile(join(outside, "secret"), "utf8")).toBe(secret);
  });

  test("a FIFO holds nobody up", async () => {
    execFileSync("mkfifo", [join(house.workspace, "fifo")]);
    await checkCodes({
      "fs.promises.readFile('./workspace/fifo')": "EACCES",
      "fs.promises.writeFile('./workspace/fifo', 'x')": "EACCES",
      "fs.promises.appendFile('./workspace/fifo', 'x')": "EACCES",
      "fs.promises.stat('./workspace/fifo')": "EACCES",
      "fs.promises.copyFile('./workspace/fifo', './workspace/copy')": "EACCES",
    });
    expect((await lstat(join(house.workspace, "fifo"))).isFIFO()).toBe(true);
  });

  test("programs cannot make links", () =>
    check(
      "return ['symlink', 'link', 'symlinkSync', 'chmod', 'createWriteStream', 'open'].map((name) => { try { return typeof (fs as any)[name]; } catch (error) { return /is not available in the sandbox/.test(error.message); } })",
      { result: [true, true, true, true, true, true] },
    ));
});

describe("bounds", () => {
  test("of one file", () =>
    checkCodes(
      {
        "fs.promises.writeFile('./workspace/a', 'x'.repeat(100 * 1024))": "done",
        "fs.promises.writeFile('./workspace/b', 'x'.repeat(100 * 1024 + 1))": "EFBIG",
        "fs.promises.appendFile('./workspace/a', 'x')": "EFBIG",
        "fs.promises.writeFile('./workspace/c', 'é'.repeat(60 * 1024))": "EFBIG",
        "fs.promises.writeFile('./workspace/a', 'short')": "done",
      },
      small,
    ));

  test("of the whole workspace, and room again after a removal", () =>
    checkCodes(
      {
        "fs.promises.writeFile('./workspace/a', 'x'.repeat(100 * 1024))": "done",
        "fs.promises.writeFile('./workspace/b', 'x'.repeat(100 * 1024))": "done",
        "fs.promises.writeFile('./workspace/c', 'x'.repeat(100 * 1024 - 10))": "done",
        "fs.promises.writeFile('./workspace/d', 'x'.repeat(100))": "EDQUOT",
        "fs.promises.copyFile('./workspace/a', './workspace/e')": "EDQUOT",
        "fs.promises.appendFile('./workspace/c', 'x'.repeat(10))": "done",
        "fs.promises.unlink('./workspace/b')": "done",
        "fs.promises.writeFile('./workspace/d', 'x'.repeat(1000))": "done",
      },
      small,
    ));

  test("of the number of files, written in parallel", async () => {
    const { result } = await small.run(
      "const all = await Promise.allSettled(Array.from({ length: 40 }, (_, n) => n % 2 ? fs.promises.mkdir('./workspace/' + n) : fs.promises.writeFile('./workspace/' + n, 'x')));\nreturn [all.filter(({ status }) => status === 'fulfilled').length, [...new Set(all.flatMap((entry: any) => entry.reason?.code ?? []))]]",
    );
    expect(result).toEqual([SMALL.workspaceFilesMax, ["EDQUOT"]]);
    expect(await readdir(small.workspace)).toHaveLength(SMALL.workspaceFilesMax);
  });

  test("of the size, written in parallel and by several programs", async () => {
    const program = (name: string): string =>
      `const all = await Promise.allSettled(Array.from({ length: 5 }, (_, n) => fs.promises.writeFile('./workspace/${name}' + n, 'x'.repeat(50 * 1024))));\nreturn all.filter(({ status }) => status === 'fulfilled').length`;
    const results = await Promise.all(
      ["a", "b"].map(async (name) => (await small.run(program(name))).result as number),
    );
    expect(results.reduce((sum, done) => sum + done)).toBe(6);
    expect(await readdir(small.workspace)).toHaveLength(6);
  });

  test("hold when one file is overwritten by many at once", async () => {
    const program =
      "await fs.promises.writeFile('./workspace/a', 'x'.repeat(100 * 1024));\nawait Promise.all(Array.from({ length: 20 }, () => fs.promises.writeFile('./workspace/a', 'x')));\nconst all = await Promise.allSettled(Array.from({ length: 8 }, (_, n) => fs.promises.writeFile('./workspace/b' + n, 'x'.repeat(90 * 1024))));\nreturn all.filter(({ status }) => status === 'fulfilled').length";
    expect((await small.run(program)).result).toBe(3);
  });

  test("are not used up by writes that failed", () =>
    check(
      "await fs.promises.mkdir('./workspace/folder');\nfor (let n = 0; n < 10; n += 1) await fs.promises.writeFile('./workspace/folder', 'x'.repeat(90 * 1024)).catch(() => {});\nawait fs.promises.writeFile('./workspace/a', 'x'.repeat(90 * 1024));\nreturn 1",
      { result: 1 },
      small,
    ));

  test("cannot be passed by a name that is ours", () =>
    checkCodes({
      "fs.promises.writeFile('./workspace/x.sluice-tmp', 'x')": "EACCES",
      "fs.promises.mkdir('./workspace/x.sluice-tmp')": "EACCES",
      "fs.promises.rename('./workspace/missing', './workspace/x.sluice-tmp')": "EACCES",
    }));

  test("a result that has no room in the workspace is previewed all the same", async () => {
    const outcome = await small.run(
      "for (const name of ['a', 'b', 'c']) await fs.promises.writeFile('./workspace/' + name, 'x'.repeat(100 * 1024));\nconsole.log('y'.repeat(3000));\nreturn 'z'.repeat(3000)",
    );
    expect(outcome).toMatchObject({
      status: "completed",
      result: expect.stringContaining("text of 3000 characters") as string,
    });
    expect(outcome.spilled).toBeUndefined();
    expect(outcome.warnings).toEqual([expect.objectContaining({ code: "not_spilled" })]);
    expect(JSON.stringify(outcome.logs)).toContain("yyy");
  });
});

test("a read-only execution reads and does not write", async () => {
  await writeFile(join(house.workspace, "a"), "a");
  const outcome = await house.run(
    "const codes = [];\nfor (const act of [() => fs.promises.writeFile('./workspace/b', 'b'), () => fs.promises.appendFile('./workspace/a', 'b'), () => fs.promises.mkdir('./workspace/c'), () => fs.promises.rm('./workspace/a'), () => fs.promises.rename('./workspace/a', './workspace/b'), () => fs.promises.copyFile('./workspace/a', './workspace/b')]) await act().catch((error) => codes.push(error.code));\nreturn [codes, fs.readFileSync('./workspace/a', 'utf8')]",
    { grant: { workspace: "read-only" } },
  );
  checkOutcome(outcome, { result: [Array.from({ length: 6 }, () => "EROFS"), "a"] });
  expect(await readdir(house.workspace)).toEqual(["a"]);
});

describe("at once", () => {
  test("writers of one file never leave a torn one", async () => {
    const write = (letter: string): string =>
      `for (let n = 0; n < 15; n += 1) await fs.promises.writeFile('./workspace/shared', '${letter}'.repeat(300_000 + n));\nreturn 1`;
    const read =
      "await fs.promises.writeFile('./workspace/shared', 'a');\nconst seen: string[] = [];\nfor (let n = 0; n < 40; n += 1) {\n  const text = await fs.promises.readFile('./workspace/shared', 'utf8');\n  if (text !== text[0].repeat(text.length)) seen.push(text.slice(0, 10));\n}\nreturn seen";
    const [reader, ...writers] = await Promise.all([house.run(read), house.run(write("b")), house.run(write("c"))]);
    expect(reader.result).toEqual([]);
    expect(writers.map(({ result }) => result)).toEqual([1, 1]);
    // Nothing of the writing is left, and none of it was ever listed.
    expect(await readdir(house.workspace)).toEqual(["shared"]);
  });

  test("files being written are not listed", async () => {
    await writeFile(join(house.workspace, ".0123456789abcdef.sluice-tmp"), "half");
    await check("return [fs.readdirSync('./workspace'), fs.readdirSync('./workspace', { recursive: true })]", {
      result: [[], []],
    });
  });
});

describe("skills", () => {
  for (const specifier of [
    "./skills/double",
    "./skills/double.ts",
    "../skills/double",
    "/skills/double.ts",
    "skills/double",
  ]) {
    test(`imported from ${specifier}`, () =>
      check(`import twice, { double } from '${specifier}';\nreturn [twice(1), double(2)]`, { result: [2, 4] }));
  }
  test("in a folder, in JavaScript, importing others and servers", () =>
    check(
      "import { quadruple, doubles } from './skills/math';\nimport { quadruple as again } from './skills/math/index.ts';\nimport { plain } from './skills/plain';\nreturn [await quadruple(3), doubles.double(4), again === quadruple, plain()]",
      { result: [12, 8, true, "plain"] },
    ));
  test("are read, not written", () =>
    check("return [fs.readdirSync('./skills'), fs.readFileSync('./skills/double.ts', 'utf8').includes('n * 2')]", {
      result: [["double.ts", "math", "one.ts", "plain.js", "two.ts"], true],
    }));
  test("that import each other in a circle are refused", () =>
    check("const a = 1;\nimport { one } from './skills/one';\nreturn one()", {
      error: { code: "import_not_found", message: expect.stringMatching(/imports itself/) as string },
    }));
  test("outside their folder do not exist", async () => {
    await writeFile(join(house.stateDir, "outside.ts"), "export const x = 1;\n");
    await symlink(join(house.stateDir, "outside.ts"), join(house.skills, "link.ts"));
    for (const specifier of ["./skills/../outside", "./skills/link", "./skills/../../outside.ts", "./workspace/x"]) {
      await check(`import { x } from '${specifier}';\nreturn x`, { error: { code: "import_not_found" } });
    }
    await rm(join(house.skills, "link.ts"));
  });
});
