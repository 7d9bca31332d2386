import { hash, randomBytes } from "node:crypto";
import { SluiceError } from "../base/errors.ts";
import { inTime } from "../base/in-time.ts";
import type { LargeValue } from "../base/large-json.ts";
import { limits as bounds } from "../base/limits.ts";
import { nextTurn } from "../base/next-turn.ts";
import type { SealedCounts } from "../gateway/call.ts";
import { toModel } from "../gateway/to-model.ts";
import { type ExecutionEnd, runExecution } from "../sandbox/execution.ts";
import { createFileGate } from "../sandbox/file-gate.ts";
import { type LinkedProgram, linkProgram, type NameSource } from "../sandbox/link.ts";
import { createNetworkGate } from "../sandbox/network/network-gate.ts";
import type { Workspace } from "../sandbox/workspace.ts";
import { accountBegin, accountEnd, forgetExecution } from "./account-end.ts";
import { askBefore } from "./ask-before.ts";
import { cleanTexts } from "./clean-texts.ts";
import { cleanOutcome } from "./clean-outcome.ts";
import { toExecutionLimits } from "./execution-limits.ts";
import type { RunningExecution } from "./executions.ts";
import { charsPerToken, fitAnswer } from "./fit-answer.ts";
import { admitRequest, learnedPath, toFileWatch, toWatchedFiles, toWatchedModules } from "./flow-hooks.ts";
import { toGatewayStats } from "./gateway-stats.ts";
import type { ExecutionResult, LogEntry, Outcome, OutcomeStats, RunProgress } from "./outcome.ts";
import type { Parts } from "./parts.ts";
import { toWatchedRoot } from "./skill-root.ts";
import { createPersonWait } from "./person-wait.ts";
import { addHint, addWarnings, endToOutcome, toFailure } from "./program-end.ts";
import { toPrivacyWarnings } from "./privacy-warnings.ts";
import type { ProgramRun } from "./program-run.ts";
import { createProgramHost, toProgressText } from "./program-host.ts";
import type { ExecuteOptions } from "./sluice.ts";
import { readStart } from "./started-with.ts";
import { toOutcome } from "./to-outcome.ts";
import type { TypeProblem } from "./type-check.ts";

/** An id for an execution: short, because the model reads it. */
export function createExecutionId(): string {
  return `run_${randomBytes(5).toString("hex")}`;
}

/** A run that goes on, or is looked at again. */
export interface PastRun {
  id: string;
  /** What it was started with, what was recorded, and what keeps the rest. */
  run: ProgramRun;
  /** The run whose files hold what it spilled, where that is another. */
  spilledAs?: string;
}

/** Starts one program; what it does and how it ends is in the execution that this gives back at once. */
export function startProgram(parts: Parts, code: string, options: ExecuteOptions, past?: PastRun): RunningExecution {
  const id = past?.id ?? createExecutionId();
  const started = performance.now();
  const stop = new AbortController();
  const listeners = new Set<Parameters<RunningExecution["listen"]>[0]>();
  const logs: LogEntry[] = [];
  const calls = { done: 0, failed: 0, open: 0 };
  const { timeoutMs } = options;
  const sandbox = toExecutionLimits(parts.config.sandbox, {
    ...options.limits,
    ...(timeoutMs === undefined ? {} : { timeoutMs: Math.min(timeoutMs, options.limits?.timeoutMs ?? timeoutMs) }),
  });
  const grant = options.grant ?? {};
  const run = past?.run ?? parts.runs.begin(id, code, options);
  /** Nothing leaves, so it costs nobody anything and is no use of a skill. */
  const isReplay = run?.isReplayOnly === true;
  const account = parts.tokens.open(code);
  const person = createPersonWait(parts.broker, id, parts.config.approvals.waitMs);
  const sealed: SealedCounts[] = [];
  const before = run?.startedWith === undefined ? undefined : readStart(run.startedWith);
  const startedAt = before?.startedAt ?? Date.now();
  const usedSkills = new Set<string>(before?.skills);
  let cancelled: { code: string; message: string } | undefined;
  let stats: Partial<OutcomeStats> = {};
  let retries = 0;
  let logChars = 0;
  /** Something of it is to be seen outside its sandbox. */
  let hadEffect = false;
  /** It had to end while it waited for a person, whose answer it can go on with. */
  let isPaused = false;
  let hasStarted = false;
  let checking: Promise<TypeProblem[]> | undefined;
  /** Its text is on record. Nothing waits for it but the answer: the hash is there from the beginning. */
  let recorded: Promise<void> | undefined;

  /** One after another: a listener may be on its way to a model, and each piece is looked at first. */
  let published = Promise.resolve();
  const publish = (entry: LogEntry, progress?: RunProgress): void => {
    if (listeners.size === 0) return;
    published = published
      .then(async () => {
        const { logs: shown } = await cleanOutcome({ ...running(), logs: [entry] }, parts);
        for (const listener of listeners) for (const one of shown) listener(one, progress);
      })
      .catch(() => undefined);
  };

  function end(code: string, message: string, mayGoOn = false): void {
    cancelled ??= { code, message };
    isPaused ||= mayGoOn && person.pending().length > 0;
    // What it waits for may be answered until it goes on.
    stop.abort(mayGoOn ? new SluiceError("interrupted", message) : undefined);
  }

  /** What the guest is started with; of a run that goes on it is what it was. */
  async function toProgram(names: NameSource): Promise<Pick<LinkedProgram, "modules" | "servers">> {
    if (run?.startedWith !== undefined) return { modules: [], servers: [] };
    const program = await linkProgram(code, names);
    await askBefore(parts, id, code, stop.signal);
    checking = parts.typeCheck.check(program);
    if (code.length > bounds.codeHereBytesMax) await nextTurn();
    return program;
  }

  /** Before anything of it is looked at: one that does not parse, or finds no place, is on record too. */
  function recordStart(): void {
    const codeSha256 = hash("sha256", code);
    const codeBytes = Buffer.byteLength(code);
    parts.audit.record({ kind: "execution-started", executionId: id, codeSha256, codeBytes, ...parts.level });
    recorded = parts.audit.recordProgram(id, codeSha256, async () => (await cleanTexts(parts, [code]))[0] ?? "");
  }

  async function runOnce(): Promise<ExecutionEnd> {
    let used: Promise<unknown> | undefined;
    if (!isReplay) accountBegin(parts, id, code);
    parts.typeCheck.warm();
    const imported = parts.skills.importedBy(code);
    await parts.discovery.ensureKnown(parts.namesIn(imported.text), stop.signal);
    if (before === undefined) await parts.skills.ensureListed(imported.names, stop.signal);
    // What changes while it runs is for the next one: it keeps the modules and names that it was written against.
    const view = parts.openView();
    const program = await toProgram(parts.skills.admitting(view.names, (skill) => usedSkills.add(skill), stop.signal));
    // Of a run that goes on, what it has read is kept.
    if (before === undefined) for (const skill of usedSkills) parts.skills.noteRead(id, skill);
    const { flow, fileLabels } = parts.gate;
    const onModulesShown = (): void => flow.add(id, fileLabels.of(learnedPath));
    const place = await parts.pool.take(stop.signal);
    try {
      const files = createFileGate({
        modules: toWatchedModules(view.files, onModulesShown),
        skills: toWatchedRoot(parts, id),
        workspace: parts.workspace,
        writable: grant.workspace !== "read-only",
        limits: sandbox,
        signal: stop.signal,
        watch: toFileWatch(parts, id, () => {
          hadEffect = true;
        }),
        onWritten(file) {
          if (!parts.workspace.isScratch) parts.audit.record({ kind: "file-written", executionId: id, ...file });
        },
      });
      const ended = await runExecution({
        guest: place.guest,
        program,
        source: code,
        host: createProgramHost({
          parts,
          view,
          executionId: id,
          code,
          grant,
          resultBytesMax: sandbox.resultBytesMax,
          calls,
          account,
          signal: stop.signal,
          onLog(entry, isAgain) {
            logs.push(entry);
            logChars += entry.text.length;
            const refused = isReplay
              ? undefined
              : parts.gate.budget.holdTokens(id, { answer: logChars / charsPerToken });
            if (refused !== undefined) end(refused.code, refused.message);
            if (!isAgain) publish(entry);
          },
          endExecution: end,
          onModulesShown,
          onRetried: (count) => (retries += count),
          onSealed: (counts) => sealed.push(counts),
          onProgress(progress) {
            run?.setProgress(progress);
            const text = toProgressText(progress);
            parts.events.emit({ kind: "progress-reported", executionId: id, message: text, progress });
            publish({ stream: "stderr", text }, progress);
          },
        }),
        files: toWatchedFiles(files, parts.gate, id),
        network: createNetworkGate({
          network: sandbox.network,
          admit(host, signal) {
            hadEffect = true;
            return admitRequest(parts, id, host, signal);
          },
          ...(parts.privacy.sealResponse === undefined ? {} : { seal: parts.privacy.sealResponse }),
          record: (record) => parts.audit.record({ ...record, executionId: id }),
        }),
        limits: sandbox,
        watchdog: parts.watchdog,
        signal: stop.signal,
        onWaiting: person.onWaiting,
        journal: run,
      });
      hasStarted = true;
      used = ended.usage;
      return ended;
    } finally {
      // What it used is read while it lives.
      void Promise.resolve(used).then(() => place.release());
    }
  }

  async function runWhole(): Promise<ExecutionResult> {
    run?.watch({ onWaiting: person.onWaiting, callsDone: () => calls.done + calls.failed, end });
    parts.events.emit({ kind: "execution-started", executionId: id });
    let outcome: Outcome;
    let large: LargeValue | undefined;
    let usage: ExecutionEnd["usage"] | undefined;
    try {
      recordStart();
      let ended = await runOnce();
      // A sandbox that broke before its program did anything: another one may hold.
      const isUntouched = ended.toolCalls === 0 && !hadEffect && past === undefined;
      if (ended.error?.code === "guest_crashed" && isUntouched && cancelled === undefined) {
        logs.length = logChars = 0;
        retries += 1;
        ended = await runOnce();
      }
      run?.flush();
      outcome = endToOutcome(id, ended, cancelled);
      addHint(parts, outcome);
      stats = { toolCalls: ended.toolCalls };
      ({ usage, large } = ended);
    } catch (error) {
      outcome = { executionId: id, ...toFailure(error, cancelled), logs, calls };
    }
    // Waited for while the rest is made.
    const problems = checking === undefined ? undefined : inTime(checking, parts.typeCheckWaitMs);
    addWarnings(outcome, toPrivacyWarnings(code, sealed));
    addWarnings(outcome, run?.warnings() ?? []);
    run?.addHint(outcome);
    addWarnings(
      outcome,
      parts.gate.alerts.warningsOf(id).map((message) => ({ code: "built_from_text", message })),
    );
    if (!isReplay && outcome.status === "completed") addWarnings(outcome, await parts.skills.tryOut(id));
    if (!isReplay) addWarnings(outcome, parts.skills.noteEnd(outcome, { code, used: usedSkills, startedAt }));
    if (outcome.status === "killed" && cancelled === undefined)
      parts.gate.alerts.noteLimit(id, outcome.error?.code ?? "unknown");
    const kept = isReplay ? unwritten : parts.workspace;
    const whole = toOutcome(outcome, kept, fitAnswer(parts, outcome, sandbox), large, past?.spilledAs);
    const shown = await whole
      .then((made) => cleanOutcome(made, parts))
      .catch((error: unknown): Outcome => ({
        executionId: id,
        ...toFailure(error, undefined),
        logs: [],
        calls: outcome.calls,
      }));
    addTypeProblems(shown, (await problems) ?? []);
    const counting = account.total(JSON.stringify(shown));
    const [counted, used] = await Promise.all([counting, usage]);
    if (used !== undefined) stats = { ...stats, cpuMs: Math.round(used.cpuMs), memoryPeakBytes: used.peakBytes };
    const ended = toStats();
    const { usd, warnings } = accountEnd(parts, id, counted, ended, isReplay);
    addWarnings(shown, warnings);
    return { ...shown, stats: { ...ended, tokens: counted.tokens, usd } };
  }

  /** Whatever fails, what the program has done and printed is told. */
  async function finish(): Promise<ExecutionResult> {
    const result = await runWhole().catch(async (error: unknown): Promise<ExecutionResult> => {
      forgetExecution(parts, id);
      const failed: Outcome = { executionId: id, ...toFailure(error, cancelled), logs, calls };
      const shown = await cleanOutcome(failed, parts).catch(() => ({ ...failed, logs: [] }));
      return { ...shown, stats: { ...toStats(), tokens: { in: 0, out: 0, avoided: 0 } } };
    });
    recordEnd(parts, result);
    const goesOn = run?.end(result, { hasStarted, isPaused }) ?? false;
    if (!goesOn && !isReplay) parts.broker.withdraw(id);
    person.close();
    await Promise.all([published, recorded]);
    parts.events.emit({ kind: "execution-ended", executionId: id, status: result.status });
    return result;
  }

  function running(): Outcome {
    const pending = person.pending();
    return {
      executionId: id,
      status: pending.length > 0 ? "paused" : "running",
      logs: logs.slice(-bounds.runningLogsShown).map((entry) => ({ ...entry })),
      ...(logs.length > bounds.runningLogsShown ? { logsTruncated: true } : {}),
      ...(pending.length > 0 ? { pending, ...toUnresumable(run) } : {}),
      calls: { ...calls },
    };
  }

  function toStats(): Omit<OutcomeStats, "tokens"> {
    return {
      toolCalls: calls.done + calls.failed,
      durationMs: Math.round((performance.now() - started) * 10) / 10,
      cpuMs: 0,
      memoryPeakBytes: 0,
      ...parts.level,
      ...toGatewayStats(parts, retries),
      ...stats,
    };
  }

  return {
    id,
    result: finish(),
    snapshot: () =>
      cleanOutcome({ ...running(), stats: { ...toStats(), tokens: { in: 0, out: 0, avoided: 0 } } }, parts),
    paused: person.paused,
    settled: () => inTime(run?.settled() ?? Promise.resolve(), bounds.settleMs),
    cancel: end,
    listen(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

/** A replay leaves what was spilled as it is. */
const unwritten: Pick<Workspace, "makeFolder" | "write"> = {
  makeFolder: () => Promise.resolve(),
  write: () => Promise.resolve(),
};

/** What waits for a person for a long time goes on only where it is recorded. */
function toUnresumable(run: ProgramRun | undefined): Pick<Outcome, "warnings"> {
  const warnings =
    run === undefined
      ? [{ code: "not_resumable", message: "This run is not recorded, and waits only as long as its process lives" }]
      : run.warnings();
  return warnings.length > 0 ? { warnings } : {};
}

/** Before all others: they say what to mend. */
function addTypeProblems(outcome: Outcome, problems: readonly TypeProblem[]): void {
  if (problems.length === 0) return;
  const told = problems.map(({ line, message }) => ({ code: "type_problem", message: toModel(message), line }));
  outcome.warnings = [...told, ...(outcome.warnings ?? [])];
}

/** The end of an execution happened whether or not it can be recorded: the next call is what a broken audit stops. */
function recordEnd({ audit }: Parts, { executionId, status, error, stats }: ExecutionResult): void {
  try {
    audit.record({
      kind: "execution-ended",
      executionId,
      status,
      ...(error === undefined ? {} : { code: error.code }),
      ms: stats.durationMs,
    });
  } catch {
    // Said by the next call.
  }
}
