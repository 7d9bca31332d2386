import type { ConformanceCase } from "../conformance-case.ts";
import { toCases } from "../conformance-case.ts";

/** Every global of a program, by name. Written here and not taken from the engine's own list, so that both must agree. */
const GLOBALS = (
  "AggregateError Array ArrayBuffer BigInt BigInt64Array BigUint64Array Boolean DataView Date Error EvalError " +
  "Float32Array Float64Array Function Infinity Int16Array Int32Array Int8Array Intl JSON Map Math NaN Number Object " +
  "Promise Proxy RangeError ReferenceError Reflect RegExp Set String Symbol SyntaxError TypeError URIError Uint16Array " +
  "Uint32Array Uint8Array Uint8ClampedArray WeakMap WeakSet decodeURI decodeURIComponent encodeURI encodeURIComponent " +
  "escape eval globalThis isFinite isNaN parseFloat parseInt undefined unescape " +
  "AbortController AbortSignal Buffer DOMException TextDecoder TextEncoder URL URLSearchParams atob btoa clearInterval " +
  "clearTimeout console crypto fetch performance queueMicrotask setInterval setTimeout structuredClone " +
  "ToolError callTool fs path servers sluice"
)
  .split(" ")
  .sort();

/** What programs look for first, and what engines leave lying about. */
const ABSENT = (
  "Deno Bun process require module exports global window self root top frames WebAssembly SharedArrayBuffer Atomics " +
  "WeakRef FinalizationRegistry Worker ShadowRealm Iterator navigator localStorage sessionStorage caches indexedDB " +
  "WebSocket EventSource BroadcastChannel MessageChannel XMLHttpRequest importScripts postMessage setImmediate " +
  "clearImmediate addEventListener dispatchEvent reportError prompt alert confirm close Temporal __bootstrap __dirname " +
  "__filename gc std os bjson scriptArgs print load quit Request Response Headers Blob File FormData ReadableStream"
).split(" ");

/** Names that lead out of a sandbox; reaching one as a key of anything is a finding. */
const LEADS_OUT =
  "/^(Deno|process|SharedArrayBuffer|Atomics|WeakRef|FinalizationRegistry|WebAssembly|Worker|ShadowRealm|__bootstrap|bootstrap|getBuiltinModule|binding|internalBinding|mainModule|core|ops|evalContext|evalScript|loadFile|platform|readSync|writeSync|nextFrame|callSync|macrotask|macrotasks)$/";

/** A walk over all that can be reached from some values: own keys of every kind, getters and what they give, prototypes. */
const WALK = `
const found: string[] = [];
const seen = new Set<unknown>();
function walk(value: any, trail: string, depth = 0): void {
  if (value === null || (typeof value !== "object" && typeof value !== "function") || seen.has(value) || depth > 40) return;
  seen.add(value);
  if (ArrayBuffer.isView(value)) return walk(Object.getPrototypeOf(value), trail + ".__proto__", depth + 1);
  for (const key of Reflect.ownKeys(value)) {
    const at = trail + "." + String(key);
    if (${LEADS_OUT}.test(String(key))) found.push(at);
    const descriptor = Reflect.getOwnPropertyDescriptor(value, key)!;
    for (const part of [descriptor.value, descriptor.get, descriptor.set]) walk(part, at, depth + 1);
    if (descriptor.get !== undefined) {
      let got: unknown;
      try { got = Reflect.get(value, key); } catch { continue; }
      walk(got, at + "()", depth + 1);
    }
  }
  walk(Object.getPrototypeOf(value), trail + ".__proto__", depth + 1);
}
`;

/** Ways to make code from a text; each must end in an EvalError. */
const CODE = [
  "eval('1')",
  "(0, eval)('1')",
  "globalThis['ev' + 'al']('1')",
  "Reflect.apply(eval, null, ['1'])",
  "new Function('return 1')()",
  "Function('return 1')()",
  "Function.apply(null, ['return 1'])()",
  "Function({ toString: () => 'return 1' } as any)()",
  "Reflect.construct(Function, ['return 1'], Object)",
  "new (class extends Function {})('return 1')()",
  "new (new Proxy(Function, {}))('return 1')()",
  "Function.bind(null, 'return 1')()()",
  "(async () => {}).constructor('return 1')()",
  "(function* () {}).constructor('yield 1')().next()",
  "(async function* () {}).constructor('yield 1')().next()",
  "Object.getPrototypeOf(async function () {}).constructor.call(null, 'return 1')()",
  "[].constructor.constructor('return 1')()",
  "(class { static m() {} }).m.constructor('return 1')()",
  "setTimeout.constructor('return 1')()",
  "(kit as any).echo.constructor('return 1')()",
  "(await kit.echo({})).constructor.constructor('return 1')()",
  "fs.readFileSync.constructor('return 1')()",
  "(sluice as any).callTool.constructor('return 1')()",
  "Error.prototype.toString.constructor('return 1')()",
  "new Promise((resolve) => resolve.constructor('return 1'))",
];

const MODULES = [
  "lodash",
  "file:///etc/passwd",
  "/etc/passwd",
  "./servers/../../../etc/passwd",
  "node:vm",
  "node:child_process",
  "node:module",
  "vm",
  "process",
  "https://example.com/x.js",
  "npm:left-pad",
  "jsr:@std/path",
  "data:text/javascript,export default 1",
  "file://@OUTSIDE@",
  "@OUTSIDE@",
  "ext:core/ops.js",
  "ext:core/mod.js",
  "blob:x",
  "std",
  "qjs:std",
  "qjs:os",
  "./servers/../../outside.txt",
  "./skills/../../outside.txt",
  "./workspace/linked.txt",
];

export const globalCases: readonly ConformanceCase[] = [
  {
    area: "globals",
    name: "are the list, name by name, of every kind of key",
    code: "return Reflect.ownKeys(globalThis).map(String).sort();",
    expected: { result: GLOBALS },
    isSmoke: true,
  },
  ...toCases("globals", {
    "inherit nothing but from Object": [
      "const names: string[] = [];\nfor (let p = Object.getPrototypeOf(globalThis); p !== null && p !== Object.prototype; p = Object.getPrototypeOf(p)) names.push(...Reflect.ownKeys(p).map(String));\nreturn names;",
      [],
    ],
    "have none of the engine's own": [
      `return [${ABSENT.map((name) => `typeof ${name} !== "undefined" ? "${name}" : ""`).join()}].filter(Boolean);`,
      // A name for CommonJS that the contract has.
      ["require"],
    ],
    "add only the servers that a program names": [
      `kit;\nreturn Reflect.ownKeys(globalThis).map(String).filter((name) => !${JSON.stringify(GLOBALS)}.includes(name));`,
      ["kit"],
    ],
    "lead to nothing outside, by any key, getter or prototype": [
      `${WALK}
walk(globalThis, "globalThis");
walk(kit, "kit");
return [found, seen.size > 900];`,
      [[], true],
    ],
    "lead to nothing outside from what they make": [
      `${WALK}
const controller = new AbortController();
const samples: unknown[] = [
  function () {}, () => {}, async () => {}, function* () {}, async function* () {}, (function* () {})(), (async function* () {})(),
  [][Symbol.iterator](), new Map().entries(), new Set().values(), ""[Symbol.iterator](), "a".matchAll(/a/g), new Error("x"), new AggregateError([]),
  Promise.resolve(), (async () => {})(), new URL("https://a.example/?b=1"), new URLSearchParams("a=1"), new URLSearchParams("a=1").entries(), controller, controller.signal,
  Buffer.from("a"), Buffer.from("a").buffer, new TextEncoder(), new TextDecoder(), new DOMException("a"), structuredClone({ a: new Date(0), e: new Error("x") }),
  new Intl.NumberFormat("en"), new Intl.DateTimeFormat("en"), new Intl.Segmenter("en").segment("a"), new Intl.Segmenter("en").segment("a")[Symbol.iterator](), new Intl.Locale("en"),
  new Proxy({}, {}), Proxy.revocable({}, {}), Symbol.iterator, 1n, /x/g, crypto, crypto.subtle, performance, console, import.meta, require, setTimeout(() => {}, 0),
  await kit.echo({}), await import("./servers/kit"), await import("fs"), await import("sluice"), require("path"), fs.statSync("./workspace"), fs.readdirSync(".", { withFileTypes: true }),
  crypto.subtle.digest("SHA-256", new Uint8Array(1)), await crypto.subtle.digest("SHA-256", new Uint8Array(1)), await sluice.searchTools("item"),
  await kit.fails({}).catch((error) => error), await fetch("http://127.0.0.1:1/").catch((error) => error), await import("node:vm").catch((error) => error),
];
try { null!.x; } catch (error) { samples.push(error); }
try { eval("1"); } catch (error) { samples.push(error); }
controller.signal.addEventListener("abort", (event) => { samples.push(event, event.target); });
controller.abort();
await new Promise((done) => setTimeout(function (this: unknown, ...args: unknown[]) { samples.push(this, args); done(0); }, 1));
samples.forEach((sample, index) => walk(sample, "sample" + index));
return [found, seen.size > 500];`,
      [[], true],
    ],
    "lead to nothing outside through what is called with the runner's own values": [
      `${WALK}
// Every method of every intrinsic tells what it was called on and with, while the runner works.
const caught = new Set<unknown>();
const { apply, ownKeys, getOwnPropertyDescriptor, defineProperty, getPrototypeOf } = Reflect;
const add = Set.prototype.add;
let quiet = true;
const restore: (() => unknown)[] = [];
const homes: any[] = [Object, Reflect, JSON, Promise, Array, Symbol, Number, String, Math, Buffer, console, TextEncoder.prototype, TextDecoder.prototype];
for (const home of [Object, Function, Array, Map, Set, WeakMap, WeakSet, Promise, String, Number, RegExp, Error, Date, Symbol, DataView, ArrayBuffer, Buffer]) homes.push(home.prototype);
homes.push(getPrototypeOf(Uint8Array), getPrototypeOf(Uint8Array.prototype), getPrototypeOf([][Symbol.iterator]()), getPrototypeOf(new Map().entries()), getPrototypeOf(function* () {}).prototype);
for (const home of homes) for (const key of ownKeys(home)) {
  const descriptor = getOwnPropertyDescriptor(home, key)!;
  if (!descriptor.configurable || typeof descriptor.value !== "function" || key === "constructor") continue;
  const original = descriptor.value;
  if (original.prototype !== undefined && /^[A-Z]/.test(original.name)) continue;
  defineProperty(home, key, { __proto__: null, configurable: true, writable: true, value: function (this: unknown, ...args: unknown[]) {
    if (quiet) return apply(original, this, args);
    quiet = true;
    apply(add, caught, [this]);
    for (let index = 0; index < args.length; index += 1) apply(add, caught, [args[index]]);
    const result = apply(original, this, args);
    apply(add, caught, [result]);
    quiet = false;
    return result;
  } });
  restore[restore.length] = () => defineProperty(home, key, descriptor);
}
// And what is set on or read from a plain object by a name that it does not have.
for (const key of ["read", "write", "load", "exit", "digest", "core", "error", "kind", "id", "args", "op", "t"]) {
  defineProperty(Object.prototype, key, {
    __proto__: null,
    configurable: true,
    get(this: unknown) { if (!quiet) apply(add, caught, [this]); return undefined; },
    set(this: any, value: unknown) { if (!quiet) { apply(add, caught, [this]); apply(add, caught, [value]); } defineProperty(this, key, { __proto__: null, value, writable: true, enumerable: true, configurable: true }); },
  });
  restore[restore.length] = () => delete (Object.prototype as any)[key];
}
async function act(): Promise<void> {
  for (const step of [
    () => kit.echo({ a: [1] }), () => kit.fails({}), () => new Promise((done) => setTimeout(done, 1)), () => fs.promises.readdir("."), () => fs.readdirSync("."),
    () => fs.writeFileSync("./workspace/spied", "x"), () => import("./servers/" + "kit"), () => import("node:" + "vm"), () => require("path"), () => console.log("%o", new Map([[1, { a: [new Error("x").stack] }]])),
    () => console.table([{ a: 1 }]), () => fetch("http://127.0.0.1:1/"), () => sluice.searchTools("item"), () => crypto.subtle.digest("SHA-256", new Uint8Array(1)), () => crypto.randomUUID(),
    () => new Error("x").stack, () => eval("1"), () => new Date().toString(), () => structuredClone({ a: 1 }), () => AbortSignal.timeout(1), () => sluice.progress(1), () => Promise.reject(new Error("y")), () => new Promise((done) => setTimeout(done, 50)),
  ]) {
    quiet = false;
    try { await step(); } catch {} finally { quiet = true; }
  }
}
await act();
quiet = true;
for (let n = restore.length - 1; n >= 0; n -= 1) restore[n]!();
let index = 0;
for (const value of caught) walk(value, "caught" + (index += 1));
return [found, caught.size > 20];`,
      [[], true],
      { options: { limits: { cpuMs: 20_000 } } },
    ],
    "cannot be redirected to call sites": [
      "const seen: string[] = [];\nfor (const attempt of [() => { (Error as any).prepareStackTrace = (_: unknown, sites: unknown) => sites; }, () => Object.defineProperty(Error, 'prepareStackTrace', { value: () => 1 }), () => delete (Error as any).prepareStackTrace]) try { attempt(); seen.push('done'); } catch { seen.push('refused'); }\n(Error as any).stackTraceLimit = 200;\nconst holder: any = {};\n(Error as any).captureStackTrace?.(holder);\nclass E extends Error { static prepareStackTrace = (_: unknown, sites: unknown) => sites; }\nreturn [seen, typeof new Error('x').stack, ['string', 'undefined'].includes(typeof holder.stack), typeof new E('x').stack];",
      [["refused", "refused", "refused"], "string", true, "string"],
    ],
    "have strict functions: no this, no caller, no callee": [
      "const reach = (use: () => unknown) => { try { const got = use(); return got === undefined || got === null ? 'nothing' : typeof got; } catch (error) { return error.name; } };\nconst f: any = function (this: unknown) { return this; };\nreturn [reach(() => f()), reach(() => f.caller), reach(() => f.arguments), reach(function () { return arguments.callee; })];",
      ["nothing", "TypeError", "TypeError", "TypeError"],
    ],
    "share no memory": [
      "const names = [new ArrayBuffer(8), new Uint8Array(8).buffer, Buffer.from('a').buffer, Buffer.alloc(8).buffer, structuredClone(new ArrayBuffer(8)), await crypto.subtle.digest('SHA-256', new Uint8Array(1)), new TextEncoder().encode('a').buffer].map((buffer) => Object.prototype.toString.call(buffer));\nreturn [...new Set(names)];",
      ["[object ArrayBuffer]"],
    ],
    "name no path of the machine": [
      "const texts: string[] = [String(import.meta.url), JSON.stringify(import.meta), String(kit.echo), String(fetch), String(setTimeout), String(require)];\nfor (const use of [() => null!.x, () => kit.fails({}), () => import('node:' + 'vm'), () => fs.readFileSync('./workspace/none'), () => eval('1'), () => new Function('1')]) try { await use(); } catch (error) { texts.push(error.stack, error.message); }\nreturn texts.filter((text) => /node_modules|\\/src\\/|\\/dist\\/|\\/usr\\/|\\/home\\/|\\/tmp\\/|runner\\.js|ext:|data:|sluice:/.test(text));",
      [],
    ],
    "a string for a timer is not run": [
      "try { setTimeout('globalThis.ran = 1' as any, 1); return 'taken'; } catch (error) { return [error.name, typeof (globalThis as any).ran]; }",
      ["TypeError", "undefined"],
    ],
  }),
  {
    area: "globals",
    name: "make no code from a text, by any of 25 ways",
    code: `const made: any = {};\n${CODE.map((text) => `try { await (${text}); made[${JSON.stringify(text)}] = "made"; } catch (error) { made[${JSON.stringify(text)}] = error.name; }`).join("\n")}\nreturn made;`,
    expected: { result: Object.fromEntries(CODE.map((text) => [text, "EvalError"])) },
    isSmoke: true,
  },
  {
    area: "globals",
    name: "import nothing but what the contract names",
    code: `const codes: any = {};\nfor (const name of ${JSON.stringify(MODULES)}) codes[name] = (await Promise.allSettled([import(name), (async () => require(name))(), import(/* x */ name, { with: { type: "json" } })])).map((each: any) => each.reason?.code ?? each.status).join();\nreturn Object.entries(codes).filter(([, each]) => each !== "import_not_found,import_not_found,import_not_found");`,
    expected: { result: [] },
  },
];
