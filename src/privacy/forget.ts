import { SluiceError } from "../base/errors.ts";
import type { Store } from "../store/store.ts";

/** Forgets every value of a scope, with no key too; says how many records went. Their numbers are not given out again. */
export function purgeVault(store: Store, scope: string): number {
  return forgetWhere(store, scope, "TRUE", []);
}

/** Forgets the values of a scope that a condition in SQL holds for; says how many records went. */
export function forgetWhere(
  store: Store,
  scope: string,
  condition: string,
  params: readonly (string | number)[],
): number {
  return store.transaction(() => {
    const { changes } = store.run(`DELETE FROM vault_value WHERE scope = ? AND ${condition}`, [scope, ...params]);
    store.run(
      "INSERT INTO vault_scope (scope, generation) VALUES (?, 1) ON CONFLICT (scope) DO UPDATE SET generation = generation + 1",
      [scope],
    );
    sweep(store);
    return changes;
  });
}

/** Where the store cannot be written now, whoever opens the vault next does it: what is to be read meanwhile is read. */
export function forgetOld(store: Store, before: number): void {
  try {
    store.withoutWaiting(() => {
      if (store.run("DELETE FROM vault_value WHERE seen_at < ?", [before]).changes > 0) sweep(store);
    });
  } catch (error) {
    if (!(error instanceof SluiceError && error.code === "store_unavailable")) throw error;
  }
}

/** What was noted about values goes with them. */
function sweep(store: Store): void {
  for (const table of ["vault_server", "vault_question"])
    store.run(
      `DELETE FROM ${table} WHERE NOT EXISTS (SELECT 1 FROM vault_value AS v WHERE v.scope = ${table}.scope AND v.class = ${table}.class AND v.number = ${table}.number)`,
    );
}
