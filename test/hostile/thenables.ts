import { any, ended, held, type HostileClass } from "./program.ts";

/** Promises that are none, and iterators that do not end. */
export const thenables: HostileClass = {
  "a result that is thenable": any(`return { then(done) { done("held"); } };`),
  "a result whose then throws": any(`return { then() { throw new Error("x"); } };`),
  "a result whose then calls twice": any(
    `return { then(done, fail) { done(1); fail(2); done({ then(d) { d("held"); } }); } };`,
  ),
  "a thenable in a thenable, 10,000 deep": any(
    `let t = { then(done) { done("held"); } }; for (let n = 0; n < 10000; n += 1) { const inner = t; t = { then(done) { done(inner); } }; } return t;`,
  ),
  "a thenable that gives itself": ended(
    `const t = { then(done) { done(t); } }; return t;`,
    "cpuMs",
    "timeoutMs",
    "memoryMb",
  ),
  "a promise that waits for itself": any(
    `let done; const p = new Promise((d) => { done = d; }); done(p); return await p;`,
  ),
  "a result that never settles": ended(`await new Promise(() => {});`, "never_settles"),
  "a result whose then getter changes": any(
    `let n = 0; return { get then() { n += 1; return n === 1 ? undefined : (done) => done("held"); } };`,
  ),
  "an exported value with a then": any(`export default { then(done) { done("held"); } };`),
  "thenable arguments": held(`await callTool("zoo.echo", { then(done) { done({ a: 1 }); } }).catch(() => 0);`),
  "an endless async iterator": ended(
    `for await (const _ of (async function* () { for (;;) yield 1; })()) ;`,
    "cpuMs",
    "timeoutMs",
    "memoryMb",
  ),
  "an iterator whose return throws": any(
    `const it = { [Symbol.asyncIterator]() { return this; }, next: async () => ({ value: 1, done: false }), return() { throw 1; } }; for await (const _ of it) break; return "held";`,
  ),
  "microtasks without end": ended(
    `const f = () => Promise.resolve().then(f); f(); await f();`,
    "cpuMs",
    "timeoutMs",
    "memoryMb",
  ),
  "queueMicrotask without end": ended(
    `const f = () => queueMicrotask(f); f(); await new Promise(() => {});`,
    "cpuMs",
    "timeoutMs",
    "memoryMb",
    "never_settles",
  ),
  "100,000 promises that never settle": any(
    `const all = Array.from({ length: 100000 }, () => new Promise(() => {})); return await Promise.race([...all, "held"]);`,
  ),
  "a rejection that nobody handles": ended(
    `Promise.reject(new Error("x")); await new Promise((done) => setTimeout(done, 10)); return 1;`,
    "program_error",
  ),
  "1,000 rejections with getters": any(
    `for (let n = 0; n < 1000; n += 1) Promise.reject({ get message() { throw 1; }, get stack() { throw 2; } }); return "held";`,
  ),
  "an error thrown in a timer": ended(
    `setTimeout(() => { throw new Error("x"); }, 1); await new Promise((done) => setTimeout(done, 50)); return 1;`,
    "program_error",
  ),
  "a rejection in a timer after the end": any(`setTimeout(() => Promise.reject(1), 5); return "held";`),
  "await of a proxy": any(
    `return await new Proxy({}, { get(_, key) { return key === "then" ? (done) => done("held") : undefined; } });`,
  ),
  "using with a dispose that throws": any(
    `{ using a = { [Symbol.dispose ?? "x"]() { throw new Error("x"); } }; } return "held";`,
  ),
};
