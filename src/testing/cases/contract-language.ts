import type { ConformanceCase } from "../conformance-case.ts";
import { toCases } from "../conformance-case.ts";

/** The forms of code, what is printed, what is returned. */
export const languageCases: ConformanceCase[] = [
  ...Object.entries({
    "a body with return": "const a = 40;\nreturn a + 2;",
    "return beside imports and in a branch":
      'import { join } from "path";\nif (join("a", "b") === "a/b") {\n  return 42;\n}\nreturn 0;',
    "top-level await and for await":
      "let sum = 0;\nfor await (const n of [Promise.resolve(40), 2]) sum += n;\nreturn sum;",
    "an arrow function": "async () => {\n  return 42;\n};",
    "a function expression": "(function () { return 42; })",
    "a lone function declaration": "async function main() {\n  return 42;\n}",
    "a default value": "export default 42;",
    "a default function that uses a later one":
      "export default function main() { return helper(); }\nfunction helper() { return 42; }",
    "a default in a list": "const answer = 42;\nexport { answer as default };",
    "other exports": "export const a = 40;\nexport function two() { return 2; }\nexport class C {}\nreturn a + two();",
    "a fence with prose around it":
      "Here it is:\n\n```typescript\nconst a: number = 42;\nreturn a\n```\nIt returns 42.",
    "a fence of tildes without an end": "~~~js\nreturn 42",
    "a hashbang and CRLF": "#!/usr/bin/env node\r\nconst a = 40;\r\nreturn a + 2;\r\n",
    "a byte-order mark": "\uFEFFreturn 42;",
    "types, interfaces, generics, satisfies":
      "interface A { n: number }\ntype B = A & { m?: string };\nfunction first<T extends A>(items: readonly T[]): T | undefined { return items[0]; }\nconst b = { n: 42 } as const satisfies B;\nreturn first<A>([b])!.n;",
    "enum and const enum":
      "enum Size { Small = 40, Large }\nconst enum More { One = 1 }\nreturn Size.Large + More.One;",
    "parameter properties, abstract, override, overloads":
      "abstract class A { constructor(protected readonly n: number) {} abstract sum(): number; }\nclass B extends A { override sum(): number { return this.n + f('2'); } }\nfunction f(a: string): number;\nfunction f(a: number): number;\nfunction f(a: unknown): number { return Number(a); }\nreturn new B(40).sum();",
    "private members and static blocks":
      "class A { static #n = 0; static { A.#n = 42; } static get n() { return A.#n; } }\nreturn A.n;",
    "ES2023 methods":
      "return [[3, 42].toSorted().at(-1) === 42, [1, 42].findLast(Boolean) === 42, [1].with(0, 42)[0] === 42, Object.hasOwn({ a: 1 }, 'a'), 'aa'.replaceAll('a', 'b') === 'bb', [1, 2].toReversed()[0] === 2].every(Boolean) ? 42 : 0;",
    "generators, tagged templates, labels":
      "function* g() { yield* [40, 2]; }\nconst [a, b] = [...g()];\nouter: for (;;) { for (;;) break outer; }\nconst tag = (_: TemplateStringsArray, n: number) => n;\nreturn tag`${a + b}`;",
    "regular expressions with names, lookbehind and Unicode":
      "const { groups } = /(?<=\\p{Sc})(?<n>\\d+)/u.exec('€42')!;\nreturn Number(groups!.n);",
    "names that a linker would use": "const __s = 40, __impo = 1, __meta = 1;\nreturn __s + __impo + __meta;",
    "import.meta": "return typeof import.meta.url === 'string' ? 42 : 0;",
  }).map(([name, code]): ConformanceCase => ({
    area: "contract",
    name: `code: ${name}`,
    code,
    expected: { result: 42 },
  })),
  ...toCases("contract", {
    "value: data": [
      "return { a: [1, 'x', null, true, -0.5], b: { c: '' } };",
      { a: [1, "x", null, true, -0.5], b: { c: "" } },
    ],
    "value: a date, an error, what is undefined": [
      "return { at: new Date(0), error: new TypeError('no'), left: undefined };",
      { at: "1970-01-01T00:00:00.000Z", error: { name: "TypeError", message: "no" } },
    ],
    "value: null and an empty text": ["return [null, ''];", [null, ""]],
    "value: a lone surrogate does not break the frame": ["return 'a\\ud800b'.length;", 3],
  }),
  ...toCases(
    "contract",
    {
      "value: a cycle": ["const a: any = { n: 1 };\na.self = a;\nreturn a;", { n: 1, self: "[Circular]" }],
      "value: a BigInt": ["return { n: 10n ** 20n };", { n: "100000000000000000000" }],
      "value: a Map": ["return new Map([['a', 1]]);", [["a", 1]]],
      "value: a Set": ["return new Set([1, 2]);", [1, 2]],
      "value: NaN": ["return [NaN, 1];", [null, 1]],
      "value: a function": ["return { f: function named() {} };", { f: "[Function: named]" }],
      "value: a promise inside": ["return { p: Promise.resolve(1) };", { p: "[Promise]" }],
    },
    (result) => ({ result, warnings: ["result_converted"] }),
  ),
  ...toCases(
    "contract",
    {
      "output: order and streams": [
        "console.log('a');\nconsole.error('b');\nconsole.info('c');\nconsole.warn('d');\nconsole.debug('e');",
        ["a", "b", "c", "d", "e"],
      ],
      "output: values": [
        "console.log('n', 1, -0, 10n, true, null, undefined, { a: [1] }, new Map([['k', 1]]), new Set([1]), /x/g, Symbol('s'), () => 1, class A {}, new Date(0));",
        [
          'n 1 -0 10n true null undefined {"a":[1]} Map(1) {"k" => 1} Set(1) {1} /x/g Symbol(s) [Function: anonymous] [class: A] 1970-01-01T00:00:00.000Z',
        ],
      ],
      "output: formats, groups, counts, tables": [
        "console.log('%s is %d %% of %j', 'a', 50, { b: 1 });\nconsole.group('g');\nconsole.log('inside');\nconsole.groupEnd();\nconsole.count();\nconsole.assert(1 > 2, 'wrong');\nconsole.table([{ a: 1 }]);",
        ['a is 50 % of {"b":1}', "g", "  inside", "default: 1", "Assertion failed: wrong", "   a\n0  1"],
      ],
      "output: what cannot be printed": [
        "const cycle: any = {}; cycle.self = cycle;\nconsole.log(cycle);\nconsole.log({ get bad() { throw new Error('x'); } });\nconsole.log(Object.create(null));",
        ['{"self":"[Circular]"}', "[unprintable: x]", "{}"],
      ],
      "output: a stack has the program's own lines only": [
        "function f() { return new Error('boom'); }\nconsole.log(f());",
        ["Error: boom\n    at f (program.ts:1:23)\n    at program.ts:2:13"],
      ],
    },
    (logs) => ({ logs: logs as string[] }),
  ),
  ...toCases(
    "contract",
    {
      "error: at its line and with its source": [
        "const a = 1;\n\nthrow new RangeError('too far');",
        { message: /RangeError: too far/, line: 3 },
      ],
      "error: of something undefined": [
        "const a: any = {};\na.b.c;",
        { message: /Cannot read properties of undefined/, line: 2 },
      ],
      "error: of the syntax": ["const a = 1;\nconst = 2;", { code: "syntax_error", line: 2 }],
      "error: of what is no error": ["throw { n: 1 };", { code: "program_error", message: /threw/ }],
      "error: a namespace is refused": [
        "namespace N { export const n = 42; }",
        { code: "syntax_error", message: /namespace/ },
      ],
    },
    (error) => ({ error: error as object }),
  ),
];
