// Stack traces in the agent's own coordinates: frames of the linked modules are mapped back to the lines and columns
// that the agent wrote, all other frames (the runner, the engine, paths of the host) are left out. While one stack is
// formatted, V8 formats others by itself: the last line of each file of the guest is what it is called there.

const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/**
 * One linked module as stack traces need it.
 * @typedef {{ name: string, mappings: string, prefix: number, code?: string, decoded?: number[][][] }} StackModule
 */

/**
 * Decodes the `mappings` of a version 3 source map with one source: per generated line, segments of
 * [generated column, original line, original column], all from 0.
 * @param {string} mappings
 */
function decodeMappings(mappings) {
  const lines = [];
  let line = 0;
  let column = 0;
  for (const text of mappings.split(";")) {
    const segments = [];
    let generated = 0;
    for (const segment of text.split(",")) {
      const fields = decodeVlq(segment);
      if (fields.length < 4) continue;
      generated += fields[0];
      line += fields[2];
      column += fields[3];
      segments.push([generated, line, column]);
    }
    lines.push(segments);
  }
  return lines;
}

/** @param {string} text */
function decodeVlq(text) {
  const values = [];
  let value = 0;
  let shift = 0;
  for (const char of text) {
    const digit = BASE64.indexOf(char);
    value += (digit & 31) << shift;
    if (digit & 32) {
      shift += 5;
    } else {
      values.push(value & 1 ? -(value >> 1) : value >> 1);
      value = 0;
      shift = 0;
    }
  }
  return values;
}

/**
 * Where a generated position came from, from 1; `undefined` for text that the linker put in.
 * @param {StackModule} module
 * @param {number} line from 1
 * @param {number} column from 1
 */
function toOriginal(module, line, column) {
  module.decoded ??= decodeMappings(module.mappings);
  const segments = module.decoded[line - 1];
  if (segments === undefined) return undefined;
  let found;
  for (const segment of segments) {
    if (segment[0] > column - 1) break;
    found = segment;
  }
  if (found === undefined) return undefined;
  const original = found[1] === 0 ? found[2] - module.prefix : found[2];
  return original < 0 ? undefined : { line: found[1] + 1, column: original + 1 };
}

/**
 * How an engine's errors become what V8 says.
 * @typedef {object} ErrorDialect
 * @property {(site: import("./quickjs-errors.js").Site, error: unknown) => number} toColumn
 * @property {(site: import("./quickjs-errors.js").Site, error: unknown) => void} repairMessage
 */

/**
 * Makes `error.stack` show only the agent's own frames. Not writable, so that no program is handed call sites.
 * @param {Map<string, StackModule>} modules by the URL that the engine reports
 * @param {ErrorDialect} [dialect] where the engine tells errors in another way than V8
 */
export function installStackTraces(modules, dialect) {
  /** @param {any} error @param {any[]} sites */
  function prepareStackTrace(error, sites) {
    let frames = "";
    for (const [index, site] of sites.entries()) {
      const module = modules.get(site.getFileName() ?? "");
      if (module === undefined) continue;
      const line = site.getLineNumber() ?? 0;
      let column = site.getColumnNumber() ?? 0;
      if (dialect !== undefined) {
        const own = { text: module.code?.split("\n", line)[line - 1] ?? "", column, isCall: index > 0 };
        column = dialect.toColumn(own, error);
        if (index === 0) dialect.repairMessage(own, error);
      }
      const at = toOriginal(module, line, column);
      if (at === undefined) continue;
      const name = site.getFunctionName();
      const place = `${module.name}:${at.line}:${at.column}`;
      frames +=
        name && name !== "default" && name !== "Module.default" ? `\n    at ${name} (${place})` : `\n    at ${place}`;
    }
    try {
      return String(error) + frames;
    } catch {
      return `Error${frames}`;
    }
  }
  // Assigned first: on QuickJS it is an accessor, and the engine knows only what went through it.
  /** @type {any} */ (Error).prepareStackTrace = prepareStackTrace;
  Object.defineProperty(Error, "prepareStackTrace", {
    value: prepareStackTrace,
    writable: false,
    enumerable: false,
    configurable: false,
  });
  // V8 asks whatever stands here under this name for its prepareStackTrace.
  Object.defineProperty(globalThis, "Error", { value: Error, writable: false, enumerable: false, configurable: false });
}

/** A module that parses and that the engine still refuses to compile: a bad regular expression, syntax it does not know. */
export class LoadError extends SyntaxError {}

/**
 * The engine's refusal in the agent's own coordinates, without the URL (all of the linked code) that it quotes.
 * @param {unknown} refusal
 * @param {StackModule} module
 */
export function toLoadError(refusal, module) {
  const { message, stack } = refusal instanceof Error ? refusal : { message: String(refusal), stack: "" };
  const error = new LoadError(message.replace(/\s*\(?(?:at )?(?:data|file):\S*/g, ""));
  const at = /(?:data|file):\S*?:(\d+):(\d+)\)?(?=\s|$)/.exec(`${message}\n${stack ?? ""}`);
  const place = at === null ? undefined : toOriginal(module, Number(at[1]), Number(at[2]));
  const frames = place === undefined ? "" : `\n    at ${module.name}:${place.line}:${place.column}`;
  return Object.defineProperty(error, "stack", { value: `SyntaxError: ${error.message}${frames}` });
}
//# sourceURL=sluice:guest/stack.js
