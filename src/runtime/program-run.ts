import { type Background, createBackground, createQuietly } from "../base/background.ts";
import type { Json, JsonObject } from "../base/json.ts";
import { limits } from "../base/limits.ts";
import type { OpenRun } from "../journal/journal.ts";
import type { Recording } from "../journal/recording.ts";
import type { Recorder } from "../sandbox/delivery.ts";
import type { ExecutionJournal } from "../sandbox/execution-host.ts";
import type { ExecutionResult, Outcome, OutcomeWarning, RunProgress } from "./outcome.ts";
import type { PersonWait } from "./person-wait.ts";
import type { ExecuteOptions } from "./sluice.ts";

/** One program's side of the journal: what the sandbox needs of it, and what becomes of the run. */
export interface ProgramRun extends ExecutionJournal {
  setProgress(progress: RunProgress): void;
  /** Says meanwhile that it lives, what it did and whether it waits, and ends it when somebody asks for that. */
  watch(options: {
    onWaiting: PersonWait["onWaiting"];
    callsDone: () => number;
    end: (code: "cancelled", message: string) => void;
  }): void;
  /** Resolves when the answer of every call that left is on record: what ends then leaves nothing unknown. */
  settled(): Promise<void>;
  warnings(): OutcomeWarning[];
  /** Where it can be continued, its error says how. */
  addHint(outcome: Outcome): void;
  /** Keeps all that is not kept yet, while the policy still remembers the execution. */
  flush(): void;
  /** Gives whether it can go on. `hasStarted`: its program ran; `isPaused`: it waited for a person when it had to end. */
  end(result: ExecutionResult, about: { hasStarted: boolean; isPaused: boolean }): boolean;
}

const nothing = (): undefined => undefined;

/** The run of a program that only answers what others were answered: it counts to nothing, and nothing is kept of it. */
export const uncountedRun: ProgramRun = {
  isReplayOnly: true,
  ...{ start: () => Promise.resolve(undefined), setProgress: nothing, settled: () => Promise.resolve() },
  ...{ watch: nothing, warnings: () => [], addHint: nothing, flush: nothing, end: () => false },
};

/** Ends after which the same program can go on where it was. */
const endsThatGoOn: ReadonlySet<string> = new Set([
  "cancelled",
  "parkMs",
  "parkedMax",
  "timeoutMs",
  "cpuMs",
  "guest_crashed",
]);

/** Failures of servers that may be mended: the call that failed is made again. */
const failuresThatPass: ReadonlySet<string> = new Set([
  "upstream_unavailable",
  "upstream_disconnected",
  "upstream_timeout",
  "circuit_open",
  "rate_limited",
]);

/** How a run that ended in this way goes on; undefined: it does not. */
export function toContinuation(status: string, code: string | undefined): { retry?: string } | undefined {
  if (code === undefined) return undefined;
  if (status === "killed" && endsThatGoOn.has(code)) return {};
  // The call that there was no room for was told so.
  if (status === "killed" && code.startsWith("budgetPer")) return { retry: code };
  return status === "failed" && failuresThatPass.has(code) ? { retry: code } : undefined;
}

/** `putBack`: told where a run that was to go on could not even begin to. */
export function createProgramRun(
  run: OpenRun,
  engine: () => string,
  log: (line: string) => void,
  putBack?: () => void,
): ProgramRun {
  let touching: Background | undefined;
  let stopWaiting = (): void => undefined;
  let callsDone = (): number => 0;
  /** Numbers of the calls that left and have no answer yet. */
  const underWay = new Set<number>();
  let settling: (() => void)[] = [];

  function watched(recording: Recording | undefined): Recorder | undefined {
    if (recording === undefined) return undefined;
    return {
      ...recording,
      left(id, facts) {
        recording.left(id, facts);
        underWay.add(id);
      },
      told(frame) {
        recording.told(frame);
        underWay.delete(frame.id);
        if (underWay.size === 0) for (const resolve of settling.splice(0)) resolve();
      },
    };
  }

  /** What is only told to others never harms the run. */
  const toldQuietly = createQuietly("journal", log);
  const quietly = (act: () => void): void => void toldQuietly(act);
  const readQuietly = createQuietly("journal", log);

  function isStopAsked(): boolean {
    let isAsked = false;
    void readQuietly(() => void (isAsked = run.isStopAsked()));
    return isAsked;
  }

  return {
    startedWith: run.startedWith,
    recorder: watched(run.recording),
    start: async (frame) => watched(await run.start(frame, engine())),
    setProgress: (progress) => quietly(() => run.setProgress({ ...progress })),
    watch({ onWaiting, end, ...own }) {
      ({ callsDone } = own);
      stopWaiting = onWaiting((isWaiting) => quietly(() => run.setStatus(isWaiting ? "paused" : "running")));
      const touch = (): void => {
        touching?.ask();
        if (isStopAsked()) end("cancelled", "The run was cancelled");
        quietly(() => run.touch(callsDone()));
      };
      touching = createBackground(touch, { name: "journal", ms: limits.journalTouchMs, log });
      touching.ask();
    },
    settled: () => (underWay.size === 0 ? Promise.resolve() : new Promise((resolve) => settling.push(resolve))),
    warnings() {
      const reason = run.unrecorded();
      return reason === undefined
        ? []
        : [{ code: "not_resumable", message: `This run cannot be continued or replayed: ${reason}` }];
    },
    addHint(outcome) {
      if (outcome.error === undefined || run.unrecorded() !== undefined) return;
      if (toContinuation(outcome.status, outcome.error.code) === undefined || isStopAsked()) return;
      const how = `resume ${outcome.executionId} goes on where it was`;
      outcome.error.hint = outcome.error.hint === undefined ? how : `${outcome.error.hint}; ${how}`;
    },
    flush: () => quietly(() => run.flush()),
    end(result, { hasStarted, isPaused }) {
      touching?.forget();
      stopWaiting();
      for (const resolve of settling.splice(0)) resolve();
      if (!hasStarted && putBack !== undefined) {
        quietly(putBack);
        return true;
      }
      const { status, error, calls } = result;
      if (status === "running" || status === "paused") return true;
      const isUnwanted = isStopAsked();
      const waits = isPaused && status === "killed" && !isUnwanted;
      quietly(() =>
        run.end({
          ...{ outcome: JSON.stringify(result), calls: calls.done + calls.failed },
          // The question stays, and so does the run: retention takes nothing that waits for a person.
          status: waits ? "paused" : status,
          ...(error === undefined || waits ? {} : { errorCode: error.code }),
        }),
      );
      return (
        run.unrecorded() === undefined && !isUnwanted && (waits || toContinuation(status, error?.code) !== undefined)
      );
    },
  };
}

/** What a run was started with, to be kept; who waited for it is not part of it. */
export function toKeptOptions({ grant, limits: own, timeoutMs }: ExecuteOptions, workspace: string): JsonObject {
  return {
    workspace,
    ...(grant === undefined ? {} : { grant: grant as unknown as Json }),
    ...(own === undefined ? {} : { limits: own }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  };
}
