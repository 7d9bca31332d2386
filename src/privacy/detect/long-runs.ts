const isTokenCode = toCodes();

/** Visits each run of at least `charactersMin` characters that a credential can have: letters, digits, `_-.~+=/$`. */
export function forEachLongRun(text: string, charactersMin: number, visit: (start: number, end: number) => void): void {
  const last = text.length - charactersMin;
  let start = 0;
  while (start <= last) {
    // Backwards from where the run must reach to: in prose most steps then leap over a whole word.
    let at = start + charactersMin - 1;
    while (at >= start && isTokenCode[text.charCodeAt(at) & 0xff] === 1 && text.charCodeAt(at) < 128) at -= 1;
    if (at >= start) {
      start = at + 1;
      continue;
    }
    let end = start + charactersMin;
    while (end < text.length && text.charCodeAt(end) < 128 && isTokenCode[text.charCodeAt(end)] === 1) end += 1;
    visit(start, end);
    start = end + 1;
  }
}

function toCodes(): Uint8Array {
  const codes = new Uint8Array(256);
  for (const one of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.~+=/$")
    codes[one.charCodeAt(0)] = 1;
  return codes;
}
