import { priceOf } from "../config/budget.ts";
import type { OutcomeStats } from "./outcome.ts";
import type { Parts } from "./parts.ts";
import type { CountedTokens } from "./token-account.ts";

const MILLION = 1_000_000;

/** What an execution cost and spared: counted to the budgets and kept for `sluice stats`. The money, in US dollars. */
export function accountEnd(
  { gate, config }: Pick<Parts, "gate" | "config">,
  executionId: string,
  counted: CountedTokens,
  { cpuMs, durationMs }: Pick<OutcomeStats, "cpuMs" | "durationMs">,
): NonNullable<OutcomeStats["usd"]> {
  const { budget, usage, flow, alerts } = gate;
  flow.end(executionId);
  alerts.end(executionId);
  const price = priceOf(config.policy.budget) ?? { input: 0, output: 0 };
  const { tokens, direct, asCode } = counted;
  // What the model writes is the code, what it reads is the answer.
  const forTokens = (tokens.in * price.output + tokens.out * price.input) / MILLION;
  const costOf = (estimate: { input: number; output: number }): number =>
    (estimate.input * price.input + estimate.output * price.output) / MILLION;
  const avoided = costOf(direct) - costOf(asCode);
  budget.addTokens(executionId, { outputTokens: tokens.out, usd: forTokens });
  let forTools = 0;
  const whole = { calls: 0, failed: 0, bytes: 0 };
  for (const [tool, use] of budget.end(executionId)) {
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
  return { spent, avoided };
}
