/** A deadline that can stand still. */
export interface Deadline {
  /** What is left of it stays. */
  pause(): void;
  resume(): void;
  /** Milliseconds that are left of it. */
  left(): number;
}

/** Runs from now; calls `onReached` once `ms` have passed in which it was not paused. */
export function createDeadline(ms: number, onReached: () => void): Deadline {
  let left = ms;
  let since = 0;
  let timer: NodeJS.Timeout | undefined;
  const resume = (): void => {
    if (timer !== undefined) return;
    since = performance.now();
    timer = setTimeout(onReached, left);
  };
  resume();
  return {
    pause() {
      if (timer === undefined) return;
      clearTimeout(timer);
      timer = undefined;
      left = Math.max(0, left - (performance.now() - since));
    },
    resume,
    left: () => (timer === undefined ? left : Math.max(0, left - (performance.now() - since))),
  };
}
