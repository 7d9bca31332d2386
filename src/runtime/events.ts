import type { Events, SluiceEvent } from "./sluice.ts";

/** The one stream of events; a listener that throws harms nobody else. */
export function createEvents(): Events & { emit(event: SluiceEvent): void } {
  const listeners = new Set<(event: SluiceEvent) => void>();
  return {
    on(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    emit(event) {
      for (const listener of listeners) {
        try {
          listener(event);
        } catch {
          // Listening is not part of what happened.
        }
      }
    },
  };
}
