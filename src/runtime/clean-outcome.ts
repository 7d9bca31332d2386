import type { Json } from "../base/json.ts";
import type { Outcome } from "./outcome.ts";
import type { Parts } from "./parts.ts";

/**
 * The second net: the outcome without whatever personal data, or secret of the host, is still in it. A hit is recorded
 * and told. Warnings and the line of an error are the model's own text, and stay. Rejects where it cannot be looked: then
 * nothing is to be shown.
 */
export async function cleanOutcome<Shown extends Outcome>(
  outcome: Shown,
  { privacy, audit, events }: Pick<Parts, "privacy" | "audit" | "events">,
): Promise<Shown> {
  if (!privacy.isOn) return outcome;
  const { executionId, result, logs, error } = outcome;
  const words = [error?.message ?? "", error?.hint ?? "", error?.tool ?? ""];
  if (!hasWords([result ?? null, logs.map(({ text }) => text), words])) return outcome;
  const { value, texts, hits } = await privacy.need().clean(
    [result ?? null, words],
    logs.map(({ text }) => text),
  );
  if (hits.length === 0) return outcome;
  const classes = [...new Set(hits)].sort();
  events.emit({ kind: "leak-caught", executionId, classes });
  audit.record({ kind: "leak-caught", executionId, classes });
  // One text, where result and words together spelled something out.
  const [shown, said] = Array.isArray(value) ? (value as [Json, string[]]) : [value, words.map(() => "[withheld]")];
  const [message = "", hint = "", tool = ""] = said;
  return {
    ...outcome,
    logs: logs.map(({ stream }, index) => ({ stream, text: texts[index] ?? "" })),
    ...(result === undefined ? {} : { result: shown }),
    ...(error === undefined
      ? {}
      : {
          error: {
            ...error,
            message,
            ...(error.hint === undefined ? {} : { hint }),
            ...(error.tool === undefined ? {} : { tool }),
          },
        }),
  };
}

/** Whether there is anything to look at: a short text, a small number or a flag is nobody's. */
function hasWords(value: Json): boolean {
  if (typeof value === "string") return value.length >= 4;
  if (typeof value === "number") return Math.abs(value) >= 100_000;
  if (typeof value !== "object" || value === null) return false;
  return Array.isArray(value) ? value.some(hasWords) : Object.entries(value).some((entry) => entry.some(hasWords));
}
