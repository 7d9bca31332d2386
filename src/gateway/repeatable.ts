import type { RetryConfig, Trust } from "../config/config.ts";
import type { DecidedTool } from "./access.ts";
import { createRules } from "./pattern.ts";
import { isTrusted } from "./trust.ts";

/** Whether a second try of a call can do no harm; `mayHaveRun`: the first one may have been carried out. */
export type Repeatable = (tool: DecidedTool, mayHaveRun: boolean) => boolean;

export function createRepeatable({
  retry,
  trustOf,
}: {
  retry: RetryConfig;
  trustOf: (server: string) => Trust;
}): Repeatable {
  const findRetry = createRules(Object.entries(retry.tools));
  return (tool, mayHaveRun) => {
    const rule = findRetry(tool.address)?.rule;
    if (rule !== undefined) return rule === "always";
    if (!mayHaveRun) return true;
    const { readOnlyHint, idempotentHint } = tool.annotations ?? {};
    return isTrusted(trustOf(tool.server)) && (readOnlyHint === true || idempotentHint === true);
  };
}
