import type { Broker, Question } from "../gateway/broker.ts";
import type { Outcome } from "./outcome.ts";

/** What one execution waits for that only a person can give. */
export interface PersonWait {
  /** Told whenever it begins and ends to wait; gives back how to stop listening. */
  onWaiting: (listener: (isWaiting: boolean) => void) => () => void;
  /** Resolves with the next question that nobody is shown here. */
  paused: () => Promise<void>;
  pending(): NonNullable<Outcome["pending"]>;
  close(): void;
}

export function createPersonWait(broker: Broker, executionId: string, waitMs: number): PersonWait {
  const listeners = new Set<(isWaiting: boolean) => void>();
  const told = new Set<string>();
  let waiters: (() => void)[] = [];
  let isWaiting = false;
  let patience: NodeJS.Timeout | undefined;

  function announce(): void {
    const fresh = broker.pending(executionId).filter(({ id }) => !told.has(id));
    if (fresh.length === 0 || waiters.length === 0) return;
    for (const { id } of fresh) told.add(id);
    for (const resolve of waiters) resolve();
    waiters = [];
  }

  const stop = broker.onWaiting((id, count, isShown) => {
    if (id !== executionId) return;
    if (isWaiting !== count > 0) {
      isWaiting = count > 0;
      for (const listener of listeners) listener(isWaiting);
    }
    if (count > 0 && !isShown) announce();
    // Who is shown it here may not be there.
    clearTimeout(patience);
    patience = count > 0 && isShown ? setTimeout(announce, waitMs).unref() : undefined;
  });

  return {
    onWaiting(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    paused: () => new Promise((resolve) => waiters.push(resolve)),
    pending: () => broker.pending(executionId).map(toPending),
    close() {
      clearTimeout(patience);
      stop();
    },
  };
}

/** A question as an outcome tells it. */
export function toPending({ id, kind, tool, body, expiresAt }: Question): NonNullable<Outcome["pending"]>[number] {
  return { id, kind, tool, question: body.text, expiresAt: new Date(expiresAt).toISOString() };
}
