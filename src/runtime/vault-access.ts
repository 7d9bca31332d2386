import type { Audit } from "../gateway/audit.ts";
import type { OpenPrivacy } from "./privacy.ts";
import type { Sluice } from "./sluice.ts";

/** What a person may do with the vault; looking at a value is recorded before it is shown. */
export function createVaultAccess(privacy: OpenPrivacy, audit: Audit): Sluice["vault"] {
  const forgotten = (records: number, by: string): number => {
    audit.record({ kind: "values-forgotten", records, by });
    return records;
  };
  return {
    stats: () => privacy.need().stats(),
    async show(token, by) {
      audit.record({ kind: "value-shown", token: token.slice(0, 100), by });
      return privacy.need().show(token);
    },
    forget: async (value, by) => forgotten(await privacy.need().forget(value), by),
    purge: async (by) => forgotten(privacy.purge(), by),
  };
}
