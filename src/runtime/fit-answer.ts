import type { SandboxConfig } from "../config/config.ts";
import type { Outcome } from "./outcome.ts";
import type { Parts } from "./parts.ts";

/** By estimate: the exact count comes after the end. */
export const charsPerToken = 4;
const PREVIEW_BYTES_MIN = 256;

/** The bounds of an answer by what is left of its budget; what an error says is cut to it here. */
export function fitAnswer<Bounds extends Pick<SandboxConfig, "previewBytes">>(
  parts: Pick<Parts, "gate">,
  outcome: Pick<Outcome, "executionId" | "error">,
  bounds: Bounds,
): Bounds {
  const left = Math.max(
    PREVIEW_BYTES_MIN,
    Math.floor(parts.gate.budget.tokensLeft(outcome.executionId) * charsPerToken),
  );
  const { error } = outcome;
  if (error !== undefined && error.message.length > left)
    error.message = `${error.message.slice(0, left)}… (${error.message.length - left} more characters: policy.budget)`;
  // What has no room is kept in a file.
  return { ...bounds, previewBytes: Math.min(bounds.previewBytes, left) };
}
