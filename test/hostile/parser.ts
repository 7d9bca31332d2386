import { any, each, type HostileClass } from "./program.ts";

const times = (text: string, count: number): string => text.repeat(count);

/** Source text that parsers do not bear: it is read in the host before any of it runs. */
export const parser: HostileClass = {
  ...Object.fromEntries(
    Object.entries({
      "brackets, 4,000 deep": times("[", 4_000) + times("]", 4_000),
      "brackets, 200,000 deep": times("[", 200_000) + times("]", 200_000),
      "brackets that stay open": times("(", 100_000),
      "braces, 100,000 deep": times("{", 100_000) + times("}", 100_000),
      "templates, 50,000 deep": times("`${", 50_000) + "1" + times("}`", 50_000),
      "arrows, 2,500 long": times("a=>", 2_500) + "1",
      "functions, 400 deep": times("function f(){", 400) + times("}", 400),
      "an operator, 100,000 times": "return 1" + times("+1", 100_000),
      "less, 2,000 times": times("a<", 2_000),
      "less, 4,000 times": times("a<", 4_000),
      "defaults in brackets": times("(a=", 1_300),
      "regular expressions without end": times("/a/;", 1_000),
      "exports of nothing": times("export ", 600),
      "exclamation marks": "return " + times("!", 100_000) + "1",
      "new, 2,000 times": times("new ", 2_000) + "a",
      "types that are nested": "type A = " + times("(", 3_500) + "a" + times(")", 3_500),
      "conditional types": "type A = " + times("a extends infer B ? ", 300) + "c" + times(" : d", 300),
      "an object type, 1,800 deep": "type A = " + times("{a:", 1_800) + "b" + times("}", 1_800),
      "100,000 labels": Array.from({ length: 30_000 }, (_, n) => `l${n}:`).join("") + ";",
      "100,000 declarations": Array.from({ length: 20_000 }, (_, n) => `let v${n}=${n};`).join(""),
      "one line of 200 KB": "const s = '" + times("x", 200_000) + "'; return s.length",
      "200 KB of comments": times("/* */", 40_000),
      "200 KB of line ends": times("\n", 200_000),
      "fences without end": times("```\n", 20_000),
      "a fence in a fence": "```ts\n```ts\n" + times("~~~\n", 1_000) + "return 1\n```",
      "10,000 imports of one module": times('import * as a0 from "fs";\n', 1),
      "5,000 imports": Array.from({ length: 5_000 }, (_, n) => `import * as a${n} from "fs";`).join("\n"),
      "5,000 exports": Array.from({ length: 5_000 }, (_, n) => `export const e${n} = ${n};`).join("\n"),
      "an enum of 20,000": `enum A { ${Array.from({ length: 20_000 }, (_, n) => `a${n}`).join(",")} }`,
      "a regular expression of 100 KB": `return /${times("(?:a|", 15_000)}b${times(")", 15_000)}/.test("x")`,
      "a string with every escape": `return "${Array.from({ length: 5_000 }, (_, n) => `\\u{${(n * 7).toString(16)}}`).join("")}"`,
      "bytes that are no text": "\u0000\u0001\ufffe\uffff\ud800 return 1",
      "a byte order mark and a hashbang": "\ufeff#!/bin/sh\nreturn 1",
      "identifiers of odd letters": `const ｆｓ = 1, \\u{66}oo = 2, 𝒜 = 3, __proto__ = 4; return [foo, 𝒜]`,
      "HTML comments": "<!-- a\n--> b\nreturn 1",
      JSX: "return <a.b c={1}>{...x}</a.b>",
      decorators: times("@a ", 2_000) + "class A {}",
      "an octal escape": `return "\\07"`,
      with: `with (globalThis) { return eval }`,
      "await as a name": `var await = 1; return await`,
      "a source over the bound": times("//xxxxxx\n", 120_000),
      nothing: "",
      "only blanks": " \t\n\u2028\u2029\ufeff",
    }).map(([name, code]) => [name, any(code)]),
  ),
  // Small enough to be read at once, and quadratic for the reader.
  ...each(
    [
      times("a<", 500) + "b",
      times("(a=", 300) + "1" + times(")", 300),
      times("a?(b):c=>", 110) + "1",
      times("<T>(", 300) + "1" + times(")", 300),
    ],
    (code) => any(code),
  ),
};
