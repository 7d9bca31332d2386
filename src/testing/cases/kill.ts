import type { ConformanceCase } from "../conformance-case.ts";

/** Programs that do not end by themselves, whatever they spin in. */
const SPINS: Record<string, string> = {
  "a loop": "while (true);",
  "a loop after a call": "await kit.echo({});\nfor (;;) Math.sqrt(2);",
  "a loop that catches all": "for (;;) try { throw 1; } catch {} finally { continue; }",
  "a loop in a timer": "setTimeout(() => { for (;;); }, 1);\nawait new Promise(() => {});",
  "a loop in an interval of many":
    "for (let n = 0; n < 100; n += 1) setInterval(() => { for (;;); }, 1);\nawait new Promise(() => {});",
  microtasks: "const again = (): Promise<void> => Promise.resolve().then(again);\nawait again();",
  "microtasks by queueMicrotask": "const again = () => queueMicrotask(again);\nagain();\nawait new Promise(() => {});",
  "microtasks of a thenable": "const t: any = { then(done: (value: unknown) => void) { done(t); } };\nawait t;",
  "an async generator without an end": "async function* g() { for (;;) yield 1; }\nfor await (const _ of g());",
  "a regular expression": "return /^(\\w+\\s?)*$/.test('a'.repeat(60) + '!');",
  "a regular expression with backreferences": "return /^(.*?)*\\1(a|aa)+$/.test('a'.repeat(200) + 'b');",
  "a search for a pattern in a long text": "for (;;) 'ab'.repeat(100_000).replace(/(a|b)*c/g, '');",
  "a getter of the returned value": "return { get a() { for (;;); } };",
  "toJSON of the returned value": "return { toJSON() { for (;;); } };",
  "a proxy that is returned": "return new Proxy({}, { ownKeys() { for (;;); } });",
  "an iterator of a returned Map":
    "const map = new Map([[1, 1]]);\n(map as any)[Symbol.iterator] = map.entries = map.forEach = function () { for (;;); };\nreturn [map, { get [Symbol.toStringTag]() { for (;;); } }, new Proxy({}, { get() { for (;;); } })];",
  "a getter of what is printed": "console.log({ get a() { for (;;); } });",
  "a getter of an argument": "await kit.echo({ get a() { for (;;); } });",
  "the message of what is thrown": "throw Object.defineProperty(new Error(), 'message', { get() { for (;;); } });",
  "the stack of what is thrown": "throw Object.defineProperty(new Error(), 'stack', { get() { for (;;); } });",
  "the name of what is thrown": "class E extends Error { override get name(): string { for (;;); } }\nthrow new E();",
  "toString of what is thrown":
    "throw { toString() { for (;;); }, [Symbol.toPrimitive]() { for (;;); }, toJSON() { for (;;); } };",
  "then of the returned value": "return { then() { for (;;); } };",
  "a specifier of an import": "await import({ toString() { for (;;); } } as any);",
  sorting: "const list = Array.from({ length: 1e6 }, (_, n) => n);\nfor (;;) list.sort(() => Math.random() - 0.5);",
  "JSON of much":
    "const much = Array.from({ length: 1e5 }, (_, n) => ({ n, text: 'x'.repeat(20) }));\nfor (;;) JSON.parse(JSON.stringify(much));",
  "BigInt arithmetic": "let n = 3n;\nfor (;;) n = (n * n) % (1n << 200_000n) + 1n;",
  digests: "const bytes = new Uint8Array(1_000_000);\nfor (;;) void crypto.subtle.digest('SHA-512', bytes);",
  "structured clones": "const much = Array.from({ length: 1e4 }, (_, n) => ({ n }));\nfor (;;) structuredClone(much);",
  "reading the clock": "for (;;) Date.now();",
  "empty output": "for (;;) console.log('');",
  "much output": "for (;;) console.log('x'.repeat(1000));",
  "sync host calls": "for (;;) fs.existsSync('./workspace');",
  "searches that fail": "for (;;) { try { require('nothing'); } catch {} }",
};

/** The processor time that one of them may have; a sync host call waits more than it computes. */
const CPU_MS = 300;

export const killCases: readonly ConformanceCase[] = [
  ...Object.entries(SPINS).map(([name, code]): ConformanceCase => ({
    area: "kill",
    name,
    ...(name === "microtasks" ? { isSmoke: true } : {}),
    code: `console.log("before");\n${code}`,
    options: { limits: { cpuMs: CPU_MS, timeoutMs: 30_000 } },
    expected: {
      status: "killed",
      error: { code: /^(cpuMs|hostCallsMax)$/ },
      printed: /^before(\n|$)/,
      warnings: name === "empty output" ? /^\[("logEntriesMax")?\]$/ : /^\[("logBytesMax")?\]$/,
    },
  })),
  {
    area: "kill",
    name: "promises that are lost, one after the other",
    code: 'console.log("before");\nfor (;;) { void Promise.reject(new Error("lost")); await null; }',
    options: { limits: { cpuMs: CPU_MS } },
    expected: { status: /^(killed|failed)$/, error: { code: /^(cpuMs|memoryMb|program_error)$/ }, printed: /^before/ },
  },
];
