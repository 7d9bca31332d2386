import { createQuietly } from "../base/background.ts";
import type { Store } from "../store/store.ts";
import type { BreakerReport, BreakerState } from "./breaker.ts";

/** Where the states of breakers outlive the process. */
export interface BreakerStore {
  load(server: string): BreakerReport | undefined;
  save(server: string, report: BreakerReport): void;
}

interface Row {
  state: BreakerState;
  retry_at: number;
  failed_tries: number;
}

/**
 * The states of breakers in the store; only those that are not closed are kept. What cannot be kept holds in this process,
 * and `log` is told.
 */
export function createBreakerStore(store: Store, log: (line: string) => void = () => undefined): BreakerStore {
  const quietly = createQuietly("breakers", log);
  return {
    load(server) {
      const row = store.get<Row>("SELECT state, retry_at, failed_tries FROM breaker WHERE server = ?", [server]);
      return row && { state: row.state, retryAt: row.retry_at, failedTries: row.failed_tries };
    },
    save(server, { state, retryAt, failedTries }) {
      const keep = (): unknown =>
        state === "closed"
          ? store.run("DELETE FROM breaker WHERE server = ?", [server])
          : store.run("INSERT OR REPLACE INTO breaker (server, state, retry_at, failed_tries) VALUES (?, ?, ?, ?)", [
              ...[server, state, retryAt, failedTries],
            ]);
      void quietly(() => void store.withoutWaiting(keep));
    },
  };
}
