import type { SluiceError } from "../base/errors.ts";
import type { ToolUse } from "../gateway/budget.ts";
import type { OutcomeStats, OutcomeWarning } from "./outcome.ts";
import { charsPerToken } from "./fit-answer.ts";
import type { Parts } from "./parts.ts";
import type { CountedTokens } from "./token-account.ts";

/** Throws where a budget is used up, or has no room for what the model wrote: the code, or a call. */
export function accountBegin({ gate: { budget } }: Pick<Parts, "gate">, executionId: string, written: string): void {
  budget.check();
  const crossed = budget.holdTokens(executionId, { code: written.length / charsPerToken, answer: 0 });
  if (crossed !== undefined) throw crossed;
}

/**
 * What an execution cost and spared: counted to the budgets and kept for `sluice stats`. The money, in US dollars, and a
 * warning where the day's budget could not take it yet. A replay counts to nothing.
 */
export function accountEnd(
  { gate }: Pick<Parts, "gate">,
  executionId: string,
  counted: CountedTokens,
  { cpuMs, durationMs }: Pick<OutcomeStats, "cpuMs" | "durationMs">,
  isReplay = false,
): { usd: NonNullable<OutcomeStats["usd"]>; warnings: OutcomeWarning[] } {
  const { budget, usage } = gate;
  if (isReplay) {
    forgetExecution({ gate }, executionId);
    return { usd: { spent: 0, avoided: 0 }, warnings: [] };
  }
  const { tokens, direct, asCode } = counted;
  // What the model writes is the code, what it reads is the answer.
  const forTokens = budget.costOf({ code: tokens.in, answer: tokens.out });
  const costOf = (estimate: { input: number; output: number }): number =>
    budget.costOf({ code: estimate.output, answer: estimate.input });
  const avoided = costOf(direct) - costOf(asCode);
  const uncounted = budget.addTokens(executionId, { outputTokens: tokens.out, usd: forTokens });
  let forTools = 0;
  const whole = { calls: 0, failed: 0, bytes: 0 };
  for (const [tool, use] of forgetExecution({ gate }, executionId)) {
    usage.add(tool, { executions: 1, ...use });
    forTools += use.usd;
    whole.calls += use.calls;
    whole.failed += use.failed;
    whole.bytes += use.bytes;
  }
  const spent = forTokens + forTools;
  usage.add("", {
    ...{ executions: 1, ...whole, tokensIn: tokens.in, tokensOut: tokens.out, tokensAvoided: tokens.avoided },
    ...{ usd: spent, usdAvoided: avoided, cpuMs, durationMs },
  });
  return { usd: { spent, avoided }, warnings: uncounted === undefined ? [] : [toWarning(uncounted)] };
}

/** Ends what the policy remembers of an execution; what its tools were used for. */
export function forgetExecution(
  { gate: { budget, flow, alerts } }: Pick<Parts, "gate">,
  executionId: string,
): ReadonlyMap<string, ToolUse> {
  flow.end(executionId);
  alerts.end(executionId);
  return budget.end(executionId);
}

function toWarning({ code, message }: SluiceError): OutcomeWarning {
  return {
    code,
    message: `What this used is not counted to policy.budget.perDay yet, and no call leaves until it is: ${message}`,
  };
}
