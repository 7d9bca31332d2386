// The guest runner: runs one program between a start frame and a result frame. It is plain JavaScript without
// dependencies and knows no engine; the engine's own file hands it the platform.
//
// Turns: exactly one frame is handled at a time, and the microtasks it caused are drained before the next frame is read.
// With one clock, timers as host calls and seeded randomness, what a program does is a function of the frames.

import { createChannel } from "./channel.js";
import { createFetch } from "./fetch.js";
import { createConsole } from "./console.js";
import { createFiles, createPath } from "./files.js";
import { toJsonValue, toText } from "./format.js";
import { installGlobals, refusedEval } from "./globals.js";
import { createHostCalls } from "./host-calls.js";
import { installStackTraces, LoadError, toLoadError } from "./stack.js";
import { createTools, toGuestError, ToolError } from "./tools.js";
import { createClock, createCrypto, createDate, createRandom, createTimers, patchTime } from "./world.js";
import { createSluiceModule } from "./sluice-module.js";

const NEVER_SETTLES =
  "The program waits for a promise that nothing will settle: no tool call, file, or timer is left that could wake it";

/** How a program ended. @typedef {{ value?: unknown, error?: unknown, thrown?: boolean, code?: string | undefined }} Settled */

/**
 * What an engine hands to the runner.
 * @typedef {(import("./channel.js").ByteStream | import("./channel.js").TextStream) & PlatformPart} Platform
 */

/**
 * @typedef {object} PlatformPart
 * @property {(turn: () => void) => void} later Calls it in a later macrotask, when all microtasks have run.
 * @property {() => void} [drain] Runs all microtasks now, where the engine can: a turn less to wait for.
 * @property {(code: string) => { url: string, main: Function } | Promise<{ url: string, main: Function }>} load Loads one linked module.
 * @property {(algorithm: string, bytes: Uint8Array) => Uint8Array} digest
 * @property {(listener: (promise: Promise<unknown>, reason: unknown) => void) => void} onUnhandledRejection
 * @property {(listener: (promise: Promise<unknown>) => void) => void} onRejectionHandled
 * @property {() => never} exit
 * @property {import("./stack.js").ErrorDialect} [errors] Where the engine tells errors in another way than V8.
 */

/**
 * Runs until the host goes away.
 * @param {Platform} platform
 */
export function run(platform) {
  const channel = createChannel(platform);
  const clock = createClock();
  const host = createHostCalls(channel, toGuestError, clock.set);
  const random = createRandom();
  const timers = createTimers(host, clock);
  const tools = createTools(host);
  const { fs, promises } = createFiles(host, true);
  const path = createPath();
  /** @type {Map<string, import("./stack.js").StackModule>} */
  const stackModules = new Map();
  /** Rejections that nobody has handled so far. @type {Map<Promise<unknown>, unknown>} */
  const rejections = new Map();
  let logBytesLeft = 0;
  let logEntriesLeft = 0;
  let isLogFull = false;
  /** Modules whose import is under way. */
  let loading = 0;

  /** @param {"stdout" | "stderr"} stream @param {string} text */
  function log(stream, text) {
    if (isLogFull) return;
    // One piece past a bound is sent, cut, so that the host sees that there was more.
    const room = logEntriesLeft > 0 ? logBytesLeft : 0;
    isLogFull = logEntriesLeft === 0 || text.length > room;
    channel.send({ kind: "log", stream, text: isLogFull ? text.slice(0, room) : text, cut: isLogFull });
    logEntriesLeft -= 1;
    logBytesLeft -= text.length;
  }

  const sluice = createSluiceModule(host, tools);
  const client = Object.freeze({ callTool: tools.callTool, callMCPTool: tools.callTool });
  const builtins = new Map(
    Object.entries({ fs, "fs/promises": promises, path, sluice, client, buffer: Object.freeze({ Buffer }) }),
  );

  patchTime(clock, timers);
  Math.random = random.float;
  for (const name of ["createObjectURL", "revokeObjectURL"]) Reflect.deleteProperty(URL, name);
  const own = {
    Date: createDate(clock),
    ToolError,
    callTool: tools.callTool,
    clearInterval: timers.clearInterval,
    clearTimeout: timers.clearTimeout,
    console: createConsole(log, () => isLogFull, clock.now),
    crypto: createCrypto(random, platform.digest),
    eval: refusedEval,
    fetch: createFetch(host),
    fs,
    path,
    performance: Object.freeze({
      now: () => clock.now() - clock.origin(),
      get timeOrigin() {
        return clock.origin();
      },
    }),
    queueMicrotask: timers.queueMicrotask,
    servers: {},
    setInterval: timers.setInterval,
    setTimeout: timers.setTimeout,
    sluice,
  };
  installGlobals(own);
  installStackTraces(stackModules, platform.errors);
  platform.onUnhandledRejection((promise, reason) => rejections.set(promise, reason));
  platform.onRejectionHandled((promise) => rejections.delete(promise));

  channel.send({ kind: "ready" });
  wait();

  /** Waits for the next program. */
  function wait() {
    for (;;) {
      const frame = host.nextFrame();
      if (frame === undefined) return platform.exit();
      if (frame.kind === "start") return begin(frame);
    }
  }

  /** @param {any} frame */
  function begin(frame) {
    host.reset(frame.limits.callsInFlightMax, frame.limits.callsPendingMax);
    channel.bound(frame.limits.frameBytesMax);
    timers.reset();
    rejections.clear();
    stackModules.clear();
    clock.start(frame.t);
    random.seed(frame.seed);
    logBytesLeft = frame.limits.logBytesMax;
    logEntriesLeft = frame.limits.logEntriesMax;
    isLogFull = false;

    const byIdentifier = tools.define(frame.servers);
    /** @type {any} */ (globalThis).servers = byIdentifier;
    for (const server of frame.servers) {
      if (server.global)
        Object.defineProperty(globalThis, server.identifier, {
          value: tools.server(server.key),
          writable: true,
          configurable: true,
          enumerable: false,
        });
    }

    /** @type {Settled | undefined} */
    let settled;
    /** Calls that were open when the program had ended. @type {ReturnType<typeof host.openTools> | undefined} */
    let unawaited;
    runModules(frame.modules).then(
      (value) => (settled = { value }),
      (error) => (settled = { error, thrown: true }),
    );
    turn();

    /** Turn after turn: microtasks first, then one frame. */
    function turn() {
      for (;;) {
        if (platform.drain === undefined) return platform.later(afterTurn);
        platform.drain();
        // The engine may load a module on its own events, before any code of the program runs.
        if (loading > 0) return platform.later(turn);
        if (!advance()) return;
      }
    }

    function afterTurn() {
      if (loading > 0 || advance()) turn();
    }

    /** Handles one frame; false when the program has ended. */
    function advance() {
      if (settled !== undefined) {
        // Calls that were made and not awaited: their effects happen, so the program waits for them.
        const open = host.openTools();
        unawaited ??= open;
        if (open.length === 0 && !host.isActing()) return end();
      } else if (host.pending() === 0) {
        settled = { error: new Error(NEVER_SETTLES), thrown: true, code: "never_settles" };
        return end();
      }
      const next = host.nextFrame();
      if (next === undefined) return platform.exit();
      if (next.kind !== "reply") return true;
      try {
        host.settle(next);
      } catch (error) {
        // A timer's callback threw: as in every JavaScript engine, nobody can catch it.
        settled = { error, thrown: true };
        return end();
      }
      return true;
    }

    function end() {
      // A macrotask later the engine has told of every rejection that nobody handled.
      platform.later(() => {
        // Getters and `toJSON` of the result still see the program's names.
        finish(settled, unawaited ?? []);
        for (const server of frame.servers) if (server.global) Reflect.deleteProperty(globalThis, server.identifier);
        wait();
      });
      return false;
    }
  }

  /** @param {any[]} modules in dependency order; the last is the program */
  async function runModules(modules) {
    /** @type {Record<string, any>[]} */
    const namespaces = [];
    const mains = [];
    loading += 1;
    try {
      for (const module of modules) {
        const { url, main } = await loadModule(module);
        stackModules.set(url, {
          name: module.name,
          mappings: module.mappings,
          prefix: module.prefix,
          ...(platform.errors !== undefined ? { code: module.code } : {}),
        });
        mains.push(main);
      }
    } finally {
      loading -= 1;
    }
    let value;
    for (const [index, module] of modules.entries()) {
      /** @type {Record<string, any>} */
      const exports = {};
      namespaces.push(exports);
      /** @param {any} spec */
      const resolve = (spec) => resolveImport(spec, namespaces);
      value = await mains[index]({
        m: module.imports.map(resolve),
        /** @param {Record<string, () => unknown>} getters */
        x(getters) {
          for (const [name, get] of Object.entries(getters))
            Object.defineProperty(exports, name, { get, enumerable: true, configurable: true });
        },
        e: exports,
        /** @param {unknown} specifier */
        import: async (specifier) => importAtRunTime(String(specifier)),
        /** @param {unknown} specifier */
        require: (specifier) => {
          const found = host.callSync("import", { specifier: String(specifier) });
          return resolveImport(found, []);
        },
        meta: Object.freeze({
          url: `file:///${module.name}`,
          filename: `/${module.name}`,
          dirname: "/",
          main: index === modules.length - 1,
        }),
      });
      if (index === modules.length - 1) {
        if (value === undefined && "default" in exports) value = exports.default;
        if (typeof value === "function" && (module.callsResult || "default" in exports)) value = value();
        return await value;
      }
    }
    return undefined;
  }

  /** @param {any} module */
  async function loadModule(module) {
    try {
      return await platform.load(module.code);
    } catch (error) {
      throw toLoadError(error, module);
    }
  }

  /** @param {any} spec @param {Record<string, any>[]} namespaces @returns {any} */
  function resolveImport(spec, namespaces) {
    switch (spec.kind) {
      case "module":
        return namespaces[spec.index];
      case "server":
        return spec.server === undefined ? tools.server(spec.key) : tools.add(spec.server);
      case "tool": {
        const server = spec.server === undefined ? tools.server(spec.key) : tools.add(spec.server);
        return Object.freeze({ [spec.name]: server?.[spec.name], default: server?.[spec.name] });
      }
      case "servers":
        return /** @type {any} */ (globalThis).servers;
      default:
        return builtins.get(spec.name);
    }
  }

  /** @param {string} specifier */
  async function importAtRunTime(specifier) {
    const module = resolveImport(await host.call("import", { specifier }, new Error()), []);
    return "default" in module ? module : Object.freeze({ ...module, default: module });
  }

  /** @param {any} settled @param {{ tool: string, stack: string }[]} unawaited */
  function finish(settled, unawaited) {
    const [rejection] = rejections.values();
    const failed = settled.thrown === true || rejections.size > 0;
    /** @type {any} */
    const frame = {
      kind: "result",
      timers: timers.open(),
      unawaited: unawaited.slice(0, 20).map(({ tool, stack }) => ({ tool, stack })),
    };
    if (failed) {
      frame.error = toErrorFrame(settled.thrown === true ? settled.error : rejection, settled.code);
      frame.unhandled = settled.thrown !== true;
    } else {
      try {
        const { value, changes } = toJsonValue(settled.value);
        if (value !== undefined) frame.value = value;
        frame.changes = changes;
      } catch (error) {
        frame.error = toErrorFrame(error, undefined);
      }
    }
    try {
      channel.send(frame);
    } catch (error) {
      channel.send({
        kind: "result",
        timers: 0,
        unawaited: [],
        error: { name: "RangeError", message: toText(error), code: "resultBytesMax" },
      });
    }
  }
}

/**
 * What was thrown, as the result frame tells it; total, whatever its getters do.
 * @param {any} error
 * @param {string | undefined} code
 */
function toErrorFrame(error, code) {
  try {
    if (!(error instanceof Error))
      return { name: "Error", message: `The program threw ${toText(error)}`, stack: "", code };
    const own = /** @type {any} */ (error);
    const { cause } = own;
    const inner =
      error instanceof AggregateError
        ? error.errors
            .slice(0, 5)
            .map((one) => `\n- ${toText(one).split("\n")[0]}`)
            .join("")
        : "";
    const causedBy =
      inner + (cause === undefined ? "" : `\ncaused by: ${cause instanceof Error ? String(cause) : toText(cause)}`);
    return {
      name: String(error.name),
      message: String(error.message) + causedBy,
      stack: String(error.stack ?? ""),
      code: code ?? (own instanceof LoadError ? "syntax_error" : toTextOnly(own.code)),
      tool: own instanceof ToolError ? toTextOnly(own.tool) : undefined,
      hint: toTextOnly(own.hint),
      toolError: own instanceof ToolError,
    };
  } catch {
    return { name: "Error", message: "The program threw an error that cannot be shown", stack: "", code };
  }
}

/** @param {unknown} value */
function toTextOnly(value) {
  return typeof value === "string" ? value : undefined;
}
//# sourceURL=sluice:guest/runner.js
