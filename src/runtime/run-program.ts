import { hash, randomBytes } from "node:crypto";
import { type ErrorCode, SluiceError, toMessage } from "../base/errors.ts";
import { inTime } from "../base/in-time.ts";
import type { LargeValue } from "../base/large-json.ts";
import { limits as bounds } from "../base/limits.ts";
import { toNearest } from "../base/nearest.ts";
import type { SealedCounts } from "../gateway/call.ts";
import { guestTypes } from "../codegen/guest-types.ts";
import { type ExecutionEnd, runExecution } from "../sandbox/execution.ts";
import { createFileGate } from "../sandbox/file-gate.ts";
import { linkProgram } from "../sandbox/link.ts";
import { createNetworkGate } from "../sandbox/network/network-gate.ts";
import { LinkError } from "../sandbox/module-syntax.ts";
import { accountEnd } from "./account-end.ts";
import { askBefore } from "./ask-before.ts";
import { cleanTexts } from "./clean-texts.ts";
import { cleanOutcome } from "./clean-outcome.ts";
import { toExecutionLimits } from "./execution-limits.ts";
import type { RunningExecution } from "./executions.ts";
import { charsPerToken, fitAnswer } from "./fit-answer.ts";
import { admitRequest, learnedPath, toFileWatch, toWatchedModules } from "./flow-hooks.ts";
import { toGatewayStats } from "./gateway-stats.ts";
import type { ExecutionResult, LogEntry, Outcome, OutcomeError, OutcomeStats, OutcomeWarning } from "./outcome.ts";
import type { Parts } from "./parts.ts";
import { createPersonWait } from "./person-wait.ts";
import { toPrivacyWarnings } from "./privacy-warnings.ts";
import { createProgramHost } from "./program-host.ts";
import type { ExecuteOptions } from "./sluice.ts";
import { toOutcome } from "./to-outcome.ts";
import type { TypeProblem } from "./type-check.ts";

/** What programs import from "sluice". */
const importable = new Set(
  [...(guestTypes.get("/guest/sluice.d.ts") ?? "").matchAll(/export (?:function|const) (\w+)/g)].map(
    ([, name]) => name,
  ),
);

/** An id for an execution: short, because the model reads it. */
export function createExecutionId(): string {
  return `run_${randomBytes(5).toString("hex")}`;
}

/** Starts one program; what it does and how it ends is in the execution that this gives back at once. */
export function startProgram(parts: Parts, code: string, options: ExecuteOptions): RunningExecution {
  const id = createExecutionId();
  const started = performance.now();
  const stop = new AbortController();
  const listeners = new Set<(entry: LogEntry) => void>();
  const logs: LogEntry[] = [];
  const calls = { done: 0, failed: 0, open: 0 };
  const { timeoutMs } = options;
  const sandbox = toExecutionLimits(parts.config.sandbox, {
    ...options.limits,
    ...(timeoutMs === undefined ? {} : { timeoutMs: Math.min(timeoutMs, options.limits?.timeoutMs ?? timeoutMs) }),
  });
  const grant = options.grant ?? {};
  const account = parts.tokens.open(code);
  const person = createPersonWait(parts.broker, id, parts.config.approvals.waitMs);
  const sealed: SealedCounts[] = [];
  let cancelled: { code: string; message: string } | undefined;
  let engine = "deno";
  let wall = "none";
  let stats: Partial<OutcomeStats> = {};
  let retries = 0;
  let logChars = 0;
  /** Something of it is to be seen outside its sandbox. */
  let hadEffect = false;
  let checking: Promise<TypeProblem[]> | undefined;

  /** One after another: a listener may be on its way to a model, and each piece is looked at first. */
  let published = Promise.resolve();
  const publish = (entry: LogEntry): void => {
    if (listeners.size === 0) return;
    published = published
      .then(async () => {
        const { logs: shown } = await cleanOutcome({ ...running(), logs: [entry] }, parts);
        for (const listener of listeners) for (const one of shown) listener(one);
      })
      .catch(() => undefined);
  };

  function end(code: string, message: string): void {
    cancelled ??= { code, message };
    stop.abort();
  }

  async function run(): Promise<ExecutionEnd> {
    let used: Promise<unknown> | undefined;
    parts.gate.budget.check();
    parts.typeCheck.warm();
    await parts.discovery.ensureKnown(parts.namesIn(code), stop.signal);
    // What changes while it runs is for the next one: it keeps the modules and names that it was written against.
    const view = parts.openView();
    const program = await linkProgram(code, view.names);
    await askBefore(parts, id, code, stop.signal);
    checking = parts.typeCheck.check(program);
    const { flow, fileLabels } = parts.gate;
    const onModulesShown = (): void => flow.add(id, fileLabels.of(learnedPath));
    const place = await parts.pool.take(stop.signal);
    try {
      ({ engine, wall } = place.guest);
      const codeSha256 = hash("sha256", code);
      parts.audit.record({
        kind: "execution-started",
        executionId: id,
        codeSha256,
        codeBytes: Buffer.byteLength(code),
        engine,
        wall,
      });
      void parts.audit.recordProgram(id, codeSha256, async () => (await cleanTexts(parts, [code]))[0] ?? "");
      const files = createFileGate({
        modules: toWatchedModules(view.files, onModulesShown),
        skillsFolder: parts.config.skills.dir,
        workspace: parts.workspace,
        writable: grant.workspace !== "read-only",
        limits: sandbox,
        signal: stop.signal,
        watch: toFileWatch(parts.gate, id, () => {
          hadEffect = true;
        }),
        onWritten: (file) => parts.audit.record({ kind: "file-written", executionId: id, ...file }),
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
          onLog(entry) {
            logs.push(entry);
            logChars += entry.text.length;
            const refused = parts.gate.budget.refuseTokens(id, logChars / charsPerToken);
            if (refused !== undefined) end(refused.code, refused.message);
            publish(entry);
          },
          endExecution: end,
          onModulesShown,
          onRetried: (count) => (retries += count),
          onSealed: (counts) => sealed.push(counts),
          onProgress(message) {
            parts.events.emit({ kind: "progress-reported", executionId: id, message });
            publish({ stream: "stderr", text: message });
          },
        }),
        files,
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
      });
      used = ended.usage;
      return ended;
    } finally {
      // What it used is read while it lives.
      void Promise.resolve(used).then(() => place.release());
    }
  }

  async function finish(): Promise<ExecutionResult> {
    parts.events.emit({ kind: "execution-started", executionId: id });
    let outcome: Outcome;
    let large: LargeValue | undefined;
    let usage: ExecutionEnd["usage"] | undefined;
    try {
      let ended = await run();
      // A sandbox that broke before its program did anything: another one may hold.
      if (ended.error?.code === "guest_crashed" && ended.toolCalls === 0 && !hadEffect && cancelled === undefined) {
        logs.length = 0;
        retries += 1;
        ended = await run();
      }
      outcome = endToOutcome(id, ended, cancelled);
      addHint(parts, outcome);
      stats = { toolCalls: ended.toolCalls };
      ({ usage, large } = ended);
    } catch (error) {
      outcome = { executionId: id, ...toFailure(error, cancelled), logs, calls };
    }
    if (checking !== undefined) addTypeProblems(outcome, (await inTime(checking, parts.typeCheckWaitMs)) ?? []);
    addWarnings(outcome, toPrivacyWarnings(code, sealed));
    addWarnings(
      outcome,
      parts.gate.alerts.warningsOf(id).map((message) => ({ code: "built_from_text", message })),
    );
    if (outcome.status === "killed" && cancelled === undefined)
      parts.gate.alerts.noteLimit(id, outcome.error?.code ?? "unknown");
    const whole = toOutcome(outcome, parts.workspace, fitAnswer(parts, outcome, sandbox), large);
    const shown = await whole
      .then((made) => cleanOutcome(made, parts))
      .catch((error: unknown): Outcome => ({
        executionId: id,
        ...toFailure(error, undefined),
        logs: [],
        calls: outcome.calls,
      }));
    const counting = account.total(JSON.stringify(shown));
    recordEnd(parts, shown, toStats().durationMs);
    const [counted, used] = await Promise.all([counting, usage]);
    if (used !== undefined) stats = { ...stats, cpuMs: Math.round(used.cpuMs), memoryPeakBytes: used.peakBytes };
    const ended = toStats();
    const usd = accountEnd(parts, id, counted, ended);
    const result: ExecutionResult = { ...shown, stats: { ...ended, tokens: counted.tokens, usd } };
    person.close();
    await published;
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
      ...(pending.length > 0 ? { pending } : {}),
      calls: { ...calls },
    };
  }

  function toStats(): Omit<OutcomeStats, "tokens"> {
    return {
      toolCalls: calls.done + calls.failed,
      durationMs: Math.round((performance.now() - started) * 10) / 10,
      cpuMs: 0,
      memoryPeakBytes: 0,
      engine,
      wall,
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
    cancel: end,
    listen(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

function addWarnings(outcome: Outcome, warnings: readonly OutcomeWarning[]): void {
  if (warnings.length > 0) outcome.warnings = [...(outcome.warnings ?? []), ...warnings];
}

function addTypeProblems(outcome: Outcome, problems: readonly TypeProblem[]): void {
  addWarnings(
    outcome,
    problems.map(({ line, message }) => ({ code: "type_problem", message, line })),
  );
}

/** The end of an execution happened whether or not it can be recorded: the next call is what a broken audit stops. */
function recordEnd({ audit }: Parts, { executionId, status, error }: Outcome, ms: number): void {
  try {
    audit.record({
      kind: "execution-ended",
      executionId,
      status,
      ...(error === undefined ? {} : { code: error.code }),
      ms,
    });
  } catch {
    // Said by the next call.
  }
}

function endToOutcome(
  executionId: string,
  end: ExecutionEnd,
  cancelled: { code: string; message: string } | undefined,
): Outcome {
  const { status, value, error, logs, logsTruncated, warnings, calls } = end;
  const outcome: Outcome = { executionId, status, logs, calls };
  if (value !== undefined) outcome.result = value;
  if (logsTruncated) outcome.logsTruncated = true;
  if (error !== undefined) {
    const { place, ...rest } = error;
    outcome.error = { ...rest, ...place };
    if (error.code === "cancelled" && cancelled !== undefined) Object.assign(outcome.error, cancelled);
  }
  if (warnings.length > 0) outcome.warnings = warnings;
  if (
    status === "completed" &&
    value === undefined &&
    end.large === undefined &&
    logs.length === 0 &&
    warnings.length === 0
  ) {
    outcome.warnings = [
      {
        code: "nothing_returned",
        message: "The program ended without printing or returning anything: use console.log or return",
      },
    ];
  }
  return outcome;
}

/** An execution that ended before its program ran, or by our own fault. */
function toFailure(
  error: unknown,
  cancelled: { code: string; message: string } | undefined,
): { status: "failed" | "killed" | "denied"; error: OutcomeError } {
  if (cancelled !== undefined) return { status: "killed", error: cancelled };
  if (error instanceof LinkError) {
    return {
      status: "failed",
      error: {
        code: error.code,
        message: error.message,
        ...error.place,
        ...(error.hint === undefined ? {} : { hint: error.hint }),
      },
    };
  }
  const code: ErrorCode = error instanceof SluiceError ? error.code : "internal";
  const hint = error instanceof SluiceError ? error.hint : undefined;
  // Before it ran: what its calls were refused is the program's own to catch.
  const status = code === "approval_denied" ? "denied" : code.startsWith("budget") ? "killed" : "failed";
  return { status, error: { code, message: toMessage(error), ...(hint === undefined ? {} : { hint }) } };
}

/** `x is not defined`, `x.y is not a function`: what there is instead. */
function addHint(parts: Parts, { error }: Outcome): void {
  if (error === undefined || error.hint !== undefined) return;
  const missing = /^ReferenceError: ([\w$]{1,128}) is not defined$/.exec(error.message)?.[1];
  if (missing !== undefined && importable.has(missing)) {
    error.hint = `Import it: import { ${missing} } from "sluice"`;
    return;
  }
  if (missing !== undefined) {
    const identifiers = parts.catalogue.servers().map(({ identifier }) => identifier);
    const near = toNearest(missing, identifiers);
    if (near !== undefined) error.hint = `Did you mean ${near}?`;
    return;
  }
  const match = /^TypeError: (?:servers\.)?([\w$]{1,128})\.([\w$]{1,128}) is not a function/.exec(error.message);
  const server = match?.[1] === undefined ? undefined : parts.names.serverByIdentifier(match[1]);
  if (server === undefined) return;
  const names = Object.keys(server.tools);
  const near = toNearest(match?.[2] ?? "", names);
  error.hint =
    near === undefined
      ? `${server.identifier} has: ${names.slice(0, 30).join(", ")}${names.length > 30 ? ", …" : ""}`
      : `Did you mean ${server.identifier}.${near}?`;
}

/** The result of a request that named no execution. */
export function toFailedResult(executionId: string, error: unknown): ExecutionResult {
  return {
    executionId,
    ...toFailure(error, undefined),
    logs: [],
    calls: { done: 0, failed: 0, open: 0 },
    stats: {
      toolCalls: 0,
      durationMs: 0,
      cpuMs: 0,
      memoryPeakBytes: 0,
      engine: "none",
      wall: "none",
      tokens: { in: 0, out: 0, avoided: 0 },
    },
  };
}
