// Text for `console.*` and JSON for returned values: readable, bounded, and total over whatever a program holds.

const DEPTH_MAX = 100;

/**
 * A value as JSON can say it, with what had to be changed: a program that ran to its end does not fail over what it
 * returned.
 * @param {unknown} value
 * @returns {{ value: any, changes: string[] }}
 */
export function toJsonValue(value) {
  /** @type {Set<string>} */
  const changes = new Set();
  /** @type {unknown[]} */
  const ancestors = [];

  /** @param {any} item @param {string} key @returns {any} */
  function convert(item, key) {
    if (
      item !== null &&
      (typeof item === "object" || typeof item === "function") &&
      typeof item.toJSON === "function"
    ) {
      item = item.toJSON(key);
    }
    switch (typeof item) {
      case "string":
      case "boolean":
        return item;
      case "number":
        if (Number.isFinite(item)) return item;
        changes.add(`${item} became null`);
        return null;
      case "bigint":
        changes.add("a BigInt became its decimal digits");
        return item.toString();
      case "undefined":
        return undefined;
      case "symbol":
        changes.add("a symbol was left out");
        return undefined;
      case "function":
        changes.add("a function became its name");
        return `[Function: ${item.name || "anonymous"}]`;
    }
    if (item === null) return null;
    if (ancestors.includes(item)) {
      changes.add('a cycle became "[Circular]"');
      return "[Circular]";
    }
    if (ancestors.length >= DEPTH_MAX) {
      changes.add(`what was nested deeper than ${DEPTH_MAX} became "[Deep]"`);
      return "[Deep]";
    }
    ancestors.push(item);
    const converted = convertObject(item);
    ancestors.pop();
    return converted;
  }

  /** @param {any} item */
  function convertObject(item) {
    if (Array.isArray(item)) return Array.from(item, (entry, index) => convert(entry, String(index)) ?? null);
    if (item instanceof Error) {
      const own = convertMembers(item);
      return { name: String(item.name), message: String(item.message), ...own };
    }
    if (item instanceof Map) {
      changes.add("a Map became an array of its entries");
      return Array.from(item, ([key, entry]) => [convert(key, "0") ?? null, convert(entry, "1") ?? null]);
    }
    if (item instanceof Set) {
      changes.add("a Set became an array");
      return Array.from(item, (entry) => convert(entry, "") ?? null);
    }
    if (item instanceof RegExp) return String(item);
    if (item instanceof Number || item instanceof String || item instanceof Boolean) return convert(item.valueOf(), "");
    if (item instanceof ArrayBuffer) {
      changes.add("an ArrayBuffer became an array of its bytes");
      return Array.from(new Uint8Array(item));
    }
    if (ArrayBuffer.isView(item) && !(item instanceof DataView))
      return Array.from(/** @type {any} */ (item), (entry) => convert(entry, ""));
    if (item instanceof Promise) {
      changes.add('a Promise became "[Promise]": await it');
      return "[Promise]";
    }
    return convertMembers(item);
  }

  /** @param {any} item */
  function convertMembers(item) {
    /** @type {Record<string, any>} */
    const members = {};
    for (const key of Object.keys(item)) {
      const converted = convert(item[key], key);
      if (converted !== undefined)
        Object.defineProperty(members, key, { value: converted, enumerable: true, configurable: true, writable: true });
    }
    return members;
  }

  const converted = convert(value, "");
  return { value: converted, changes: [...changes] };
}

/**
 * One value as `console.log` shows it: strings as they are, errors with their stack, data as compact JSON, the rest
 * as near to JSON as it goes.
 * @param {any} value
 * @returns {string}
 */
export function toText(value) {
  if (typeof value === "string") return value;
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "symbol") return String(value);
  if (typeof value === "function")
    return `[${/^class\b/.test(Function.prototype.toString.call(value)) ? "class" : "Function"}: ${value.name || "anonymous"}]`;
  if (value === null || typeof value !== "object") return Object.is(value, -0) ? "-0" : String(value);
  try {
    if (value instanceof Error) return toErrorText(value);
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString();
    if (value instanceof RegExp) return String(value);
    if (value instanceof Promise) return "Promise {}";
    if (value instanceof Map)
      return `Map(${value.size}) {${Array.from(value, ([key, entry]) => `${toInner(key)} => ${toInner(entry)}`).join(", ")}}`;
    if (value instanceof Set) return `Set(${value.size}) {${Array.from(value, toInner).join(", ")}}`;
    if (typeof Buffer === "function" && Buffer.isBuffer(value))
      return `<Buffer ${value.length} bytes: ${value.subarray(0, 32).toString("hex")}${value.length > 32 ? "…" : ""}>`;
    if (ArrayBuffer.isView(value) && "length" in value)
      return `${value.constructor.name}(${value.length}) [${Array.from(/** @type {any} */ (value).slice(0, 100)).join(", ")}${Number(value.length) > 100 ? ", …" : ""}]`;
    return JSON.stringify(toJsonValue(value).value) ?? String(value);
  } catch (error) {
    return `[unprintable: ${error instanceof Error ? error.message : "?"}]`;
  }
}

/** @param {any} value */
function toInner(value) {
  return typeof value === "string" ? JSON.stringify(value) : toText(value);
}

/** @param {any} error */
function toErrorText(error) {
  const stack = typeof error.stack === "string" ? error.stack : String(error);
  const cause = error.cause === undefined ? "" : `\n  cause: ${toText(error.cause)}`;
  return stack + cause;
}

/**
 * The arguments of a console call as one line of text, with `%s %d %i %f %j %o %O %c %%` in the first.
 * @param {any[]} values
 */
export function toLine(values) {
  let rest = values;
  let head = "";
  const [first] = values;
  if (typeof first === "string" && values.length > 1 && first.includes("%")) {
    let next = 1;
    head = first.replace(/%[sdifjoOc%]/g, (directive) => {
      if (directive === "%%") return "%";
      if (next >= values.length) return directive;
      const value = values[next++];
      switch (directive) {
        case "%d":
        case "%f":
          return String(typeof value === "object" ? Number.NaN : Number(value));
        case "%i":
          return String(Number.parseInt(value, 10));
        case "%j":
          return JSON.stringify(toJsonValue(value).value) ?? "undefined";
        case "%c":
          return "";
      }
      return toText(value);
    });
    rest = values.slice(next);
    return [head, ...rest.map(toText)].join(" ");
  }
  return rest.map(toText).join(" ");
}

/**
 * `console.table`: the rows as aligned text columns.
 * @param {any} data
 * @param {string[]} [only]
 */
export function toTable(data, only) {
  if (data === null || typeof data !== "object") return toText(data);
  const rows = Object.entries(data);
  /** @type {Set<string>} */
  const columns = new Set();
  for (const [, row] of rows) {
    if (row !== null && typeof row === "object") for (const key of Object.keys(row)) columns.add(key);
    else columns.add("value");
  }
  const names = only ?? [...columns];
  const cells = rows.map(([index, row]) => [
    index,
    ...names.map((name) => {
      const cell = row !== null && typeof row === "object" ? row[name] : name === "value" ? row : undefined;
      return cell === undefined ? "" : toText(cell);
    }),
  ]);
  const table = [["", ...names], ...cells];
  const widths = table[0].map((_, column) => table.reduce((width, row) => Math.max(width, row[column].length), 0));
  return table
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
//# sourceURL=sluice:guest/format.js
