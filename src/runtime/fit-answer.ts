import type { SandboxConfig } from "../config/config.ts";
import type { Outcome } from "./outcome.ts";
import type { Parts } from "./parts.ts";

/** By estimate: the exact count comes after the end. */
export const charsPerToken = 4;
const PREVIEW_BYTES_MIN = 256;

/** How much of an answer is shown: of what was printed, and of the result. */
export interface AnswerBounds {
  previewBytes: number;
  resultBytes: number;
}

/** The bounds of an answer by what is left of its budget; what an error says is cut to it here. */
export function fitAnswer(
  { gate: { budget } }: Pick<Parts, "gate">,
  { executionId, error, logs }: Pick<Outcome, "executionId" | "error" | "logs">,
  { previewBytes }: Pick<SandboxConfig, "previewBytes">,
): AnswerBounds {
  const room = budget.tokensLeft(executionId) * charsPerToken;
  const left = Math.max(PREVIEW_BYTES_MIN, Math.floor(room));
  if (error !== undefined && error.message.length > left)
    error.message = `${error.message.slice(0, left)}… (${error.message.length - left} more characters: policy.budget)`;
  const printed = logs.reduce((sum, { text }) => sum + text.length, 0);
  // What has no room is kept in a file.
  return {
    previewBytes: Math.min(previewBytes, left),
    resultBytes: Math.min(previewBytes, Math.max(PREVIEW_BYTES_MIN, Math.floor(room - printed))),
  };
}
