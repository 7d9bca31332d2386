import type { ConformanceCase, ExpectedOutcome } from "../conformance-case.ts";

/** Deep enough to end any stack, caught: the program goes on, on every engine. */
const DEEP: Record<string, string> = {
  "a function": "const f = (): number => f() + 1; f();",
  "a getter": "const o = { get x(): number { return this.x; } }; o.x;",
  "a conversion": "const s = { toString(): string { return '' + s; } }; '' + s;",
  "a proxy": "const p: any = new Proxy({}, { get: (_, key, self) => self[key] }); p.x;",
  "a constructor": "class A { constructor() { new A(); } } new A();",
  "a chain of generators": "function* g(): any { yield* g(); } [...g()];",
  "a replacement": "const r = (): string => 'a'.replace(/a/, r); r();",
  "a sort": "const s = (): number => [2, 1].sort(s).length; s();",
  toJSON: "const t = { toJSON(): string { return JSON.stringify(t); } }; JSON.stringify(t);",
  "a reviver": "const v = (): any => JSON.parse('[1]', v); v();",
};

/** What an engine may refuse, end or answer; it must not be more than the end of this program. */
const ANY: ExpectedOutcome = { status: /^(completed|failed|killed)$/, error: {}, printed: /^before/ };

/** Programs that may do whatever they want to their own process: an outcome, and the next one runs. */
const BOMBS: Record<string, string> = {
  "a nested list into JSON": "let a: any = []; for (let i = 0; i < 1e6; i++) a = [a];\nJSON.stringify(a);",
  "a nested text out of JSON": "JSON.parse('['.repeat(5e6));",
  "a nested value that is cloned": "let a: any = []; for (let i = 0; i < 1e6; i++) a = [a];\nstructuredClone(a);",
  "a list that is flattened for ever": "const a: any[] = []; a.push(a, a);\na.flat(Infinity);",
  "a pattern of a million groups": "new RegExp('('.repeat(1e6) + ')'.repeat(1e6)).test('a');",
  "a list longer than memory": "new Array(2 ** 32 - 1).fill(0);",
  "a text longer than memory": "let text = 'x';\nfor (;;) text += text;",
  "a buffer longer than memory": "new Uint8Array(2 ** 40);",
  "a key of a hundred million characters":
    "const o: any = {};\no['k'.repeat(1e8)] = 1;\nfor (let n = 0; n < 100; n += 1) o['k'.repeat(1e7 + n)] = n;",
  "arguments without end": "Math.max(...new Array(5e7).fill(1));",
  "apply with too much": "Reflect.apply(Math.max, null, { length: 2 ** 31 } as any);",
  "a join of itself": "const a = new Array(2 ** 27).join('x');\n[a, a, a, a, a, a, a, a].join(a);",
  "a thousand proxies of proxies": "let p: any = {};\nfor (let n = 0; n < 1e5; n += 1) p = new Proxy(p, {});\np.x;",
  "bound functions of bound functions":
    "let b: any = () => 1;\nfor (let n = 0; n < 1e5; n += 1) b = b.bind(null);\nb();",
  "prototypes of prototypes": "let o: any = {};\nfor (let n = 0; n < 1e6; n += 1) o = Object.create(o);\no.missing;",
  "a rope of a million texts": "let t = '';\nfor (let n = 0; n < 2e6; n += 1) t = 'a' + t + 'b';\nt.charCodeAt(1e6);",
  "promises that wait for each other":
    "let p: Promise<unknown> = Promise.resolve();\nfor (let n = 0; n < 1e6; n += 1) p = Promise.race([p, p]);\nawait p;",
  "a recursion in every catch": "const f = (): void => { try { f(); } catch { f(); } };\nf();",
  "an error whose cause is itself": "const e: any = new Error('x');\ne.cause = e;\nthrow e;",
  "errors of errors":
    "let e: any = new Error('x');\nfor (let n = 0; n < 1e5; n += 1) e = new AggregateError([e, e], 'x', { cause: e });\nthrow e;",
  "a rejection out of memory":
    "await Promise.all(Array.from({ length: 1e6 }, async (_, n) => { throw new Error('x'.repeat(100) + n); }));",
};

/** What nobody throws. */
const THROWN: Record<string, string> = {
  nothing: "throw undefined;",
  null: "throw null;",
  "a symbol": "throw Symbol('x');",
  "a BigInt": "throw 10n;",
  "a function": "throw () => 1;",
  "an object without a prototype": "throw Object.create(null);",
  "a revoked proxy": "const { proxy, revoke } = Proxy.revocable(new Error('x'), {});\nrevoke();\nthrow proxy;",
  "a proxy that throws":
    "throw new Proxy(new Error('x'), { get() { throw 1; }, getPrototypeOf() { throw 2; }, has() { throw 3; } });",
  "an error whose parts throw":
    "throw Object.defineProperties(new Error('x'), Object.fromEntries(['name', 'message', 'stack', 'cause', 'code', 'hint', 'tool'].map((key) => [key, { get() { throw new Error(key); } }])));",
  "an error whose parts are no texts":
    "throw Object.assign(new Error('x'), { name: {}, message: [], stack: 1n, code: Symbol('x'), cause: new Proxy({}, { get() { throw 1; } }) });",
  "an error of a million characters": "throw new Error('\\u0000\\ud800'.repeat(1e6));",
  "an aggregate of what cannot be read":
    "throw new AggregateError([{ toString() { throw 1; } }, null, Symbol('x')], 'all');",
  "a forged ToolError":
    "throw Object.assign(Object.create(ToolError.prototype), { tool: {}, code: 1, message: { a: 1 } });",
  "a forged limit": "throw Object.assign(new Error('ended'), { code: 'memoryMb', name: 'completed' });",
};

export const crashCases: readonly ConformanceCase[] = [
  ...Object.entries(DEEP).map(([name, code]): ConformanceCase => ({
    area: "crash",
    name: `recursion that is caught: ${name}`,
    code: `try { ${code} return "ended"; } catch (error) { return [error.name, await kit.echo({ n: 1 })]; }`,
    ...(name === "a function" ? { isSmoke: true } : {}),
    expected: { result: ["RangeError", { n: 1 }] },
  })),
  ...Object.entries(BOMBS).map(([name, code]): ConformanceCase => ({
    area: "crash",
    name,
    code: `console.log("before");\n${code}`,
    options: { limits: { cpuMs: 1_500, timeoutMs: 30_000 } },
    expected: ANY,
  })),
  ...Object.entries(THROWN).map(([name, code]): ConformanceCase => ({
    area: "crash",
    name: `thrown: ${name}`,
    code: `console.log("before");\n${code}`,
    expected: { status: "failed", error: { code: /^\w+$/, message: /./ }, printed: /^before$/ },
  })),
];
