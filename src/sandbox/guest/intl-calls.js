// `Intl` for engines that have none of their own: the guest's objects are descriptions, and each of their methods is
// answered here by the Intl of Node, outside the guest. Texts go in and out; what is not on the list is refused.

/** What may be called on what. @type {Map<string, Set<string>>} */
const METHODS = new Map(
  Object.entries({
    Collator: ["compare", "resolvedOptions"],
    DateTimeFormat: ["format", "formatToParts", "formatRange", "formatRangeToParts", "resolvedOptions"],
    DisplayNames: ["of", "resolvedOptions"],
    ListFormat: ["format", "formatToParts", "resolvedOptions"],
    NumberFormat: ["format", "formatToParts", "formatRange", "formatRangeToParts", "resolvedOptions"],
    PluralRules: ["select", "selectRange", "resolvedOptions"],
    RelativeTimeFormat: ["format", "formatToParts", "resolvedOptions"],
    Segmenter: ["segment", "resolvedOptions"],
  }).map(([name, methods]) => [name, new Set(methods)]),
);
const FORMATTERS_MAX = 64; // kept for the next call: making one takes up to a millisecond and 50 KB

/** @type {Map<string, any>} */
const formatters = new Map();

/** @param {string} kind @param {any} locales @param {any} options */
function toFormatter(kind, locales, options) {
  const key = JSON.stringify([kind, locales, options]);
  let formatter = formatters.get(key);
  if (formatter === undefined) {
    const given = options ?? undefined;
    // The machine's own zone is not the guest's.
    const zoned = kind === "DateTimeFormat" ? { ...given, timeZone: given?.timeZone ?? "UTC" } : given;
    formatter = new /** @type {any} */ (Intl)[kind](locales ?? "en-US", zoned);
    const [oldest] = formatters.keys();
    if (formatters.size >= FORMATTERS_MAX && oldest !== undefined) formatters.delete(oldest);
    formatters.set(key, formatter);
  }
  return formatter;
}

/** A value as the guest wrote it; what JSON cannot say comes with its kind. @param {any} value */
function toArgument(value) {
  if (value?.kind === "bigint") return BigInt(value.text);
  if (value?.kind === "number") return Number(value.text);
  return value ?? undefined;
}

/** @param {string} method @param {any} value */
function toResult(method, value) {
  return method === "segment" ? Array.from(value) : value;
}

/**
 * Answers one call: `{ kind, locales, options, method, args }` in, `{ value }` or `{ error: { name, message } }` out.
 * @param {string} text
 */
export function callIntl(text) {
  try {
    const { kind, locales, options, method, args } = JSON.parse(text);
    return JSON.stringify({ value: answer(kind, locales, options, method, args) });
  } catch (error) {
    const { name, message } = error instanceof Error ? error : { name: "TypeError", message: "Intl failed" };
    return JSON.stringify({ error: { name, message: message.slice(0, 1_000) } });
  }
}

/** @param {string} kind @param {any} locales @param {any} options @param {string} method @param {any[]} args */
function answer(kind, locales, options, method, args) {
  switch (method) {
    case "getCanonicalLocales":
      return Intl.getCanonicalLocales(locales ?? undefined);
    case "supportedValuesOf":
      return Intl.supportedValuesOf(args[0]);
    case "locale":
      return toLocale(new Intl.Locale(locales, options ?? undefined));
  }
  if (METHODS.get(kind)?.has(method) !== true && !(METHODS.has(kind) && ["new", "supportedLocalesOf"].includes(method)))
    throw new TypeError(`Intl.${kind}.${method} is not available`);
  if (method === "supportedLocalesOf")
    return /** @type {any} */ (Intl)[kind].supportedLocalesOf(locales ?? undefined, options ?? undefined);
  const formatter = toFormatter(kind, locales, options);
  return method === "new" ? null : toResult(method, formatter[method](...args.map(toArgument)));
}

/** @param {Intl.Locale} locale */
function toLocale(locale) {
  const { baseName, calendar, caseFirst, collation, hourCycle, language, numberingSystem, numeric, region, script } =
    locale;
  return {
    ...{ baseName, calendar, caseFirst, collation, hourCycle, language, numberingSystem, numeric, region, script },
    tag: locale.toString(),
    maximized: locale.maximize().toString(),
    minimized: locale.minimize().toString(),
  };
}
//# sourceURL=sluice:guest/intl-calls.js
