import type { ConformanceCase, ExpectedText } from "../conformance-case.ts";
import { toCases } from "../conformance-case.ts";

/** Each expression in turn, and the code of the error that it ends in; `"done"` where it ends in none. */
function ends(
  name: string,
  expressions: Record<string, ExpectedText>,
  more: Partial<ConformanceCase> = {},
): ConformanceCase {
  const acts = Object.keys(expressions).map((expression) => `async () => ${expression}`);
  return {
    area: "files",
    name,
    code: `const p = fs.promises as any, s = fs as any, codes: unknown[] = [];\nfor (const act of [${acts.join(",\n")}]) try { await act(); codes.push("done"); } catch (error) { codes.push(error.code ?? error.message); }\nreturn codes;`,
    expected: { result: Object.values(expressions) },
    ...more,
  };
}

/** By the link itself, or because what it names is no folder. */
const REFUSED = /^(EACCES|ENOTDIR|ELOOP)$/;

export const fileCases: readonly ConformanceCase[] = [
  ends(
    "nothing is read outside the three roots",
    {
      "p.readFile('@OUTSIDE@')": "EACCES",
      "s.readFileSync('@OUTSIDE@')": "EACCES",
      "p.readFile('./workspace/../../../../outside.txt')": "EACCES",
      "p.readFile('../../../outside.txt')": "EACCES",
      "p.readFile('/etc/passwd')": "EACCES",
      "p.readFile('/proc/self/environ')": "EACCES",
      "p.readFile('/workspace/../etc/passwd')": "EACCES",
      "p.readFile(new URL('file:///etc/passwd'))": "EACCES",
      "p.readFile(Buffer.from('/etc/passwd'))": "EACCES",
      "p.readFile('C:\\\\windows\\\\win.ini')": "EACCES",
      "p.readFile('./skills/../../outside.txt')": "EACCES",
      "p.readFile('./servers/../../outside.txt')": "EACCES",
      "p.stat('@OUTSIDE@')": "EACCES",
      "p.readdir('..')": "EACCES",
      "p.readdir('/etc')": "EACCES",
      "p.copyFile('@OUTSIDE@', './workspace/stolen')": "EACCES",
      "p.rename('@OUTSIDE@', './workspace/stolen')": "EACCES",
    },
    { isSmoke: true },
  ),
  ends("nothing is written outside the workspace", {
    "p.writeFile('@OUTSIDE@', 'x')": "EACCES",
    "p.appendFile('@OUTSIDE@', 'x')": "EACCES",
    "p.rm('@OUTSIDE@', { force: true })": "EACCES",
    "p.unlink('@OUTSIDE@')": "EACCES",
    "p.writeFile('./workspace/../../../outside.txt', 'x')": "EACCES",
    "p.mkdir('@OUTSIDE@.d', { recursive: true })": "EACCES",
    "p.writeFile('/tmp/x', 'x')": "EACCES",
    "p.writeFile('./servers/kit/index.ts', 'x')": "EROFS",
    "p.writeFile('./skills/double.ts', 'x')": "EROFS",
    "p.rm('./skills', { recursive: true })": "EROFS",
    "p.mkdir('./servers/new')": "EROFS",
    "p.writeFile('./workspace/../skills/double.ts', 'x')": "EROFS",
    "p.rename('./workspace', './skills')": "EROFS",
    "p.rm('/', { recursive: true, force: true })": "EROFS",
    "s.writeFileSync('/', 'x')": "EROFS",
  }),
  {
    ...ends("links that somebody else left are not followed", {
      "p.readFile('./workspace/linked.txt')": REFUSED,
      "s.readFileSync('./workspace/linked.txt')": REFUSED,
      "p.writeFile('./workspace/linked/outside.txt', 'x')": REFUSED,
      "p.readFile('./workspace/linked/outside.txt')": REFUSED,
      "p.readdir('./workspace/linked')": REFUSED,
      "p.appendFile('./workspace/linked.txt', 'x')": REFUSED,
      "p.copyFile('./workspace/linked.txt', './workspace/stolen')": REFUSED,
      "p.mkdir('./workspace/linked/new')": REFUSED,
    }),
    isSmoke: true,
  },
  ends("names that no system means the same by", {
    "p.writeFile('./workspace/a\\0b', 'x')": "EINVAL",
    "p.readFile('./workspace/\\0')": "EINVAL",
    "p.writeFile('./workspace/' + 'n'.repeat(256), 'x')": "ENAMETOOLONG",
    "p.writeFile('./workspace/' + 'é'.repeat(128), 'x')": "ENAMETOOLONG",
    "p.readFile('./workspace/' + 'a/'.repeat(40))": "ENAMETOOLONG",
    "p.readFile('./workspace/' + 'x'.repeat(2_000_000))": "ENAMETOOLONG",
    "p.readFile('')": "ENOENT",
    "p.readFile('other/x')": "ENOENT",
    "p.readFile('./workspace/missing')": "ENOENT",
    "p.readFile('./workspace')": "EISDIR",
    "p.writeFile('./workspace/file/', 'x')": /^(EISDIR|ENOENT|done)$/,
    "p.readFile({ href: 'file:///etc/passwd' })": /^(ERR_INVALID_ARG_TYPE|EACCES|A path is .*)$/,
  }),
  ...toCases("files", {
    "spellings of one path are one file": [
      "const names = ['./workspace/é.txt', 'workspace/é.txt', '/workspace/é.txt', './workspace//./é.txt', './servers/../workspace/é.txt', '/workspace/none/../é.txt', './workspace/e\\u0301.txt'];\nfor (const name of names) await fs.promises.appendFile(name, 'x');\nreturn [await fs.promises.readFile(names[0], 'utf8'), (await fs.promises.readdir('./workspace')).filter((name) => name.endsWith('.txt') && name.length < 7)];",
      ["xxxxxxx", ["é.txt"]],
    ],
    "no link and no device can be made": [
      "const made: string[] = [];\nfor (const name of ['symlink', 'link', 'symlinkSync', 'linkSync', 'chmod', 'chown', 'mknod', 'open', 'openSync', 'createWriteStream', 'createReadStream', 'watch', 'utimes', 'truncate', 'readlink', 'realpathSync'] as const) for (const home of [fs, fs.promises] as any[]) try { if (typeof home[name] === 'function' && /link|chmod|chown|mknod/i.test(name)) made.push(name); } catch {}\nreturn made;",
      [],
    ],
    "bytes are kept, whatever they are": [
      "const bytes = Buffer.from(Array.from({ length: 256 }, (_, n) => n));\nawait fs.promises.writeFile('./workspace/bytes', bytes);\nfs.writeFileSync('./workspace/more', new Uint8Array([255, 0, 254]));\nreturn [(await fs.promises.readFile('./workspace/bytes')).equals(bytes), fs.readFileSync('./workspace/more').toString('hex')];",
      [true, "ff00fe"],
    ],
    "a write is whole or not at all": [
      "const a = 'a'.repeat(300_000), b = 'b'.repeat(300_000);\nfs.writeFileSync('./workspace/torn', a);\nconst seen = new Set<string>();\nawait Promise.all([...Array.from({ length: 6 }, (_, n) => fs.promises.writeFile('./workspace/torn', n % 2 ? a : b)), ...Array.from({ length: 12 }, async () => seen.add(await fs.promises.readFile('./workspace/torn', 'utf8')))]);\nreturn [...seen].every((text) => text === a || text === b);",
      true,
    ],
    "sync and async acts take turns": [
      "const late = fs.promises.writeFile('./workspace/turn', 'one').then(() => fs.promises.readFile('./workspace/turn', 'utf8'));\nfs.writeFileSync('./workspace/other', 'two');\nreturn [fs.readFileSync('./workspace/other', 'utf8'), await late];",
      ["two", "one"],
    ],
    "content and options are read once": [
      "let reads = 0;\nawait fs.promises.writeFile({ toString() { reads += 1; return reads > 1 ? '/etc/passwd' : './workspace/x'; } } as any, 'x').catch(() => 0);\nreturn fs.existsSync('./workspace/x') || reads < 2;",
      true,
    ],
    "a name that is ours cannot be written": [
      "const before = fs.readdirSync('./workspace').length;\nawait Promise.all(Array.from({ length: 20 }, (_, n) => fs.promises.writeFile(`./workspace/.sluice-${n}.tmp`, 'x').catch(() => 0)));\nawait Promise.all(fs.readdirSync('./workspace').filter((name) => name.startsWith('.sluice-')).map((name) => fs.promises.rm('./workspace/' + name)));\nreturn fs.readdirSync('./workspace').length === before;",
      true,
    ],
  }),
  {
    area: "files",
    name: "a grant to read only writes nothing",
    code: "const codes: string[] = [];\nfor (const act of [() => fs.promises.writeFile('./workspace/ro', 'x'), () => fs.promises.mkdir('./workspace/ro'), () => fs.promises.rm('./workspace/seen'), async () => fs.writeFileSync('./workspace/seen', 'y')]) await act().then(() => codes.push('done'), (error) => codes.push(error.code));\nreturn [codes, fs.readFileSync('./workspace/seen', 'utf8')];",
    before: "fs.writeFileSync('./workspace/seen', 'kept');",
    options: { grant: { workspace: "read-only" } },
    expected: { result: [["EROFS", "EROFS", "EROFS", "EROFS"], "kept"] },
  },
  {
    area: "files",
    name: "what is too long to show is a file of the workspace",
    code: "const [name] = fs.readdirSync('./workspace/.spill').filter((name) => fs.readFileSync('./workspace/.spill/' + name, 'utf8').includes('spilled-text'));\nreturn fs.readFileSync('./workspace/.spill/' + name, 'utf8').length >= 60_000;",
    before: "return 'spilled-text'.repeat(5_000);",
    expected: { result: true },
  },
  {
    area: "files",
    name: "room is room again when a file is gone",
    code: "const put = (n: number) => fs.promises.writeFile('./workspace/room' + n, 'x'.repeat(400_000)).then(() => 'kept', (error) => error.code);\nconst seen: string[] = [];\nfor (let n = 0; n < 100 && seen.at(-1) !== 'EDQUOT'; n += 1) seen.push(await put(n));\nawait fs.promises.rm('./workspace/room0');\nconst again = await put(0);\nawait Promise.all(fs.readdirSync('./workspace').filter((name) => name.startsWith('room')).map((name) => fs.promises.rm('./workspace/' + name)));\nreturn [seen.length > 2, seen.at(-1), again];",
    options: { limits: { workspaceBytesMax: 30_000_000 } },
    expected: { result: [true, "EDQUOT", "kept"] },
  },
  {
    area: "files",
    name: "writers at once do not pass the bound together",
    code: "const all = await Promise.allSettled(Array.from({ length: 200 }, (_, n) => fs.promises.writeFile('./workspace/crowd' + n, 'x'.repeat(500_000))));\nconst names = fs.readdirSync('./workspace').filter((name) => name.startsWith('crowd'));\nlet bytes = 0;\nfor (const name of names) bytes += fs.statSync('./workspace/' + name).size;\nawait Promise.all(names.map((name) => fs.promises.rm('./workspace/' + name)));\nreturn [bytes <= 35_000_000, all.some(({ status }) => status === 'rejected'), names.length > 0];",
    options: { limits: { workspaceBytesMax: 35_000_000 } },
    expected: { result: [true, true, true] },
  },
];
