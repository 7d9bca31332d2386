const BEFORE_MAX = 48;

/** The lower-case text just before a place, in the same line and the same field: what it says is about what follows. */
export function toLeadIn(text: string, start: number, charactersMax: number = BEFORE_MAX): string {
  const before = text.slice(Math.max(0, start - charactersMax), start);
  let from = 0;
  for (let at = before.length - 1; at >= 0; at -= 1) {
    const code = before.charCodeAt(at);
    // Line ends, record ends, and a comma after a quote: another field begins.
    if (
      code === 10 ||
      code === 13 ||
      code === 9 ||
      code === 59 ||
      code === 123 ||
      code === 125 ||
      code === 124 ||
      code === 38 ||
      (code === 44 && isBesideQuote(before, at))
    ) {
      from = at + 1;
      break;
    }
  }
  return before.slice(from).toLowerCase();
}

function isBesideQuote(text: string, comma: number): boolean {
  const next = text.charCodeAt(comma + 1);
  const previous = text.charCodeAt(comma - 1);
  return next === 34 || next === 39 || next === 92 || previous === 34 || previous === 39;
}

/** Whether a letter, digit or underscore of any script is at a place. */
export function isWordAt(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  if (Number.isNaN(code)) return false;
  if (code < 128)
    return (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || code === 95;
  return /[\p{L}\p{N}\p{M}]/u.test(text[at] ?? "");
}

/** Whether what starts at a place stands free: after a space, a bracket, a quote or a colon, not inside an id or a path. */
export function isFree(text: string, start: number): boolean {
  const code = text.charCodeAt(start - 1);
  return (
    Number.isNaN(code) ||
    code <= 32 ||
    code === 34 ||
    code === 35 ||
    code === 39 ||
    code === 40 ||
    code === 42 ||
    code === 58 ||
    code === 62 ||
    code === 91 ||
    code > 126
  );
}
