import { any, ended, type HostileClass } from "./program.ts";

/** More calls than anybody needs. */
export const floods: HostileClass = {
  "20,000 tool calls at once": ended(
    `await Promise.all(Array.from({ length: 20_000 }, (_, n) => callTool("zoo.echo", { n })));`,
    "callsMax",
    "timeoutMs",
    "cpuMs",
  ),
  "20,000 tool calls that nobody awaits": ended(
    `for (let n = 0; n < 20_000; n += 1) callTool("zoo.echo", { n }).catch(() => 0); return 1;`,
    "callsMax",
    "timeoutMs",
    "cpuMs",
  ),
  "tool calls one after the other": ended(
    `for (;;) await callTool("zoo.echo", {}).catch(() => 0);`,
    "callsMax",
    "timeoutMs",
    "cpuMs",
  ),
  "100,000 timers": ended(
    `for (let n = 0; n < 100_000; n += 1) setTimeout(() => 0, 100_000); await new Promise(() => {});`,
    "timersMax",
    "timeoutMs",
    "cpuMs",
  ),
  "10,000 timers that ring at once": any(
    `await Promise.all(Array.from({ length: 9_000 }, () => new Promise((done) => setTimeout(done, 50)))); return "held";`,
  ),
  "timers that set timers": ended(
    `const f = () => { setTimeout(f, 0); setTimeout(f, 0); }; f(); await new Promise(() => {});`,
    "timersMax",
    "timeoutMs",
    "cpuMs",
    "hostCallsMax",
    "memoryMb",
  ),
  "timers set and cleared": any(
    `for (let n = 0; n < 50_000; n += 1) clearTimeout(setTimeout(() => 0, 1000)); return "held";`,
  ),
  "100,000 reads at once": any(
    `await Promise.allSettled(Array.from({ length: 100_000 }, () => fs.promises.readFile("./servers/README.md"))); return "held";`,
  ),
  "150,000 pending calls": any(
    `let failed = 0; for (let n = 0; n < 150_000; n += 1) fs.promises.stat("./workspace").catch(() => { failed += 1; }); await new Promise((done) => setTimeout(done, 1)); return "held";`,
  ),
  "1,000 searches at once": any(
    `await Promise.all(Array.from({ length: 1_000 }, (_, n) => sluice.searchTools("list the animals of cage " + n))); return "held";`,
  ),
  "searches of 1 MB": any(
    `for (let n = 0; n < 5; n += 1) await sluice.searchTools("word ".repeat(2e5)).catch(() => 0); return "held";`,
  ),
  "searches of everything": any(
    `await Promise.all(Array.from({ length: 100 }, () => sluice.searchTools("", { limit: 1e9, detail: "full" }).catch(() => 0))); return "held";`,
  ),
  "1,000 descriptions at once": any(
    `await Promise.all(Array.from({ length: 1_000 }, () => sluice.describeTool("zoo.echo"))); return "held";`,
  ),
  "1,000 imports at once": any(
    `await Promise.allSettled(Array.from({ length: 1_000 }, (_, n) => import("./servers/none" + n))); return "held";`,
  ),
  "1,000 names that are near to one": any(
    `await Promise.allSettled(Array.from({ length: 1_000 }, (_, n) => callTool("zoo.ecco" + n + "x".repeat(500), {}))); return "held";`,
  ),
  "arguments of 2 MB, 50 times": any(
    `const x = "x".repeat(2_000_000); await Promise.allSettled(Array.from({ length: 50 }, () => callTool("zoo.nothing", { x }))); return "held";`,
  ),
  "arguments that are wide": any(
    `await Promise.allSettled(Array.from({ length: 20 }, () => callTool("zoo.feedAnimal", { animal: "a", grams: 1, ...Object.fromEntries(Array.from({ length: 20_000 }, (_, n) => ["k" + n, n])) }))); return "held";`,
  ),
  "results that nobody reads": ended(
    `for (let n = 0; n < 200; n += 1) callTool("zoo.large", { bytes: 100_000 }); for (;;);`,
    "cpuMs",
    "timeoutMs",
    "memoryMb",
  ),
  "writes that nobody awaits": any(
    `for (let n = 0; n < 5_000; n += 1) fs.promises.writeFile("./workspace/flood", String(n)).catch(() => 0); return "held";`,
  ),
  "files opened and removed": any(
    `await Promise.all(Array.from({ length: 300 }, async (_, n) => { await fs.promises.writeFile("./workspace/tmp-" + n, "x"); await fs.promises.rm("./workspace/tmp-" + n); })); return "held";`,
  ),
  "a million zeros as arguments": any(
    `await callTool("zoo.nothing", { list: new Array(1e6).fill(0) }).catch(() => 0); return "held";`,
  ),
  "2,000 rows as arguments, 20 times": any(
    `const rows = Array.from({ length: 2_000 }, (_, id) => ({ id, name: "row " + id, n: id * 2, ok: true, none: null, list: [1] })); await Promise.allSettled(Array.from({ length: 20 }, () => callTool("zoo.nothing", { rows }))); return "held";`,
  ),
  "brackets alone as arguments": any(
    `let deep = 1; for (let level = 0; level < 100_000; level += 1) deep = [deep]; await callTool("zoo.nothing", { deep }).catch(() => 0); return "held";`,
  ),
  "a search of 60 MB": any(`await sluice.searchTools("x".repeat(6e7)).catch(() => 0); return "held";`),
  "200,000 lines of one figure": any(`for (let n = 0; n < 200_000; n += 1) console.log(n % 10); return "held";`),
  "one import() 7,000 times": any(`${"import('a').catch(()=>0);".repeat(7_000)} return "held";`),
  "12,000 declarations": any(`${Array.from({ length: 12_000 }, (_, n) => `let a${n} = 1;`).join("")} return "held";`),
  "fetches that nobody awaits": any(
    `for (let n = 0; n < 3_000; n += 1) fetch("http://127.0.0.1:%PORT%/").catch(() => 0); return "held";`,
  ),
  "recursion through timers and calls": ended(
    `const f = async () => { callTool("zoo.echo", {}).catch(() => 0); setTimeout(f, 0); await f(); }; await f();`,
    "program_error",
    "callsMax",
    "timeoutMs",
    "cpuMs",
    "memoryMb",
  ),
};
