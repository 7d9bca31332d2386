// The probe programs as data: what is run, on every system alike, and what its cell says.
// `TOOL.name(` is a call of a tool as the system's own programs write it; $FILE, $URL and $ENV are what is planted
// outside the sandbox: a file, an address on loopback, the name of a variable.
import * as judge from "./verdicts.mjs";

/**
 * @typedef {object} Probe
 * @property {string} name the row
 * @property {string[]} codes programs, run one after the other
 * @property {(seen: import("./verdicts.mjs").Seen) => import("./verdicts.mjs").Cell} judge
 * @property {number} [timeoutMs] the time limit that the system is given; {@link PATIENT_MS} without one
 * @property {number} [repeat] so often, each run timed
 * @property {string} [beside] a program that is started 100 ms after, and timed
 * @property {boolean} [isCold] in a host that has run nothing before
 */

/** For programs that end by themselves. */
export const PATIENT_MS = 10_000;
/** For those that do not. */
export const RUNAWAY_MS = 1_000;
/** The memory limit, where a system has one. */
export const MEMORY_MB = 256;

const answer = "return 6 * 7;";
const BACK = 'return "came back";';

/** @type {Probe[]} */
export const probes = [
  { name: "cold first run", codes: [answer], isCold: true, judge: judge.time({ value: 42 }) },
  {
    name: "warm, 5 sequential calls, p50 of 20",
    codes: [
      "let sum = 0; for (let step = 0; step < 5; step += 1) { const record = await TOOL.get_record({ id: step }); sum += record.amount; } return sum;",
    ],
    repeat: 20,
    judge: judge.median({ value: 30 }),
  },
  {
    name: "TypeScript input",
    codes: [
      "interface Box<T> { value: T }\nconst box: Box<number> = { value: 6 } satisfies Box<number>;\nconst twice = <T,>(given: T): T[] => [given, given];\nreturn twice(box.value as number).length * 21;",
    ],
    judge: judge.works({ value: 42 }),
  },
  {
    name: "`Promise.all` of 20 × 50 ms",
    codes: [
      "const all = await Promise.all(Array.from({ length: 20 }, () => TOOL.wait({ ms: 50 }))); return all.length;",
    ],
    judge: judge.time({ value: 20, msMax: 500 }),
  },
  {
    name: "1,000 calls in a row",
    codes: [
      "let sum = 0; for (let id = 0; id < 1000; id += 1) sum += (await TOOL.get_record({ id })).amount; return sum;",
    ],
    judge: judge.time({ value: 1_498_500 }),
  },
  {
    name: "1,000 calls at once",
    codes: [
      "const all = await Promise.all(Array.from({ length: 1000 }, (_, id) => TOOL.get_record({ id }))); return all.reduce((sum, { amount }) => sum + amount, 0);",
    ],
    judge: judge.time({ value: 1_498_500 }),
  },
  {
    name: "filter a 5 MB result",
    codes: [
      'const rows = await TOOL.rows({ megabytes: 5 }); return rows.filter((row) => row.status === "pending").length > 100 && rows.length > 10000;',
    ],
    judge: judge.time({ value: true }),
  },
  {
    name: "an upstream's error text can be caught",
    codes: ["try { await TOOL.fail({}); return null; } catch (error) { return String(error.message); }"],
    judge: judge.contains("locked by Ada", "opaque"),
  },
  {
    name: "a syntax error names its line",
    codes: ["const first = 1;\nconst second = 2;\nconst third = = 3;\nreturn first;"],
    judge: judge.namesLine(3),
  },
  {
    name: "an un-awaited call of 200 ms",
    codes: ["TOOL.wait({ ms: 200 }); return 1;"],
    judge: judge.unawaited,
  },
  {
    name: "an un-awaited call that fails",
    codes: ["TOOL.fail({}); return 1;"],
    judge: judge.unawaitedFailure,
  },
  { name: "returns 20 MB", codes: ['return "x".repeat(20_000_000);'], judge: judge.capped(20_000_000) },
  {
    name: "200,000 console lines",
    codes: ['for (let line = 0; line < 200_000; line += 1) console.log("line number", line); return 1;'],
    judge: judge.cappedLogs(200_000),
  },
  { name: "`while (true)`", codes: ["while (true) {}"], timeoutMs: RUNAWAY_MS, judge: judge.stopped(RUNAWAY_MS) },
  {
    name: "endless microtasks",
    codes: ["const turn = () => Promise.resolve().then(turn); await turn(); return 1;"],
    timeoutMs: RUNAWAY_MS,
    judge: judge.stopped(RUNAWAY_MS),
  },
  {
    name: "a regular expression that backtracks",
    codes: ['return /^(a+)+$/.test("a".repeat(48) + "!");'],
    timeoutMs: RUNAWAY_MS,
    judge: judge.stopped(RUNAWAY_MS),
  },
  {
    name: "an await that never resolves",
    codes: ["await new Promise(() => {}); return 1;"],
    timeoutMs: RUNAWAY_MS,
    judge: judge.stopped(RUNAWAY_MS),
  },
  {
    name: "a good program beside a spinning one",
    codes: ["while (true) {}"],
    timeoutMs: RUNAWAY_MS,
    beside: answer,
    judge: judge.beside({ value: 42, msMax: 500 }),
  },
  {
    name: "memory bomb: strings",
    codes: ["const kept = []; for (;;) kept.push(`${kept.length}`.repeat(1_000));"],
    judge: judge.outOfMemory(PATIENT_MS, MEMORY_MB),
  },
  {
    name: "memory bomb: ArrayBuffers",
    codes: ["const kept = []; for (;;) kept.push(new Uint8Array(8 * 2 ** 20).fill(1));"],
    judge: judge.outOfMemory(PATIENT_MS, MEMORY_MB),
  },
  {
    name: "deep recursion",
    codes: ["const down = (depth) => down(depth + 1) + 1; return down(0);"],
    judge: judge.refused,
  },
  {
    name: "ends its process",
    codes: [
      `globalThis.process?.exit?.(0); ${BACK}`,
      `globalThis.Deno?.exit?.(0); ${BACK}`,
      `globalThis.process?.kill?.(globalThis.process.pid, "SIGKILL"); ${BACK}`,
      `globalThis.process?.abort?.(); globalThis.close?.(); ${BACK}`,
    ],
    judge: judge.survives,
  },
  {
    name: "leaves something for the next program",
    codes: [
      'globalThis.left = "x"; Object.prototype.left = "x"; Array.prototype.map = () => ["x"]; return 1;',
      "return JSON.stringify([globalThis.left ?? null, ({}).left ?? null, [1].map((one) => one + 1)]);",
    ],
    judge: judge.equals("[null,null,[2]]", "leaks"),
  },
  {
    name: "fetches from loopback",
    codes: [
      "return await (await fetch($URL)).text();",
      'const http = await import("node:http"); return await new Promise((resolve) => http.get($URL, (answer) => { answer.resume(); answer.on("end", () => resolve("there")); }));',
      'const { connect } = await import("cloudflare:sockets"); const { hostname, port } = new URL($URL); const socket = connect({ hostname, port: Number(port) }); const writer = socket.writable.getWriter(); await writer.write(new TextEncoder().encode("GET / HTTP/1.0\\r\\n\\r\\n")); return (await socket.readable.getReader().read()).done;',
    ],
    judge: judge.untouched,
  },
  {
    name: "reads a file outside",
    codes: [
      'return require("node:fs").readFileSync($FILE, "utf8");',
      'return (await import("node:fs")).readFileSync($FILE, "utf8");',
      "return Deno.readTextFileSync($FILE);",
      'return await (await import("fs/promises")).readFile($FILE, "utf8");',
      'return process.getBuiltinModule("fs").readFileSync($FILE, "utf8");',
      'return await (await fetch("file://" + $FILE)).text();',
    ],
    judge: judge.untouched,
  },
  {
    name: "reads the environment",
    codes: [
      "return process.env[$ENV];",
      "return Deno.env.get($ENV);",
      'return (await import("node:process")).env[$ENV];',
      'return (() => {}).constructor("return process")().env[$ENV];',
      'try { await TOOL.fail({}); } catch (error) { return error.constructor.constructor("return process")().env[$ENV]; }',
      'return console.log.constructor("return process")().env[$ENV];',
    ],
    judge: judge.untouched,
  },
];
