// What a cell of the probe table says, decided from what was seen and from nothing else.

/**
 * What one program came to, as its system told it.
 * @typedef {object} Ran
 * @property {boolean} ok it ran to its end
 * @property {unknown} [value]
 * @property {string} [code] of the error, where the system has such
 * @property {string} [message] of the error
 * @property {number} [line] of the error, where the system says it apart from the message
 * @property {number} logs pieces of output that were kept
 * @property {number} answerChars characters of all that is answered: value, output, error
 * @property {string} [warning] said beside the answer
 * @property {number} [peakBytes] where the system counts it
 */

/**
 * What a probe came to, as its host and the process above it saw it.
 * @typedef {object} Seen
 * @property {"ended" | "wedged" | "died" | "bloated"} end of the host: `bloated` was ended for its memory
 * @property {Ran[]} ran
 * @property {number[]} times of each run, in milliseconds
 * @property {number} lagMs the longest that the host's event loop stood still
 * @property {boolean} touched whether what is planted outside was read or reached
 * @property {boolean} finished whether every call that was begun had ended when the answer came
 * @property {boolean} next whether the next program did its work
 * @property {number} peakMb memory over what it was before
 * @property {Ran} [beside]
 * @property {number} [besideMs]
 */

/** @typedef {{ text: string, passes: boolean }} Cell */

/** How long the process above waits before it calls a host wedged. */
export const WEDGED_MS = 15_000;
/** Standing still for this long is felt by everything else that the host does. */
const FROZEN_MS = 100;
/** After its limit a program is stopped within this. */
const GRACE_MS = 500;
/** Above its limit, memory may rise by this for a moment. */
const OVER_MB = 128;
/** The most that may go to a model unasked. */
const ANSWER_CHARS = 2_000_000;

/** @param {{ value: unknown, msMax?: number }} expected */
export function time({ value, msMax = Number.POSITIVE_INFINITY }) {
  return completed((seen) => {
    const ms = seen.times[0] ?? 0;
    if (seen.ran[0]?.value !== value) return fails("wrong answer");
    return { text: `${toMs(ms)}${toFrozen(seen)}`, passes: ms <= msMax };
  });
}

/** @param {{ value: unknown }} expected */
export function median({ value }) {
  return completed((seen) => {
    if (seen.ran.some((run) => run.value !== value)) return fails("wrong answer");
    const sorted = [...seen.times].sort((a, b) => a - b);
    return passes(toMs(sorted[Math.floor(sorted.length / 2)] ?? 0));
  });
}

/** @param {{ value: unknown }} expected */
export function works({ value }) {
  return completed((seen) => (seen.ran[0]?.value === value ? passes("ok") : fails("wrong answer")));
}

/** @param {string} text @param {string} otherwise */
export function contains(text, otherwise) {
  return completed((seen) => (String(seen.ran[0]?.value).includes(text) ? passes("yes") : fails(otherwise)));
}

/** @param {unknown} value of the last program @param {string} otherwise */
export function equals(value, otherwise) {
  return completed((seen) => (seen.ran.at(-1)?.value === value ? passes("nothing") : fails(otherwise)), {
    // The first program may be refused.
    from: -1,
  });
}

/** @param {number} line */
export function namesLine(line) {
  return onHost((seen) => {
    const [run] = seen.ran;
    if (!hasFailed(run)) return fails("runs it");
    const isNamed = run.line === line || new RegExp(`(line |:)${line}\\b`).test(run.message ?? "");
    return isNamed ? passes("yes") : fails("no line");
  });
}

/** @type {Probe} */
export const unawaited = onHost((seen) => {
  const [run] = seen.ran;
  if (run === undefined) return fails("no answer");
  const said = run.ok ? run.warning : run.message;
  if (said !== undefined) return passes(run.ok ? "waits and warns" : "explicit error");
  return seen.finished ? passes("waits") : fails("silent, still runs");
});

/** @type {Probe} */
export const unawaitedFailure = onHost((seen) => {
  const [run] = seen.ran;
  if (run === undefined) return fails("no answer");
  if (!run.ok) return passes("an error");
  return run.warning === undefined ? fails("silent") : passes("a warning");
});

/** @param {number} chars */
export function capped(chars) {
  return onHost((seen) => {
    const [run] = seen.ran;
    const kept = run?.answerChars ?? 0;
    if (run === undefined || !run.ok) return { text: `refused: ${toReason(run)}`, passes: true };
    return kept >= chars
      ? fails("passes all of it on")
      : { text: `${toSize(kept)} kept`, passes: kept <= ANSWER_CHARS };
  });
}

/** @param {number} lines */
export function cappedLogs(lines) {
  return onHost((seen) => {
    const [run] = seen.ran;
    if (run === undefined) return fails("no answer");
    const kept = `${run.logs.toLocaleString("en")} kept, ${toSize(run.answerChars)}`;
    if (!run.ok) return fails(`${toReason(run)}; ${kept}`);
    return { text: kept, passes: run.logs < lines && run.answerChars <= ANSWER_CHARS };
  });
}

/** @param {number} limitMs */
export function stopped(limitMs) {
  return onHost((seen) => {
    const [run] = seen.ran;
    const ms = seen.times[0] ?? 0;
    if (!hasFailed(run)) return fails("ends, says nothing");
    const isSoon = ms <= limitMs + GRACE_MS;
    return { text: `${isSoon ? "stopped" : "late"}, ${toMs(ms)}${toFrozen(seen)}`, passes: isSoon && !isFrozen(seen) };
  });
}

/** @param {number} limitMs @param {number} memoryMb */
export function outOfMemory(limitMs, memoryMb) {
  return onHost((seen) => {
    const [run] = seen.ran;
    const ms = seen.times[0] ?? 0;
    if (!hasFailed(run)) return fails("ends, says nothing");
    const mb = Math.max(seen.peakMb, (run.peakBytes ?? 0) / 2 ** 20);
    const isSaid = /memory|heap/i.test(`${run.code ?? ""} ${run.message ?? ""}`);
    const what = isSaid ? "stopped" : /time|interrupt/i.test(run.message ?? "") ? "timeout" : toReason(run);
    const isGood = isSaid && ms < limitMs && mb <= memoryMb + OVER_MB && !isFrozen(seen);
    return { text: `${what}, ${toMs(ms)}, ${mb.toFixed(0)} MB${toFrozen(seen)}`, passes: isGood };
  });
}

/** @type {Probe} */
export const refused = onHost((seen) => {
  const [run] = seen.ran;
  return hasFailed(run) ? passes(toReason(run)) : fails("no error");
});

/** @type {Probe} */
export const survives = onHost(() => passes("host unharmed"));

/** @type {Probe} */
export const untouched = onHost((seen) => (seen.touched ? fails("REACHED") : passes("refused")));

/** @param {{ value: unknown, msMax: number }} expected */
export function beside({ value, msMax }) {
  return onHost((seen) => {
    if (seen.beside === undefined || !seen.beside.ok || seen.beside.value !== value)
      return fails(toReason(seen.beside));
    const ms = seen.besideMs ?? 0;
    return { text: ms <= msMax ? toMs(ms) : `waits ${toMs(ms)}`, passes: ms <= msMax };
  });
}

/** @typedef {(seen: Seen) => Cell} Probe */

/**
 * A verdict about a host that answered and went on; a host that did not is the verdict.
 * @param {Probe} verdict @returns {Probe}
 */
function onHost(verdict) {
  return (seen) => {
    if (seen.end === "wedged") return fails(`wedged > ${WEDGED_MS / 1000} s`);
    if (seen.end === "died") return fails("host dies");
    if (seen.end === "bloated") return fails(`host at ${(seen.peakMb / 1024).toFixed(1)} GB`);
    const cell = verdict(seen);
    return seen.next ? cell : fails(`${cell.text}; next program fails`);
  };
}

/**
 * A verdict about programs that must have run to their end.
 * @param {Probe} verdict @param {{ from?: number }} [options] the first that must
 */
function completed(verdict, { from = 0 } = {}) {
  return onHost((seen) => {
    const failed = seen.ran.slice(from).find((run) => !run.ok);
    return failed === undefined ? verdict(seen) : fails(toReason(failed));
  });
}

/** @param {Ran | undefined} run @returns {run is Ran} */
const hasFailed = (run) => run !== undefined && !run.ok;

/** @param {string} text @returns {Cell} */
const passes = (text) => ({ text, passes: true });
/** @param {string} text @returns {Cell} */
const fails = (text) => ({ text, passes: false });

/** The name of an error, in few words. @param {Ran | undefined} run */
function toReason(run) {
  if (run === undefined) return "no answer";
  const { code, message = "" } = run;
  if (code !== undefined && !/^(Error|uncaught|program_error)$/.test(code)) return code;
  const name =
    /\b([A-Z]\w*Error|[Mm]aximum call stack|[Ss]tack overflow|[Oo]ut of memory|timed? ?out|interrupted)\b/.exec(
      message,
    )?.[1];
  return (
    name ??
    (message
      .replaceAll(/[|`\s]+/g, " ")
      .slice(0, 40)
      .trim() ||
      "an error")
  );
}

/** @param {Seen} seen */
const isFrozen = ({ lagMs }) => lagMs > FROZEN_MS;
/** @param {Seen} seen */
const toFrozen = (seen) => (isFrozen(seen) ? `, host frozen ${toMs(seen.lagMs)}` : "");

/** @param {number} ms */
function toMs(ms) {
  if (ms >= 1_000) return `${(ms / 1_000).toFixed(2)} s`;
  return `${ms.toFixed(ms < 10 ? 1 : 0)} ms`;
}

/** @param {number} chars */
function toSize(chars) {
  return chars >= 1_000_000 ? `${(chars / 1_000_000).toFixed(1)} MB` : `${Math.ceil(chars / 1_000)} KB`;
}
