import type { Trust } from "../config/config.ts";

/** Whether what a server says of its tools counts, and personal data may go to it unasked. */
export function isTrusted(trust: Trust): boolean {
  return trust === "local" || trust === "internal";
}
