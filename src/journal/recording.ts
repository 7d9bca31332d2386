import { SluiceError, toMessage } from "../base/errors.ts";
import type { JsonObject } from "../base/json.ts";
import { parseLine, type Step, toLine } from "./step.ts";
import type { Values } from "./values.ts";

/** What one run is told, in order. An execution sees the part of it that `sandbox/delivery.ts` names. */
export interface Recording {
  /** The next frame that was delivered before; undefined when there is none. */
  next(): (Step & { kind: "told" }) | undefined;
  /** What began before and has not been told of; undefined: it never began. */
  leftBefore(id: number): JsonObject | undefined;
  /** Keeps what is about to be delivered. */
  told(step: Omit<Step & { kind: "told" }, "kind">): void;
  /** Keeps, before it happens, that something with an effect happens. Throws where that cannot be kept. */
  left(id: number, facts: JsonObject): void;
  /** Keeps that what left last had no effect. Where that is lost, it may have had one. */
  missed(id: number): void;
  save(pieces: readonly Uint8Array[]): Promise<string>;
  load(digest: string): Promise<Buffer>;
  /** The state that was kept last. */
  readonly state: JsonObject | undefined;
  /** Why it is not recorded any more, if so. */
  readonly ended: string | undefined;
  /** Of all that is kept. */
  readonly bytes: number;
  /** What the next batch would follow (`toAbout`); `dropped` where nothing is kept any more. */
  readonly end: string;
  /** Keeps what the policy remembers before the program begins. */
  begin(): void;
  /** Keeps all that is not kept yet. */
  flush(): void;
}

/** Where batches of steps go. */
export interface RecordingStore {
  /** One after the other; throws where it cannot be kept. */
  append(number: number, sealed: string): void;
  /** What is written within `work` fails at once where another process holds the store. */
  withoutWaiting(work: () => void): void;
  /** No more of it is kept, and what was goes. */
  drop(reason: string): void;
  useValue(digest: string): void;
  seal(text: string, about: string): string;
}

export interface RecordingOptions {
  store: RecordingStore;
  values: Values;
  bytesMax: number;
  /** What the policy remembers of the execution now. */
  toState: () => JsonObject;
  /** What was recorded before. */
  before?: { steps: Step[]; batches: number; bytes: number; last: string };
}

/** Where one batch follows another: each is sealed with the end of the one before it. */
export function toAbout(number: number, last: string): string {
  return `${number} ${last}`;
}

/** The end of a sealed batch, by which the next one knows it. */
export function toEnd(sealed: string): string {
  return sealed.slice(0, 44);
}

/** An answer that is not kept within this time may be asked for again: the longest that an interruption can take away. */
const FLUSH_MS = 3;

export function createRecording({ store, values, bytesMax, toState, before }: RecordingOptions): Recording {
  const told = (before?.steps ?? []).filter((step) => step.kind === "told");
  /** The last facts of each, and how often it left and may have had its effect. */
  const left = new Map<number, JsonObject>();
  for (const step of before?.steps ?? []) {
    if (step.kind !== "left" && step.kind !== "missed") continue;
    const times = Number(left.get(step.id)?.["times"] ?? 0) + (step.kind === "left" ? 1 : -1);
    if (times <= 0) left.delete(step.id);
    else left.set(step.id, { ...(step.kind === "left" ? step.facts : left.get(step.id)), times });
  }
  for (const { id } of told) left.delete(id);
  let at = 0;
  let lines: string[] = [];
  let batches = before?.batches ?? 0;
  let bytes = before?.bytes ?? 0;
  let last = before?.last ?? "";
  let state = before?.steps.findLast((step) => step.kind === "state")?.state;
  let stateText = JSON.stringify(state);
  let ended: string | undefined;
  let broken: unknown;
  let flushing: NodeJS.Timeout | undefined;

  function noteState(): void {
    const now = toState();
    const nowText = JSON.stringify(now);
    if (nowText === stateText) return;
    lines.push(toLine({ kind: "state", state: now }));
    state = now;
    stateText = nowText;
  }

  /** What was kept is of no use without the rest. */
  function drop(): void {
    const reason = `it was longer than journal.bytesMax (${bytesMax} bytes)`;
    store.drop(reason);
    ended = reason;
  }

  function write(): void {
    clearTimeout(flushing);
    flushing = undefined;
    if (ended !== undefined || lines.length === 0) return;
    noteState();
    const text = lines.join("\n");
    const sealed = store.seal(text, toAbout(batches, last));
    if (bytes + sealed.length > bytesMax) return drop();
    store.append(batches, sealed);
    lines = [];
    batches += 1;
    bytes += sealed.length;
    last = toEnd(sealed);
  }

  /**
   * What cannot be kept now is kept by the next flush, or said by what would have an effect next: that must not happen
   * unrecorded.
   */
  function flush(): void {
    try {
      write();
      broken = undefined;
    } catch (error) {
      broken = error;
    }
  }

  function add(step: Step): void {
    if (ended !== undefined) return;
    lines.push(toLine(step));
    // What comes close together is kept together: most often an answer, and the next call.
    flushing ??= setTimeout(() => store.withoutWaiting(flush), FLUSH_MS);
  }

  return {
    next() {
      const step = told[at];
      if (step !== undefined) at += 1;
      return step;
    },
    leftBefore: (id) => left.get(id),
    told: (step) => add({ kind: "told", ...step }),
    left(id, facts) {
      if (ended !== undefined) return;
      add({ kind: "left", id, facts });
      flush();
      if (broken !== undefined)
        throw new SluiceError("journal_unavailable", `The journal cannot be written: ${toMessage(broken)}`, {
          hint: "Nothing with an effect happens unrecorded; make room for it, or set journal.bytesMax to 0",
          cause: broken,
        });
    },
    missed: (id) => add({ kind: "missed", id }),
    async save(pieces) {
      if (ended !== undefined) return "-";
      const size = pieces.reduce((sum, piece) => sum + piece.length, 0);
      bytes += size;
      if (bytes > bytesMax) {
        drop();
        return "-";
      }
      const digest = await values.save(pieces);
      store.useValue(digest);
      return digest;
    },
    load: (digest) => values.load(digest),
    get state() {
      return state;
    },
    get bytes() {
      return ended === undefined ? bytes : 0;
    },
    get end() {
      return ended === undefined ? toAbout(batches, last) : "dropped";
    },
    get ended() {
      return ended ?? (broken === undefined ? undefined : `it could not be written: ${toMessage(broken)}`);
    },
    begin() {
      noteState();
      write();
    },
    flush,
  };
}

/**
 * The steps of batches, in order, which end at `end` (`toAbout`) or after it; throws `journal_damaged` where one was
 * changed, moved or taken out.
 */
export function readBatches(
  sealed: readonly { number: number; sealed: string }[],
  open: (sealed: string, about: string) => string,
  end: string,
): { steps: Step[]; last: string } {
  const steps: Step[] = [];
  let last = "";
  let isWhole = end === toAbout(0, last);
  for (const [index, batch] of sealed.entries()) {
    let text: string;
    try {
      if (batch.number !== index) throw new SluiceError("journal_damaged", `part ${index + 1} is missing`);
      text = open(batch.sealed, toAbout(index, last));
    } catch (error) {
      throw toDamage(
        error instanceof SluiceError ? error.message : `part ${index + 1} is not as it was written`,
        error,
      );
    }
    for (const line of text.split("\n")) steps.push(parseLine(line));
    last = toEnd(batch.sealed);
    isWhole ||= end === toAbout(index + 1, last);
  }
  if (!isWhole) throw toDamage(`its end is missing: part ${sealed.length} is not its last`);
  return { steps, last };
}

function toDamage(why: string, cause?: unknown): SluiceError {
  return new SluiceError("journal_damaged", `The journal of this run is damaged: ${why}`, {
    hint: "It cannot be continued; run the program again",
    cause,
  });
}

/**
 * The steps without the failure that ended the program: it is asked for again. Undefined where the program went on
 * after it and had an effect, which would happen twice.
 */
export function withoutFailure(steps: readonly Step[], code: string): Step[] | undefined {
  const isFailure = (step: Step): boolean =>
    step.kind === "told" && /^tool[.:]/.test(step.key) && isError(step.frame, code);
  /** From the first failure on after which nothing happened that was not under way already. */
  let from: number | undefined;
  let asked = 0;
  let highestLeft = 0;
  for (const [back, step] of steps.toReversed().entries()) {
    if (step.kind === "left") highestLeft = Math.max(highestLeft, step.id);
    if (step.kind !== "told" || !isFailure(step)) continue;
    if (highestLeft > step.asked) break;
    from = steps.length - 1 - back;
    asked = step.asked;
  }
  if (from === undefined) return steps.some(isFailure) ? undefined : [...steps];
  return steps.filter(
    (step, at) => at < (from ?? 0) || step.kind === "state" || (step.id <= asked && !isFailure(step)),
  );
}

function isError(frame: string, code: string): boolean {
  const { error } = JSON.parse(frame) as { error?: { code?: string } };
  return error?.code === code;
}
