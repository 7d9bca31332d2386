import { any, held, type HostileClass, refused } from "./program.ts";

const NO_PATH = `const say = (text) => { if (/file:|runner|host-calls|sandbox\\/|node_modules|\\bext:|quickjs|deno/.test(String(text))) throw "LANDED " + text; };`;

/** While a stack is formatted, the engine formats others by itself, the runner's and its own frames too: these have no place on the machine. */
const NO_PLACE = `const seen = []; const look = (error) => { try { if (seen.length < 50) seen.push(String(error.stack)); } catch {} }; const tell = () => { const text = seen.join("\\n"); if (/file:|\\/(?:home|root|tmp|work|usr|var|opt|src|dist)\\//.test(text)) throw "LANDED " + text; return seen.length > 0 ? "held" : "nothing was seen"; };`;

/** Frames and errors of the runner and the engine: neither objects nor places of them may be seen. */
export const stackTraces: HostileClass = {
  "prepareStackTrace assigned": refused(`"use strict"; Error.prepareStackTrace = (_, sites) => sites;`),
  "prepareStackTrace defined": refused(
    `Object.defineProperty(Error, "prepareStackTrace", { value: (_, sites) => sites })`,
  ),
  "prepareStackTrace deleted": refused(`delete Error.prepareStackTrace`),
  "another Error in its place": refused(`globalThis.Error = { prepareStackTrace: (_, sites) => sites }`),
  "another Error defined in its place": refused(
    `Object.defineProperty(globalThis, "Error", { value: { prepareStackTrace: (_, sites) => sites } })`,
  ),
  "prepareStackTrace on other classes": held(
    `for (const kind of [TypeError, RangeError, ToolError, DOMException, AggregateError, Object, Function]) { try { kind.prepareStackTrace = (_, sites) => sites; } catch {} try { null.x; } catch (error) { if (typeof error.stack !== "string") return "LANDED"; } }`,
  ),
  "prepareStackTrace on Object.prototype": held(
    `try { Object.prototype.prepareStackTrace = (_, sites) => sites; } catch {} const { stack } = new (class extends Error {})("x"); if (typeof stack !== "string") return "LANDED";`,
  ),
  "captureStackTrace on an object": held(
    `${NO_PATH} const at = {}; Error.captureStackTrace?.(at); say(at.stack); if (at.stack !== undefined && typeof at.stack !== "string") return "LANDED";`,
  ),
  "captureStackTrace on a proxy": held(
    `const at = new Proxy({}, { defineProperty: (_, key, { value, get }) => { globalThis.got = value ?? get; return true; } }); try { Error.captureStackTrace?.(at); } catch {} if (Array.isArray(globalThis.got)) return "LANDED";`,
  ),
  "an endless stackTraceLimit": held(
    `${NO_PATH} try { Error.stackTraceLimit = Infinity; } catch {} say(new Error().stack); await Promise.resolve().then(() => say(new Error().stack));`,
  ),
  "a stackTraceLimit with a getter": held(
    `try { Object.defineProperty(Error, "stackTraceLimit", { get: () => 1e9 }); } catch {} new Error().stack;`,
  ),
  "the stack of a refused tool call": held(
    `${NO_PATH} await callTool("zoo.nothere", {}).catch((error) => say(error.stack + JSON.stringify(Object.getOwnPropertyDescriptors(error))));`,
  ),
  "the stack of a refused file": held(
    `${NO_PATH} await fs.promises.readFile("/etc/passwd").catch((error) => say(error.stack + error.message)); try { fs.readFileSync("../x"); } catch (error) { say(error.stack); }`,
  ),
  "the stack of a refused fetch": held(
    `${NO_PATH} await fetch("http://127.0.0.1:%PORT%/").catch((error) => say(error.stack + String(error.cause)));`,
  ),
  "the stack of a refused import": held(`${NO_PATH} await import("node:vm").catch((error) => say(error.stack));`),
  "the stack of an engine's own refusals": held(
    `${NO_PATH} for (const act of [() => new URL("x"), () => structuredClone(() => 0), () => new TextDecoder("no"), () => atob("%"), () => crypto.getRandomValues({}), () => Buffer.from(1), () => new AbortController().signal.throwIfAborted.call({}), () => decodeURIComponent("%"), () => new Intl.NumberFormat("en", { style: "x" }), () => new RegExp("["), () => JSON.parse("{"), () => new Array(-1), () => "x".repeat(1e10)]) { try { act(); } catch (error) { say(error.stack); say(error.message); } }`,
  ),
  "the text of the runner's functions": held(
    `for (const f of [callTool, fetch, setTimeout, console.log, fs.promises.readFile, crypto.randomUUID, sluice.searchTools]) if (/\\/(home|root|tmp|work)\\//.test(Function.prototype.toString.call(f))) return "LANDED";`,
  ),
  "a cause that is the runner's": held(
    `${NO_PATH} const error = await callTool("zoo.fails", {}).catch((e) => e); for (let at = error; at; at = at.cause) say(at.stack);`,
  ),
  "an error that throws while it is shown": {
    code: `throw Object.defineProperty(new Error("x"), "stack", { get() { throw this; } })`,
    ends: ["program_error"],
  },
  "a stack read while another is formatted": {
    code: `${NO_PLACE} const outer = new Error("x"); Object.defineProperty(outer, "message", { get() { look(new Error("in")); return "m"; } }); look(outer); return tell();`,
    ends: "held",
  },
  "a name that reads its own stack": {
    code: `${NO_PLACE} class Own extends Error { get name() { look(this); return "Q"; } } look(new Own("x")); return tell();`,
    ends: "held",
  },
  "a name of all errors that reads their stacks": {
    code: `${NO_PLACE} Object.defineProperty(Error.prototype, "name", { get() { look(this); return "Q"; } }); for (const act of [() => callTool("zoo.nothere", {}), () => fs.promises.readFile("./nothere"), () => fetch("http://127.0.0.1:%PORT%/"), () => import("node:vm"), async () => new URL("x"), async () => structuredClone(() => 0)]) await act().catch(look); return tell();`,
    ends: "held",
  },
  "stacks in timers, microtasks and callbacks of the engine": {
    code: `${NO_PLACE} class Own extends Error { get name() { look(this); return "Q"; } } const act = () => look(new Own("x")); await Promise.resolve().then(act); await new Promise((resolve) => setTimeout(() => { act(); resolve(); }, 1)); [2, 1].sort(() => { act(); return 0; }); JSON.stringify({ toJSON: act }); console.log({ get x() { act(); return 1; } }); "ab".replace(/a/, () => { act(); return ""; }); return tell();`,
    ends: "held",
  },
  "stacks read at the end of the stack": {
    code: `${NO_PLACE} const deep = () => { const own = new RangeError("d"); try { deep(); } catch (error) { look(error); } look(own); }; deep(); return tell();`,
    ends: "held",
  },
  "an overflow that leaves a frame of the runner": any(
    `${NO_PATH} const f = () => f() + 1; try { f(); } catch (e) { say(e.stack); } const g = () => { callTool("zoo.echo", {}).catch(() => 0); g(); }; try { g(); } catch (e) { say(e.stack); }`,
  ),
};
