import type { OutcomeStats } from "./outcome.ts";
import type { Parts } from "./parts.ts";

/** What an outcome's stats say of the way to the servers, where there is something to say. */
export function toGatewayStats(
  parts: Pick<Parts, "gate">,
  retries: number,
): Pick<OutcomeStats, "retries" | "breakers"> {
  const breakers = Object.entries(parts.gate.limit.open());
  return {
    ...(retries > 0 ? { retries } : {}),
    ...(breakers.length > 0
      ? { breakers: Object.fromEntries(breakers.map(([server, { state, retryAt }]) => [server, { state, retryAt }])) }
      : {}),
  };
}
