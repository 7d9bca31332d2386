import type { JsonObject } from "../base/json.ts";
import type { ExecutionResult, Outcome } from "./outcome.ts";
import type { Parts } from "./parts.ts";
import { createExecutionId } from "./run-program.ts";
import type { CallOptions } from "./sluice.ts";
import { toOutcome } from "./to-outcome.ts";
import { sampleLarge } from "./tokens.ts";

const DENIALS = new Set(["tool_denied", "tool_not_granted", "approval_unavailable", "definition_changed"]);

/** One direct call: the same gateway as a program's, the same outcome, no sandbox. */
export async function callDirectly(
  parts: Parts,
  name: string,
  args: JsonObject,
  { signal, grant = {}, timeoutMs }: CallOptions,
): Promise<ExecutionResult> {
  const executionId = createExecutionId();
  const started = performance.now();
  const account = parts.tokens.open(JSON.stringify({ tool: name, arguments: args }));
  const limit = AbortSignal.timeout(
    Math.min(timeoutMs ?? parts.config.sandbox.timeoutMs, parts.config.sandbox.timeoutMs),
  );
  const stop = signal === undefined ? limit : AbortSignal.any([signal, limit]);
  const call = await parts.invoke({
    executionId,
    callId: 1,
    origin: "direct",
    name,
    arguments: args,
    grant,
    signal: stop,
  });
  const failed = call.kind === "error";
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
    whole.status = DENIALS.has(code) ? "denied" : code === "cancelled" ? "killed" : "failed";
    if (whole.status === "killed" && signal?.aborted !== true) {
      whole.error = { code: "timeoutMs", message: `${address} did not answer before timeoutMs`, tool: address };
    }
  }
  account.addCall(
    call.address,
    JSON.stringify(args),
    call.kind === "large" ? sampleLarge(call.value) : call.kind === "data" ? JSON.stringify(call.data) : call.message,
  );
  const large = call.kind === "large" ? call.value : undefined;
  const outcome = await toOutcome(whole, parts.workspace, parts.config.sandbox, large);
  return {
    ...outcome,
    stats: {
      toolCalls: 1,
      durationMs: Math.round((performance.now() - started) * 10) / 10,
      cpuMs: 0,
      memoryPeakBytes: 0,
      engine: "none",
      wall: "none",
      tokens: await account.total(JSON.stringify(outcome)),
    },
  };
}
