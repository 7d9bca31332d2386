// URLSearchParams, and what the engine's own URL lacks of it: the library parses and prints URLs, nothing more.

/** @param {string} text */
function decode(text) {
  const bytes = [];
  const encoded = encoder.encode(text.replaceAll("+", " "));
  for (let at = 0; at < encoded.length; at += 1) {
    const hex = encoded[at] === PERCENT ? String.fromCharCode(encoded[at + 1] ?? 0, encoded[at + 2] ?? 0) : "";
    if (/^[0-9a-f]{2}$/i.test(hex)) {
      bytes.push(Number.parseInt(hex, 16));
      at += 2;
    } else bytes.push(/** @type {number} */ (encoded[at]));
  }
  return decoder.decode(new Uint8Array(bytes));
}

/** @param {string} text */
function encode(text) {
  return encodeURIComponent(/** @type {any} */ (text).toWellFormed())
    .replace(/[!'()~]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll("%20", "+");
}

const PERCENT = 0x25;
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const { URL } = globalThis;

/** @param {string} text @returns {[string, string][]} */
function parse(text) {
  return text
    .split("&")
    .filter((part) => part !== "")
    .map((part) => {
      const cut = part.indexOf("=");
      return cut === -1 ? [decode(part), ""] : [decode(part.slice(0, cut)), decode(part.slice(cut + 1))];
    });
}

/** @type {(params: URLSearchParams, onChange: (text: string) => void) => void} */
let link;
/** @type {(params: URLSearchParams, text: string) => void} */
let renew;

export class URLSearchParams {
  /** @type {[string, string][]} */
  #pairs;
  /** @type {((text: string) => void) | undefined} */
  #onChange;

  /** @param {any} [init] */
  constructor(init = "") {
    if (init === null || (typeof init !== "object" && typeof init !== "function"))
      this.#pairs = parse(String(init).replace(/^\?/, ""));
    else if (typeof init[Symbol.iterator] === "function")
      this.#pairs = Array.from(init, (pair) => {
        const [name, value, ...more] = /** @type {any} */ (pair);
        if (value === undefined || more.length > 0) throw new TypeError("A pair is a name and a value");
        return [String(name), String(value)];
      });
    else this.#pairs = Object.entries(init).map(([name, value]) => [name, String(value)]);
  }

  /** @param {URLSearchParams} params @param {(text: string) => void} onChange */
  static #link(params, onChange) {
    params.#onChange = onChange;
  }
  /** @param {URLSearchParams} params @param {string} text */
  static #renew(params, text) {
    params.#pairs = parse(text.replace(/^\?/, ""));
  }
  static {
    link = URLSearchParams.#link;
    renew = URLSearchParams.#renew;
  }

  #changed() {
    this.#onChange?.(this.toString());
  }
  get size() {
    return this.#pairs.length;
  }
  /** @param {any} name @param {any} value */
  append(name, value) {
    this.#pairs.push([String(name), String(value)]);
    this.#changed();
  }
  /** @param {any} name @param {any} [value] */
  delete(name, value) {
    this.#pairs = this.#pairs.filter(
      ([key, entry]) => key !== String(name) || (value !== undefined && entry !== String(value)),
    );
    this.#changed();
  }
  /** @param {any} name */
  get(name) {
    return this.#pairs.find(([key]) => key === String(name))?.[1] ?? null;
  }
  /** @param {any} name */
  getAll(name) {
    return this.#pairs.filter(([key]) => key === String(name)).map(([, value]) => value);
  }
  /** @param {any} name @param {any} [value] */
  has(name, value) {
    return this.#pairs.some(([key, entry]) => key === String(name) && (value === undefined || entry === String(value)));
  }
  /** @param {any} name @param {any} value */
  set(name, value) {
    const at = this.#pairs.findIndex(([key]) => key === String(name));
    if (at === -1) return this.append(name, value);
    this.#pairs = this.#pairs.filter(([key], index) => index <= at || key !== String(name));
    this.#pairs[at] = [String(name), String(value)];
    this.#changed();
  }
  sort() {
    this.#pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    this.#changed();
  }
  toString() {
    return this.#pairs.map(([name, value]) => `${encode(name)}=${encode(value)}`).join("&");
  }
  /** @param {(value: string, name: string, params: URLSearchParams) => void} callback @param {any} [self] */
  forEach(callback, self) {
    for (const [name, value] of this) callback.call(self, value, name, this);
  }
  *entries() {
    for (let at = 0; at < this.#pairs.length; at += 1)
      yield /** @type {[string, string]} */ ([.../** @type {[string, string]} */ (this.#pairs[at])]);
  }
  *keys() {
    for (const [name] of this.entries()) yield name;
  }
  *values() {
    for (const [, value] of this.entries()) yield value;
  }
  [Symbol.iterator]() {
    return this.entries();
  }
  get [Symbol.toStringTag]() {
    return "URLSearchParams";
  }
}

/** Gives the engine's URL its `searchParams`, which follow what is set and set what they are told. */
export function completeUrl() {
  const { prototype } = URL;
  /** @type {WeakMap<URL, URLSearchParams>} */
  const known = new WeakMap();
  const search = /** @type {any} */ (Object.getOwnPropertyDescriptor(prototype, "search"));
  Object.defineProperty(prototype, "searchParams", {
    configurable: true,
    enumerable: true,
    get() {
      let params = known.get(this);
      if (params === undefined) {
        known.set(this, (params = new URLSearchParams(search.get.call(this))));
        link(params, (text) => search.set.call(this, text));
      }
      return params;
    },
  });
  for (const name of ["search", "href"]) {
    const { get, set } = /** @type {any} */ (Object.getOwnPropertyDescriptor(prototype, name));
    Object.defineProperty(prototype, name, {
      configurable: true,
      enumerable: true,
      get,
      /** @param {any} value */
      set(value) {
        set.call(this, value);
        const params = known.get(this);
        if (params !== undefined) renew(params, search.get.call(this));
      },
    });
  }
  Object.defineProperty(URL, "parse", {
    configurable: true,
    writable: true,
    value: (/** @type {any} */ url, /** @type {any} */ base) => {
      try {
        return base === undefined ? new URL(url) : new URL(url, base);
      } catch {
        return null;
      }
    },
  });
  Object.defineProperty(prototype, Symbol.toStringTag, { value: "URL", configurable: true });
}
