/** Watches how long the event loop is held up by work: on a busy machine, waiting for a processor is not counted. */
export function watchStall(): { stop(): number } {
  const TICK_MS = 10;
  let last = performance.now();
  let used = process.cpuUsage();
  let longest = 0;
  const timer = setInterval(() => {
    const now = performance.now();
    const { user, system } = process.cpuUsage(used);
    // At most what the whole process worked in this gap.
    longest = Math.max(longest, Math.min(now - last - TICK_MS, (user + system) / 1_000));
    last = now;
    used = process.cpuUsage();
  }, TICK_MS);
  return {
    stop() {
      clearInterval(timer);
      return Math.round(longest);
    },
  };
}
