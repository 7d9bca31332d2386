// The allow-list of globals, and the removal of everything else before a program runs.

/** ES2023, without what shares memory, compiles code or watches the collector. */
const INTRINSICS = [
  "AggregateError",
  "Array",
  "ArrayBuffer",
  "BigInt",
  "BigInt64Array",
  "BigUint64Array",
  "Boolean",
  "DataView",
  "Date",
  "Error",
  "EvalError",
  "Float32Array",
  "Float64Array",
  "Function",
  "Infinity",
  "Int16Array",
  "Int32Array",
  "Int8Array",
  "Intl",
  "JSON",
  "Map",
  "Math",
  "NaN",
  "Number",
  "Object",
  "Promise",
  "Proxy",
  "RangeError",
  "ReferenceError",
  "Reflect",
  "RegExp",
  "Set",
  "String",
  "Symbol",
  "SyntaxError",
  "TypeError",
  "URIError",
  "Uint16Array",
  "Uint32Array",
  "Uint8Array",
  "Uint8ClampedArray",
  "WeakMap",
  "WeakSet",
  "decodeURI",
  "decodeURIComponent",
  "encodeURI",
  "encodeURIComponent",
  "escape",
  "eval",
  "globalThis",
  "isFinite",
  "isNaN",
  "parseFloat",
  "parseInt",
  "undefined",
  "unescape",
];

/** Of the web platform and Node. */
const PLATFORM = [
  "AbortController",
  "AbortSignal",
  "Buffer",
  "DOMException",
  "TextDecoder",
  "TextEncoder",
  "URL",
  "URLSearchParams",
  "atob",
  "btoa",
  "clearInterval",
  "clearTimeout",
  "console",
  "crypto",
  "fetch",
  "performance",
  "queueMicrotask",
  "setInterval",
  "setTimeout",
  "structuredClone",
];

/** Of Sluice. */
const OWN = ["ToolError", "callTool", "fs", "path", "servers", "sluice"];

export const ALLOWED_GLOBALS = Object.freeze([...INTRINSICS, ...PLATFORM, ...OWN].sort());

/**
 * Defines the given globals and deletes every other one that is not on the list.
 * @param {Record<string, unknown>} own
 */
export function installGlobals(own) {
  const allowed = new Set(ALLOWED_GLOBALS);
  // Lazy getters (Buffer) become values, so that nothing loads anything later.
  for (const name of PLATFORM) {
    if (name in own) continue;
    Object.defineProperty(globalThis, name, {
      value: /** @type {any} */ (globalThis)[name],
      writable: true,
      configurable: true,
      enumerable: false,
    });
  }
  for (const key of Reflect.ownKeys(globalThis)) {
    if (typeof key === "string" && allowed.has(key) && !(key in own)) continue;
    if (!Reflect.deleteProperty(globalThis, key) && !["Infinity", "NaN", "undefined"].includes(String(key))) {
      throw new Error(`The global "${String(key)}" cannot be removed`);
    }
  }
  for (const [name, value] of Object.entries(own))
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
  // What the window inherits (addEventListener, dispatchEvent) goes too; AbortSignal keeps its own.
  const window = Object.getPrototypeOf(globalThis);
  if (window === Object.prototype) return;
  for (const key of Reflect.ownKeys(window)) Reflect.deleteProperty(window, key);
  Object.setPrototypeOf(window, Object.prototype);
}

/** `eval` that says why it is not there; indirect uses and `new Function` are refused by the engine itself. */
export function refusedEval() {
  throw new EvalError("eval is not available in the sandbox: write the code in the program itself");
}

/** For engines that cannot refuse by themselves: no function is made from text, by whatever constructor. */
export function refuseCode() {
  const samples = [() => undefined, async () => undefined, function* () {}, async function* () {}];
  for (const sample of samples) {
    const { prototype, name } = Object.getPrototypeOf(sample).constructor;
    const refused = function () {
      throw new EvalError(`new ${name} is not available in the sandbox: write the code in the program itself`);
    };
    Object.defineProperty(refused, "name", { value: name, configurable: true });
    Object.defineProperty(refused, "prototype", { value: prototype, writable: false });
    Object.defineProperty(prototype, "constructor", { value: refused, writable: false, configurable: true });
    if (name === "Function")
      Object.defineProperty(globalThis, name, { value: refused, writable: true, configurable: true });
  }
}
//# sourceURL=sluice:guest/globals.js
