import { any, each, ended, type HostileClass } from "./program.ts";

const DEAD = ["memoryMb", "cpuMs", "timeoutMs", "program_error", "guest_crashed"];

/** All the memory there is, in every kind that an engine has. */
export const memory: HostileClass = {
  ...each(
    [
      `const all = []; for (;;) all.push(new ArrayBuffer(1e7));`,
      `const all = []; for (;;) all.push(new Uint8Array(1e7).fill(1));`,
      `const all = []; for (;;) all.push(Buffer.alloc(1e7, 1));`,
      `let s = "x"; for (;;) s += s;`,
      `const all = []; for (let n = 0; ; n += 1) all.push("x".repeat(1e6) + n);`,
      `const all = []; for (let n = 0; ; n += 1) all.push({ n });`,
      `const all = new Map(); for (let n = 0; ; n += 1) all.set(n, [n]);`,
      `const all = new Set(); for (let n = 0; ; n += 1) all.add("k" + n);`,
      `const all = new WeakMap(); const keys = []; for (;;) { const k = {}; keys.push(k); all.set(k, keys); }`,
      `for (let n = 0; ; n += 1) Symbol.for("s" + n + "x".repeat(1000));`,
      `let f = () => 0; for (;;) { const g = f; f = () => g; }`,
      `const all = []; function* gen() { yield* gen(); } for (;;) { const g = gen(); all.push(g); g.next; }`,
      `const all = []; for (let n = 0; ; n += 1) all.push(new RegExp("a{" + (n % 1000) + "}b" + n));`,
      `const all = []; for (;;) all.push(structuredClone(all.slice(-1000)));`,
      `let o = { a: "x".repeat(1000) }; for (;;) o = { a: structuredClone(o), b: structuredClone(o) };`,
      `const all = []; for (;;) all.push(new Array(1e6).fill(0.5));`,
      `const a = []; for (let n = 0; ; n += 7919) a[n % 4294967294] = { n };`,
      `const all = []; for (;;) all.push(10n ** 100_000n);`,
      `const all = []; for (;;) all.push(new TextDecoder().decode(new Uint8Array(5e6).fill(65)));`,
      `const all = []; for (;;) all.push(JSON.parse("[" + "[],".repeat(1e5) + "[]]"));`,
      `const all = []; for (;;) all.push("ab".repeat(5e5).split(""));`,
      `const all = []; for (;;) all.push(Promise.resolve().then(() => all));`,
      `const all = []; for (;;) all.push(new URL("http://a/" + "x".repeat(1e4) + all.length));`,
      `const all = []; for (;;) all.push(new Error("x".repeat(1e4)));`,
      `const all = []; for (;;) all.push(new AbortController());`,
      `const all = []; for (;;) all.push(Buffer.from("x".repeat(1e6)).toString("base64"));`,
      `const all = []; for (;;) all.push(new Proxy({}, {}));`,
      `const all = []; for (;;) { const b = new ArrayBuffer(1e6, { maxByteLength: 5e7 }); try { b.resize(5e7); } catch {} new Uint8Array(b).fill(1); all.push(b); }`,
      `const all = []; for (;;) all.push(Object.fromEntries(Array.from({ length: 1e4 }, (_, n) => ["k" + n + all.length, n])));`,
    ],
    (code) => ended(code, ...DEAD),
  ),
  "a string of the greatest length": any(`return "x".repeat(2 ** 29 - 25).length;`),
  "an array of the greatest length": any(`return new Array(2 ** 32 - 1).length;`),
  "an array of the greatest length, joined": ended(`return new Array(2 ** 32 - 1).join("x");`, ...DEAD),
  "a padding of the greatest length": any(`return "".padEnd(2 ** 30, "x").length;`),
  "half a gigabyte at once": ended(`return new Uint8Array(6e8).fill(7).length;`, ...DEAD),
};
