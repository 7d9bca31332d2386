// `Intl` as descriptions: every method asks the driver, which has the whole of it (see `intl-calls.js`).

const METHODS = {
  Collator: [],
  DateTimeFormat: ["formatToParts", "formatRange", "formatRangeToParts"],
  DisplayNames: ["of"],
  ListFormat: ["format", "formatToParts"],
  NumberFormat: ["formatToParts", "formatRange", "formatRangeToParts"],
  PluralRules: ["select", "selectRange"],
  RelativeTimeFormat: ["format", "formatToParts"],
  Segmenter: [],
};
/** Methods that are getters of a bound function. */
const BOUND = new Map([
  ["Collator", "compare"],
  ["DateTimeFormat", "format"],
  ["NumberFormat", "format"],
]);
const LOCALE_PARTS = `baseName calendar caseFirst collation hourCycle language numberingSystem numeric region script`;

/** @param {(request: string) => string} ask */
export function installIntl(ask) {
  const { parse, stringify } = JSON;

  /** @param {any} kind @param {any} self @param {string} method @param {any[]} args */
  function call(kind, { locales, options }, method, args) {
    const { value, error } = parse(ask(stringify({ kind, locales, options, method, args: args.map(toArgument) })));
    if (error === undefined) return value;
    throw error.name === "RangeError" ? new RangeError(error.message) : new TypeError(error.message);
  }

  /** @param {any} locales @param {any} options */
  const describe = (locales, options) => ({
    locales: locales === undefined ? undefined : parse(stringify(locales, toTag)),
    options: options === undefined ? undefined : parse(stringify(options)),
  });

  /** @type {Record<string, any>} */
  const all = {};
  for (const [kind, methods] of Object.entries(METHODS)) all[kind] = createClass(kind, methods);
  all.Locale = createLocale();
  all.getCanonicalLocales = (/** @type {any} */ locales) =>
    call("", describe(locales ?? [], undefined), "getCanonicalLocales", []);
  all.supportedValuesOf = (/** @type {any} */ key) => call("", {}, "supportedValuesOf", [String(key)]);
  const Intl = {};
  for (const [name, value] of Object.entries(all))
    Object.defineProperty(Intl, name, { value, writable: true, configurable: true });
  Object.defineProperty(Intl, Symbol.toStringTag, { value: "Intl", configurable: true });
  Object.defineProperty(globalThis, "Intl", { value: Intl, writable: true, configurable: true });
  installMethods(Intl);

  /** @param {string} kind @param {string[]} methods */
  function createClass(kind, methods) {
    /** @type {WeakMap<object, any>} */
    const described = new WeakMap();
    /** @type {WeakMap<object, Function>} */
    const bound = new WeakMap();
    /** @param {any} self */
    function of(self) {
      const found = described.get(self);
      if (found === undefined) throw new TypeError(`The object is no Intl.${kind}`);
      return found;
    }
    /** @this {any} @param {any} [locales] @param {any} [options] */
    function Type(locales, options) {
      const self = new.target === undefined ? Object.create(Type.prototype) : this;
      const description = describe(locales, options);
      // What is wrong with them is said now.
      call(kind, description, "new", []);
      described.set(self, description);
      return self;
    }
    const { prototype } = Type;
    /** @param {string} name @param {Function} value */
    const define = (name, value) =>
      Object.defineProperty(prototype, name, { value, writable: true, configurable: true });
    for (const name of [...methods, "resolvedOptions"]) {
      define(
        name,
        /** @this {any} @param {any[]} args */
        function (...args) {
          return call(kind, of(this), name, args.map(toPlain));
        },
      );
    }
    if (kind === "Segmenter") {
      define(
        "segment",
        /** @this {any} @param {any} text */ function (text) {
          const segments = call(kind, of(this), "segment", [String(text)]);
          return {
            [Symbol.iterator]: () => segments[Symbol.iterator](),
            containing: (/** @type {number} */ at = 0) =>
              segments.find((/** @type {any} */ part) => at >= part.index && at < part.index + part.segment.length),
          };
        },
      );
    }
    const getter = BOUND.get(kind);
    if (getter !== undefined) {
      Object.defineProperty(prototype, getter, {
        configurable: true,
        get() {
          const description = of(this);
          let own = bound.get(this);
          if (own === undefined)
            bound.set(
              this,
              (own = (/** @type {any[]} */ ...args) => call(kind, description, getter, args.map(toPlain))),
            );
          return own;
        },
      });
    }
    Object.defineProperty(prototype, Symbol.toStringTag, { value: `Intl.${kind}`, configurable: true });
    Object.defineProperty(Type, "name", { value: kind, configurable: true });
    Object.defineProperty(Type, "supportedLocalesOf", {
      configurable: true,
      writable: true,
      value: (/** @type {any} */ locales, /** @type {any} */ options) =>
        call(kind, describe(locales ?? [], options), "supportedLocalesOf", []),
    });
    return Type;
  }

  function createLocale() {
    return class Locale {
      #parts;
      /** @param {any} tag @param {any} [options] */
      constructor(tag, options) {
        if (typeof tag !== "string" && !(tag instanceof Locale)) throw new TypeError("A locale is a text");
        this.#parts = call("", describe(String(tag), options), "locale", []);
        for (const part of LOCALE_PARTS.split(" "))
          Object.defineProperty(this, part, { value: this.#parts[part], configurable: true });
      }
      toString() {
        return this.#parts.tag;
      }
      maximize() {
        return new Locale(this.#parts.maximized);
      }
      minimize() {
        return new Locale(this.#parts.minimized);
      }
    };
  }
}

/** A locale object is its tag. @param {string} _key @param {any} value */
function toTag(_key, value) {
  return value !== null && typeof value === "object" && !Array.isArray(value) ? String(value) : value;
}

/** Dates are their time, iterables are lists. @param {any} value */
function toPlain(value) {
  if (value instanceof Date) return value.getTime();
  if (value !== null && typeof value === "object") return Symbol.iterator in value ? [...value] : Number(value);
  return value;
}

/** What JSON cannot say, with its kind. @param {any} value */
function toArgument(value) {
  if (typeof value === "bigint") return { kind: "bigint", text: String(value) };
  if (typeof value === "number" && (!Number.isFinite(value) || Object.is(value, -0)))
    return { kind: "number", text: Object.is(value, -0) ? "-0" : String(value) };
  return typeof value === "symbol" ? String(value) : value;
}

/** The methods of other objects that speak languages. @param {any} Intl */
function installMethods(Intl) {
  /** @param {object} prototype @param {string} name @param {Function} value */
  const define = (prototype, name, value) => {
    Object.defineProperty(value, "name", { value: name });
    Object.defineProperty(prototype, name, { value, writable: true, configurable: true });
  };
  /** @this {any} @param {any} locales @param {any} options */
  const formatNumber = function (locales, options) {
    return new Intl.NumberFormat(locales, options).format(this.valueOf());
  };
  define(Number.prototype, "toLocaleString", formatNumber);
  define(
    BigInt.prototype,
    "toLocaleString",
    /** @this {any} @param {any} locales @param {any} options */ function (locales, options) {
      return formatNumber.call(this, locales, options);
    },
  );
  define(
    String.prototype,
    "localeCompare",
    /** @this {any} @param {any} other @param {any} locales @param {any} options */ function (other, locales, options) {
      return new Intl.Collator(locales, options).compare(String(this), String(other));
    },
  );
  const PARTS = ["weekday", "year", "month", "day", "dayPeriod", "hour", "minute", "second", "fractionalSecondDigits"];
  const date = { year: "numeric", month: "numeric", day: "numeric" };
  const time = { hour: "numeric", minute: "numeric", second: "numeric" };
  for (const [name, missing, styles] of /** @type {[string, object, string[]][]} */ ([
    ["toLocaleString", { ...date, ...time }, ["dateStyle", "timeStyle"]],
    ["toLocaleDateString", date, ["dateStyle", "timeStyle"]],
    ["toLocaleTimeString", time, ["dateStyle", "timeStyle"]],
  ])) {
    define(
      Date.prototype,
      name,
      /** @this {Date} @param {any} locales @param {any} options */ function (locales, options) {
        if (Number.isNaN(this.getTime())) return "Invalid Date";
        const asked =
          name === "toLocaleDateString" ? PARTS.slice(0, 4) : name === "toLocaleTimeString" ? PARTS.slice(4) : PARTS;
        const isSaid = [...asked, ...styles].some((part) => options?.[part] !== undefined);
        return new Intl.DateTimeFormat(locales, isSaid ? options : { ...missing, ...options }).format(this.getTime());
      },
    );
  }
}
