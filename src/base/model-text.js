// What a value looks like on its way to the model: cleaned, and in short. Plain JavaScript without imports: large values
// are shown by a thread, the others where they are, by the same rules.

/** @param {string} text */
export function toModelText(text) {
  const wellFormed = /** @type {{ toWellFormed(): string }} */ (/** @type {any} */ (text)).toWellFormed();
  // The category Cc by its code points: without the flag `u` a megabyte takes a tenth of the time.
  // eslint-disable-next-line no-control-regex
  return wellFormed.replace(/[\0-\x08\x0b-\x1f\x7f-\x9f]/g, "");
}

/** @param {any} value @returns {any} */
export function toModelJson(value) {
  if (typeof value === "string") return toModelText(value);
  if (Array.isArray(value)) return value.map(toModelJson);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [toModelText(key), toModelJson(member)]));
}

/** How many characters of JSON a preview shows of one end. @param {number} previewBytes */
export const partOf = (previewBytes) => Math.max(64, Math.floor(previewBytes / 4));

/** @param {any} value @param {string} json @param {number} previewBytes */
export function previewOf(value, json, previewBytes) {
  const part = partOf(previewBytes);
  if (typeof value === "string")
    return { about: `text of ${value.length} characters`, shown: firstAndLast(value, part) };
  const bytes = Buffer.byteLength(json);
  if (Array.isArray(value)) {
    const shown = [];
    let room = part * 2;
    for (const item of value) {
      const text = JSON.stringify(item);
      room -= text.length;
      if (room < 0) break;
      shown.push(text);
    }
    const head =
      shown.length === 0
        ? `first item begins: ${JSON.stringify(value[0]).slice(0, part)}…`
        : `first ${shown.length}: [${shown.join(",")}]`;
    return { about: `array of ${value.length} items, ${bytes} bytes`, shown: head };
  }
  const keys = value !== null && typeof value === "object" ? Object.keys(value) : [];
  return {
    about: `object with ${keys.length} keys, ${bytes} bytes`,
    shown: `keys: ${keys.join(", ").slice(0, part)}\n${json.slice(0, part)}…`,
  };
}

/** The first and last lines that fit. @param {string} text @param {number} part */
export function firstAndLast(text, part) {
  if (text.length <= part * 2) return text;
  const head = text.slice(0, part);
  const tail = text.slice(-part);
  const headCut = head.lastIndexOf("\n");
  const tailCut = tail.indexOf("\n");
  const first = headCut > part / 2 ? head.slice(0, headCut) : head;
  const last = tailCut !== -1 && tailCut < part / 2 ? tail.slice(tailCut + 1) : tail;
  return `${first}\n… ${text.length - first.length - last.length} characters …\n${last}`;
}
