import { toLine, toTable } from "./format.js";

/**
 * The console: what it prints goes to the host at once, in order, with its stream.
 * @param {(stream: "stdout" | "stderr", text: string) => void} log
 * @param {() => boolean} isFull Whether what is printed is dropped, so that no text has to be made of it.
 * @param {() => number} now
 */
export function createConsole(log, isFull, now) {
  let indent = "";
  /** @type {Map<string, number>} */
  const counts = new Map();
  /** @param {"stdout" | "stderr"} stream @param {() => string} toText */
  function print(stream, toText) {
    if (isFull()) return;
    const text = toText();
    log(stream, indent === "" ? text : indent + text.replaceAll("\n", `\n${indent}`));
  }
  /** @param {"stdout" | "stderr"} stream */
  const printer =
    (stream) =>
    (/** @type {any[]} */ ...values) =>
      print(stream, () => toLine(values));
  const out = printer("stdout");
  const err = printer("stderr");
  /** @type {Map<string, number>} */
  const times = new Map();
  const printTime = (/** @type {string} */ label, /** @type {any[]} */ ...values) => {
    const since = times.get(label);
    if (since !== undefined) out(`${label}: ${now() - since}ms`, ...values);
  };
  return Object.freeze({
    log: out,
    info: out,
    debug: out,
    dir: (/** @type {any} */ value) => out(value),
    dirxml: out,
    warn: err,
    error: err,
    trace: (/** @type {any[]} */ ...values) => print("stderr", () => `Trace: ${toLine(values)}`),
    assert(/** @type {any} */ condition, /** @type {any[]} */ ...values) {
      if (!condition)
        print("stderr", () => (values.length === 0 ? "Assertion failed" : `Assertion failed: ${toLine(values)}`));
    },
    table: (/** @type {any} */ data, /** @type {string[]} */ columns) => print("stdout", () => toTable(data, columns)),
    group: (/** @type {any[]} */ ...values) => {
      if (values.length > 0) out(...values);
      indent += "  ";
    },
    groupCollapsed: () => (indent += "  "),
    groupEnd: () => (indent = indent.slice(2)),
    count: (label = "default") => {
      counts.set(label, (counts.get(label) ?? 0) + 1);
      out(`${label}: ${counts.get(label)}`);
    },
    countReset: (label = "default") => counts.delete(label),
    time: (label = "default") => void times.set(label, now()),
    timeEnd: (label = "default") => {
      printTime(label);
      times.delete(label);
    },
    timeLog: (/** @type {any} */ label = "default", /** @type {any[]} */ ...values) => printTime(label, ...values),
    clear: () => undefined,
  });
}
//# sourceURL=sluice:guest/console.js
