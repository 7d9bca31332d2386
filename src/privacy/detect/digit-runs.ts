/** Groups of digits with short separators between them: `+31 6 1237-6790` is a run of four. Reused between visits. */
export interface DigitRun {
  count: number;
  starts: Int32Array;
  ends: Int32Array;
}

const GROUPS_MAX = 48;
const SEPARATORS_MAX = 3;
const separators = new Set([..." .-/()\u00A0\u2010\u2011\u2012\u2013\u2212~"].map((one) => one.charCodeAt(0)));

/** Visits each run of digit groups once, in order; a run of more than 48 groups comes in parts. */
export function forEachDigitRun(text: string, visit: (run: DigitRun) => void): void {
  const run: DigitRun = { count: 0, starts: new Int32Array(GROUPS_MAX), ends: new Int32Array(GROUPS_MAX) };
  const { length } = text;
  let at = 0;
  while (at < length) {
    if (!isDigit(text.charCodeAt(at))) {
      at += 1;
      continue;
    }
    const start = at;
    do at += 1;
    while (at < length && isDigit(text.charCodeAt(at)));
    run.starts[run.count] = start;
    run.ends[run.count] = at;
    run.count += 1;
    const next = skipSeparators(text, at);
    if (next > at && run.count < GROUPS_MAX) {
      at = next;
      continue;
    }
    visit(run);
    run.count = 0;
  }
}

/** Where the next digit is, if only a few separators are before it; otherwise `at` itself. */
function skipSeparators(text: string, at: number): number {
  for (let next = at; next <= at + SEPARATORS_MAX && next < text.length; next += 1) {
    const code = text.charCodeAt(next);
    if (isDigit(code)) return next;
    if (!separators.has(code)) return at;
  }
  return at;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}
