// Labelled tool results in a text, as writers of other languages have JSON and in other forms: what of them is shown, and whether
// they come back.
import { join } from "node:path";
import { toValueRow } from "./figures.mjs";
import { load } from "./ground.mjs";

/** @type {Record<string, (value: any) => string>} */
const json = {
  "JavaScript, two blanks": (value) => JSON.stringify(value, null, 2),
  Python: (value) => toAscii(toLine(value)),
  "Python, behind words": (value) => `Found 1: ${toAscii(toLine(value))}`,
  "Python, two in a text": (value) => `${toAscii(JSON.stringify(value, null, 2))}\n${toAscii(toLine({ ok: true }))}`,
  "PHP, in JSON": (value) => toLine({ body: toAscii(JSON.stringify(value)).replaceAll("/", "\\/") }),
};

/** What says by labels what a value is. @type {Record<string, (value: any) => string>} */
const labelled = {
  form: (value) => new URLSearchParams(toFields(value)).toString(),
  "rows of Markdown": (value) =>
    `| Field | Value |\n|---|---|\n${toFields(value)
      .map(([key, one]) => `| ${key} | ${one} |`)
      .join("\n")}`,
  "rows of HTML": (value) =>
    `<table>${toFields(value)
      .map(([key, one]) => `<tr><th>${key}</th><td>${toEntities(one)}</td></tr>`)
      .join("")}</table>`,
  lines: (value) =>
    toFields(value)
      .map(([key, one]) => `${key}: ${one}`)
      .join("\n"),
};

/** @param {string} folder a temporary one @param {Parameters<typeof measure>[1]} records */
export async function measureWriting(folder, records) {
  const one = await measure(folder, records, json);
  const other = await measure(folder, records, labelled);
  return [
    toValueRow(`labelled values in JSON in a text, ${Object.keys(json).length} ways of writing it`, "", one.all),
    toValueRow("  shown after sealing", "", one.shown, { max: 0 }),
    toValueRow(`  of ${one.texts} texts not restored to the character`, "", one.changed, { max: 0 }),
    toValueRow(`labelled values in ${Object.keys(labelled).join(", ")}`, "", other.all),
    toValueRow("  shown after sealing", "%", (100 * other.shown) / other.all),
    toValueRow(`  of ${other.texts} texts not restored to the character`, "", other.changed, { max: 0 }),
  ];
}

/**
 * @param {string} folder a temporary one
 * @param {readonly { text: string, spans: { value: string, weak?: boolean }[] }[]} records
 * @param {Record<string, (value: any) => string>} writers
 */
async function measure(folder, records, writers) {
  const { createPrivacyCore } = await load("privacy/privacy-core.js");
  const { defaultClasses, optionalClasses } = await load("privacy/classes.js");
  const found = { shown: 0, all: 0, changed: 0, texts: 0 };
  for (const [index, { text, spans }] of records.entries()) {
    const value = toValue(text);
    if (value === undefined) continue;
    const known = spans.filter((span) => span.weak !== true).map((span) => unescaped(span.value));
    for (const [name, write] of Object.entries(writers)) {
      const core = createPrivacyCore({
        ...{ directory: join(folder, `written-${index}-${name}`), scope: "bench", prose: false, own: [], secrets: [] },
        ...{ key: new Uint8Array(32).fill(1), sessionKey: new Uint8Array(32).fill(2), mayMatch: false },
        classes: [...defaultClasses, ...optionalClasses],
      });
      const given = { text: write(value) };
      const sealed = core.seal({ value: given, server: "bench", mode: "seal", isLocal: false, fields: {} }).value;
      const back = core.restore(sealed, true, "bench");
      core[Symbol.dispose]();
      found.texts += 1;
      if (back.text !== given.text) found.changed += 1;
      const shown = [unescaped(sealed.text), fromEntities(sealed.text), fromPercent(sealed.text)];
      const long = known.filter((one) => one.length >= 4);
      found.all += long.length;
      found.shown += long.filter((one) => shown.some((text) => text.includes(one))).length;
    }
  }
  return found;
}

/** @param {string} text */
function toValue(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** In one line, with blanks. @param {any} value @returns {string} */
function toLine(value) {
  if (Array.isArray(value)) return `[${value.map(toLine).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([key, member]) => `${JSON.stringify(key)}: ${toLine(member)}`)
    .join(", ")}}`;
}

/** @param {string} text */
function toAscii(text) {
  return text.replace(/[^\n -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Each value under its key. @param {any} value @returns {[string, string][]} */
function toFields(value, key = "") {
  if (typeof value !== "object" || value === null) return [[key, String(value)]];
  return Object.entries(value).flatMap(([name, member]) => toFields(member, Array.isArray(value) ? key : name));
}

/** @param {string} text */
function toEntities(text) {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replace(/[^\n -~]/g, (unit) => `&#${unit.charCodeAt(0)};`);
}

/** @param {string} text */
function fromEntities(text) {
  return text
    .replaceAll(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)))
    .replaceAll("&lt;", "<")
    .replaceAll("&amp;", "&");
}

/** @param {string} text */
function fromPercent(text) {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text;
  }
}

/** Without escapes, however deep. @param {string} text */
function unescaped(text) {
  return text
    .replaceAll(/\\+u([\da-f]{4})/g, (_, code) => String.fromCharCode(Number.parseInt(code, 16)))
    .replaceAll(/\\+(?=["/])/g, "");
}
