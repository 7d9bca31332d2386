import type { Trust } from "../config/config.ts";

/** How far each of some servers is trusted; one that is none of them is not. */
export function toTrustOf(servers: readonly { key: string; trust: Trust }[]): (key: string) => Trust {
  const trusts = new Map(servers.map(({ key, trust }) => [key, trust]));
  return (key) => trusts.get(key) ?? "untrusted";
}

/** Whether what a server says of its tools counts, and personal data may go to it unasked. */
export function isTrusted(trust: Trust): boolean {
  return trust === "local" || trust === "internal";
}
