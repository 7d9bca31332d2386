// What QuickJS says of an error and its place, as V8 says it: programs, hints and people see the same on both. QuickJS
// gives lines exactly, and columns as the last place it noted: an argument for its call, a class for its `new`.

/**
 * @typedef {object} Site
 * @property {string} text The line of the linked module.
 * @property {number} column from 1, in bytes of UTF-8.
 * @property {boolean} isCall Whether the frame waits for a call, and is not where the error was made.
 */

/** @param {Site} site @param {unknown} error @returns {number} the column from 1, in UTF-16 units */
export function toColumn({ text, column, isCall }, error) {
  const at = toIndex(text, column);
  const created = /\bnew\s+$/.exec(text.slice(0, at))?.[0].length ?? 0;
  if (created > 0) return at - created + 1;
  if (isCall) return toCallee(text, at) + 1;
  const missing = toMissing(error)?.name;
  if (missing === undefined) return at + 1;
  const read = text.slice(at).search(new RegExp(`[.]\\s*${escape(missing)}(?![\\w$])`));
  return at + 1 + (read === -1 ? 0 : read + 1);
}

/** An error of the engine says what V8 would say. @param {Site} site @param {any} error */
export function repairMessage({ text, column }, error) {
  if (!(error instanceof TypeError) || typeof error.message !== "string") return;
  const message = toMessage(error, text, column);
  if (message !== undefined)
    Object.defineProperty(error, "message", { value: message, writable: true, configurable: true });
}

/** @param {Error} error @param {string} text @param {number} column */
function toMessage(error, text, column) {
  const at = toIndex(text, column);
  if (error.message === "not a function") {
    const name = /^[\w$]*/.exec(text.slice(at))?.[0] ?? "";
    const before = /(?:[\w$]+\s*\??\.\s*)*$/.exec(text.slice(0, at))?.[0] ?? "";
    return name === "" ? undefined : `${(before + name).replace(/\s+/g, "")} is not a function`;
  }
  const missing = toMissing(error);
  if (missing !== undefined) {
    const act = missing.act === "read" ? "reading" : "setting";
    return `Cannot ${missing.act} properties of ${missing.of} (${act} '${missing.name}')`;
  }
  const fixed = /^'(.*)' is read-only$/s.exec(error.message)?.[1];
  if (fixed === undefined) return undefined;
  // The engine says the same of a property and of a constant.
  return new RegExp(`^${escape(fixed)}\\s*[^\\w\\s.[(]`).test(text.slice(at))
    ? "Assignment to constant variable."
    : `Cannot assign to read only property '${fixed}'`;
}

/** The index in the text of a column. @param {string} text @param {number} column */
function toIndex(text, column) {
  let bytes = column - 1;
  let index = 0;
  for (const char of text) {
    if (bytes <= 0) break;
    const code = /** @type {number} */ (char.codePointAt(0));
    bytes -= code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    index += char.length;
  }
  return index;
}

/** @param {any} error */
function toMissing(error) {
  if (!(error instanceof TypeError)) return undefined;
  const own = /^cannot (read|set) property '(.*)' of (undefined|null)$/s.exec(error.message);
  if (own !== null) return { act: own[1], name: /** @type {string} */ (own[2]), of: own[3] };
  const repaired = /^Cannot (read|set) properties of (undefined|null) \(\w+ '(.*)'\)$/s.exec(error.message);
  return repaired === null
    ? undefined
    : { act: repaired[1], name: /** @type {string} */ (repaired[3]), of: repaired[2] };
}

/** Where the name of the called function begins, from the place of an argument. @param {string} text @param {number} at */
function toCallee(text, at) {
  if (/^[\w$]+\s*(\?\.)?\s*[(`]/.test(text.slice(at))) return at;
  let depth = 0;
  for (let index = at - 1; index >= 0; index -= 1) {
    const char = text[index];
    if (char === ")" || char === "]" || char === "}") depth += 1;
    else if (char === "(" || char === "[" || char === "{") {
      if (depth === 0) {
        const name = char === "(" ? /([\w$]+)\s*(\?\.)?\s*$/.exec(text.slice(0, index)) : null;
        return name?.index ?? at;
      }
      depth -= 1;
    }
  }
  return at;
}

/** @param {string} name */
function escape(name) {
  return name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
//# sourceURL=sluice:guest/quickjs-errors.js
