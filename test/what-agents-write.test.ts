import { afterAll, beforeAll, describe, test } from "vitest";
import { checkOutcome, type Expected, type House, npmServer, openHouse, zooServer } from "./house.ts";

// Forms that models write although nobody taught them to, and servers that are not there when they are called.

let house: House;
beforeAll(async () => {
  house = await openHouse({
    mcpServers: {
      zoo: zooServer(),
      everything: npmServer("everything"),
      "night-zoo": zooServer(),
      gone: { command: process.execPath, args: ["-e", "console.error('no key'); process.exit(3)"] },
      off: { ...zooServer(), disabled: true },
      novar: { command: process.execPath, env: { KEY: "${env:SLUICE_TEST_MISSING}" } },
    },
  });
});
afterAll(() => house[Symbol.asyncDispose]());

const check = async (code: string, expected: Expected): Promise<void> => checkOutcome(await house.run(code), expected);

describe("an asynchronous function that is called at the end is waited for", () => {
  const answer = "return { said: await everything.echo({ message: 'x' }) };";
  const result = { said: "Echo: x" };
  test("an arrow", () => check(`// first\n(async () => { ${answer} })();`, { result }));
  test("a function", () => check(`(async function () { ${answer} })()`, { result }));
  test("main", () => check(`const a = 1 // one\nasync function main() { ${answer} }\nmain();`, { result }));
  test("main in a constant, its failure caught", () =>
    check(`const main = async () => { ${answer} };\nmain().catch(console.error);`, { result }));
  test("a failure has its own place", () =>
    check("async function main() {\n  null.x;\n}\nmain();", {
      status: "failed",
      error: { code: "program_error", line: 2, column: 8 },
    }));
  test("a call of another function is not", () =>
    check("everything.echo({ message: 'x' })", { warnings: [{ code: "unawaited_call", line: 1 }] }));
});

describe("what only the engine refuses has its place and none of the linker's text", () => {
  const refused = (message: string, line: number, column: number): Expected => ({
    status: "failed",
    error: { code: "syntax_error", message: `SyntaxError: ${message}`, line, column },
  });
  const only = process.env["SLUICE_TEST_ENGINE"] === undefined ? test : test.skip;
  only("a regular expression", () =>
    check('const a = 1;\nreturn /(/.test("x")', refused("Invalid regular expression: /(/: Unterminated group", 2, 8)),
  );
  only("an accessor", () => check("class A { accessor x = 1 }", refused("Unexpected identifier 'x'", 1, 20)));
});

describe("older and newer forms", () => {
  test("fs with a callback", () =>
    check(
      "fs.writeFile('./workspace/a', 'hi', () => fs.readFile('./workspace/a', 'utf8', (e, text) => console.log(e, text)));",
      { logs: ["null hi"] },
    ));
  test("fs with a callback that gets the error", () =>
    check("fs.readFile('./workspace/none', 'utf8', (error) => console.log(error.code));", { logs: ["ENOENT"] }));
  test.skipIf(process.env["SLUICE_TEST_ENGINE"] === "quickjs")("using", () =>
    check("{ using d = { [Symbol.dispose]() { console.log('gone'); } }; }\nreturn 1", { result: 1, logs: ["gone"] }),
  );
  test("a tool by its original name", () =>
    check("return [await everything['get-sum']({ a: 1, b: 2 }), Object.keys(everything).includes('get-sum')];", {
      result: ["The sum of 1 and 2 is 3.", false],
    }));
  test("a server by its key", () => check("return Object.keys(servers['night-zoo']).length > 3;", { result: true }));
  test("all errors of Promise.any", () =>
    check("await Promise.any([Promise.reject(new Error('a')), Promise.reject(new Error('b'))]);", {
      status: "failed",
      error: { message: "AggregateError: All promises were rejected\n- Error: a\n- Error: b" },
    }));
  test("imports at run time fail with the same code", () =>
    check("await import('node:os');", { status: "failed", error: { code: "import_not_found", line: 1 } }));
});

describe("a server that cannot be used says why, and can be caught", () => {
  const unusable = (server: string, why: RegExp) => async (): Promise<void> => {
    const calls = [
      `await ${server}.feed({});`,
      `import { feed } from './servers/${server}';\nawait feed({});`,
      `import { feed } from './servers/${server}/feed.ts';\nawait feed({});`,
      `await callTool('${server}.feed', {});`,
      `await callTool('${server}__feed', {});`,
    ];
    for (const call of calls) {
      const outcome = await house.run(call);
      checkOutcome(outcome, { status: "failed", error: { code: "upstream_unavailable" } });
      if (!why.test(outcome.error?.message ?? "")) throw outcome.error;
    }
    await check(`try { await ${server}.feed({}); } catch (error) { return [error.name, error.code, error.tool]; }`, {
      result: ["ToolError", "upstream_unavailable", `${server}.feed`],
    });
  };
  test("one that exits", unusable("gone", /exited with code 3.*no key/));
  test("one that is switched off", unusable("off", /disabled/));
  test("one whose variable is missing", unusable("novar", /SLUICE_TEST_MISSING/));
});
