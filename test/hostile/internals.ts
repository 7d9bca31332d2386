import { absent, each, held, type HostileClass, refused } from "./program.ts";

/** What engines keep for themselves. */
export const internals: HostileClass = {
  ...each(
    [
      "globalThis.Deno",
      "globalThis.process",
      "globalThis.__bootstrap",
      "globalThis.global",
      "globalThis.window",
      "globalThis.self",
      "globalThis.require",
      "globalThis.module",
      "globalThis.Worker",
      "globalThis.SharedWorker",
      "globalThis.WebAssembly",
      "globalThis.SharedArrayBuffer",
      "globalThis.Atomics",
      "globalThis.WeakRef",
      "globalThis.FinalizationRegistry",
      "globalThis.ShadowRealm",
      "globalThis.localStorage",
      "globalThis.sessionStorage",
      "globalThis.caches",
      "globalThis.indexedDB",
      "globalThis.navigator",
      "globalThis.location",
      "globalThis.prompt",
      "globalThis.alert",
      "globalThis.close",
      "globalThis.WebSocket",
      "globalThis.EventSource",
      "globalThis.XMLHttpRequest",
      "globalThis.BroadcastChannel",
      "globalThis.MessageChannel",
      "globalThis.GPU",
      "globalThis.Bun",
      "globalThis.std",
      "globalThis.os",
      "globalThis.scriptArgs",
      "globalThis.sluiceHost",
      "globalThis.sluiceModule",
      "globalThis.gc",
      "globalThis.print",
      "globalThis.read",
      "globalThis.load",
      "globalThis.d8",
      "globalThis.setImmediate",
      "globalThis.reportError",
      "globalThis.Temporal",
      "globalThis[Symbol.for('Deno.internal')]",
      "Object.getOwnPropertySymbols(globalThis).find((key) => key !== Symbol.toStringTag)",
      "Object.getPrototypeOf(globalThis).addEventListener",
      "URL.createObjectURL",
      "Buffer.poolSize && Buffer.allocUnsafe(8192).some((byte) => byte !== 0) && 'old bytes'",
      "crypto.subtle.importKey",
      "performance.timeOrigin < 1e12 || undefined",
      "console.constructor.constructor('return this')()",
      "new Intl.DateTimeFormat().resolvedOptions().timeZone === 'UTC' ? undefined : 'a zone'",
    ],
    absent,
  ),
  "process by a module": refused(`(await import("buffer")).process.exit(1)`),
  "process.binding": refused(`process.binding("fs")`),
  "process.getBuiltinModule": refused(`process.getBuiltinModule("fs")`),
  "Deno.core by the prototype of a platform object": held(
    `for (const start of [AbortSignal, AbortController, DOMException, TextDecoder, TextEncoder, URL, URLSearchParams, Buffer, fetch, console, crypto, performance, structuredClone, queueMicrotask]) {
  const seen = new Set(); const open = [start];
  while (open.length > 0 && seen.size < 20000) {
    const value = open.pop();
    if ((typeof value !== "object" && typeof value !== "function") || value === null || seen.has(value)) continue;
    seen.add(value);
    if (value.core !== undefined && value.core?.ops !== undefined) return "LANDED core";
    if (typeof value.readFileSync === "function" && value !== fs) return "LANDED files";
    if (typeof value.getBuiltinModule === "function" || typeof value.runInThisContext === "function" || typeof value.evalContext === "function") return "LANDED engine";
    for (const key of Reflect.ownKeys(value)) { const own = Reflect.getOwnPropertyDescriptor(value, key); if (own) { open.push(own.value, own.get, own.set); } }
    open.push(Reflect.getPrototypeOf(value));
  }
}`,
  ),
  "the hidden inspect hooks": held(
    `for (const value of [new URL("http://a"), new AbortController(), new DOMException("a"), new TextDecoder(), new URLSearchParams(), Buffer.from("a")])
  for (let at = value; at; at = Object.getPrototypeOf(at)) for (const key of Object.getOwnPropertySymbols(at)) {
    let got; try { got = typeof at[key] === "function" ? at[key].call(value, (...args) => { got = args; }, { seen: [], stylize: (x) => x }) : at[key]; } catch {}
    if (got !== null && typeof got === "object" && "ops" in got) return "LANDED";
  }`,
  ),
  "an event's way back to the window": held(
    `const c = new AbortController(); let found;
c.signal.addEventListener("abort", (event) => { for (const key of ["view", "currentTarget", "target", "srcElement"]) if (event[key] && event[key] !== c.signal) found = key; if (event.composedPath?.().some((at) => at !== c.signal)) found = "path"; });
c.abort(); if (found) return "LANDED " + found;`,
  ),
  "this in a sloppy function": held(
    `const self = (function () { return this; })(); if (self !== undefined) return "LANDED " + typeof self;`,
  ),
  "callee and caller": refused(`(function f() { return f.caller; })().constructor; arguments.callee`),
  "structuredClone of what is transferred": held(
    `const a = new ArrayBuffer(8); try { structuredClone(a, { transfer: [a] }); } catch {} try { structuredClone(() => 0); return "LANDED"; } catch {}`,
  ),
  "a digest with an algorithm that is an object": refused(
    `await crypto.subtle.digest({ name: { toUpperCase: () => "SHA-256", toString: () => "../../x" } }, new Uint8Array(1)).then((d) => { if (d.byteLength !== 32) throw 1; throw 2; })`,
  ),
  "a digest of what is no bytes": held(
    `for (const data of [{}, null, [1, 2], "x", { buffer: 1 }, new Proxy(new Uint8Array(4), {})]) await crypto.subtle.digest("SHA-256", data).catch(() => 0);`,
  ),
  "Intl with names of objects": held(
    `for (const call of [() => new Intl.NumberFormat("__proto__"), () => new Intl.DateTimeFormat({ toString: () => "en" }), () => Intl.supportedValuesOf("constructor"), () => new Intl.Collator("en", JSON.parse('{"__proto__":{"usage":"x"}}')), () => new Intl.ListFormat("en").format([{}, 1]), () => new Intl.Locale("x".repeat(100000))]) { try { call(); } catch {} }`,
  ),
};
