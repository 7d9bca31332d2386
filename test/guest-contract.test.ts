import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ALLOWED_GLOBALS } from "../src/sandbox/guest/globals.js";
import { checkOutcome, type Expected, type House, npmServer, openHouse, zooServer } from "./house.ts";

let house: House;

beforeAll(async () => {
  house = await openHouse({
    mcpServers: {
      zoo: zooServer(),
      // Keys that are no identifiers, and ones that would hide what programs rely on.
      "night-zoo": zooServer(),
      fs: zooServer(),
      console: zooServer(),
      everything: npmServer("everything"),
    },
  });
});

afterAll(() => house[Symbol.asyncDispose]());

/** Runs a program and checks what it did; a text or other value is what it returns. */
async function check(code: string, expected: Expected): Promise<void> {
  checkOutcome(await house.run(code), expected);
}

/** One test per named program: it returns this. */
function returns(programs: Record<string, [code: string, result: unknown]>): void {
  for (const [name, [code, result]] of Object.entries(programs)) test(name, () => check(code, { result }));
}

const fed = "fed okapi 100 g";
const feed = "feedAnimal({ animal: 'okapi' })";
const hidden = (name: string): string => `const { ${name} } = servers`;

// Names are the host's work, whatever the engine; what a guest makes of them is in the conformance suite too, which runs
// in full on each engine.
if (process.env["SLUICE_TEST_ENGINE"] !== "quickjs")
  describe("names", () => {
    describe("imports of a server", () => {
      // Every spelling is in the public suite (src/testing/cases/contract.ts).
      test("named as what programs rely on", () =>
        check(`import { feedAnimal } from './servers/fs';\nreturn await ${feed}`, { result: fed }));
      returns({
        "as a namespace": [`import * as zoo from './servers/zoo';\nreturn await zoo.${feed}`, fed],
        "as a namespace of another name": [`import * as z from "./servers/zoo";\nreturn await z.${feed}`, fed],
        "as its default": [`import zoo from './servers/zoo';\nreturn await zoo.${feed}`, fed],
        "default and named": [
          `import zoo, { echo } from './servers/zoo';\nreturn [await zoo.${feed}, await echo({ a: 1 })]`,
          [fed, { a: 1 }],
        ],
        "under another name": [
          `import { feedAnimal as feed, delete as remove } from './servers/zoo';\nreturn [await feed({ animal: 'okapi' }), await remove({})]`,
          [fed, "deleted"],
        ],
        "with a string name": [
          `import { "delete" as remove } from './servers/zoo';\nreturn await remove({})`,
          "deleted",
        ],
        "for its effect": [`import './servers/zoo';\nreturn await zoo.${feed}`, fed],
        "of a type with the word": [
          `import type { FeedAnimalInput } from './servers/zoo';\nconst input: FeedAnimalInput = { animal: 'okapi' };\nreturn await zoo.feedAnimal(input)`,
          fed,
        ],
        "of a type among values": [
          `import { feedAnimal, type FeedAnimalInput } from './servers/zoo';\nconst input: FeedAnimalInput = { animal: 'okapi' };\nreturn await feedAnimal(input)`,
          fed,
        ],
        "of a type without the word": [
          `import { feedAnimal, FeedAnimalInput } from './servers/zoo';\nconst input: FeedAnimalInput = { animal: 'okapi' };\nreturn await feedAnimal(input)`,
          fed,
        ],
        "in the middle of the program": [
          `const animal = 'okapi';\nimport { feedAnimal } from './servers/zoo';\nreturn await feedAnimal({ animal })`,
          fed,
        ],
        twice: [
          `import { echo } from './servers/zoo';\nimport { feedAnimal } from './servers/zoo/index.ts';\nawait echo({});\nreturn await ${feed}`,
          fed,
        ],
        "on several lines": [
          `import {\n  feedAnimal,\n  echo,\n} from './servers/zoo';\nawait echo({});\nreturn await ${feed}`,
          fed,
        ],
        "of two servers": [
          `import * as day from './servers/zoo';\nimport * as night from './servers/night-zoo';\nreturn [await day.${feed}, await night.${feed}]`,
          [fed, fed],
        ],
        dynamic: [`const zoo = await import('./servers/zoo');\nreturn await zoo.${feed}`, fed],
        "dynamic, its default": [
          `const { default: zoo } = await import('./servers/zoo/index.ts');\nreturn await zoo.${feed}`,
          fed,
        ],
        "dynamic, computed": [
          `const name = ['night', 'zoo'].join('-');\nconst zoo = await import(\`./servers/\${name}\`);\nreturn await zoo.${feed}`,
          fed,
        ],
        "of all servers": [
          `import * as all from './servers';\nreturn [Object.keys(all).sort(), await all.nightZoo.${feed}]`,
          [["console", "everything", "fs", "nightZoo", "zoo"], fed],
        ],
        "by require": [
          `const { feedAnimal } = require('./servers/zoo');\nconst { join } = require('node:path');\nreturn [await ${feed}, join('a', 'b')]`,
          [fed, "a/b"],
        ],
        "exported again": [`export { feedAnimal } from './servers/zoo';\nreturn await zoo.${feed}`, fed],
      });
    });

    describe("imports of a tool", () => {
      returns({
        "as its default": [
          "import feed from './servers/zoo/feed-animal';\nreturn await feed({ animal: 'okapi' })",
          fed,
        ],
        "as a namespace": [`import * as tool from './servers/zoo/feedAnimal.ts';\nreturn await tool.${feed}`, fed],
        "with a dot in its name": [
          "import { cagesList } from './servers/zoo/cages.list';\nreturn await cagesList({})",
          ["north", "south"],
        ],
        "with a dot in its name and an extension": [
          "import { cagesList } from './servers/zoo/cages.list.ts';\nreturn await cagesList({})",
          ["north", "south"],
        ],
        "with a reserved word as its name": [
          "import { delete as remove } from './servers/zoo/delete.ts';\nreturn await remove({})",
          "deleted",
        ],
        dynamic: [
          "const { feedAnimal } = await import('./servers/zoo/feed-animal');\nreturn await feedAnimal({ animal: 'okapi' })",
          fed,
        ],
      });
    });

    describe("functions of a server", () => {
      returns({
        "are camelCase": [`return await zoo.${feed}`, fed],
        "keep a reserved word": [
          "return [await zoo.delete({}), await zoo.import({}), await zoo.class({})]",
          ["deleted", "imported", "mammal"],
        ],
        "get a _ where the name would mean something else": [
          "return [await zoo.default_({}), await zoo.constructor_({}), await zoo.then_({})]",
          ["by default", "built", "afterwards"],
        ],
        "get a _ before a digit": ["return await zoo._2ndFeeding({})", "second"],
        "are named": ["return zoo.feedAnimal.name", "feedAnimal"],
      });

      test("keep the name that is their own; others that meet it are told apart by their hash", async () => {
        const { result } = await house.run(
          "return Object.fromEntries(await Promise.all(Object.keys(zoo).filter((name) => /keeper/i.test(name)).map(async (name) => [name, await zoo[name]({})])))",
        );
        const names = result as Record<string, string>;
        expect(Object.keys(names)).toHaveLength(4);
        expect(names["getKeeper"]).toBe("getKeeper");
        expect(Object.values(names).sort()).toEqual(["get-keeper", "getKeeper", "get_keeper", "getkeeper"]);
        expect(Object.keys(names).filter((name) => /^getkeeper_[0-9a-f]{4}$/i.test(name))).toHaveLength(3);
      });
    });

    describe("servers", () => {
      returns({
        "as a global": [`return await nightZoo.${feed}`, fed],
        "on servers": [`return await servers.nightZoo.${feed}`, fed],
        "on servers by a text": [`return await servers["nightZoo"].${feed}`, fed],
        "on servers by a computed name": [`const name = 'night' + 'Zoo';\nreturn await servers[name].${feed}`, fed],
        "on globalThis": [`return await globalThis.zoo.${feed}`, fed],
        "all listed": ["return Object.keys(servers).sort()", ["console", "everything", "fs", "nightZoo", "zoo"]],
        "that would hide fs": [
          `const { fs: tools } = servers;\nreturn [await tools.${feed}, typeof fs.readFile]`,
          [fed, "function"],
        ],
        "that would hide console": [
          `const { console: tools } = servers;\nconsole.log('printed');\nreturn await tools.${feed}`,
          fed,
        ],
        destructured: [`${hidden("nightZoo")};\nreturn await nightZoo.${feed}`, fed],
        "shadowed by a name of the program": ["const zoo = 1;\nreturn zoo", 1],
        "from npm": ["return await everything.echo({ message: 'hello' })", "Echo: hello"],
        frozen: [
          "zoo.feedAnimal === zoo.feedAnimal; try { zoo.feedAnimal = 1; return 'changed' } catch (error) { return error.name }",
          "TypeError",
        ],
      });
    });

    describe("callTool", () => {
      returns({
        "with a call name that is the only one": [
          "return await callTool('getSum', { a: 1, b: 2 })",
          "The sum of 1 and 2 is 3.",
        ],
        "imported from sluice": [
          "import { callTool } from 'sluice';\nreturn await callTool('zoo.echo', { a: 1 })",
          { a: 1 },
        ],
        "on sluice": ["return await sluice.callTool('zoo.echo', { a: 1 })", { a: 1 }],
        "from ../client.js, as in the article": [
          "import { callMCPTool } from '../client.js';\nreturn await callMCPTool('zoo.echo', { a: 1 })",
          { a: 1 },
        ],
        "from ../../client.ts": [
          "import { callMCPTool } from '../../client.ts';\nreturn await callMCPTool('zoo__echo', { a: 1 })",
          { a: 1 },
        ],
        "with a type argument": [
          "import { callMCPTool } from './client';\nreturn await callMCPTool<{ a: number }>('zoo.echo', { a: 1 })",
          { a: 1 },
        ],
        "without arguments": ["return await callTool('zoo.cages.list')", ["north", "south"]],
      });

      test("with a call name that several tools have", () =>
        check("return await callTool('feedAnimal', {})", {
          error: {
            code: "tool_ambiguous",
            hint: "Use one of: zoo.feed-animal, night-zoo.feed-animal, fs.feed-animal, console.feed-animal",
          },
        }));
    });

    returns({
      "files named by fs, fs/promises, path, with and without node:": [
        "import { readFile } from 'fs/promises';\nimport * as a from 'node:fs/promises';\nimport fs from 'fs';\nimport { promises, existsSync } from 'node:fs';\nimport path, { join } from 'node:path';\nimport { Buffer as B } from 'buffer';\nreturn [readFile === a.readFile, fs.promises.readFile === promises.readFile, typeof existsSync, join === path.join, B === Buffer]",
        [true, true, "function", true, true],
      ],
    });
  });

describe("forms of code", () => {
  const value = 42;
  returns({
    "a body with return": ["const a = 40;\nreturn a + 2", value],
    "return beside imports": ["import { join } from 'path';\nreturn join('a', 'b') === 'a/b' ? 42 : 0", value],
    "return in a branch": ["if (true) {\n  return 42;\n}\nreturn 0", value],
    "top-level await": ["const [a] = await Promise.all([Promise.resolve(42)]);\nreturn a", value],
    "for await": ["let sum = 0;\nfor await (const n of [Promise.resolve(40), 2]) sum += n;\nreturn sum", value],
    "a returned promise": ["return Promise.resolve(42)", value],
    "an arrow function": ["() => 42", value],
    "an async arrow function": ["async () => {\n  return 42;\n};", value],
    "an arrow function in parentheses": ["(async () => 42)", value],
    "a function expression": ["(function () { return 42; })", value],
    "a lone function declaration": ["async function main() {\n  return 42;\n}", value],
    "a called function expression": ["return (() => 42)()", value],
    "a default value": ["export default 42", value],
    "a default function": ["export default async function () {\n  return 42;\n}", value],
    "a named default function": [
      "export default function main() { return helper(); }\nfunction helper() { return 42; }",
      value,
    ],
    "a default arrow function": ["const n = 42;\nexport default async () => n;", value],
    "a default name": ["const answer = { n: 42 };\nexport default answer.n;", value],
    "a default in a list": ["const answer = 42;\nexport { answer as default };", value],
    "other exports": [
      "export const a = 40;\nexport function two() { return 2; }\nexport class C {}\nreturn a + two()",
      value,
    ],
    "a fence": ["```ts\nreturn 42\n```", value],
    "a fence with prose around it": [
      "Here is the program:\n\n```typescript\nconst a: number = 42;\nreturn a\n```\nIt returns 42.",
      value,
    ],
    "a fence without an end": ["```\nreturn 42", value],
    "a fence of tildes": ["~~~js\nreturn 42\n~~~", value],
    "backticks in the program": ["const s = `\n\\`\\`\\`ts\n`;\nreturn s.length > 0 ? 42 : 0", value],
    "a hashbang": ["#!/usr/bin/env node\nreturn 42", value],
    CRLF: ["const a = 40;\r\nreturn a + 2;\r\n", value],
    "a byte-order mark": ["\uFEFFreturn 42", value],
    "names that the linker uses": ["const __s = 40, __impo = 1, __meta = 1;\nreturn __s + __impo + __meta", value],
    "import.meta": ["return typeof import.meta.url === 'string' ? 42 : 0", value],
  });

  returns({
    "TypeScript: annotations, interfaces, aliases": [
      "interface A { n: number }\ntype B = A & { m?: string };\nconst b: B = { n: 42 };\nreturn b.n as number",
      value,
    ],
    "TypeScript: generics": [
      "function first<T extends { n: number }>(items: readonly T[]): T | undefined { return items[0]; }\nreturn first<{ n: number }>([{ n: 42 }])!.n",
      value,
    ],
    "TypeScript: enum": ["enum Size { Small = 41, Large }\nreturn Size.Large", value],
    "TypeScript: const enum": ["const enum Size { Small = 41, Large }\nreturn Size.Large", value],
    "TypeScript: parameter properties": [
      "class A { constructor(private readonly n: number, public m = 2) {} sum() { return this.n + this.m; } }\nreturn new A(40).sum()",
      value,
    ],
    "TypeScript: satisfies, as const": [
      "const a = { n: 42 } as const satisfies Record<string, number>;\nreturn a.n",
      value,
    ],
    "TypeScript: declared modules": [
      "declare global { interface Array<T> { n: number } }\ndeclare namespace N { const n: number; }\ndeclare module 'x' { export const n: number; }\nreturn 42",
      value,
    ],
    "TypeScript: decorators' cousins: abstract, override, implements": [
      "abstract class A { abstract n(): number; }\nclass B extends A implements A { override n(): number { return 42; } }\nreturn new B().n()",
      value,
    ],
    "TypeScript: overloads, this types, declare": [
      "declare const missing: string;\nfunction f(a: string): number;\nfunction f(a: number): number;\nfunction f(this: void, a: unknown): number { return Number(a); }\nreturn f('42')",
      value,
    ],
    "TypeScript: angle bracket casts": ["const a = <number>(<unknown>42);\nreturn a", value],
    "TypeScript: exported types": [
      "export interface A { n: number }\nexport type B = A;\nexport enum E { X = 42 }\nreturn E.X",
      value,
    ],
    "ES2023: private members, at, toSorted, findLast, static blocks": [
      "class A { static #n = 0; static { A.#n = 42; } static get n() { return A.#n; } }\nreturn [[3, 42].toSorted().at(-1), [42].findLast(Boolean), A.n].includes(42) ? 42 : 0",
      value,
    ],
    "labels, generators, tagged templates, destructuring": [
      "function* g() { yield* [40, 2]; }\nconst [a, b] = [...g()];\nouter: for (;;) { for (;;) break outer; }\nconst tag = (s: TemplateStringsArray, n: number) => n;\nreturn tag`${a + b}`",
      value,
    ],
  });
});

test("a namespace is refused clearly", () =>
  check("const a = 1;\nnamespace N { export const n = 42; }", {
    error: {
      code: "syntax_error",
      message: "A namespace is not available in a program",
      line: 2,
      column: 1,
      hint: expect.stringContaining("object") as string,
    },
  }));

describe("values that leave", () => {
  returns({
    data: ["return { a: [1, 'x', null, true], b: { c: 1.5 } }", { a: [1, "x", null, true], b: { c: 1.5 } }],
    "a date": ["return { at: new Date(0) }", { at: "1970-01-01T00:00:00.000Z" }],
    "undefined members are left out": ["return { a: undefined, b: 1 }", { b: 1 }],
    "an error": ["return new TypeError('no')", { name: "TypeError", message: "no" }],
    "a key __proto__": ['return JSON.parse(\'{"__proto__": 1, "a": 2}\')', JSON.parse('{"__proto__": 1, "a": 2}')],
    "a getter that is its toJSON": ["return { toJSON: () => ({ n: 1 }) }", { n: 1 }],
    null: ["return null", null],
    "an empty text": ["return ''", ""],
  });

  const converted = (message: string): object => ({
    code: "result_converted",
    message: expect.stringContaining(message) as string,
  });
  const cases: Record<string, [code: string, result: unknown, warning: object]> = {
    "a cycle": ["const a: any = { n: 1 };\na.self = a;\nreturn a", { n: 1, self: "[Circular]" }, converted("cycle")],
    "a BigInt": ["return { n: 10n ** 20n }", { n: "100000000000000000000" }, converted("BigInt")],
    "a function": ["return { f: function named() {} }", { f: "[Function: named]" }, converted("function")],
    "a Map": ["return new Map([['a', 1]])", [["a", 1]], converted("Map")],
    "a Set": ["return new Set([1, 2])", [1, 2], converted("Set")],
    NaN: ["return [NaN, 1]", [null, 1], converted("NaN")],
    "a symbol": ["return { s: Symbol('x'), a: 1 }", { a: 1 }, converted("symbol")],
    "a promise inside": ["return { p: Promise.resolve(1) }", { p: "[Promise]" }, converted("Promise")],
  };
  for (const [name, [code, result, warning]] of Object.entries(cases))
    test(name, () => check(code, { result, warnings: [warning] }));

  test("nothing at all is said", () => check("const a = 1;", { warnings: [{ code: "nothing_returned" }] }));
  test("a value nested past any depth", async () => {
    const outcome = await house.run("let a: any = 1; for (let i = 0; i < 5000; i++) a = [a]; return a");
    expect(outcome.status).toBe("completed");
    expect(outcome.warnings).toEqual([converted("deeper")]);
  });
});

describe("calls", () => {
  returns({
    "structured content comes before text": ["return await zoo.structured({})", { animals: 3 }],
    "a text that is JSON is its value": ["return await zoo.cagesList({})", ["north", "south"]],
    "a text that only begins like JSON is a text": ["return await zoo.prose({})", "[not JSON] after all"],
    "several texts are a list": ["return await zoo.texts({})", ["one", { two: 2 }, [3]]],
    "nothing is null": ["return await zoo.nothing({})", null],
    "a link": [
      "return await zoo.link({})",
      { type: "resource_link", uri: "zoo://map", name: "map", mimeType: "text/plain" },
    ],
    "arguments are passed whole": [
      "return await zoo.echo({ a: 'é\\u2028\\ud83d\\ude00', b: [1, { c: null }] })",
      { a: "é\u2028😀", b: [1, { c: null }] },
    ],
    "arguments may be left out": ["return await zoo.echo()", {}],
    "an array of results in parallel": [
      "return await Promise.all([1, 2, 3].map((n) => zoo.echo({ n })))",
      [{ n: 1 }, { n: 2 }, { n: 3 }],
    ],
  });

  test("binary content is a file in the workspace", async () => {
    const { result } = await house.run(
      "const picture = await zoo.picture({});\nconst bytes = await fs.promises.readFile(picture.media[0].path);\nreturn { picture, head: bytes.toString('latin1', 1, 4), size: bytes.length }",
    );
    const { picture, head, size } = result as {
      picture: { text: string; media: [{ path: string; bytes: number }] };
      head: string;
      size: number;
    };
    expect(picture).toEqual({
      text: '{"looks":"like JSON"}',
      media: [
        {
          type: "image",
          mimeType: "image/png",
          path: expect.stringMatching(/^\.\/workspace\/\.media\/[0-9a-f]+\.png$/) as string,
          bytes: 70,
        },
      ],
    });
    expect([head, size]).toEqual(["PNG", 70]);
    expect(await readFile(join(house.workspace, picture.media[0].path.replace("./workspace/", "")))).toHaveLength(size);
  });

  test("an image from npm too", () =>
    check("const image = await everything.getTinyImage({});\nreturn image.media.map(({ mimeType }) => mimeType)", {
      result: ["image/png"],
    }));

  test("5 MB arrive whole", () =>
    check("const { text } = await zoo.large({ bytes: 5_000_000 });\nreturn [text.length, text.at(-1)]", {
      result: [5_000_000, "z"],
    }));

  test("are parallel", async () => {
    const { result } = await house.run(
      "const started = Date.now();\nawait Promise.all(Array.from({ length: 20 }, () => zoo.slow({ ms: 300 })));\nreturn Date.now() - started",
    );
    expect(result).toBeGreaterThanOrEqual(290);
    expect(result).toBeLessThan(3_000);
  });

  test("failing ones are a ToolError with the upstream's words", () =>
    check(
      "try { await zoo.fails({}); } catch (error) { return [error instanceof ToolError, error instanceof Error, error.name, error.tool, error.code, error.message]; }",
      {
        result: [true, true, "ToolError", "zoo.fails", "tool_error", "the lion has eaten the keeper"],
        calls: { done: 0, failed: 1, open: 0 },
      },
    ));
  test("a protocol error is one too", () =>
    check(
      "try { await zoo.refuses({}); } catch (error) { return [error instanceof ToolError, error.code, error.message.includes('the gate is closed')]; }",
      { result: [true, "upstream_error", true] },
    ));
  test("allSettled tells them apart", () =>
    check(
      "const all = await Promise.allSettled([zoo.echo({}), zoo.fails({})]);\nreturn all.map(({ status }) => status)",
      { result: ["fulfilled", "rejected"] },
    ));
  test("one that nobody catches fails the program, at its line", () =>
    check("const a = 1;\nawait zoo.fails({});", {
      error: {
        code: "tool_error",
        tool: "zoo.fails",
        message: "the lion has eaten the keeper",
        line: 2,
        column: 11,
        source: "await zoo.fails({});",
      },
    }));
  test("arguments that are no object are refused", () =>
    check("return await zoo.echo('x')", {
      error: {
        code: "arguments_invalid",
        message: expect.stringContaining("one object of arguments, not a string") as string,
      },
    }));
});

describe("unawaited calls", () => {
  test("are waited for, with a warning that names tool and line", () =>
    check("const a = 1;\nzoo.slow({ ms: 50 });\nreturn a", {
      result: 1,
      warnings: [{ code: "unawaited_call", line: 2, message: expect.stringContaining("zoo.slow") as string }],
      calls: { done: 1, failed: 0, open: 0 },
    }));
  test("that are rejected fail the program", () =>
    check("zoo.fails({});\nreturn 1", {
      error: { code: "tool_error", tool: "zoo.fails", hint: expect.stringContaining("await") as string },
      warnings: [{ code: "unawaited_call", line: 1 }],
    }));
  test("in a callback of forEach are waited for", () =>
    check("[1, 2, 3].forEach(async (n) => { await zoo.echo({ n }); console.log(n); });", {
      logs: ["1", "2", "3"],
      warnings: [{ code: "unawaited_call" }, { code: "unawaited_call" }, { code: "unawaited_call" }],
      calls: { done: 3 },
    }));
  test("a rejected promise that nobody handles fails the program", () =>
    check("Promise.reject(new Error('lost'));\nreturn await zoo.echo({})", { error: { message: "lost", line: 1 } }));
  test("one that is handled later does not", () =>
    check(
      "const lost = Promise.reject(new Error('lost'));\nawait zoo.echo({});\ntry { await lost; } catch (error) { return error.message; }",
      { result: "lost" },
    ));
  test("a promise that nothing settles ends the program", () =>
    check("await new Promise(() => {});", { error: { code: "never_settles" } }));
  test("timers still running are dropped, with a warning", () =>
    check("setTimeout(() => console.log('late'), 60_000);\nreturn 1", {
      result: 1,
      warnings: [{ code: "timer_dropped" }],
    }));
});

describe("output", () => {
  test("keeps its order and its streams", () =>
    check("console.log('a');\nconsole.error('b');\nconsole.info('c');\nconsole.warn('d');\nconsole.debug('e');", {
      logs: ["a", "!b", "c", "!d", "e"],
    }));
  test("shows values as they are", () =>
    check(
      "console.log('n', 1, -0, 10n, true, null, undefined, { a: [1] }, [1, 'x'], new Map([['k', 1]]), new Set([1]), /x/g, Symbol('s'), () => 1, class A {}, new Date(0));",
      {
        logs: [
          'n 1 -0 10n true null undefined {"a":[1]} [1,"x"] Map(1) {"k" => 1} Set(1) {1} /x/g Symbol(s) [Function: anonymous] [class: A] 1970-01-01T00:00:00.000Z',
        ],
      },
    ));
  test("formats, groups, counts, asserts, tabulates", () =>
    check(
      "console.log('%s is %d %% of %j', 'a', 50, { b: 1 }, 'rest');\nconsole.group('g');\nconsole.log('in\\nside');\nconsole.groupEnd();\nconsole.count(); console.count();\nconsole.assert(1 > 2, 'wrong');\nconsole.assert(true);\nconsole.table([{ a: 1, b: 'x' }, { a: 22 }]);",
      {
        logs: [
          'a is 50 % of {"b":1} rest',
          "g",
          "  in\n  side",
          "default: 1",
          "default: 2",
          "!Assertion failed: wrong",
          "   a   b\n0  1   x\n1  22",
        ],
      },
    ));
  test("survives what cannot be printed", () =>
    check(
      "const cycle: any = {}; cycle.self = cycle;\nconsole.log(cycle);\nconsole.log({ get bad() { throw new Error('x'); } });\nconsole.log(Object.create(null));\nconsole.log(new Proxy({}, {}));",
      {
        logs: ['{"self":"[Circular]"}', "[unprintable: x]", "{}", "{}"],
      },
    ));
  test("of errors has the agent's own lines only", () =>
    check("function f() { return new Error('boom'); }\nconsole.log(f());", {
      logs: ["Error: boom\n    at f (program.ts:1:23)\n    at program.ts:2:13"],
    }));
});

describe("clock and timers", () => {
  returns({
    "timers ring in order": [
      "const order: number[] = [];\nsetTimeout(() => order.push(3), 60);\nsetTimeout(() => order.push(1), 5);\nsetTimeout(() => order.push(2), 30);\nawait new Promise((resolve) => setTimeout(resolve, 120));\nreturn order",
      [1, 2, 3],
    ],
    "an interval repeats until it is cleared": [
      "let n = 0;\nawait new Promise<void>((resolve) => { const id = setInterval(() => { n += 1; if (n === 3) { clearInterval(id); resolve(); } }, 5); });\nreturn n",
      3,
    ],
    "a cleared timer does not ring": [
      "let rang = false;\nconst id = setTimeout(() => { rang = true; }, 5);\nclearTimeout(id);\nclearTimeout(undefined);\nawait new Promise((resolve) => setTimeout(resolve, 40));\nreturn rang",
      false,
    ],
    "timers pass arguments": [
      "return await new Promise((resolve) => setTimeout((a, b) => resolve(a + b), 1, 40, 2))",
      42,
    ],
    "a microtask comes before a timer": [
      "const order: string[] = [];\nsetTimeout(() => order.push('timer'), 0);\nqueueMicrotask(() => order.push('microtask'));\nawait new Promise((resolve) => setTimeout(resolve, 20));\nreturn order",
      ["microtask", "timer"],
    ],
    "a busy wait ends": [
      "const end = Date.now() + 50;\nlet turns = 0;\nwhile (Date.now() < end) turns += 1;\nreturn turns > 1000",
      true,
    ],
    "a busy wait on performance ends": [
      "const end = performance.now() + 20;\nwhile (performance.now() < end);\nreturn true",
      true,
    ],
    "Date, performance and Intl agree": [
      "const now = Date.now();\nconst date = new Date();\nconst parts = new Intl.DateTimeFormat('en', { year: 'numeric', timeZone: 'UTC' });\nreturn [Math.abs(date.getTime() - now) < 5, Math.abs(performance.timeOrigin + performance.now() - now) < 5, parts.format() === String(date.getUTCFullYear()), parts.formatToParts()[0].value === parts.format(), Math.abs(new Date(Date()).getTime() - now) < 1500]",
      [true, true, true, true, true],
    ],
    "the clock stands still without a frame": [
      "const a = Date.now();\nlet n = 0;\nfor (let i = 0; i < 3e6; i++) n += i;\nreturn Date.now() - a",
      0,
    ],
    "the clock moves with a call": [
      "const a = Date.now();\nawait zoo.slow({ ms: 100 });\nreturn Date.now() - a >= 95",
      true,
    ],
    "Date is a Date": [
      "class D extends Date {}\nreturn [new Date(2020, 0, 1) instanceof Date, new D(0).getTime(), Date.UTC(1970, 0, 2), Date.parse('1970-01-02'), Date.name, new Date(0).constructor === Date, typeof Date()]",
      [true, 0, 86_400_000, 86_400_000, "Date", true, "string"],
    ],
    "the time zone is UTC": [
      "return [new Date(2020, 0, 1).toISOString(), new Date().getTimezoneOffset(), Intl.DateTimeFormat().resolvedOptions().timeZone]",
      ["2020-01-01T00:00:00.000Z", 0, "UTC"],
    ],
    "Intl knows other languages": [
      "return [new Intl.NumberFormat('de').format(1234.5), new Date(0).toLocaleDateString('fr', { month: 'long' })]",
      ["1.234,5", "janvier"],
    ],
  });

  test("the clock is the host's", async () => {
    const before = Date.now();
    const { result } = await house.run("await zoo.echo({});\nreturn Date.now()");
    expect(result).toBeGreaterThanOrEqual(before);
    expect(result).toBeLessThanOrEqual(Date.now() + 5);
  });

  test("a timer that throws fails the program", () =>
    check(
      "setTimeout(() => { throw new Error('in a timer'); }, 1);\nawait new Promise((resolve) => setTimeout(resolve, 200));",
      { error: { message: "in a timer", line: 1 } },
    ));
  test("a timer wants a function", () =>
    check("setTimeout('alert(1)' as any, 1);", {
      error: { message: "TypeError: A timer expects a function", line: 1 },
    }));
});

describe("the platform", () => {
  returns({
    "subtle.digest": [
      "const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode('abc'));\nreturn Buffer.from(hash).toString('hex')",
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    ],
    "subtle.digest of the others": [
      "const hex = async (name: any) => Buffer.from(await crypto.subtle.digest(name, Buffer.from('abc'))).toString('hex').slice(0, 8);\nreturn [await hex('sha-1'), await hex({ name: 'SHA-384' }), await hex('SHA-512')]",
      ["a9993e36", "cb00753f", "ddaf35a1"],
    ],
    randomUUID: [
      "return /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(crypto.randomUUID()) && crypto.randomUUID() !== crypto.randomUUID()",
      true,
    ],
    getRandomValues: [
      "const view = crypto.getRandomValues(new Uint32Array(4));\nreturn [view.length, new Set(view).size]",
      [4, 4],
    ],
    "Math.random": [
      "const values = Array.from({ length: 1000 }, Math.random);\nreturn [values.every((v) => v >= 0 && v < 1), new Set(values).size, Math.abs(values.reduce((a, b) => a + b) / 1000 - 0.5) < 0.1]",
      [true, 1000, true],
    ],
    AbortController: [
      "const c = new AbortController();\nlet heard = 0;\nc.signal.addEventListener('abort', () => { heard += 1; });\nc.signal.onabort = () => { heard += 1; };\nc.abort(new Error('why'));\ntry { c.signal.throwIfAborted(); } catch (error) { return [heard, error.message, c.signal.aborted]; }",
      [2, "why", true],
    ],
    "AbortSignal.timeout": [
      "const signal = AbortSignal.timeout(20);\nawait new Promise((resolve) => signal.addEventListener('abort', resolve));\nreturn [signal.aborted, signal.reason.name]",
      [true, "TimeoutError"],
    ],
    "AbortSignal.any and abort": [
      "return [AbortSignal.any([AbortSignal.abort('a')]).reason, AbortSignal.abort().reason.name]",
      ["a", "AbortError"],
    ],
    Buffer: [
      "return [Buffer.from('héllo').toString('base64'), Buffer.concat([Buffer.from([1]), Buffer.alloc(1)]).toString('hex'), Buffer.byteLength('é'), Buffer.isBuffer(Buffer.from(''))]",
      ["aMOpbGxv", "0100", 2, true],
    ],
    URL: [
      "const url = new URL('../b?x=1#h', 'https://a.example/c/d');\nurl.searchParams.append('y', '2');\nreturn [url.href, new URLSearchParams({ q: 'a b' }).toString(), URL.canParse('nope')]",
      ["https://a.example/b?x=1&y=2#h", "q=a+b", false],
    ],
    structuredClone: [
      "const a = { d: new Date(0), m: new Map([[1, { x: 1 }]]) };\nconst b = structuredClone(a);\nreturn [b !== a, b.d instanceof Date, b.m.get(1)]",
      [true, true, { x: 1 }],
    ],
    "text and base64": [
      "return [new TextDecoder().decode(new TextEncoder().encode('é')), btoa('abc'), atob('YWJj'), encodeURIComponent('é')]",
      ["é", "YWJj", "abc", "%C3%A9"],
    ],
    path: [
      "return [path.join('a', '..', 'b', './c'), path.basename('/a/b.txt', '.txt'), path.extname('a.tar.gz'), path.dirname('/a/b'), path.resolve('/a', '../b'), path.relative('/a/b', '/a/c'), path.normalize('/a//b/../c/'), path.parse('/a/b.c').name, path.isAbsolute('a'), path.posix === path]",
      ["b/c", "b", ".gz", "/a", "/b", "../c", "/a/c/", "b", false, true],
    ],
    "progress is reported and returns nothing": [
      "import { progress } from 'sluice';\nreturn progress(1, 2, 'half') ?? null",
      null,
    ],
  });

  test("fetch says that there is no network", () =>
    check("await fetch('https://example.com/');", {
      error: { message: expect.stringContaining("no network") as string, line: 1 },
    }));
  test("what sluice does not have is said, with what it has", () =>
    check("return sluice.saveSkil();", {
      error: {
        message: expect.stringMatching(/sluice\.saveSkil is not available; there are: .*searchTools/) as string,
      },
    }));
  test("what fs does not have is said, with what it has", () =>
    check("fs.watch('./workspace');", {
      error: {
        message: expect.stringMatching(/fs\.watch is not available in the sandbox; there are: .*readFile/) as string,
      },
    }));
});

describe("sluice", () => {
  test("searches the tools", async () => {
    const { result } = await house.run(
      "import { searchTools } from 'sluice';\nreturn await searchTools('feed animal', { limit: 1, server: 'zoo' })",
    );
    expect(result).toMatchObject({
      results: [
        {
          kind: "tool",
          id: "zoo.feed-animal",
          server: "zoo",
          call: "zoo.feedAnimal",
          signature: expect.stringContaining("animal: string") as string,
        },
      ],
    });
  });
  test.each([
    ["5", "the query must be a string, got a number"],
    ["'feed', 'full'", "the options must be an object, got a string"],
    ["'feed', { detial: 'full' }", 'there is no option "detial"; there are detail, limit, server'],
    ["'feed', { detail: 'most' }", 'detail must be "name", "summary" or "full", got "most"'],
    ["'feed', { limit: '5' }", 'limit must be a whole number from 1, got "5"'],
    ["'feed', { server: ['zoo'] }", "server must be the name of one, got an array"],
  ])("says what is wrong with a search: %s", (given, message) =>
    check(`return await sluice.searchTools(${given})`, {
      error: { message: `Cannot search: ${message}` },
    }),
  );
  test("a server's list that is cut says how to get the rest", async () => {
    const { result } = await house.run("return await sluice.searchTools('', { server: 'zoo', detail: 'full' })");
    expect(result).toMatchObject({
      truncated: true,
      hint: expect.stringMatching(/^3 of the \d+ tools of zoo are shown; ask with limit \d+ for all/) as string,
    });
  });
  test("describes one", async () => {
    const { result } = await house.run(
      "import { describeTool } from 'sluice';\nreturn await describeTool('zoo__feed-animal')",
    );
    expect(result).toMatchObject({ id: "zoo.feed-animal", module: expect.stringContaining("export") as string });
  });
  test("says what does not exist", () =>
    check("return await sluice.describeTool('zoo.feedAnimals')", {
      error: {
        message: 'There is no tool "zoo.feedAnimals"',
        hint: expect.stringContaining("zoo.feed-animal") as string,
      },
    }));
});

describe("globals", () => {
  test("are the list, and nothing else", async () => {
    const { result } = await house.run("return Reflect.ownKeys(globalThis).map(String).sort()");
    // Servers that the program cannot name are not there.
    expect(result).toEqual([...ALLOWED_GLOBALS]);
  });

  test("with the servers that the program names", async () => {
    const { result } = await house.run("zoo; nightZoo; servers.fs;\nreturn Reflect.ownKeys(globalThis).map(String)");
    expect((result as string[]).filter((name) => !ALLOWED_GLOBALS.includes(name)).sort()).toEqual(["nightZoo", "zoo"]);
  });

  test("inherit nothing from the engine's window", () =>
    check(
      "const names: string[] = [];\nfor (let p = Object.getPrototypeOf(globalThis); p !== null && p !== Object.prototype; p = Object.getPrototypeOf(p)) names.push(...Reflect.ownKeys(p).map(String));\nreturn names",
      { result: [] },
    ));

  const refused = [
    "Deno",
    "process",
    "WebAssembly",
    "SharedArrayBuffer",
    "Atomics",
    "WeakRef",
    "FinalizationRegistry",
    "Worker",
    "localStorage",
    "caches",
    "navigator",
    "addEventListener",
    "dispatchEvent",
    "setImmediate",
    "global",
    "window",
    "self",
    "WebSocket",
    "EventSource",
    "BroadcastChannel",
    "indexedDB",
    "prompt",
    "alert",
    "Temporal",
    "__bootstrap",
    "module",
    "exports",
  ];
  test("have none of the engine", () =>
    check(`return [${refused.map((name) => `typeof ${name}`).join(", ")}].filter((type) => type !== 'undefined')`, {
      result: [],
    }));

  test("lead to no constructor of what was taken away", () =>
    check(
      "const found: string[] = [];\nconst seen = new Set<unknown>();\nfunction walk(value: any, trail: string) {\n  if (value === null || (typeof value !== 'object' && typeof value !== 'function') || seen.has(value)) return;\n  seen.add(value);\n  for (const key of Reflect.ownKeys(value)) {\n    const descriptor = Reflect.getOwnPropertyDescriptor(value, key)!;\n    const at = trail + '.' + String(key);\n    if (/^(Deno|process|SharedArrayBuffer|WeakRef|FinalizationRegistry|WebAssembly|Worker|__bootstrap|getBuiltinModule|binding|internalBinding|core|ops)$/.test(String(key))) found.push(at);\n    for (const part of [descriptor.value, descriptor.get, descriptor.set]) walk(part, at);\n  }\n  walk(Object.getPrototypeOf(value), trail + '.__proto__');\n}\nwalk(globalThis, 'globalThis');\nwalk(async function* () {}, 'generator');\nreturn [found, seen.size > 700]",
      { result: [[], true] },
    ));

  const specifiers = [
    "node:vm",
    "node:child_process",
    "vm",
    "https://example.com/x.js",
    "npm:left-pad",
    "jsr:@std/path",
    "data:text/javascript,export default 1",
    "file:///etc/passwd",
    "ext:core/ops.js",
    "lodash",
    "blob:x",
    "/etc/passwd",
    "./servers/../../../etc/passwd",
  ];
  for (const specifier of specifiers) {
    test(`import no ${specifier}`, () =>
      check(`const a = 1;\nimport x from '${specifier}';\nreturn x`, {
        error: {
          code: "import_not_found",
          line: 2,
          message: expect.stringContaining(`Cannot import "${specifier}"`) as string,
        },
      }));
  }

  test("have no way around the linker by odd spellings of import", () =>
    check(
      "const name = 'node:vm';\nconst all = await Promise.allSettled([import /* x */ (name), import(`node:${'vm'}`), (() => import('node:' + 'os'))(), import(name, { with: { type: 'json' } })]);\nreturn all.map(({ status }) => status)",
      { result: ["rejected", "rejected", "rejected", "rejected"] },
    ));
  test("have no way to call sites", () =>
    check(
      "Error.prepareStackTrace = (_: unknown, sites: any) => sites;\nconst own = new Error('x').stack;\nreturn typeof own",
      { error: { message: expect.stringContaining("prepareStackTrace") as string } },
    ));
  test("name no path of the host", async () => {
    const { logs, result } = await house.run(
      "const texts: string[] = [];\ntry { null!.x; } catch (error) { texts.push(error.stack); }\ntry { await zoo.fails({}); } catch (error) { texts.push(error.stack); }\ntexts.push(new Error('x').stack!, String(import.meta.url));\nconsole.log(texts.join('\\n'));\nreturn zoo.feedAnimal.toString()",
    );
    const text = `${logs.map((entry) => entry.text).join("\n")}\n${JSON.stringify(result)}`;
    expect(text).not.toMatch(/node_modules|\/src\/|\/dist\/|sluice|data:|ext:|runner\.js/);
    expect(text).toContain("program.ts:2:");
  });
});

describe("every execution starts fresh", () => {
  test("globals, prototypes and module state are gone; files stay", async () => {
    await check(
      "(globalThis as any).kept = 1;\n(Array.prototype as any).kept = 1;\n(Object.prototype as any).kept = 1;\nDate.now = () => 0;\nJSON.stringify = () => 'x';\n(console as any).kept;\n(fs as any).kept2 = 1;\nawait fs.promises.writeFile('./workspace/kept.txt', 'kept');\nreturn 1",
      { result: 1 },
    );
    await check(
      "return [typeof (globalThis as any).kept, ([] as any).kept ?? null, ({} as any).kept ?? null, Date.now() > 0, JSON.stringify({}), await fs.promises.readFile('./workspace/kept.txt', 'utf8')]",
      {
        result: ["undefined", null, null, true, "{}", "kept"],
      },
    );
  });

  test("random numbers differ", async () => {
    const program = "return [Math.random(), crypto.randomUUID()]";
    const [a, b] = await Promise.all([house.run(program), house.run(program)]);
    expect(a.result).not.toEqual(b.result);
  });
});
