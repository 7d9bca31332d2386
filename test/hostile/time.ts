import { ended, held, type HostileClass } from "./program.ts";

const LATE = ["cpuMs", "timeoutMs"];

/** Programs that do not end, and clocks that tell too much. */
export const time: HostileClass = {
  "while (true)": ended(`while (true);`, ...LATE),
  "a loop that waits for time": held(`const end = Date.now() + 20; while (Date.now() < end);`),
  "for await over nothing": ended(`for (;;) await null;`, ...LATE),
  "a loop in a getter of the result": ended(`return { get a() { for (;;); } };`, ...LATE),
  "a loop in toJSON": ended(`return { toJSON() { for (;;); } };`, ...LATE),
  "a loop in what a log shows": ended(`console.log({ toJSON() { for (;;); } });`, ...LATE),
  "a loop in a proxy's trap": ended(`return new Proxy({}, { ownKeys() { for (;;); } });`, ...LATE),
  "a loop in a sort": ended(`[3, 1, 2].sort(() => { for (;;); });`, ...LATE),
  "a loop in finally": ended(`try { throw 1; } finally { for (;;); }`, ...LATE),
  "a loop in a generator's return": ended(
    `const g = (function* () { try { yield 1; } finally { for (;;); } })(); for (const _ of g) break;`,
    ...LATE,
  ),
  "a loop in a timer": ended(`setTimeout(() => { for (;;); }, 1); await new Promise(() => {});`, ...LATE),
  "a loop while calls are open": ended(`callTool("zoo.slow", { ms: 10 }); for (;;);`, ...LATE),
  "an expression that backtracks": ended(`/^(a+)+$/.test("a".repeat(40) + "b");`, ...LATE),
  "an expression that backtracks with a look behind": ended(
    `/(?<=(a|a|a|a)*)b$/.test("a".repeat(5000)); /^(([a-z])+.)+[A-Z]([a-z])+$/.test("a".repeat(60));`,
    ...LATE,
    "held",
    "completed",
  ),
  "a power of BigInt": ended(`let x = 3n; for (;;) x = x ** 3n;`, ...LATE, "memoryMb", "program_error"),
  "decimal digits of a BigInt": ended(
    `return String((1n << 40_000_000n) - 1n).length;`,
    ...LATE,
    "memoryMb",
    "program_error",
    "completed",
  ),
  "a sort of much": ended(`for (;;) Array.from({ length: 1e5 }, () => Math.random()).sort();`, ...LATE, "memoryMb"),
  "JSON of much, again and again": ended(
    `const a = Array(1e5).fill({ a: 1 }); for (;;) JSON.parse(JSON.stringify(a));`,
    ...LATE,
    "memoryMb",
  ),
  "replaceAll that grows": ended(
    `let s = "a"; for (;;) s = s.replaceAll("a", "aa");`,
    ...LATE,
    "memoryMb",
    "program_error",
  ),
  "normalize of much": ended(
    `const s = "\\u0344".repeat(1e6); for (;;) s.normalize("NFD").normalize("NFKC");`,
    ...LATE,
    "memoryMb",
    "program_error",
  ),
  "localeCompare without end": ended(`for (;;) "a".repeat(1000).localeCompare("b".repeat(1000), "en");`, ...LATE),
  "a digest without end": ended(
    `const bytes = new Uint8Array(1e6); for (;;) await crypto.subtle.digest("SHA-512", bytes);`,
    ...LATE,
    "memoryMb",
  ),
  "a file read synchronously without end": ended(`for (;;) fs.existsSync("./workspace/x");`, ...LATE, "hostCallsMax"),
  "a wait that is long": ended(`await new Promise((done) => setTimeout(done, 1e9));`, "timeoutMs"),
  "an interval that goes on": ended(`setInterval(() => 0, 1); await new Promise(() => {});`, "timeoutMs", "cpuMs"),
  "a tool that takes long": ended(`await callTool("zoo.slow", { ms: 60_000 });`, "timeoutMs"),
  "a clock that measures": held(
    `const t = performance.now(); let n = 0; for (let i = 0; i < 1e6; i += 1) n += i; if (performance.now() - t > 0.5) return "LANDED";`,
  ),
  "a clock in a date's format": held(
    `if (Math.abs(new Date(new Intl.DateTimeFormat("en", { dateStyle: "short" }).format()).getTime() - Date.now()) > 2 * 86_400_000) return "LANDED";`,
  ),
  "a date that leads to the machine's zone": held(
    `if (new Date(2020, 6, 1).getTimezoneOffset() !== 0) return "LANDED";`,
  ),
  "randomness that is the machine's": held(
    `if (String(Math.random).includes("native code") || String(crypto.getRandomValues).includes("native code")) return "LANDED";`,
  ),
};
