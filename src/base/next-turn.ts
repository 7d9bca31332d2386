import { setImmediate } from "node:timers/promises";

/**
 * Lets everything else that waits go first, timers too: of two, since the first one comes in the same round of the event
 * loop as the input that it was asked in.
 */
export async function nextTurn(): Promise<void> {
  await setImmediate();
  await setImmediate();
}
