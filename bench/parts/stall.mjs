import { monitorEventLoopDelay } from "node:perf_hooks";
import { pause } from "./processes.mjs";

/** Finest resolution: what a timer of this interval misses is the stall. */
const RESOLUTION_MS = 1;

/**
 * How long the work took, and for how long at most this process could do nothing else.
 * @template T
 * @param {() => Promise<T>} work
 */
export async function timed(work) {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delays.enable();
  await pause(20);
  delays.reset();
  const start = performance.now();
  const value = await work();
  const ms = performance.now() - start;
  // A stall is seen by the timer that comes late.
  await pause(20);
  delays.disable();
  return { ms, stallMs: delays.max / 1e6, value };
}
