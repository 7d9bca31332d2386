// The platform of the runner inside QuickJS. What the driver gave is taken here, before the runner deletes the globals
// it came from.

import { refuseCode } from "./globals.js";
import * as errors from "./quickjs-errors.js";
import { run } from "./runner.js";

const host = /** @type {any} */ (globalThis).sluiceHost;
const { RangeError, SyntaxError } = globalThis;

/** @type {(() => void) | undefined} */
let wake;
let loaded = 0;
/** @type {(promise: Promise<unknown>, reason: unknown) => void} */
let onUnhandled = () => undefined;
/** @type {(promise: Promise<unknown>) => void} */
let onHandled = () => undefined;

/** @type {import("./runner.js").Platform} */
const platform = {
  receiveText: host.receive,
  receiveBytes: host.receiveBytes,
  sendText(text, bytesMax) {
    if (isOutOfMemory(text)) host.exit("out of memory");
    const tooLarge = host.send(text, bytesMax);
    if (tooLarge > 0) throw new RangeError(`A frame of ${tooLarge} bytes is over frameBytesMax (${bytesMax})`);
  },
  later: (turn) => void (wake = turn),
  async load(code) {
    loaded += 1;
    const url = `program:${loaded}`;
    const module = await host.load(code, url);
    if (typeof module === "string") throw new SyntaxError(module);
    return { url, main: module.default };
  },
  digest: host.digest,
  onUnhandledRejection: (listener) => void (onUnhandled = listener),
  onRejectionHandled: (listener) => void (onHandled = listener),
  exit: host.exit,
  errors,
};

host.onRejection(
  (/** @type {Promise<unknown>} */ promise, /** @type {unknown} */ reason, /** @type {boolean} */ isHandled) =>
    isHandled ? onHandled(promise) : onUnhandled(promise, reason),
);

/** Whether a program ended because the engine had no memory left for it: a limit, and not an error of its own. @param {string} text */
function isOutOfMemory(text) {
  return (
    text.startsWith('{"kind":"result"') && text.includes('"error":{"name":"InternalError","message":"out of memory"')
  );
}

/** Starts the runner; it returns when it first waits for a turn. */
export function start() {
  refuseCode();
  guarded(() => run(platform));
}

/** One macrotask: every microtask has run. False when nobody waits for one. */
export function turn() {
  const next = wake;
  wake = undefined;
  if (next !== undefined) guarded(next);
  return next !== undefined;
}

/** @param {() => void} work */
function guarded(work) {
  try {
    work();
  } catch (/** @type {any} */ error) {
    host.exit(`The runner failed: ${error?.message}\n${error?.stack}`);
  }
}
//# sourceURL=sluice:guest/quickjs-platform.js
