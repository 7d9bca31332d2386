import { randomUUID } from "node:crypto";
import { LargeResult } from "../base/large-json.ts";
import type { JsonObject } from "../base/json.ts";
import { limits } from "../base/limits.ts";

/** The member of a placeholder that holds the result, or the key of one that is held. A server cannot make either. */
const member = "sluice/large";
/** Results on their way through a client library that takes texts only; the oldest goes where nobody asked for it. */
const held = new Map<string, LargeResult>();

type Answer = { shell: JsonObject; result: LargeResult };

/** What the client library is given in place of a result that is too large for it: the rest of it, and the result to be found again. */
export function toPlaceholder({ shell, result }: Answer): Record<string, unknown> {
  return { ...shell, content: [], [member]: result };
}

/** The same as JSON can say it. */
export function holdResult({ shell, result }: Answer): JsonObject {
  const key = randomUUID();
  held.set(key, result);
  const [oldest] = held.keys();
  if (held.size > limits.largeHeldMax && oldest !== undefined) held.delete(oldest);
  return { ...shell, content: [], [member]: key };
}

/** The result that a placeholder stands for; any other answer itself. */
export function fromPlaceholder(answer: unknown): unknown {
  if (typeof answer !== "object" || answer === null) return answer;
  const found = (answer as Record<string, unknown>)[member];
  if (found instanceof LargeResult) return found;
  const result = typeof found === "string" ? held.get(found) : undefined;
  if (result === undefined) return answer;
  held.delete(found as string);
  return result;
}
