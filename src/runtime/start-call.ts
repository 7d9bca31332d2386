import { nextTurn } from "../base/next-turn.ts";
import { isDenial } from "../base/errors.ts";
import type { JsonObject } from "../base/json.ts";
import { createDeadline } from "../base/deadline.ts";
import { accountBegin, accountEnd, forgetExecution } from "./account-end.ts";
import { cleanOutcome } from "./clean-outcome.ts";
import type { RunningExecution } from "./executions.ts";
import type { ExecutionResult, Outcome, OutcomeStats } from "./outcome.ts";
import type { Parts } from "./parts.ts";
import { createPersonWait } from "./person-wait.ts";
import { toPrivacyWarnings } from "./privacy-warnings.ts";
import { addWarnings, toFailedResult } from "./program-end.ts";
import { createExecutionId } from "./run-program.ts";
import { fitAnswer } from "./fit-answer.ts";
import { toGatewayStats } from "./gateway-stats.ts";
import type { CallOptions } from "./sluice.ts";
import { toOutcome } from "./to-outcome.ts";
import { sampleLarge } from "./tokens.ts";

/** Starts one direct call: the same gateway as a program's, the same outcome, no sandbox. */
export function startCall(
  parts: Parts,
  name: string,
  args: JsonObject,
  { grant = {}, timeoutMs }: CallOptions,
): RunningExecution {
  const executionId = createExecutionId();
  const started = performance.now();
  const written = JSON.stringify({ tool: name, arguments: args });
  const account = parts.tokens.open(written);
  const person = createPersonWait(parts.broker, executionId, parts.config.approvals.waitMs);
  const stop = new AbortController();
  let retries = 0;
  let cancelled: { code: string; message: string } | undefined;
  const cancel = (code: string, message: string): void => {
    cancelled ??= { code, message };
    stop.abort();
  };
  const { sandbox } = parts.config;
  const deadline = createDeadline(Math.min(timeoutMs ?? sandbox.timeoutMs, sandbox.timeoutMs), () =>
    cancel("timeoutMs", `${name.slice(0, 200)} did not answer before timeoutMs`),
  );
  person.onWaiting((isWaiting) => (isWaiting ? deadline.pause() : deadline.resume()));

  async function finish(): Promise<ExecutionResult> {
    const calling = Promise.resolve().then(() => {
      accountBegin(parts, executionId, written);
      return parts.invoke({
        ...{ executionId, callId: 1, origin: "direct", name, arguments: args, grant },
        signal: stop.signal,
        remainingMs: () => deadline.left(),
        endExecution: cancel,
      });
    });
    // However it ends: a deadline that goes on would keep the process.
    const call = await calling.finally(() => {
      deadline.pause();
      person.close();
    });
    // A budget that its own result has crossed says so in the next turn.
    await nextTurn();
    const failed = call.kind === "error";
    retries = (call.tries ?? 1) - 1;
    const whole: Outcome = {
      executionId,
      status: "completed",
      logs: [],
      calls: { done: failed ? 0 : 1, failed: failed ? 1 : 0, open: 0 },
    };
    if (call.kind === "data") {
      whole.result = call.data;
    } else if (call.kind === "error") {
      const { code, message, hint, address } = call;
      whole.error = { code, message, tool: address, ...(hint === undefined ? {} : { hint }) };
      whole.status = isDenial(code) ? "denied" : code === "cancelled" ? "killed" : "failed";
    }
    // As with a program: what is done is done, and told.
    if (cancelled !== undefined && whole.status !== "denied") {
      whole.status = "killed";
      whole.error = { ...cancelled, tool: call.address };
    }
    const warnings = failed || call.sealed === undefined ? [] : toPrivacyWarnings("", [call.sealed]);
    addWarnings(whole, warnings);
    account.addCall(
      call.address,
      JSON.stringify(args),
      call.kind === "large" ? sampleLarge(call.value) : call.kind === "data" ? JSON.stringify(call.data) : call.message,
    );
    const large = call.kind === "large" ? call.value : undefined;
    const outcome = await cleanOutcome(
      await toOutcome(whole, parts.workspace, fitAnswer(parts, whole, sandbox), large),
      parts,
    );
    const counted = await account.total(JSON.stringify(outcome));
    const stats = toStats(counted.tokens);
    const { usd, warnings: uncounted } = accountEnd(parts, executionId, counted, stats);
    addWarnings(outcome, uncounted);
    return { ...outcome, stats: { ...stats, usd } };
  }

  const toStats = (tokens: OutcomeStats["tokens"]): OutcomeStats => ({
    toolCalls: 1,
    durationMs: Math.round((performance.now() - started) * 10) / 10,
    ...{ cpuMs: 0, memoryPeakBytes: 0, engine: "none", wall: "none", tokens },
    ...toGatewayStats(parts, retries),
  });

  return {
    id: executionId,
    result: finish().catch((error: unknown) => {
      forgetExecution(parts, executionId);
      return toFailedResult(executionId, error);
    }),
    async snapshot() {
      const pending = person.pending();
      return {
        executionId,
        status: pending.length > 0 ? "paused" : "running",
        logs: [],
        ...(pending.length > 0 ? { pending } : {}),
        calls: { done: 0, failed: 0, open: 1 },
        stats: toStats({ in: 0, out: 0, avoided: 0 }),
      };
    },
    paused: person.paused,
    settled: () => Promise.resolve(),
    cancel,
    listen: () => () => undefined,
  };
}
