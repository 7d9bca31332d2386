import { type ErrorCode, SluiceError, toMessage } from "../base/errors.ts";
import { toNearest } from "../base/nearest.ts";
import { guestTypes } from "../codegen/guest-types.ts";
import type { ExecutionEnd } from "../sandbox/execution.ts";
import { LinkError } from "../sandbox/module-syntax.ts";
import type { ExecutionResult, Outcome, OutcomeError, OutcomeWarning } from "./outcome.ts";
import type { Parts } from "./parts.ts";

/** What programs import from "sluice". */
const importable = new Set(
  [...(guestTypes.get("/guest/sluice.d.ts") ?? "").matchAll(/export (?:function|const) (\w+)/g)].map(
    ([, name]) => name,
  ),
);

/** What the sandbox says of an end, as the outcome says it. */
export function endToOutcome(
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
export function toFailure(
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
export function addHint(parts: Parts, { error }: Outcome): void {
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

export function addWarnings(outcome: Outcome, warnings: readonly OutcomeWarning[]): void {
  if (warnings.length > 0) outcome.warnings = [...(outcome.warnings ?? []), ...warnings];
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
