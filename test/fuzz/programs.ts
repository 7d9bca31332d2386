// Small programs out of a vocabulary: syntax, globals, files, tools. Most of them parse; what they mean is left to chance.
import { createChance } from "./random.ts";

const NAMES = [
  "a",
  "b",
  "c",
  "globalThis",
  "Object.prototype",
  "Array.prototype",
  "Promise.prototype",
  "Map.prototype",
];
const ROOTS =
  "fs fs.promises path sluice servers servers.zoo console crypto performance Buffer URL URLSearchParams AbortController AbortSignal TextDecoder TextEncoder Intl Math JSON Reflect Proxy Symbol Error ToolError Date RegExp Function Object Array Map Set WeakMap Promise BigInt Uint8Array ArrayBuffer DataView structuredClone queueMicrotask setTimeout setInterval fetch callTool eval globalThis import.meta arguments".split(
    " ",
  );
const KEYS =
  "constructor __proto__ prototype then toJSON toString valueOf length name message stack cause code id kind value error raw get set apply call bind map slice push shift next return throw has ownKeys size buffer byteLength constructor.constructor constructor.prototype".split(
    " ",
  );
const VALUES = [
  "0",
  "-1",
  "1e309",
  "2 ** 53",
  "NaN",
  "1n",
  "''",
  "'x'.repeat(1000)",
  "'\\u0000'",
  "'\\ud800'",
  "null",
  "undefined",
  "[]",
  "{}",
  "() => 1",
  "async () => { throw 1; }",
  "function* () { yield 1; }",
  "class { static {} }",
  "new Proxy({}, { get: (_, key) => key })",
  "new Proxy(() => 0, {})",
  "Object.create(null)",
  "new Uint8Array(10)",
  "Symbol.iterator",
  "/(a+)+$/",
  "new Error('x')",
  "{ then(done) { done(1); } }",
  "{ toJSON() { throw 1; } }",
  "{ get a() { throw 1; } }",
  "Promise.reject(1)",
  "new Map([[1, 2]])",
];
const PATHS = [
  "./workspace/a",
  "./workspace/b/c",
  "workspace",
  "./workspace/../../secret.txt",
  "%FILE%",
  "%DROP%",
  "/etc/passwd",
  "/proc/self/environ",
  "./servers/zoo/index.ts",
  "./skills/kept.ts",
  "./workspace/.spill/a",
  "./workspace/\\u0000",
  "..",
  "",
];
const ACTS = ["readFile", "writeFile", "appendFile", "mkdir", "readdir", "stat", "rm", "rename", "copyFile", "unlink"];
const MODULES = [
  "fs",
  "node:fs",
  "node:vm",
  "./servers",
  "./servers/zoo",
  "./skills/kept",
  "sluice",
  "data:text/javascript,1",
  "%FILE%",
];
const TOOLS = [
  "zoo.echo",
  "zoo.delete",
  "zoo.feed-animal",
  "zoo.fails",
  "zoo.nothing",
  "zoo.large",
  "nothing",
  "__proto__",
];
const JUNK =
  "{ } ( ) [ ] ` ${ } ; , . ... => ?? ?. ! ~ ++ -- <!-- --> /* */ // /x/ < > = : @a # import export default async await yield return let const class extends static function* new typeof declare namespace enum type as satisfies using \\u2028".split(
    " ",
  );

/** The program of a seed. */
export function toProgram(seed: number): string {
  const chance = createChance(seed);
  const { pick, below, one } = chance;
  let depth = 0;

  const value = (): string => {
    depth += 1;
    try {
      if (depth > 4) return `(${pick(VALUES)})`;
      switch (below(14)) {
        case 0:
          return `${pick(ROOTS)}.${pick(KEYS)}`;
        case 1:
          return `${pick(ROOTS)}?.[${value()}]`;
        case 2:
          return `${pick(ROOTS)}(${value()}, ${value()})`;
        case 3:
          return `new ${pick(ROOTS)}(${value()})`;
        case 4:
          return `[${value()}, ...[${value()}]]`;
        case 5:
          return (
            `{ [${value()}]: ${value()}, ${pick(["get a() { return 1; }", "a: 1", "async *b() {}"])} }`.replace(
              /^/,
              "(",
            ) + ")"
          );
        case 6:
          return `await callTool('${pick(TOOLS)}', ${value()})`;
        case 7:
          return `await fs.promises.${pick(ACTS)}('${pick(PATHS)}', ${one(2) ? `'${pick(PATHS)}'` : value()})`;
        case 8:
          return `fs.${pick(ACTS)}Sync('${pick(PATHS)}', ${value()})`;
        case 9:
          return `await import('${pick(MODULES)}')`;
        case 10:
          return `Reflect.${pick(["ownKeys", "getPrototypeOf", "apply", "construct", "defineProperty"])}(${value()}, ${value()})`;
        case 11:
          return `((x) => ${value()})(${value()})`;
        case 12:
          return `await Promise.${pick(["all", "race", "allSettled", "any"])}([${value()}, ${value()}])`;
        case 13:
          return `\`\${${value()}}\``;
      }
      return `(${pick(VALUES)})`;
    } finally {
      depth -= 1;
    }
  };

  const statement = (): string => {
    switch (below(16)) {
      case 0:
        return `console.${pick(["log", "error", "table", "dir", "group"])}(${value()});`;
      case 1:
        return `Object.defineProperty(${pick(NAMES.slice(3))}, ${one(2) ? `'${pick(KEYS)}'` : value()}, { configurable: true, ${pick(["get: () => ", "value: ", "writable: true, value: "])}${value()} });`;
      case 2:
        return `${pick(ROOTS)}.${pick(KEYS)} = ${value()};`;
      case 3:
        return `for (let n = 0; n < ${pick(["3", "1000", "1e9"])}; n += 1) { ${statement()} }`;
      case 4:
        return `setTimeout(() => { ${statement()} }, ${below(20)});`;
      case 5:
        return `${value()};`;
      case 6:
        return `throw ${value()};`;
      case 7:
        return `${pick(["a", "b", "c"])} = ${value()};`;
      case 8:
        return `callTool('${pick(TOOLS)}', ${value()}).catch(() => 0);`;
      case 9:
        return `const f${below(1e6)} = (x) => f0(x + 1); function f0(x) { return x > 1e5 ? 1 : f0(x + 1) + 1; } f0(0);`;
      case 10:
        return `for await (const x of ${value()}) { ${statement()} break; }`;
      case 11:
        return `delete ${pick(ROOTS)}.${pick(KEYS)};`;
      case 12:
        return `export const e${below(1e6)} = ${value()};`;
      case 13:
        return `sluice.${pick(["searchTools", "describeTool", "progress"])}(${value()}, ${value()});`;
      case 14:
        return Array.from({ length: 1 + below(6) }, () => pick(JUNK)).join(" ");
      case 15:
        return `await fetch('http://%HOST%:%PORT%/', ${value()});`;
    }
    return ";";
  };

  const lines = Array.from({ length: 1 + below(7) }, () => {
    const text = statement();
    return one(4) || text.startsWith("export") ? text : `try { ${text} } catch (error) { c = error; }`;
  });
  return `let a = ${value()}, b, c;\n${lines.join("\n")}\n${one(3) ? "" : `return ${pick(["a", "c", value()])};`}`;
}
