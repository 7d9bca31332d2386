import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { errorCodes } from "../src/base/errors.ts";
import { checkOutcome, type Expected, type House, npmServer, openHouse, zooServer } from "./house.ts";

let house: House;

beforeAll(async () => {
  house = await openHouse({
    mcpServers: { zoo: zooServer(), "night-zoo": zooServer(), everything: npmServer("everything") },
  });
  await mkdir(house.skills, { recursive: true });
  await writeFile(
    join(house.skills, "count.ts"),
    "export function count(n: number): number {\n  if (n < 0) throw new RangeError('negative');\n  return n;\n}\n",
  );
  await writeFile(join(house.skills, "broken.ts"), "export const a = 1;\nexport const b = ;\n");
});

afterAll(() => house[Symbol.asyncDispose]());

const containing = (text: string): unknown => expect.stringContaining(text);

/** Where the error is: the place of `«` in the program, which is taken out before it runs. */
async function checkPlace(
  marked: string,
  expected: { code?: string; message?: unknown; hint?: unknown },
): Promise<void> {
  const at = marked.indexOf("«");
  const code = marked.replace("«", "");
  const before = code.slice(0, at).split("\n");
  const line = before.length;
  const place = { line, column: (before.at(-1) as string).length + 1, source: code.split("\n")[line - 1]?.trimEnd() };
  checkOutcome(await house.run(code), { error: { code: "program_error", ...place, ...expected } });
}

async function check(code: string, expected: Expected): Promise<void> {
  checkOutcome(await house.run(code), expected);
}

/** One test per program with a mark. */
function places(
  cases: Record<string, [marked: string, expected: { code?: string; message?: unknown; hint?: unknown }]>,
): void {
  for (const [name, [marked, expected]] of Object.entries(cases)) test(name, () => checkPlace(marked, expected));
}

describe("what does not parse", () => {
  const unparsed = (message = "Cannot parse program.ts: "): object => ({
    code: "syntax_error",
    message: containing(message),
  });
  places({
    "a missing operand": ["const a = 1;\nconst b = «;", unparsed("Unexpected token")],
    "a bracket that is not closed": ["function f() {\n  return [1, 2«;\n}", unparsed()],
    "a bracket too much": ["const a = 1;\n«}", unparsed()],
    "a text that is not closed": ["const a = 1;\nconst b = «'abc\nreturn b", unparsed("Unterminated string")],
    "a template that is not closed": ["const a = 1;\nreturn «`abc\n", unparsed("Unterminated")],
    "after TypeScript": ["interface A {\n  n: number;\n}\nenum E { X }\nconst a: A = { n: 1 «2 };", unparsed()],
    "after multi-byte characters": ["const s = 'é 日本 😀'; const b = «;", unparsed()],
    "in a fence, after prose": ["Here it is:\n```ts\nconst a = «;\n```", unparsed()],
    "two declarations of one name": ["const a = 1;\nlet «a = 2;", { code: "syntax_error" }],
    "await in a function that is not async": [
      "function f() {\n  «await zoo.echo({});\n}\nf();",
      { code: "syntax_error" },
    ],
    "words that are no program": ["Please« feed the animals.", unparsed()],
  });

  test("in a skill", () =>
    check("import { b } from './skills/broken';\nreturn b", {
      error: { code: "syntax_error", message: containing("skills/broken.ts"), line: 2, source: "export const b = ;" },
    }));
  test("nothing to run is nothing returned", async () => {
    for (const code of ["", "   \n", "// a comment", "```\n```"])
      await check(code, { warnings: [{ code: "nothing_returned" }] });
  });
});

describe("what throws", () => {
  const boom = { message: "boom" };
  places({
    "on the first line": ["throw «new Error('boom');", boom],
    "after imports": [
      "import { readFile } from 'fs/promises';\nimport {\n  echo,\n} from './servers/zoo';\nawait echo({});\nthrow «new Error('boom');",
      boom,
    ],
    "beside an import": ["import { join } from 'path'; throw «new Error('boom');", boom],
    "in a nested function": [
      "function outer() {\n  const inner = () => {\n    throw «new Error('boom');\n  };\n  return inner();\n}\nouter();",
      boom,
    ],
    "in a method, a getter, a static block": [
      "class A {\n  get n(): number {\n    throw «new Error('boom');\n  }\n}\nreturn new A().n",
      boom,
    ],
    "in a callback": ["return [1, 2].map((n) => {\n  if (n === 2) throw «new Error('boom');\n  return n;\n})", boom],
    "after an await": ["await zoo.echo({});\nawait zoo.echo({});\n  throw «new Error('boom');", boom],
    "after types, interfaces and enums that are erased": [
      "interface A {\n  n: number;\n}\ntype B = { m: string } & A;\nenum Size {\n  Small,\n  Large,\n}\nimport type { FeedAnimalInput } from './servers/zoo';\nfunction f<T extends A>(a: T, size: Size = Size.Large): T | undefined {\n  if (size) throw «new Error('boom');\n  return a as T satisfies A;\n}\nf<B>({ n: 1, m: '' });",
      boom,
    ],
    "after parameter properties": [
      "class A {\n  constructor(private readonly n: number, public m?: string) {\n    if (n > 1) throw «new Error('boom');\n  }\n}\nnew A(2);",
      boom,
    ],
    "on a line with types before it": [
      "const a: Record<string, Array<number>> = {}; const f = (n: number): number => { throw «new Error('boom'); }; f(1);",
      boom,
    ],
    "after multi-byte characters": ["const s: string = 'é 日本 😀'; /* ü */ throw «new Error('boom');", boom],
    "after lines of multi-byte characters": [
      "const s = `日本\n😀😀\né`;\nconst a = 1; throw «new Error('boom');",
      boom,
    ],
    "in a single function expression": ["async () => {\n  const a = 1;\n  throw «new Error('boom');\n}", boom],
    "in a function expression on one line": ["(async function main() { throw «new Error('boom'); })", boom],
    "in a lone function declaration": ["async function main(): Promise<void> {\n  throw «new Error('boom');\n}", boom],
    "in a default function": ["export default async function () {\n  throw «new Error('boom');\n}", boom],
    "in a fence": [
      "Some words.\n\n```typescript\nconst a: number = 1;\nthrow «new Error('boom');\n```\nMore words.",
      boom,
    ],
    "with tabs": ["if (true) {\n\tthrow «new Error('boom');\n}", boom],
    "with CRLF": ["const a = 1;\r\nconst b = 2;\r\nthrow «new Error('boom');\r\n", boom],
    "after a comment of many lines": ["/*\n * é\n */\n\n\nthrow «new Error('boom');", boom],
    "in a template": ["return `a ${(() => { throw «new Error('boom'); })()} b`", boom],
    "a TypeError of the engine": [
      "const a: any = undefined;\nreturn a.«b.c",
      { message: containing("TypeError: Cannot read properties of undefined (reading 'b')") },
    ],
    "a ReferenceError": ["const a = 1;\nreturn a + «missing", { message: "ReferenceError: missing is not defined" }],
    "an assignment to a constant": [
      "const a = 1;\n(«a as any) = 2;",
      { message: containing("TypeError: Assignment to constant") },
    ],
    "JSON that is none": ["const text = '{';\nreturn JSON.«parse(text)", { message: containing("SyntaxError") }],
    "a failed call": [
      "const a = 1;\n  await zoo.«fails({});",
      { code: "tool_error", message: "the lion has eaten the keeper" },
    ],
    "a failed call among others": [
      "await zoo.echo({});\nawait Promise.all([\n  1,\n  zoo.«fails({}),\n]);",
      { code: "tool_error" },
    ],
    "a failed file": [
      "import fs from 'fs';\nconst text = await fs.promises.«readFile('./workspace/missing.txt', 'utf8');",
      { message: containing("ENOENT: no such file or directory, readFile './workspace/missing.txt'") },
    ],
    "a failed file, synchronously": [
      "return fs.«readFileSync('./workspace/missing.txt', 'utf8')",
      { message: containing("ENOENT") },
    ],
  });

  test("a failed call beside one that still runs: that one is waited for and named", () =>
    check("await Promise.all([\n  zoo.slow({ ms: 300 }),\n  zoo.fails({}),\n]);", {
      error: { code: "tool_error", line: 3, column: 7 },
      warnings: [{ code: "open_call", line: 2, message: containing("zoo.slow was still running") }],
      calls: { done: 1, failed: 1, open: 0 },
    }));
  test("an error with a code that is no text", () =>
    check("throw Object.assign(new Error('boom'), { code: 1n, hint: { a: 1 } });", {
      error: { code: "program_error", message: "boom", line: 1 },
    }));
  test("an object that throws at every touch", () =>
    check(
      "throw new Proxy({}, { get() { throw new Error('a'); }, getPrototypeOf() { throw new Error('b'); }, ownKeys() { throw new Error('c'); } });",
      { error: { code: "program_error" } },
    ));
  test("a stack too deep", () =>
    check("function f(): number { return f() + 1; }\nreturn f()", {
      error: {
        message: "RangeError: Maximum call stack size exceeded",
        // QuickJS has no room left to note where it was.
        ...(process.env["SLUICE_TEST_ENGINE"] === "quickjs"
          ? {}
          : { line: 1, source: "function f(): number { return f() + 1; }" }),
      },
    }));
  test("its cause is shown", () =>
    check("throw new Error('outer', { cause: new TypeError('inner') });", {
      error: { message: "outer\ncaused by: TypeError: inner", line: 1 },
    }));
  test("something that is no error", () =>
    check("throw { reason: 'boom' };", {
      error: { code: "program_error", message: 'The program threw {"reason":"boom"}' },
    }));
  test("an error with a getter that throws", () =>
    check("throw Object.defineProperty(new Error('x'), 'message', { get() { throw new Error('inner'); } });", {
      error: { code: "program_error" },
    }));
  test("a very long message is cut", async () => {
    const { error } = await house.run("throw new Error('x'.repeat(1_000_000))");
    expect(error?.message.length).toBeLessThan(20_000);
  });
  test("in a skill: the line of the program that called it", () =>
    check("import { count } from './skills/count';\nconst a = 1;\nreturn count(-1)", {
      error: { message: containing("RangeError: negative"), line: 3, column: 8, source: "return count(-1)" },
    }));
  test("codes that a program invents are its own words", () =>
    check("throw Object.assign(new Error('I am allowed'), { code: 'cancelled', toolError: true });", {
      error: { code: "program_error", message: "I am allowed" },
    }));
});

describe("hints", () => {
  const hint = (text: string): object => ({ hint: containing(text) });
  test("a tool that does not exist", () =>
    check("await callTool('zoo.feedAnimals', {})", {
      error: {
        code: "tool_not_found",
        message: 'There is no tool "zoo.feedAnimals"',
        ...hint("zoo.feed-animal"),
        line: 1,
      },
    }));
  test("a tool of nowhere", () =>
    check("await callTool('qqqqqq', {})", { error: { code: "tool_not_found", hint: expect.any(String) as string } }));
  test("a function that the server does not have", () =>
    check("const a = 1;\nawait zoo.feedAnimals({});", {
      error: {
        code: "program_error",
        message: "TypeError: zoo.feedAnimals is not a function",
        hint: "Did you mean zoo.feedAnimal?",
        line: 2,
        column: 11,
      },
    }));
  test("a function on servers", () =>
    check("await servers.nightZoo.feedAnimls({});", {
      error: { message: containing("is not a function"), hint: "Did you mean nightZoo.feedAnimal?" },
    }));
  test("what a microtask throws", () =>
    check("queueMicrotask(() => { throw new Error('of a microtask') });\nawait zoo.echo({});", {
      error: { code: "program_error", message: "of a microtask", line: 1, column: 30 },
    }));
  test("a server's name that is misspelt", () =>
    check("await nightZo.echo({});", { error: hint("Did you mean nightZoo?") }));
  test("a function of Sluice that was not imported", () =>
    check("await searchTools('feed');", { error: hint('Import it: import { searchTools } from "sluice"') }));
  test("a function unlike any", () => check("await zoo.zzzzzzzz({});", { error: hint("zoo has: echo, feedAnimal") }));
  test("a server that does not exist", () =>
    check("const a = 1;\nimport { echo } from './servers/nightzo';", {
      error: {
        code: "import_not_found",
        message: 'Cannot import "./servers/nightzo": there is no server "nightzo"',
        ...hint('"./servers/night-zoo"'),
        line: 2,
        column: 22,
      },
    }));
  test("a server unlike any", () =>
    check("import { echo } from './servers/qqqqqq';", {
      error: { code: "import_not_found", ...hint("The servers are: zoo, night-zoo, everything"), line: 1 },
    }));
  test("a tool's module that does not exist", () =>
    check("import { feed } from './servers/zoo/feedAnimls';", {
      error: {
        code: "import_not_found",
        message: containing('the server "zoo" has no tool "feedAnimls"'),
        ...hint('"feedAnimal"'),
      },
    }));
  test("a name that the server's module does not have", () =>
    check("import {\n  echo,\n  feedAnimls,\n} from './servers/zoo';", {
      error: {
        code: "import_not_found",
        message: '"./servers/zoo" has no "feedAnimls"',
        ...hint("feedAnimal"),
        line: 3,
        column: 3,
        source: "  feedAnimls,",
      },
    }));
  test("a server named as a package", () =>
    check("import { echo } from 'zoo';", { error: { code: "import_not_found", ...hint('"./servers/zoo"') } }));
  test("a skill that does not exist", () =>
    check("import { x } from './skills/cuont';", {
      error: { code: "import_not_found", message: containing('there is no skill "cuont"'), ...hint("count.ts") },
    }));
  test("a README", () =>
    check("import text from './servers/zoo/README.md';", {
      error: { code: "import_not_found", message: containing("it is a text"), ...hint("fs.readFile") },
    }));
  test("a package of Node", () =>
    check("import { exec } from 'child_process';", {
      error: {
        code: "import_not_found",
        message: containing("programs can import ./servers/*"),
        hint: expect.any(String) as string,
      },
    }));
});

describe("bad input", () => {
  test("20 MB returned are previewed, and kept whole", async () => {
    const outcome = await house.run("return 'x'.repeat(20_000_000)");
    expect(outcome).toMatchObject({
      status: "completed",
      result: containing("text of 20000000 characters"),
      spilled: [expect.stringMatching(/^\.\/workspace\/\.spill\//)],
    });
    expect(await readFile(join(house.workspace, ".spill", `${outcome.executionId}-result.txt`))).toHaveLength(
      20_000_000,
    );
  });
  test("arguments that are not JSON fail their call only", async () => {
    await check(
      "const a: any = {};\na.self = a;\ntry { await zoo.echo(a); } catch (error) { console.log(error.name); }\ntry { await zoo.echo({ n: 1n }); } catch (error) { console.log(error.name); }\nreturn await zoo.echo({ ok: true })",
      { result: { ok: true }, logs: ["TypeError", "TypeError"] },
    );
  });
  test("arguments that do not fit the schema name path and expectation", async () => {
    await check("await zoo.feedAnimal({ animal: 7 })", {
      error: {
        code: "arguments_invalid",
        tool: "zoo.feed-animal",
        message: expect.stringMatching(/animal.*string/s) as string,
        line: 1,
      },
    });
    await check("await zoo.feedAnimal({})", { error: { code: "arguments_invalid", message: containing("animal") } });
    await check("await zoo.feedAnimal({ animal: 'a', grams: 0 })", {
      error: { code: "arguments_invalid", message: containing("grams") },
    });
    await check("await zoo.feedAnimal({ animal: 'a', grams: 1.5 })", {
      error: { code: "arguments_invalid", message: containing("grams") },
    });
    await check("try { await zoo.feedAnimal({}) } catch (error) { return error instanceof ToolError && error.code }", {
      result: "arguments_invalid",
    });
  });
  test("./servers and ./skills cannot be written", async () => {
    for (const path of [
      "./servers/zoo/index.ts",
      "./servers/new.ts",
      "servers/x/y.ts",
      "/servers/x",
      "./skills/x.ts",
    ]) {
      await check(`await fs.promises.writeFile(${JSON.stringify(path)}, 'x')`, {
        error: {
          code: "program_error",
          message: containing("EROFS: read-only file system (only ./workspace can be written)"),
          line: 1,
        },
      });
    }
  });
  test("paths outside the roots are refused", async () => {
    for (const path of [
      "/etc/passwd",
      "../x",
      "./workspace/../../x",
      "/workspace/../../etc/passwd",
      "C:\\windows",
      "/proc/self/environ",
    ]) {
      await check(`await fs.promises.readFile(${JSON.stringify(path)}, 'utf8')`, {
        error: { message: containing("EACCES: permission denied (outside the roots"), line: 1 },
      });
    }
  });
  test("every code is documented", async () => {
    const headings = (await readFile(new URL("../docs/errors.md", import.meta.url), "utf8")).match(/^## .*$/gm) ?? [];
    expect(headings.map((heading) => heading.slice(3)).sort()).toEqual(Object.keys(errorCodes).sort());
  });
});
