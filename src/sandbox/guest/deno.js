// The platform of the runner on Deno: two pipes, a macrotask, a module loader. Everything is taken here, before the
// runner deletes the globals it came from.

import { digest } from "./digest.js";
import { run } from "./runner.js";

const deno = /** @type {any} */ (globalThis).Deno;
const { stdin, stdout } = deno;
const immediate = /** @type {(callback: () => void) => void} */ (/** @type {any} */ (globalThis).setImmediate);
const exit = deno.exit;
const { core } = deno[deno.internal];
const { encodeURIComponent } = globalThis;

/** How every linked module begins. */
const DECLARATION = "export default ";

let loaded = 0;

/** @type {import("./runner.js").Platform} */
const platform = {
  read: (bytes) => stdin.readSync(bytes),
  write: (bytes) => stdout.writeSync(bytes),
  // What the engine gives for an immediate stays here: a program may have put its own function in a place that sees it.
  later(turn) {
    immediate(turn);
  },
  drain: () => core.runMicrotasks(),
  load(code) {
    // A script and not a module of a data: URL, which costs the engine 30 times as much. Strict like a module; the
    // words before the function are as many as they were, so that columns stay what they are.
    loaded += 1;
    const url = `sluice:${loaded}`;
    const [main, failure] = core.evalContext(`"use strict";( ${code.slice(DECLARATION.length)})`, url);
    return failure === null ? { url, main } : refuse(code, failure.thrown);
  },
  digest,
  onUnhandledRejection: (listener) =>
    core.setUnhandledPromiseRejectionHandler(
      (/** @type {Promise<unknown>} */ promise, /** @type {unknown} */ reason) => {
        listener(promise, reason);
        return true;
      },
    ),
  onRejectionHandled: (listener) => core.setHandledPromiseRejectionHandler(listener),
  exit,
};

/** Rejects with why a module cannot be loaded: only a module's refusal says where. @param {string} code @param {unknown} thrown @returns {Promise<never>} */
async function refuse(code, thrown) {
  await import(`data:text/javascript,${encodeURIComponent(code)}`);
  throw thrown;
}

// Deno dispatches `load` on the global object once this module has been evaluated; only then may it be emptied.
/** @type {any} */ (globalThis).addEventListener("load", () => immediate(() => run(platform)), { once: true });
//# sourceURL=sluice:guest/deno.js
