import { existsSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { SluiceError, toMessage } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { Config } from "../config/config.ts";
import { createVault } from "../privacy/vault.ts";
import { createVaultKey, loadVaultKey, vaultKeyVariable } from "../privacy/vault-key.ts";
import type { Store } from "../store/store.ts";
import { mayMakeKey, toScope } from "./privacy.ts";
import type { HealthCheck } from "./sluice.ts";

const name = "vault";

/** Whether the vault's key is there and opens what is stored, tried on the latest values of the workspace; makes no key. */
export function checkVault(config: Config, { store, isOn }: { store: Store; isOn: boolean }): HealthCheck {
  if (!isOn) return { name, ok: true, detail: "nothing is sealed: privacy is off" };
  if (config.privacy.vault === "session")
    return { name, ok: true, detail: "values are kept for one process, with a key in its memory" };
  const file = join(config.stateDir, "vault.key");
  const isGiven = (process.env[vaultKeyVariable] ?? "") !== "";
  const source = isGiven ? vaultKeyVariable : file;
  if (!isGiven && !existsSync(file) && mayMakeKey(store))
    return { name, ok: true, detail: `empty; its key is made with the first value, in ${file}` };
  try {
    const unread = readLatest(config, store, loadVaultKey(file, process.env, false));
    if (unread.failed === 0)
      return { name, ok: true, detail: `the key in ${source} opens what is stored (${unread.tried} values tried)` };
    return {
      name,
      ok: false,
      detail: `the key in ${source} does not open ${unread.failed} of the latest ${unread.tried} values: ${unread.reason}`,
      remedy:
        `Put the key of then back, in ${vaultKeyVariable} or ${file}. If it is lost, \`sluice vault purge --yes\` forgets the ` +
        "values: tokens in files mean nothing then, and tools give values anew",
    };
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    const remedy =
      error.hint ?? `Set ${vaultKeyVariable} to 32 bytes in base64 or hex, or make ${file} readable for you alone`;
    return { name, ok: false, detail: error.message, remedy };
  }
}

function readLatest(
  config: Config,
  store: Store,
  material: Uint8Array,
): { tried: number; failed: number; reason: string } {
  const scope = toScope(config);
  const key = createVaultKey(material);
  const vault = createVault({ store, scope, key, sessionKey: createVaultKey(randomBytes(32)) });
  // Secrets are sealed with keys of sessions.
  const rows = store.all<{ class: string; number: number; variant: number }>(
    "SELECT class, number, variant FROM vault_value WHERE scope = ? AND class <> 'SECRET' ORDER BY id DESC LIMIT ?",
    [scope, limits.vaultTriedMax],
  );
  let [failed, reason] = [0, ""];
  for (const token of rows)
    try {
      vault.read(token);
    } catch (error) {
      failed += 1;
      reason = error instanceof SluiceError ? "another key sealed them" : `they are damaged (${toMessage(error)})`;
    }
  return { tried: rows.length, failed, reason };
}
