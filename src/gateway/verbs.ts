/**
 * Verbs in the names of tools that somebody would want to be asked about: what they do is gone, or paid for. Documented
 * in docs/policy.md (a test holds this).
 */
export const askedVerbs: readonly string[] =
  `buy cancel charge deactivate del delete deprovision destroy disable drop erase evict expunge kill overwrite pay payout
   purchase purge reboot refund remove reset revoke rm sell shutdown suspend terminate transfer truncate uninstall
   unsubscribe wipe wire withdraw`.split(/\s+/);

const asked = new Set(askedVerbs);
/** A name that begins like this reads, whatever comes after it: `get_refund`, `listDeletedUsers`. */
const reading = new Set(
  "check count describe export fetch find get is list lookup preview read search show view".split(" "),
);

/** The verb in a tool's name that asks for a person, if there is one: `deleteLead`, `crm_lead_delete`, `users.remove`. */
export function findAskedVerb(name: string): string | undefined {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replace(/([A-Z]+)([A-Z][a-z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "");
  // Many begin with the name of their product: `slack_get_…`.
  if (words.slice(0, 2).some((word) => reading.has(word))) return undefined;
  return words.find((word) => asked.has(word));
}
