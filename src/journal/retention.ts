import type { JournalConfig } from "../config/config.ts";
import type { Store } from "../store/store.ts";
import type { Values } from "./values.ts";

/** What of the journal goes, and when. */
export interface Retention {
  /** Ended runs past the bounds go, the oldest first; what can still go on stays. */
  prune(): Promise<void>;
  remove(id: string): Promise<void>;
  /** The large values that nobody else has. */
  dropValues(id: string): Promise<void>;
}

const ENDED = "status NOT IN ('running', 'paused')";

export function createRetention({
  store,
  values,
  config,
  now,
}: {
  store: () => Store;
  values: Pick<Values, "remove">;
  config: JournalConfig;
  now: () => number;
}): Retention {
  async function remove(id: string): Promise<void> {
    store().transaction(() => {
      store().run("DELETE FROM batch WHERE run_id = ?", [id]);
      store().run("DELETE FROM run WHERE id = ?", [id]);
    });
    await dropValues(id);
  }

  async function dropValues(id: string): Promise<void> {
    const unused = store().transaction(() => {
      const own = store().all<{ digest: string }>("SELECT digest FROM value_use WHERE run_id = ?", [id]);
      store().run("DELETE FROM value_use WHERE run_id = ?", [id]);
      return own.filter(
        ({ digest }) => store().get("SELECT 1 AS used FROM value_use WHERE digest = ?", [digest]) === undefined,
      );
    });
    for (const { digest } of unused) await values.remove(digest);
  }

  return {
    remove,
    dropValues,
    async prune() {
      const old = store().all<{ id: string }>(
        `SELECT id FROM run WHERE ${ENDED} AND touched_at < ? UNION SELECT id FROM run WHERE ${ENDED} AND id NOT IN (SELECT id FROM run ORDER BY created_at DESC LIMIT ?)`,
        [now() - config.keepMs, config.keepRuns],
      );
      for (const { id } of old) await remove(id);
      const kept = store().all<{ id: string; bytes: number; ended: number }>(
        `SELECT id, bytes, ${ENDED} AS ended FROM run ORDER BY created_at DESC`,
      );
      let bytes = 0;
      for (const one of kept) {
        bytes += one.bytes;
        if (bytes > config.keepBytes && one.ended === 1) await remove(one.id);
      }
    },
  };
}
