import { openSync, readSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { pause } from "./processes.mjs";

/** Finest resolution: what a timer of this interval misses is the stall. */
const RESOLUTION_MS = 1;
const SETTLE_MS = 20;

/**
 * The longest that this process could do nothing else: as a timer sees it, and what remains of that without the time in
 * which the thread was ready and other processes had the processors.
 * @typedef {{ stallMs: number, ownMs: number }} Stall
 */

/** Watches the event loop; the answer ends the watch. @returns {Promise<() => Promise<Stall>>} */
export async function watchStalls() {
  const readWait = openWait();
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delays.enable();
  await pause(SETTLE_MS);
  delays.reset();
  let ownMs = 0;
  let last = performance.now();
  let waited = readWait();
  const ticking = setInterval(() => {
    const [now, wait] = [performance.now(), readWait()];
    ownMs = Math.max(ownMs, now - last - (wait - waited));
    [last, waited] = [now, wait];
  }, RESOLUTION_MS);
  return async () => {
    // A stall is seen by the timer that comes late.
    await pause(SETTLE_MS);
    clearInterval(ticking);
    delays.disable();
    return { stallMs: delays.max / 1e6, ownMs };
  };
}

/**
 * How long the work took, and how long this process stood still meanwhile.
 * @template T
 * @param {() => Promise<T>} work
 */
export async function timed(work) {
  const end = await watchStalls();
  const start = performance.now();
  const value = await work();
  const ms = performance.now() - start;
  return { ms, value, ...(await end()) };
}

/** How long the main thread has waited for a processor, in milliseconds; 0 where the kernel does not say. */
function openWait() {
  const text = Buffer.alloc(128);
  try {
    const file = openSync(`/proc/self/task/${process.pid}/schedstat`, "r");
    return () => Number(text.toString("latin1", 0, readSync(file, text, 0, text.length, 0)).split(" ")[1] ?? 0) / 1e6;
  } catch {
    return () => 0;
  }
}
