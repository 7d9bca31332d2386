import type { CallerLimits } from "../../runtime/sluice.ts";
import type { ConformanceCase, ExpectedOutcome } from "../conformance-case.ts";
import { ALLOWED } from "./network.ts";

/** One limit, lowered for one program that reaches it: what it printed before is kept, the name and the value are said. */
function reaches(
  name: string,
  limits: CallerLimits,
  code: string,
  expected: ExpectedOutcome,
  more: Partial<ConformanceCase> = {},
): ConformanceCase {
  return {
    area: "limits",
    name,
    code: `console.log("before");\n${code}`,
    options: { limits },
    expected: { printed: /^before/, ...expected },
    ...more,
  };
}

const killed = (code: string, message: RegExp): ExpectedOutcome => ({ status: "killed", error: { code, message } });
const failed = (code: string, message: RegExp): ExpectedOutcome => ({ error: { code, message } });
/** Fills memory with what the expression makes. */
const hoard = (expression: string): string =>
  `const all: unknown[] = [];\nfor (let n = 0; ; n += 1) all.push(${expression});`;
const wait = "await new Promise((done) => setTimeout(done, 60_000));";
/** Writes files until it is told to stop, and returns what it was told. */
const write = (act: string): string =>
  `let said = "";\ntry { for (let n = 0; n < 50; n += 1) ${act} } catch (error) { said = error.code + " " + error.message; }\nconsole.log(said);`;
const said = (...words: string[]): ExpectedOutcome => ({ printed: new RegExp(`^before\\n.*${words.join(".*")}`) });

const memory = (what: string, expression: string, more: Partial<ConformanceCase> = {}): ConformanceCase =>
  reaches(
    `memoryMb, by ${what}`,
    { memoryMb: 192 },
    hoard(expression),
    killed("memoryMb", /memoryMb is 192|ran out of memory/),
    more,
  );

export const limitCases: readonly ConformanceCase[] = [
  reaches("timeoutMs, waiting", { timeoutMs: 1_500 }, wait, killed("timeoutMs", /1500 ms \(timeoutMs\)/), {
    isSmoke: true,
  }),
  reaches("timeoutMs, in a call", { timeoutMs: 1_500 }, "await kit.slow({ ms: 60_000 });", {
    ...killed("timeoutMs", /1500 ms/),
    calls: { done: 0, failed: 0, open: 1 },
  }),
  reaches("timeoutMs, spinning", { timeoutMs: 1_500 }, "for (;;);", killed("timeoutMs", /1500 ms/)),
  {
    ...reaches(
      "timeoutMs, which a caller cannot raise",
      { timeoutMs: 10_000_000 },
      wait,
      killed("timeoutMs", /2000 ms/),
    ),
    sandbox: { timeoutMs: 2_000 },
  },
  reaches("cpuMs", { cpuMs: 500 }, "for (;;) Math.sqrt(2);", killed("cpuMs", /cpuMs is 500|500 ms.*cpuMs/)),
  memory("array buffers", "new Uint8Array(5_000_000).fill(1)", { isSmoke: true }),
  memory(
    "array buffers that grow",
    "new (ArrayBuffer as any)(1000, { maxByteLength: 50_000_000 }).resize?.(50_000_000) ?? new Uint8Array(5_000_000).fill(n)",
  ),
  memory("strings", '"x".repeat(1000) + n'),
  memory("objects", '{ n, text: "x" + n, more: [n, n] }'),
  memory("what closures keep", "(() => { const kept = 'x'.repeat(100_000) + n; return () => kept; })()"),
  memory("maps of maps", "new Map([[n, new Map([[n, new Set([n, `${n}`])]])]])"),
  memory("BigInts", "(BigInt(n) << 400_000n) + 1n"),
  memory("Buffers of text", 'Buffer.from("é".repeat(1_000_000))'),
  reaches(
    "logBytesMax: the rest is dropped, with a warning",
    { logBytesMax: 2_000 },
    "for (let n = 0; n < 100; n += 1) console.log('x'.repeat(99));\nreturn 'done';",
    { result: "done", warnings: ["logBytesMax"] },
  ),
  reaches(
    "logBytesMax, in one piece, between two characters",
    { logBytesMax: 2_000 },
    "console.log('é'.repeat(5_000));\nreturn 'done';",
    { result: "done", printed: /^before\né{500,1000}$/, warnings: ["logBytesMax"] },
  ),
  reaches(
    "logEntriesMax: short lines and empty ones are counted too",
    {},
    "for (let n = 0; n < 30_000; n += 1) console.log(n % 2 === 0 ? '' : n);\nreturn 'done';",
    { result: "done", warnings: ["logEntriesMax"] },
  ),
  reaches(
    "resultBytesMax, of what is returned",
    { resultBytesMax: 10_000 },
    "return '日'.repeat(5_000);",
    killed("resultBytesMax", /10000/),
  ),
  reaches(
    "resultBytesMax, of a tool's result",
    { resultBytesMax: 10_000 },
    "return await kit.large({ bytes: 50_000 }).catch((error) => [error instanceof ToolError, error.code]);",
    { result: [true, "result_too_large"] },
  ),
  reaches(
    "argumentBytesMax",
    {},
    "return await kit.echo({ text: 'x'.repeat(5_000_000) }).catch((error) => [error.code, /argumentBytesMax|2097152/.test(error.message)]);",
    { result: ["arguments_invalid", true] },
  ),
  reaches(
    "argumentDepthMax",
    {},
    "let deep = {};\nfor (let level = 0; level < 400; level++) deep = { deep };\nreturn await kit.echo(deep).catch((error) => [error.code, /argumentDepthMax is 256/.test(error.message)]);",
    { result: ["arguments_invalid", true] },
  ),
  reaches("callsMax, one after the other", { callsMax: 5 }, "for (;;) await kit.echo({});", {
    ...killed("callsMax", /more than 5/),
  }),
  reaches(
    "callsMax, all at once",
    { callsMax: 5 },
    "await Promise.all(Array.from({ length: 9 }, () => kit.echo({})));",
    killed("callsMax", /more than 5/),
  ),
  reaches(
    "callsInFlightMax: further calls wait, and all are made",
    { callsInFlightMax: 2 },
    "const started = Date.now();\nconst all = await Promise.all(Array.from({ length: 8 }, () => kit.slow({ ms: 100 })));\nreturn [all.length, Date.now() - started >= 380];",
    { result: [8, true] },
  ),
  reaches(
    "callsPendingMax",
    { callsPendingMax: 10 },
    "await Promise.all(Array.from({ length: 12 }, () => kit.slow({ ms: 50 })));",
    {
      status: /^(killed|failed)$/,
      error: { code: "callsPendingMax", message: /10/ },
      warnings: /^\["open_call"|^\[\]$/,
    },
  ),
  reaches(
    "timersMax",
    {},
    "for (let n = 0; n < 10_001; n += 1) setTimeout(() => {}, 60_000);\nawait new Promise(() => {});",
    killed("timersMax", /10000/),
  ),
  reaches(
    "sendBytesPerSecond",
    { sendBytesPerSecond: 1_024 },
    "const codes: string[] = [];\nfor (let n = 0; n < 2; n += 1) await kit.echo({ text: 'x'.repeat(50_000) }).then(() => codes.push('made'), (error) => codes.push(error.code));\nreturn codes;",
    { result: ["made", "sendBytesPerSecond"] },
  ),
  reaches(
    "writeBytesPerSecond",
    { writeBytesPerSecond: 1_024 },
    write('await fs.promises.writeFile("./workspace/rate", "x".repeat(100_000));'),
    said("EDQUOT", "writeBytesPerSecond \\(1024\\)"),
  ),
  reaches(
    "fileBytesMax",
    { fileBytesMax: 1_000 },
    write('await fs.promises.appendFile("./workspace/grows", "x".repeat(100));'),
    said("EFBIG", "1000"),
  ),
  reaches(
    "workspaceBytesMax",
    { workspaceBytesMax: 2_000_000 },
    write('fs.writeFileSync(`./workspace/fills${n}`, "x".repeat(100_000));'),
    said("EDQUOT", "workspaceBytesMax"),
  ),
  reaches(
    "workspaceFilesMax",
    { workspaceFilesMax: 40 },
    write("fs.mkdirSync(`./workspace/many/${n}`, { recursive: true });"),
    said("EDQUOT", "workspaceFilesMax"),
  ),
  reaches(
    "nameBytesMax",
    {},
    write('await fs.promises.writeFile("./workspace/" + "é".repeat(128), "x");'),
    said("ENAMETOOLONG"),
  ),
  reaches(
    "pathDepthMax",
    {},
    write('await fs.promises.readFile("./workspace/" + "a/".repeat(40) + "b");'),
    said("ENAMETOOLONG"),
  ),
  reaches("codeBytesMax", {}, `return 1;\n// ${"x".repeat(1_100_000)}`, {
    ...failed("codeBytesMax", /262144/),
    printed: /^$/,
  }),
  reaches("the depth of code", {}, `return ${"(".repeat(60_000)}1${")".repeat(60_000)};`, {
    ...failed("syntax_error", /./),
    printed: /^$/,
  }),
  reaches("previewBytes: what is longer is a file, and previewed", {}, "return 'x'.repeat(50_000);", {
    result: /^\[text of 50000 characters.*\.spill.*\]\nx{500,8192}/,
  }),
  reaches("errorMessageBytesMax", {}, "throw new Error('x'.repeat(100_000));", {
    error: { code: "program_error", message: /^(?=[\s\S]{1000,8400}$)/ },
  }),
  {
    ...reaches(
      "networkRequestsMax",
      { network: { requestsMax: 0 } },
      "return await fetch('https://allowed.example/').catch((error) => error.code);",
      { result: "networkRequestsMax" },
    ),
    sandbox: ALLOWED,
  },
];
