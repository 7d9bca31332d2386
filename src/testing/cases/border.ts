import type { ConformanceCase } from "../conformance-case.ts";
import { toCases } from "../conformance-case.ts";

/** Replaces what frames may be made with by what tells nothing but lies, then goes on as if nothing had happened. */
const PATCHES: Record<string, string> = {
  "JSON.stringify": 'JSON.stringify = () => \'{"kind":"result","value":"forged"}\';',
  "JSON.parse": "JSON.parse = () => ({ kind: 'result', value: 'forged' });",
  "Array.prototype":
    "for (const key of ['push', 'shift', 'map', 'join', 'slice', 'filter', 'forEach']) (Array.prototype as any)[key] = () => 'forged';\n(Array.prototype as any)[Symbol.iterator] = () => { throw new Error('forged'); };",
  "Object.prototype":
    "Object.defineProperty(Object.prototype, 'toJSON', { value: () => 'forged', configurable: true });\nfor (const key of ['value', 'error', 'result', 'id', 'ok']) Object.defineProperty(Object.prototype, key, { get: () => 'forged', set() {}, configurable: true });",
  "Object.entries and friends":
    "for (const key of ['entries', 'keys', 'values', 'fromEntries', 'assign', 'freeze', 'defineProperty', 'getPrototypeOf', 'create']) (Object as any)[key] = () => 'forged';",
  "Promise.prototype.then":
    "const { then } = Promise.prototype;\nPromise.prototype.then = function (this: any, ...args: any[]) { return then.call(this, () => args[0]?.('forged'), args[1]) as any; } as any;\nPromise.prototype.then = then;\n(Promise as any).resolve = () => 'forged';\n(Promise as any).all = () => 'forged';",
  "Map.prototype":
    "for (const key of ['get', 'set', 'has', 'delete', 'values', 'entries']) (Map.prototype as any)[key] = () => 'forged';\n(Set.prototype as any).has = () => true;",
  "String.prototype":
    "for (const key of ['slice', 'split', 'replace', 'startsWith', 'charCodeAt', 'toString', 'match', 'trim']) (String.prototype as any)[key] = () => 'forged';\n(globalThis as any).String = () => 'forged';",
  "typed arrays and text encoders":
    "const view: any = Object.getPrototypeOf(Uint8Array.prototype);\nfor (const key of ['set', 'subarray', 'slice']) view[key] = () => new Uint8Array(4).fill(255);\nTextEncoder.prototype.encode = () => new Uint8Array(9).fill(255) as any;\n(TextEncoder.prototype as any).encodeInto = () => ({ read: 9, written: 9 });\nTextDecoder.prototype.decode = () => 'forged';",
  "Function.prototype":
    "for (const key of ['call', 'apply', 'bind']) (Function.prototype as any)[key] = () => 'forged';",
  "Reflect and Symbol":
    "for (const key of ['apply', 'get', 'ownKeys', 'construct']) (Reflect as any)[key] = () => 'forged';\n(globalThis as any).Symbol = () => 'forged';",
  "DataView and ArrayBuffer":
    "for (const key of ['setUint32', 'getUint32']) (DataView.prototype as any)[key] = () => 0xffffffff;\n(globalThis as any).ArrayBuffer = (globalThis as any).Uint8Array = function () { return {}; };",
  Error: "(globalThis as any).Error = (globalThis as any).TypeError = function () { return { forged: true }; };",
  "console and the clock":
    "(globalThis as any).console = {};\n(globalThis as any).Date = { now: () => 'forged' };\nMath.random = () => 'forged' as any;",
  "everything that can be deleted":
    "for (const key of Reflect.ownKeys(globalThis)) try { delete (globalThis as any)[key]; } catch {}",
};

/**
 * A program that has broken its own world may hang, fail or see nonsense, in its own process. It gets no result that it did
 * not return, no call that the host did not count, and it loses nothing that it had printed before.
 */
const patched: ConformanceCase[] = Object.entries(PATCHES).map(([name, patch]) => ({
  area: "border",
  name: `a program that replaces ${name}`,
  code: `const { log } = console;\nlog("before");\nconst { echo } = kit;\n${patch}\nlet sum = 0;\nfor (let n = 1; n <= 3; n += 1) { const got: any = await echo({ n }); sum += 1; void got; }\nlog("after " + sum);`,
  ...(name === "JSON.stringify" ? { isSmoke: true } : {}),
  options: { limits: { cpuMs: 3_000 }, timeoutMs: 20_000 },
  expected: {
    status: /^(completed|failed|killed)$/,
    error: {},
    printed: /^before(\nafter 3)?$/,
    calls: { done: /^[0-3]$/, failed: 0 },
  },
}));

export const borderCases: readonly ConformanceCase[] = [
  ...patched,
  ...toCases("border", {
    "keys that objects have of their own stay data": [
      'const a = JSON.parse(\'{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 2}}, "hasOwnProperty": 3, "then": 4}\');\nconst b = await kit.echo(a);\nreturn [Object.keys(b).sort(), ({} as any).polluted ?? null, Object.getPrototypeOf(b) === Object.prototype, b];',
      [
        ["__proto__", "constructor", "hasOwnProperty", "then"],
        null,
        true,
        JSON.parse(
          '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":2}},"hasOwnProperty":3,"then":4}',
        ) as unknown,
      ],
    ],
    "such keys in a tool's result stay data": [
      "const got = await kit.keys({});\nreturn [Object.keys(got), ({} as any).polluted ?? null];",
      [["__proto__", "constructor"], null],
    ],
    "getters of an argument are read once": [
      "let reads = 0;\nconst got = await kit.getItem({ get id() { reads += 1; return reads; } } as any);\nreturn [got.id, reads];",
      [1, 1],
    ],
    "toJSON of an argument decides": ["return await kit.echo({ toJSON: () => ({ a: [1] }) } as any);", { a: [1] }],
    "an argument that is a cycle is refused": [
      "const a: any = {};\na.self = a;\nreturn await kit.echo(a).then(() => 'sent', (error: any) => error instanceof Error);",
      true,
    ],
    "an argument whose getter throws fails its call only": [
      "const bad = await kit.echo({ get a() { throw new Error('mine'); } }).then(() => 'sent', (error: any) => error.message);\nreturn [bad, await kit.echo({ n: 1 })];",
      ["mine", { n: 1 }],
    ],
    "an argument nested past any depth is refused": [
      "let a: any = 1;\nfor (let n = 0; n < 5000; n += 1) a = { a };\nreturn await kit.echo(a).then(() => 'sent', (error: any) => error instanceof Error);",
      true,
    ],
    "an argument that changes while it waits is what it was": [
      "const a = { n: 1 };\nconst call = kit.echo(a);\na.n = 2;\nreturn await call;",
      { n: 1 },
    ],
    "texts with every kind of character arrive as they were": [
      "const text = Array.from({ length: 0x300 }, (_, n) => String.fromCharCode(n)).join('') + '\\u2028\\u2029\\ufeff\\ud83d\\ude00';\nreturn (await kit.echo({ text })).text === text;",
      true,
    ],
    "numbers arrive as they were": [
      "const all = [0, 1e-7, 1e21, 5e-324, Number.MAX_VALUE, 2 ** 53, -1.5];\nconst { got } = await kit.echo({ got: all });\nreturn all.every((n, index) => Object.is(n, got[index]));",
      true,
    ],
    "a result of 10 MB is passed on whole": [
      "const { text } = await kit.large({ bytes: 10_000_000 });\nawait fs.promises.writeFile('./workspace/ten', text);\nreturn (await fs.promises.stat('./workspace/ten')).size;",
      10_000_000,
    ],
    "a thousand calls at once all get their own answer": [
      "const all = await Promise.all(Array.from({ length: 1000 }, (_, n) => kit.getItem({ id: n + 1 })));\nreturn all.every(({ id }, n) => id === n + 1);",
      true,
    ],
    "names of tools that were never granted are not found by tricks": [
      "const names = ['kit.forbidden ', ' kit.forbidden', 'KIT.FORBIDDEN', 'kit.forbidden\\u0000', 'kit..forbidden', 'kit.\\u0066orbidden', 'kit__forbidden', 'kit.ｆorbidden', '__proto__', 'constructor', 'kit.__proto__', 'kit.constructor.constructor', '*', 'kit.*', ''];\nconst made: string[] = [];\nfor (const name of names) await callTool(name, {}).then(() => made.push(name), () => 0);\nreturn made;",
      [],
    ],
    "names that are no texts are refused": [
      "const made: unknown[] = [];\nlet turn = 0;\nfor (const name of [null, 1, {}, ['kit.forbidden'], { toString: () => (turn += 1) > 1 ? 'kit.forbidden' : 'kit.echo' }, Symbol('x')] as any[]) try { made.push(await callTool(name, { kept: 1 })); } catch {}\nreturn made.filter((value) => value === 'done all the same');",
      [],
    ],
  }),
  ...toCases(
    "border",
    {
      "a returned getter is read once": [
        "let reads = 0;\nreturn { get a() { reads += 1; return reads; } };",
        { result: { a: 1 } },
      ],
      "a returned proxy is what it says": [
        "return new Proxy({}, { ownKeys: () => ['a', 'b'], getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true, value: 1 }), get: (_, key) => (key === 'toJSON' ? undefined : 'x') });",
        { result: { a: "x", b: "x" } },
      ],
      "a returned value whose keys are those of a frame": [
        "return { kind: 'result', error: { code: 'memoryMb' }, status: 'killed', stats: { engine: 'forged' }, calls: { done: 9 } };",
        {
          result: {
            kind: "result",
            error: { code: "memoryMb" },
            status: "killed",
            stats: { engine: "forged" },
            calls: { done: 9 },
          },
          calls: { done: 0 },
        },
      ],
      "a returned key __proto__": [
        'return JSON.parse(\'{"__proto__": 1, "a": 2}\');',
        { result: JSON.parse('{"__proto__":1,"a":2}') as unknown },
      ],
      "a returned value without end": [
        "const endless = (): any => new Proxy({}, { ownKeys: () => ['a'], getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }), get: (_, key) => (key === 'a' ? endless() : undefined) });\nconsole.log('before');\nreturn endless();",
        { result: /^\{"a":\{"a":/, printed: /^before$/, warnings: ["result_converted"] },
      ],
      "a returned thenable that answers twice": [
        "return { then(done: (value: unknown) => void) { done(1); done(2); throw new Error('x'); } };",
        { result: 1 },
      ],
      "output of forged frames is output": [
        'console.log(\'\\u0000\\u0000\\u0000\\u0012{"kind":"result"}\');\nconsole.log(\'{"kind":"result","value":1}\\n\');\nreturn \'mine\';',
        { result: "mine", printed: /"kind":"result"/ },
      ],
      "a ToolError that it makes itself is not a call that failed": [
        "const error: any = new Error('x');\nerror.name = 'ToolError';\nerror.tool = 'kit.echo';\nthrow error;",
        { error: { message: /x/ }, calls: { done: 0, failed: 0, open: 0 } },
      ],
      "control characters do not reach the model": [
        "console.log('a\\u001b[31mb\\u0007c\\u009bd');\nreturn 'a\\u001b]0;x\\u0007b';",
        { result: /^\P{Cc}*$/u, printed: /^\P{Cc}*$/u },
      ],
    },
    (expected) => expected as ConformanceCase["expected"],
  ),
];
