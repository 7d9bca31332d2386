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

/** Too little to be anybody's, all together: `1`, `true`, `ok`. */
function hasWords(value: Json): boolean {
  return sizeOf(value) >= WORDS_MIN;
}

const WORDS_MIN = 4;

function sizeOf(value: Json): number {
  if (typeof value === "string") return value.length;
  if (typeof value === "number") return String(value).length;
  if (typeof value !== "object" || value === null) return 0;
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + sizeOf(item), 0);
  return Object.entries(value).reduce((sum, [key, member]) => sum + key.length + sizeOf(member), 0);
}
