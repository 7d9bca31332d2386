import { createHash } from "node:crypto";
import { join } from "node:path";
import { SluiceError, toMessage } from "../base/errors.ts";
import type { JsonObject } from "../base/json.ts";
import { limits } from "../base/limits.ts";
import type { ReadLabel } from "../config/config.ts";
import type { AlertCounts } from "../gateway/alerts.ts";
import type { Spent } from "../gateway/budget.ts";
import { createJournal, type Journal } from "../journal/journal.ts";
import { isOpen, type Run } from "../journal/run.ts";
import { createVaultKey, loadVaultKey } from "../privacy/vault-key.ts";
import { opOf } from "../sandbox/delivery.ts";
import { runnerVersion } from "../sandbox/runner-version.ts";
import type { Executions, RunningExecution } from "./executions.ts";
import type { ExecutionResult } from "./outcome.ts";
import type { Parts } from "./parts.ts";
import { toPending } from "./person-wait.ts";
import { createProgramRun, type ProgramRun, toContinuation, toKeptOptions, uncountedRun } from "./program-run.ts";
import { startProgram } from "./run-program.ts";
import { isOwnerAlive, toOwner } from "./run-owner.ts";
import type { ExecuteOptions, RunReport, RunSteps, WaitOptions } from "./sluice.ts";

/** Runs of programs, beyond the life of this process. */
export interface Runs extends Disposable {
  /** Undefined where nothing is recorded. */
  begin(id: string, code: string, options: ExecuteOptions): ProgramRun | undefined;
  /** Continues it, or waits for it, or gives its outcome. Rejects with `unknown_execution`, `not_resumable`, `journal_damaged`. */
  resume(id: string, executions: Executions, options: WaitOptions): Promise<ExecutionResult>;
  /** Runs it once more from what was recorded, without anything outside; tells of each tool call and its answer. */
  replay(id: string, onCall?: ProgramRun["onCallReplayed"]): RunningExecution;
  list(limit: number): RunReport[];
  show(id: string): RunSteps;
  cancel(id: string, executions: Executions): RunReport;
  remove(id: string): Promise<void>;
}

const POLL_MS = 200;

/** What the policy remembers of a run. */
interface KeptState {
  labels?: ReadLabel[];
  spent?: Partial<Spent>;
  alerts?: AlertCounts;
}

/** `mayMakeKey`: nothing was sealed yet by a key that is gone. */
export function createRuns(
  parts: Parts,
  { engine, mayMakeKey, log }: { engine: string; mayMakeKey: () => boolean; log: (line: string) => void },
): Runs {
  const { config, gate } = parts;
  const runner = (): string => `${engine} ${runnerVersion()}`;
  const journal = createJournal({
    stateDir: config.stateDir,
    config: config.journal,
    key: () => createVaultKey(toMaterial(config.stateDir, mayMakeKey())),
    owner: toOwner(),
    isAlive: isOwnerAlive,
  });
  let isSaid = false;

  const toState = (id: string) => (): JsonObject => ({
    labels: [...gate.flow.labelsOf(id)],
    spent: { ...gate.budget.spentBy(id) },
    alerts: { ...gate.alerts.countsOf(id) },
  });

  /** What was read and used before counts on. */
  function restore(id: string, state: JsonObject | undefined): void {
    const { labels = [], spent = {}, alerts = {} } = (state ?? {}) as KeptState;
    gate.flow.restore(id, labels);
    gate.budget.restore(id, spent);
    gate.alerts.restore(id, alerts);
  }

  function need(id: string): Run {
    const found = config.journal.bytesMax === 0 ? undefined : journal.find(id);
    if (found !== undefined) return ofThisWorkspace(found);
    throw new SluiceError(
      "unknown_execution",
      `There is no execution "${id.slice(0, 100)}": it was never started here, or it was forgotten`,
      { hint: "`sluice runs` lists those that are kept; run the code again" },
    );
  }

  /** Its tokens and files mean others elsewhere. */
  function ofThisWorkspace(run: Run): Run {
    if (run.workspace === config.workspace) return run;
    throw new SluiceError(
      "not_resumable",
      `${run.id} is of the workspace "${run.workspace}", not of "${config.workspace}"`,
      { hint: `Name it: --workspace ${run.workspace}` },
    );
  }

  function toReport(run: Run): RunReport {
    const { id, createdAt, touchedAt, status, isAlive, errorCode, progress, unrecorded, calls, resumes, bytes } = run;
    return {
      ...{ id, createdAt: new Date(createdAt).toISOString(), endedAt: new Date(touchedAt).toISOString() },
      status: isStopped(run) ? "interrupted" : status,
      isAlive,
      isResumable: !isAlive && toHow(run) !== undefined && unrecorded === undefined,
      ...(errorCode === undefined ? {} : { errorCode }),
      ...(progress === undefined ? {} : { progress }),
      ...(unrecorded === undefined ? {} : { unrecorded }),
      ...{ calls, resumes, bytes },
    };
  }

  /** Questions of runs of other processes that somebody was told of here. */
  const told = new Set<string>();

  function pendingOf({ id, status }: Run): NonNullable<ExecutionResult["pending"]> {
    if (status !== "paused") return [];
    return parts.broker
      .list()
      .filter(({ executionId }) => executionId === id)
      .map(toPending);
  }

  /** Another process has it: its end is awaited there, or a question of it that nobody was told of here. */
  async function untilEnded(id: string, { signal, answerMs = Infinity }: WaitOptions): Promise<Run> {
    const since = performance.now();
    for (;;) {
      const run = need(id);
      if (!run.isAlive || signal?.aborted === true || performance.now() - since > answerMs) return run;
      if (pendingOf(run).some((question) => !told.has(question.id))) return run;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /** A run of another process, as far as it can be seen from here. */
  function toRunning(run: Run): ExecutionResult {
    const pending = pendingOf(run);
    if (told.size > limits.questionsKeptMax) told.clear();
    for (const { id } of pending) told.add(id);
    return {
      ...{ executionId: run.id, status: run.status === "paused" ? "paused" : "running", logs: [] },
      ...(pending.length === 0 ? {} : { pending }),
      calls: { done: run.calls, failed: 0, open: 0 },
      stats: {
        ...{ toolCalls: run.calls, durationMs: 0, cpuMs: 0, memoryPeakBytes: 0, engine: "none", wall: "none" },
        tokens: { in: 0, out: 0, avoided: 0 },
      },
    };
  }

  function toStored(id: string): ExecutionResult {
    const outcome = journal.outcome(id);
    if (outcome === undefined)
      throw new SluiceError("unknown_execution", `The run ${id} was cancelled before it had an outcome`);
    return JSON.parse(outcome) as ExecutionResult;
  }

  function goOn(run: Run): RunningExecution {
    const { id } = run;
    const how = toHow(run);
    if (how === undefined)
      throw new SluiceError("not_resumable", `${id} has ended (${run.status}) and cannot be continued`, {
        hint: "Run the code again",
      });
    const opening = journal.opening(id);
    // As it was sealed: the list beside it is only for finding.
    const { workspace } = opening.options;
    if (typeof workspace === "string") ofThisWorkspace({ ...run, workspace });
    const taken = journal.take(id, toState(id), { engine: runner(), ...how });
    restore(id, taken.recording?.state);
    parts.audit.record({ kind: "execution-resumed", executionId: id, after: run.errorCode ?? "interruption" });
    const past = { id, run: createProgramRun(taken, runner, log, () => journal.putBack(run)) };
    return startProgram(parts, opening.code, opening.options, past);
  }

  return {
    begin(id, code, options) {
      if (config.journal.bytesMax === 0) return undefined;
      try {
        const opening = { code, options: toKeptOptions(options, config.workspace) };
        const run = journal.begin(id, config.workspace, opening, toState(id));
        return createProgramRun(run, runner, log);
      } catch (error) {
        // Runs that cannot be continued are better than none.
        if (!isSaid) log(`journal: runs are not recorded, and cannot be continued: ${toMessage(error)}`);
        isSaid = true;
        return undefined;
      }
    },
    async resume(id, executions, options) {
      const here = executions.find(id);
      if (here !== undefined) {
        // Who waited for its end is told that first.
        const wasTold = executions.wasTold(id);
        const waited = await executions.wait(here, options);
        const goesOn = toContinuation(waited.status, waited.error?.code) !== undefined;
        if (!goesOn || !wasTold || config.journal.bytesMax === 0 || need(id).status === "cancelled") return waited;
      }
      let run = need(id);
      if (run.isAlive) run = await untilEnded(id, options);
      if (run.isAlive) return toRunning(run);
      if (run.status === "cancelled")
        throw new SluiceError("not_resumable", `${id} was cancelled`, { hint: "Run the code again" });
      // One that would go on and is not recorded: `take` says why.
      const isOver = toHow(run) === undefined;
      if (isOver && journal.outcome(id) !== undefined) return toStored(id);
      const execution = goOn(run);
      executions.add(execution);
      return executions.wait(execution, options);
    },
    replay(id, onCall = () => undefined) {
      need(id);
      const { startedWith, recording } = journal.read(id);
      if (startedWith === undefined)
        throw new SluiceError("not_resumable", `${id} cannot be replayed: its program was not started`);
      const { code, options } = journal.opening(id);
      const run: ProgramRun = { ...uncountedRun, startedWith, recorder: recording, onCallReplayed: onCall };
      return startProgram(parts, code, options, { id: `${id}_replay`, run, spilledAs: id });
    },
    list: (limit) => (config.journal.bytesMax === 0 ? [] : journal.list(config.workspace, limit).map(toReport)),
    show(id) {
      const run = need(id);
      // One that waits for a person has only the end of the process that had it.
      const outcome = isOpen(run.status) ? undefined : journal.outcome(id);
      return {
        ...toReport(run),
        code: journal.opening(id).code,
        ...(outcome === undefined ? {} : { outcome: JSON.parse(outcome) as ExecutionResult }),
        steps: toShownSteps(journal, id),
      };
    },
    cancel(id, executions) {
      const here = executions.find(id);
      const report = toReport(need(id));
      if (!report.isAlive && !report.isResumable)
        throw new SluiceError("invalid_input", `${id} has ended (${report.status}): there is nothing to cancel`);
      journal.askStop(id);
      here?.cancel("cancelled", "The run was cancelled");
      parts.broker.withdraw(id);
      return toReport(need(id));
    },
    async remove(id) {
      need(id);
      await journal.remove(id);
      parts.broker.withdraw(id);
    },
    [Symbol.dispose]: () => journal[Symbol.dispose](),
  };
}

/** How a run goes on that nobody has any more; undefined: it does not. */
function toHow({ status, errorCode }: Run): ReturnType<typeof toContinuation> {
  return isOpen(status) ? {} : toContinuation(status, errorCode);
}

/** Nobody has it any more, and nobody has said that it is not wanted. */
function isStopped({ status, isAlive, errorCode = "" }: Run): boolean {
  return (
    (status === "running" && !isAlive) || (status === "killed" && /^(cancelled|parkMs|parkedMax)$/.test(errorCode))
  );
}

/** What programs did, as a person reads it: the asks that were answered, in order. */
function toShownSteps(journal: Journal, id: string): RunSteps["steps"] {
  return journal.steps(id).flatMap((step) => {
    if (step.kind !== "told") return [];
    const { t, error } = JSON.parse(step.frame) as { t: number; error?: { code?: string } };
    return [
      {
        at: new Date(t).toISOString(),
        ...opOf(step.key),
        ...(error?.code === undefined ? {} : { errorCode: error.code }),
      },
    ];
  });
}

/** Of the key that the vault has too, so that there is one to keep; what it seals is apart from the vault's. */
function toMaterial(stateDir: string, mayMake: boolean): Buffer {
  const key = loadVaultKey(join(stateDir, "vault.key"), process.env, mayMake);
  return createHash("sha256").update("sluice journal").update(key).digest();
}
