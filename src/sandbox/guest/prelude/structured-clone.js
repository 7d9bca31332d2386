// structuredClone over what JSON cannot say too. The engine's own library has no guard against deep values.

/** @param {string} what */
function refuse(what) {
  return new DOMException(`${what} could not be cloned`, "DataCloneError");
}

const ERRORS = new Map(
  [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError].map((type) => [type.name, type]),
);

/** @param {any} value @param {any} [options] */
export function structuredClone(value, options) {
  if (options?.transfer?.length > 0) throw refuse("A transferred object");
  /** @type {Map<object, unknown>} */
  const clones = new Map();

  /** @param {any} item @returns {any} */
  function clone(item) {
    if (typeof item === "function" || typeof item === "symbol") throw refuse(String(item));
    if (item === null || typeof item !== "object") return item;
    if (clones.has(item)) return clones.get(item);
    /** @param {any} copy */
    const keep = (copy) => {
      clones.set(item, copy);
      return copy;
    };
    if (Array.isArray(item)) return members(item, keep(Object.assign([], { length: item.length })));
    if (item instanceof Date) return keep(new Date(item.getTime()));
    if (item instanceof RegExp) return keep(new RegExp(item.source, item.flags));
    if (item instanceof Boolean || item instanceof Number || item instanceof String)
      return keep(Object(item.valueOf()));
    if (item instanceof ArrayBuffer) return keep(item.slice(0));
    if (ArrayBuffer.isView(item)) return keep(cloneView(item));
    if (item instanceof Map) {
      const copy = keep(new Map());
      for (const [key, entry] of [...item]) copy.set(clone(key), clone(entry));
      return copy;
    }
    if (item instanceof Set) {
      const copy = keep(new Set());
      for (const entry of [...item]) copy.add(clone(entry));
      return copy;
    }
    if (item instanceof Error) return cloneError(item, keep);
    if (item instanceof Promise || item instanceof WeakMap || item instanceof WeakSet)
      throw refuse(Object.prototype.toString.call(item));
    return members(item, keep({}));
  }

  /** @param {any} view */
  function cloneView(view) {
    const buffer = clone(view.buffer);
    if (view instanceof DataView) return new DataView(buffer, view.byteOffset, view.byteLength);
    // A Buffer is cloned as its bytes, as Node does.
    const type = Object.getPrototypeOf(Uint8Array.prototype);
    const name = Object.getOwnPropertyDescriptor(type, Symbol.toStringTag)?.get?.call(view);
    return new /** @type {any} */ (globalThis)[name](buffer, view.byteOffset, view.length);
  }

  /** @param {Error} error @param {(copy: any) => any} keep */
  function cloneError(error, keep) {
    const Type = ERRORS.get(error.name) ?? Error;
    const copy = keep(new Type(error.message));
    if (typeof error.stack === "string")
      Object.defineProperty(copy, "stack", { value: error.stack, writable: true, configurable: true });
    if ("cause" in error)
      Object.defineProperty(copy, "cause", { value: clone(error.cause), writable: true, configurable: true });
    return copy;
  }

  /** @param {any} from @param {any} to */
  function members(from, to) {
    for (const key of Object.keys(from))
      Object.defineProperty(to, key, { value: clone(from[key]), writable: true, enumerable: true, configurable: true });
    return to;
  }

  return clone(value);
}
