import { type ErrorCode, SluiceError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";

/** Bytes per second of one execution, on average. */
export interface ByteRate {
  /**
   * Waits until what was taken before has been paid for, and takes. One act may be larger than a second's worth: the
   * next one waits for it. Throws the rate's own code when it would wait longer than `rateWaitMs`, or `cancelled`.
   */
  take(bytes: number, signal?: AbortSignal): Promise<void>;
}

/** A rate named after its limit. */
export function createByteRate(
  name: Extract<ErrorCode, "sendBytesPerSecond" | "writeBytesPerSecond">,
  bytesPerSecond: number,
): ByteRate {
  /** When everything taken so far has been paid for. */
  let paidAt = 0;
  return {
    async take(bytes, signal) {
      const now = performance.now();
      // A second's worth may be taken at once.
      const waitMs = paidAt - now - 1_000;
      if (waitMs > limits.rateWaitMs)
        throw new SluiceError(
          name,
          `This would wait ${Math.ceil(waitMs / 1_000)} s for ${name} (${bytesPerSecond}); at most ${limits.rateWaitMs / 1_000} s are waited`,
          { hint: "Do less at once, one after the other" },
        );
      paidAt = Math.max(paidAt, now) + (Math.max(bytes, limits.rateActBytesMin) * 1_000) / bytesPerSecond;
      if (waitMs > 0) await pause(waitMs, signal);
    },
  };
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(new SluiceError("cancelled", "Cancelled while it waited for a rate"));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    if (signal?.aborted === true) stop();
    else signal?.addEventListener("abort", stop, { once: true });
  });
}
