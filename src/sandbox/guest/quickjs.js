// The driver of the engine "quickjs": one QuickJS in WebAssembly, in one Node process. The runner and the program run
// inside; outside are the functions below, which are all that the inside can reach. They take and give texts, numbers
// and bytes, call nothing of the guest's but its own listener, and keep no object of it.

import { createHash } from "node:crypto";
import { readFileSync, readSync, writeSync } from "node:fs";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { callIntl } from "./intl-calls.js";

const [guestFolder = "", packageFolder = "", preludeFile = "", memoryMb = "0"] = process.argv.slice(2);
/** Of the 1 MiB in the binary: C frames need far more of V8's own stack than of this one (see `--stack-size`). */
const STACK_BYTES = 262_144;
const MEMORY_BYTES = Number(memoryMb) * 1024 * 1024;
const MODULE = 1;
const HEADER_BYTES = 4;
const DIGESTS = new Map([
  ["SHA-1", "sha1"],
  ["SHA-256", "sha256"],
  ["SHA-384", "sha384"],
  ["SHA-512", "sha512"],
]);

/** @type {any} */
const { QuickJS } = await import(pathToFileURL(join(packageFolder, "dist/index.js")).href);
/** @param {string} name */
const extension = (name) => ({ name, wasm: readFileSync(join(packageFolder, "extensions", name, `${name}.so`)) });

/** Closed when the runner has started: from then on there is no other module. */
let isSealed = false;
/** @type {any} */
let rejectionListener;
/** What was rejected, or handled after all, since the last turn. @type {{ promise: any, reason: any, isHandled: boolean }[]} */
const rejections = [];
/** What the last host function gave is held until the next one: the package does not free it. @type {any} */
let given;

/** @type {any} */
const vm = await QuickJS.create({
  wasm: readFileSync(join(packageFolder, "quickjs.wasm")),
  // The library's own deep clone has no guard against deep values: the prelude has one that does.
  extensions: [extension("encoding"), extension("url")],
  memoryLimit: MEMORY_BYTES,
  maxStackSize: STACK_BYTES,
  timezoneOffset: 0,
  // Neither the time nor chance of the machine comes in.
  wasi: (/** @type {WebAssembly.Memory} */ memory) => ({
    /** @param {number} _id @param {bigint} _precision @param {number} at */
    clock_time_get(_id, _precision, at) {
      new DataView(memory.buffer).setBigUint64(at, 0n, true);
      return 0;
    },
    /** @param {number} at @param {number} length */
    random_get(at, length) {
      new Uint8Array(memory.buffer, at, length).fill(0x5a);
      return 0;
    },
    fd_write: () => 8,
  }),
  onUnhandledRejection(/** @type {any} */ promise, /** @type {any} */ reason, /** @type {boolean} */ isHandled) {
    // Told at the end of the turn: here the guest may be so deep that no function of its can be called.
    rejections.push({ promise: promise.dup(), reason: reason.dup(), isHandled });
  },
  moduleLoader: {
    /** @param {string} _from @param {string} specifier */
    normalize: (_from, specifier) => specifier,
    /** @param {string} specifier */
    load(specifier) {
      // A text, not an Error: the stack of one would show the guest paths of this machine.
      if (isSealed) throw `Cannot import "${specifier}"`;
      return readFileSync(specifier === "prelude" ? preludeFile : join(guestFolder, basename(specifier)), "utf8");
    },
  },
});

// All the memory that the guest may ever have is asked for here and given back to its allocator: untouched it costs
// nothing. Growing later, piece by piece, would make V8 clear up at every piece past 64 MB, eight times the work.
vm.exports?.wasm_free?.(vm.exports.wasm_malloc?.(MEMORY_BYTES) ?? 0);

/** @param {Uint8Array} bytes @returns {boolean} false when the host has gone */
function readFully(bytes) {
  let filled = 0;
  while (filled < bytes.length) {
    let read;
    try {
      read = readSync(0, bytes, filled, bytes.length - filled, null);
    } catch (error) {
      if (!isBusy(error)) return false;
      continue;
    }
    if (read === 0) return false;
    filled += read;
  }
  return true;
}

const pause = new Int32Array(new SharedArrayBuffer(4));

/** Whether the pipe only has no room or no bytes yet; waits a little if so. @param {any} error */
function isBusy(error) {
  if (error?.code !== "EAGAIN") return false;
  Atomics.wait(pause, 0, 0, 1);
  return true;
}

// Of an error of the engine, Node would print the whole machine.
process.on("uncaughtException", (error) => {
  writeSync(2, `${error?.name}: ${error?.message}\n`);
  process.exit(1);
});

const header = Buffer.alloc(HEADER_BYTES);

/** @type {Record<string, (...args: any[]) => any>} */
const hostFunctions = {
  /** The next frame's text; nothing when the host has gone. */
  receive() {
    if (!readFully(header)) return vm.undefined;
    const body = Buffer.allocUnsafe(header.readUInt32LE(0));
    return readFully(body) ? vm.newString(body.toString("utf8")) : vm.undefined;
  },
  /** The next frame's bytes. */
  receiveBytes() {
    if (!readFully(header)) return vm.undefined;
    const body = Buffer.allocUnsafeSlow(header.readUInt32LE(0));
    return readFully(body) ? vm.newUint8Array(body) : vm.undefined;
  },
  /** Sends a frame's text; its size if that is over the bound, and then it is not sent. */
  send(text, bytesMax) {
    const body = Buffer.from(toText(text), "utf8");
    if (body.length > bytesMax.toNumber()) return vm.newNumber(body.length);
    const frame = Buffer.allocUnsafe(HEADER_BYTES + body.length);
    frame.writeUInt32LE(body.length, 0);
    body.copy(frame, HEADER_BYTES);
    for (let written = 0; written < frame.length;) {
      try {
        written += writeSync(1, frame, written);
      } catch (error) {
        if (!isBusy(error)) return process.exit(0);
      }
    }
    return vm.newNumber(0);
  },
  /** Begins to evaluate a module; the promise of its namespace, or a text that says why not. */
  load(code, name) {
    try {
      return vm.evalCode(toText(code), toText(name), MODULE);
    } catch (error) {
      return vm.newString(error instanceof Error ? error.message : String(error));
    }
  },
  digest(algorithm, bytes) {
    const name = DIGESTS.get(toText(algorithm));
    if (name === undefined) throw "Unknown digest";
    return vm.newUint8Array(createHash(name).update(bytes.toUint8Array()).digest());
  },
  intl: (request) => vm.newString(callIntl(toText(request))),
  onRejection(listener) {
    rejectionListener = listener.dup();
    return vm.undefined;
  },
  /** @param {any} reason */
  exit(reason) {
    if (reason?.isString) writeSync(2, `${toText(reason).slice(0, 1_000)}\n`);
    process.exit(reason?.isString ? 1 : 0);
  },
};

/** A text of the guest's: converting anything else would run code of it. @param {any} handle @returns {string} */
function toText(handle) {
  if (handle?.isString !== true) throw "A text was expected";
  return handle.toString();
}

const functions = vm.newObject();
for (const [name, call] of Object.entries(hostFunctions)) {
  const handle = vm.newFunction(name, (/** @type {any[]} */ ...args) => {
    given?.dispose();
    given = undefined;
    try {
      const result = call(...args);
      if (result !== vm.undefined) given = result;
      return result;
    } catch (error) {
      throw error instanceof Error ? error.message : error;
    }
  });
  vm.setProp(functions, name, handle);
  handle.dispose();
}
vm.setProp(vm.global, "sluiceHost", functions);
functions.dispose();

/** Evaluates a module to its end. @param {string} specifier */
function evaluate(specifier) {
  return vm.evalCode(`import * as all from "${specifier}"; globalThis.sluiceModule = all;`, "start.js", MODULE);
}

evaluate("prelude").dispose();
vm.executePendingJobs();
evaluate("quickjs-platform.js").dispose();
vm.executePendingJobs();
const platform = vm.global.getProp("sluiceModule");
const run = platform.getProp("start");
const turn = platform.getProp("turn");
isSealed = true;
/** Runs every microtask, and tells which promises were rejected meanwhile. */
function drain() {
  vm.executePendingJobs();
  for (const { promise, reason, isHandled } of rejections.splice(0)) {
    vm.callFunction(rejectionListener, vm.undefined, promise, reason, isHandled ? vm.true : vm.false).dispose();
    promise.dispose();
    reason.dispose();
  }
}

// From here on the guest is blocked in `receive`, or a program runs.
vm.callFunction(run, vm.undefined).dispose();
do {
  drain();
} while (vm.callFunction(turn, vm.undefined).consume((/** @type {any} */ more) => more.toBoolean()));
//# sourceURL=sluice:guest/quickjs.js
