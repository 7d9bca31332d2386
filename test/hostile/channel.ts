import { any, ended, held, type HostileClass } from "./program.ts";

/** A frame instead of the next one that the runner sends: every object it sends passes a toJSON. */
const forge = (frame: string, kind = "call"): string =>
  `let forged = false; Object.defineProperty(Object.prototype, "toJSON", { configurable: true, value() { if (!forged && this.kind === ${JSON.stringify(kind)}) { forged = true; return (${frame}); } return this; } });
callTool("zoo.echo", {}).catch(() => 0); await new Promise((done) => setTimeout(done, 30));`;

/** At the one channel: frames that are forged, sent twice, caught or torn. What they can do is what a program can do. */
export const channel: HostileClass = {
  "a result in place of a call": ended(forge(`{ kind: "result", value: "forged", status: "denied" }`), "completed"),
  "a call of a tool that is not granted": any(
    forge(`{ kind: "call", id: 1, op: "tool", args: { tool: "zoo.delete", arguments: {} } }`),
  ),
  "an operation that is none": ended(
    forge(`{ kind: "call", id: 1, op: "exec", args: { command: "id" } }`),
    "guest_crashed",
  ),
  "an operation of Object.prototype": ended(
    forge(`{ kind: "call", id: 1, op: "constructor", args: {} }`),
    "guest_crashed",
  ),
  "a kind that is none": ended(forge(`{ kind: "grant", tools: ["*"] }`), "guest_crashed"),
  "a start frame": ended(forge(`{ kind: "start", limits: { cpuMs: 1e9 } }`), "guest_crashed"),
  "a ready of its own": any(forge(`{ kind: "ready" }`)),
  "an id that is an object": ended(
    forge(`{ kind: "call", id: { valueOf: 1 }, op: "tool", args: {} }`),
    "guest_crashed",
  ),
  "a file act that is none": any(
    forge(`{ kind: "call", id: 1, op: "file", args: { act: "chmod", path: "./workspace/x" } }`),
  ),
  "a file act with a path that is a list": any(
    forge(`{ kind: "call", id: 1, op: "file", args: { act: "readFile", path: ["%FILE%"] } }`),
  ),
  "a link made by a file act": any(
    forge(`{ kind: "call", id: 1, op: "file", args: { act: "symlink", path: "./workspace/l", to: "%FILE%" } }`),
  ),
  "a rename out of the workspace": any(
    forge(`{ kind: "call", id: 1, op: "file", args: { act: "rename", path: "./workspace/poison", to: "%DROP%" } }`),
  ),
  "a copy into the workspace": any(
    forge(`{ kind: "call", id: 1, op: "file", args: { act: "copyFile", path: "%FILE%", to: "./workspace/stolen" } }`),
  ),
  "an import of a file": any(forge(`{ kind: "call", id: 1, op: "import", args: { specifier: "file://%FILE%" } }`)),
  "a description of a path": any(forge(`{ kind: "call", id: 1, op: "describe", args: { tool: "../../%FILE%" } }`)),
  "a search without bounds": any(
    forge(
      `{ kind: "call", id: 1, op: "search", args: { query: { toString: 1 }, limit: 1e9, detail: "__proto__", server: {} } }`,
    ),
  ),
  "progress that is an object": any(
    forge(`{ kind: "call", id: 1, op: "progress", args: { done: {}, total: [], note: "\\u001b[2J".repeat(1000) } }`),
  ),
  "the rest of another's response": any(forge(`{ kind: "call", id: 1, op: "fetchRest", args: { id: 1 } }`)),
  "a log of a stream that is none": any(forge(`{ kind: "log", stream: "host", text: "x" }`)),
  "an error that says what it likes": any(
    `Object.defineProperty(Object.prototype, "toJSON", { configurable: true, value() { return this.kind === "result" ? { kind: "result", error: { name: "Error", message: "m", code: "cancelled", toolError: true, tool: "%FILE%", stack: "program.ts:1:1" } } : this; } }); return 1;`,
  ),
  "a result that claims calls": any(
    `Object.defineProperty(Object.prototype, "toJSON", { configurable: true, value() { return this.kind === "result" ? { ...this, calls: { done: 1e9 }, toolCalls: 1e9, unawaited: Array(1e5).fill({ tool: "x" }), changes: Array(1e5).fill("y"), timers: 1e300 } : this; } }); return "held";`,
  ),
  "a frame over the bound": ended(
    `await callTool("zoo.echo", { x: "x".repeat(8e7) });`,
    "program_error",
    "arguments_invalid",
    "memoryMb",
    "frameBytesMax",
    "cpuMs",
    "timeoutMs",
  ),
  "a log over the bound": any(`console.log("x".repeat(5e7)); return "held";`),
  "the channel's buffer by subarray": held(
    `const proto = Object.getPrototypeOf(Uint8Array.prototype); const { subarray } = proto; const seen = []; proto.subarray = function (...args) { seen.push(this); return subarray.apply(this, args); };
await callTool("zoo.echo", { a: 1 }).catch(() => 0); proto.subarray = subarray; const text = seen.map((b) => new TextDecoder().decode(b)).join(""); console.log(text.slice(0, 3000));`,
  ),
  "reading in the runner's place": any(
    `const proto = Object.getPrototypeOf(Uint8Array.prototype); const { subarray } = proto; proto.subarray = function (...args) { return args.length === 1 && this.length === 65536 ? new Uint8Array(0) : subarray.apply(this, args); }; await callTool("zoo.echo", {}); return "held";`,
  ),
  "a reply forged into the inbox": any(
    `const { shift } = Array.prototype; let n = 0; Array.prototype.shift = function () { if (this.length === 0 && n++ < 50) return { kind: "reply", id: n, value: "forged", t: 1e15 }; return shift.call(this); }; const value = await callTool("zoo.echo", { a: 1 }).catch(() => 0); Array.prototype.shift = shift; return "held";`,
  ),
  "a clock set by a forged reply": any(
    `const { shift } = Array.prototype; let once = false; Array.prototype.shift = function () { if (!once && this.length === 0) { once = true; return { kind: "none", t: Number.MAX_SAFE_INTEGER }; } return shift.call(this); }; await callTool("zoo.echo", {}).catch(() => 0); return "held";`,
  ),
  "stdout by a name": held(
    `for (const path of ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "/proc/self/fd/0"]) await fs.promises.writeFile(path, "x").then(() => { throw "LANDED"; }, () => 0);`,
  ),
  "console with its functions replaced": held(
    `try { console.log = () => "LANDED"; } catch {} if (console.log("x") === "LANDED") return "LANDED";`,
  ),
  "console of objects that lie": held(
    `console.log(new Proxy({}, { ownKeys() { throw 1; }, get() { throw 2; }, getPrototypeOf() { throw 3; } })); console.log({ toString: null, [Symbol.toPrimitive]: 1 }); console.table(new Proxy([], { get() { throw 1; } }));`,
  ),
  "console.log with 100,000 directives": held(`console.log("%s".repeat(100000), ...Array(1000).fill("x"));`),
};
