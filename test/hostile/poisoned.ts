import { any, each, held, type HostileClass, type HostileProgram } from "./program.ts";

/** What the runner does on its way: calls, files, timers, logs, a search, an error, a result. */
const WORK = `await callTool("zoo.echo", { a: 1 }); await fs.promises.writeFile("./workspace/poison", "x"); await new Promise((done) => setTimeout(done, 1)); console.log({ a: [1] }); await sluice.searchTools("echo"); await callTool("zoo.fails", {}).catch(() => 0); await fetch("http://127.0.0.1:%PORT%/").catch(() => 0); await crypto.subtle.digest("SHA-256", new Uint8Array(3));`;

/** The runner shares its world with the program: what it asks of that world, the program may answer. */
const poisoned = (poison: string): HostileProgram => any(`${poison}\n${WORK}\nreturn "held";`);

const KEYS = [
  "raw",
  "kind",
  "id",
  "value",
  "then",
  "error",
  "bytes",
  "get",
  "set",
  "writable",
  "t",
  "op",
  "args",
  "tool",
  "code",
  "message",
  "limits",
  "read",
  "receiveText",
  "site",
  "path",
  "text",
  "base64",
  "rest",
  "toJSON",
  "raw",
];

/** Looks at what passes: a function of the engine or an object of it that holds a way out. */
const LOOK = `const look = (...values) => { for (const v of values) { if (v && (typeof v === "object" || typeof v === "function")) { if (v.core || v.ops || v.evalContext || v.readSync || v.getBuiltinModule || v._onImmediate || v.createHash) globalThis.landed = "LANDED"; } } };`;

/** Intrinsics and prototypes that the runner leans on, replaced. */
export const poisonedIntrinsics: HostileClass = {
  "toJSON of everything": any(`Object.prototype.toJSON = function () { return "P"; }; return { a: 1 };`),
  "an iterator of lists that throws": any(`Array.prototype[Symbol.iterator] = function () { throw 1; }; return [1];`),
  "built-ins that are gone": any(
    `for (const name of ["Promise", "Uint8Array", "Error", "Map", "Object"]) { try { globalThis[name] = null; } catch {} } return [await fs.readdir(".")];`,
  ),
  "a dispatch that is gone": any(
    `for (const kind of [EventTarget, Object]) { for (const key of Object.getOwnPropertyNames(kind.prototype)) { try { kind.prototype[key] = null; } catch {} } } setTimeout(() => { throw new Error("later"); }, 1); await new Promise((resolve) => setTimeout(resolve, 20)); return 1;`,
  ),
  ...each([...new Set(KEYS)], (key) =>
    poisoned(
      `Object.defineProperty(Object.prototype, ${JSON.stringify(key)}, { configurable: true, get() { return undefined; }, set(v) { Object.defineProperty(this, ${JSON.stringify(key)}, { value: v, writable: true, configurable: true, enumerable: true }); } });`,
    ),
  ),
  ...Object.fromEntries(
    [...new Set(KEYS)].map((key) => [
      `a value under ${key}`,
      poisoned(
        `Object.defineProperty(Object.prototype, ${JSON.stringify(key)}, { configurable: true, writable: true, value: ${key === "then" || key === "toJSON" ? `function () { return "landed"; }` : `"%FILE%"`} });`,
      ),
    ]),
  ),
  ...each(
    [
      "Promise.prototype.then",
      "Promise.prototype.catch",
      "Map.prototype.set",
      "Map.prototype.get",
      "Map.prototype.delete",
      "Map.prototype.values",
      "Array.prototype.push",
      "Array.prototype.shift",
      "Array.prototype.map",
      "Array.prototype.slice",
      "Array.prototype[Symbol.iterator]",
      "Map.prototype[Symbol.iterator]",
      "String.prototype.replace",
      "String.prototype.split",
      "RegExp.prototype.exec",
      "RegExp.prototype.test",
      "JSON.stringify",
      "JSON.parse",
      "Object.entries",
      "Object.keys",
      "Object.defineProperty",
      "Object.freeze",
      "Reflect.get",
      "Reflect.construct",
      "Number.isFinite",
      "Math.trunc",
      "Math.floor",
      "TextEncoder.prototype.encode",
      "TextDecoder.prototype.decode",
      "Buffer.from",
      "Function.prototype.call",
      "Function.prototype.apply",
      "Function.prototype.bind",
      "Error.prototype.toString",
      "Date.prototype.toISOString",
      "Object.getPrototypeOf(Uint8Array.prototype).subarray",
      "Object.getPrototypeOf(Uint8Array.prototype).set",
      "DataView.prototype.setUint32",
    ],
    (place) =>
      any(`${LOOK}
const native = ${place};
try { ${place} = function (...args) { look(this, ...args); for (const a of args) look(a); return Reflect.apply(native, this, args); }; } catch {}
${WORK}
try { ${place} = native; } catch {}
return globalThis.landed ?? "held";`),
  ),
  "Promise itself": held(
    `${LOOK} const P = Promise; globalThis.Promise = function (act) { let given; const made = new P((a, b) => { given = act(a, b); }); look(given, act); return made; };
globalThis.Promise.prototype = P.prototype; await new P((done) => setTimeout(done, 1)); await new P((done) => setTimeout(done, 1)); globalThis.Promise = P; if (globalThis.landed) return globalThis.landed;`,
  ),
  "the species of promises": any(
    `${LOOK} Object.defineProperty(Promise, Symbol.species, { get() { return function (act) { act((v) => look(v), (v) => look(v)); }; } });
${WORK} return globalThis.landed ?? "held";`,
  ),
  "the constructor of promises": any(
    `Object.defineProperty(Promise.prototype, "constructor", { get() { return function (act) { act(() => 0, () => 0); }; } }); ${WORK} return "held";`,
  ),
  "setters for every member of a stream": held(
    `${LOOK} for (const key of ["_readableState", "_writableState", "_events", "_handle", "_options", "_transformState", "domain", "_algorithm", "kState", "fd", "rid"]) Object.defineProperty(Object.prototype, key, { configurable: true, set(v) { look(this, v); if (this.pipe || this.update) globalThis.engine = this; } });
await crypto.subtle.digest("SHA-256", new Uint8Array(3)).catch(() => 0); const e = globalThis.engine; if (e?.constructor?.constructor) { try { e.constructor.constructor("return 1")(); return "LANDED"; } catch {} } if (globalThis.landed) return globalThis.landed;`,
  ),
  "numbers as keys of Array.prototype": any(
    `for (let n = 0; n < 8; n += 1) Object.defineProperty(Array.prototype, n, { configurable: true, get() { return "%FILE%"; }, set() {} }); ${WORK} return "held";`,
  ),
  "instanceof by Symbol.hasInstance": any(
    `for (const kind of [Error, Map, Set, RegExp, Promise, Uint8Array, ArrayBuffer, ToolError, URL]) Object.defineProperty(kind, Symbol.hasInstance, { value: () => true }); ${WORK} return { a: 1 };`,
  ),
  "with a proxy as the prototype of everything": any(
    `try { Object.setPrototypeOf(Object.prototype, new Proxy({}, { get: () => "x" })); return "LANDED"; } catch {} Object.setPrototypeOf(Array.prototype, new Proxy({}, { get: () => () => 1, has: () => true })); ${WORK} return "held";`,
  ),
  "isConcatSpreadable and toPrimitive": any(
    `Object.prototype[Symbol.toPrimitive] = () => "%FILE%"; Object.prototype[Symbol.isConcatSpreadable] = true; ${WORK} return "held";`,
  ),
  "Symbol.unscopables": held(
    `Object.prototype[Symbol.unscopables] = { callTool: true, fs: true }; if (typeof callTool !== "function") return "LANDED";`,
  ),
  "globals that the runner reads late": any(
    `globalThis.servers = new Proxy({}, { get: () => { throw 1; } }); globalThis.AbortController = class { get signal() { return {}; } }; globalThis.Buffer = { from: () => ({ toString: () => "%FILE%" }), isBuffer: () => true }; globalThis.URLSearchParams = Object; globalThis.TextDecoder = class { decode() { return "/etc/passwd"; } }; ${WORK} return "held";`,
  ),
};
