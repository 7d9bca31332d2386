/** Groups of digits with short separators between them: `+31 6 1237-6790` is a run of four. Reused between visits. */
export interface DigitRun {
  count: number;
  /** Digits in all groups. */
  digits: number;
  starts: Int32Array;
  ends: Int32Array;
}

const GROUPS_MAX = 48;
const DIGITS_MIN = 4;
const SEPARATORS_MAX = 3;
/** Four digits: engines find them much faster than a loop over characters. No two parts of it overlap. */
const beginning = /[0-9](?:[ .\-/()\u00A0\u2010\u2011\u2012\u2013\u2212~]{0,3}[0-9]){3}/g;
const separators = new Set([..." .-/()\u00A0\u2010\u2011\u2012\u2013\u2212~"].map((one) => one.charCodeAt(0)));

/** Visits each run of at least four digits once, in order; a run of more than 48 groups comes in parts. */
export function forEachDigitRun(text: string, visit: (run: DigitRun) => void): void {
  const run: DigitRun = { count: 0, digits: 0, starts: new Int32Array(GROUPS_MAX), ends: new Int32Array(GROUPS_MAX) };
  beginning.lastIndex = 0;
  while (beginning.test(text)) {
    // `test` makes no match object, so where the match began is found by going back over its digits.
    let at = beginning.lastIndex;
    for (let digits = 0; digits < DIGITS_MIN;) {
      at -= 1;
      if (isDigit(text.charCodeAt(at))) digits += 1;
    }
    for (let next = at; next !== -1; next = toNext(text, at)) {
      const start = next;
      at = next + 1;
      while (isDigit(text.charCodeAt(at))) at += 1;
      run.starts[run.count] = start;
      run.ends[run.count] = at;
      run.count += 1;
      run.digits += at - start;
      if (run.count === GROUPS_MAX) flush(run, visit);
    }
    if (run.count > 0) flush(run, visit);
    beginning.lastIndex = at;
  }
}

function flush(run: DigitRun, visit: (run: DigitRun) => void): void {
  visit(run);
  run.count = 0;
  run.digits = 0;
}

/** Where the next digit is after a few separators, or -1. */
function toNext(text: string, at: number): number {
  for (let next = at; next <= at + SEPARATORS_MAX; next += 1) {
    const code = text.charCodeAt(next);
    if (isDigit(code)) return next;
    if (!separators.has(code)) return -1;
  }
  return -1;
}

/** Of ASCII. */
export function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}
