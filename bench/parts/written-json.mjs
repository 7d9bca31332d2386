// Labelled tool results in a text, as writers of other languages have JSON: what of them is shown, and whether they come back.
import { join } from "node:path";
import { toValueRow } from "./figures.mjs";
import { load } from "./ground.mjs";

/** @type {Record<string, (value: any) => string>} */
const writers = {
  "JavaScript, two blanks": (value) => JSON.stringify(value, null, 2),
  Python: (value) => toAscii(toLine(value)),
  "Python, behind words": (value) => `Found 1: ${toAscii(toLine(value))}`,
  "Python, two in a text": (value) => `${toAscii(JSON.stringify(value, null, 2))}\n${toAscii(toLine({ ok: true }))}`,
  "PHP, in JSON": (value) => toLine({ body: toAscii(JSON.stringify(value)).replaceAll("/", "\\/") }),
};

/**
 * @param {string} folder a temporary one
 * @param {readonly { text: string, spans: { value: string, weak?: boolean }[] }[]} records
 */
export async function measureWriting(folder, records) {
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
      const shown = unescaped(sealed.text);
      const long = known.filter((one) => one.length >= 4);
      found.all += long.length;
      found.shown += long.filter((one) => shown.includes(one)).length;
    }
  }
  return [
    toValueRow(`labelled values in JSON in a text, ${Object.keys(writers).length} ways of writing it`, "", found.all),
    toValueRow("  shown after sealing", "", found.shown, { max: 0 }),
    toValueRow(`  of ${found.texts} texts not restored to the character`, "", found.changed, { max: 0 }),
  ];
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

/** Without escapes, however deep. @param {string} text */
function unescaped(text) {
  return text
    .replaceAll(/\\+u([\da-f]{4})/g, (_, code) => String.fromCharCode(Number.parseInt(code, 16)))
    .replaceAll(/\\+(?=["/])/g, "");
}
