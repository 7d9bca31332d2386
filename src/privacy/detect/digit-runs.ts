/** Groups of digits with short separators between them: `+31 6 1237-6790` is a run of four. Reused between visits. */
export interface DigitRun {
  count: number;
  /** Digits in all groups. */
  digits: number;
  starts: Int32Array;
  ends: Int32Array;
}

const GROUPS_MAX = 48;
/** Four digits at least. Engines find this much faster than a loop over characters; no two parts of it overlap. */
const runs = /[0-9](?:[ .\-/()\u00A0\u2010\u2011\u2012\u2013\u2212~]{0,3}[0-9]){3,}/g;

/** Visits each run of at least four digits once, in order; a run of more than 48 groups comes in parts. */
export function forEachDigitRun(text: string, visit: (run: DigitRun) => void): void {
  const run: DigitRun = { count: 0, digits: 0, starts: new Int32Array(GROUPS_MAX), ends: new Int32Array(GROUPS_MAX) };
  for (const match of text.matchAll(runs)) {
    const surface = match[0];
    let at = 0;
    while (at < surface.length) {
      if (!isDigit(surface.charCodeAt(at))) {
        at += 1;
        continue;
      }
      const start = at;
      while (at < surface.length && isDigit(surface.charCodeAt(at))) at += 1;
      run.starts[run.count] = match.index + start;
      run.ends[run.count] = match.index + at;
      run.count += 1;
      run.digits += at - start;
      if (run.count < GROUPS_MAX) continue;
      visit(run);
      run.count = 0;
      run.digits = 0;
    }
    if (run.count > 0) visit(run);
    run.count = 0;
    run.digits = 0;
  }
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}
