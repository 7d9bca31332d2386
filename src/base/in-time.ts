/** `1.5`: milliseconds as seconds, for a message. */
export function toSeconds(ms: number): string {
  return (ms / 1_000).toFixed(1);
}

/** What the promise gives if it does so within `ms`, else `undefined`; it goes on then, for nobody. */
export async function inTime<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
