const line =
  /^[ \t]*(?:export[ \t]+)?[\w.-]{1,40}[ \t]*=[ \t]*([^\s"'`#;=(){}[\]<>]+(?: [^\s"'`#;=(){}[\]<>]+){1,7})[ \t]*(?:[#;].*)?$/;
/** How a line of a file of settings looks, or the head of a part of one. */
const setting = /^[ \t]*(?:(?:export[ \t]+)?[A-Za-z_][\w.-]*[ \t]*=|\[[^\]\n]+\][ \t]*\r?$)/;
const LINE_CHARS_MAX = 300;

/**
 * Where the value ends that fills a line of a file of settings, if it has several words: `PASSWORD=correct horse battery`.
 * `from`: behind its "=", `start`: where the value begins.
 */
export function toPhraseEnd(text: string, from: number, start: number): number | undefined {
  const begin = text.lastIndexOf("\n", from - 1) + 1;
  const stop = text.indexOf("\n", from);
  const end = stop === -1 ? text.length : stop;
  if (end - begin > LINE_CHARS_MAX) return undefined;
  const phrase = line.exec(text.slice(begin, end).replace(/\r$/, ""))?.[1];
  if (
    phrase === undefined ||
    !text.startsWith(phrase, start) ||
    /^(?:your|the|an?|enter|must|see|is|not)\b/i.test(phrase)
  )
    return undefined;
  // Such a line is nothing else: `DB_PASSWORD=correct horse battery`.
  if (/^(?:export )?[A-Z][A-Z0-9_]*=\S/.test(text.slice(begin, end))) return start + phrase.length;
  const before = text.slice(Math.max(0, text.lastIndexOf("\n", begin - 2) + 1), Math.max(0, begin - 1));
  const after = text.slice(end + 1, end + 1 + LINE_CHARS_MAX);
  return setting.test(before.slice(-LINE_CHARS_MAX)) || setting.test(after) ? start + phrase.length : undefined;
}
