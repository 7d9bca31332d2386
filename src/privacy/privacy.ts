import { builtFile } from "../base/built-file.ts";
import { type ErrorCode, SluiceError } from "../base/errors.ts";
import { createIdleThread } from "../base/idle-thread.ts";
import { inTime } from "../base/in-time.ts";
import type { Json } from "../base/json.ts";
import type { LargeValue } from "../base/large-json.ts";
import { limits } from "../base/limits.ts";
import type { PrivacyCore, PrivacySettings, SealRequest } from "./privacy-core.ts";
import type { LargeSealRequest, PrivacyAnswer } from "./privacy-thread.ts";

type Asked<Method> = Method extends (...args: infer Args) => infer Result ? (...args: Args) => Promise<Result> : never;

/** The core, asked from outside its thread. Errors of it are `SluiceError`s; if the thread ends, `privacy_unavailable`. */
export type Privacy = { [Name in Exclude<keyof PrivacyCore, typeof Symbol.dispose>]: Asked<PrivacyCore[Name]> } & {
  sealLarge(value: LargeValue, request: Omit<SealRequest, "value">): Promise<LargeSealed>;
  /** Starts the thread ahead of need. */
  warm(): void;
} & AsyncDisposable;

export interface LargeSealed {
  value: LargeValue;
  /** Its bytes, counted as those of a smaller one are (`base/json-size.ts`). */
  size: number;
  /** Its shape as a value, see `base/skeleton.ts`. */
  skeleton: Json;
  counts: Record<string, number>;
  withheld: number;
}

/** Node's pool of small buffers has 8 KB. */
const POOL_BYTES = 65_536;

/** Two threads, so that a large result does not hold up the small ones; each starts when first needed. */
export function createPrivacy(settings: PrivacySettings): Privacy {
  const small = createLane(settings);
  const large = createLane(settings);
  const ask =
    <Name extends keyof PrivacyCore>(name: Name) =>
    (...args: unknown[]): Promise<never> =>
      small.ask(String(name), args) as Promise<never>;
  return {
    seal: ask("seal"),
    uses: ask("uses"),
    restore: ask("restore"),
    clean: ask("clean"),
    ask: ask("ask"),
    masked: ask("masked"),
    show: ask("show"),
    stats: ask("stats"),
    forget: ask("forget"),
    async sealLarge({ form, pieces }, request) {
      const input: LargeSealRequest = {
        ...request,
        form: form === "json" ? "json" : "auto",
        pieces: [...pieces],
      };
      // Handed over, not copied: a copy of 50 MB holds the event loop. Small ones may lie in a pool that others use.
      const own = pieces.map((piece) => piece.buffer as ArrayBuffer).filter((buffer) => buffer.byteLength > POOL_BYTES);
      const answer = await large.ask("sealLarge", [input], [...new Set(own)]);
      const { bytes, ...rest } = answer as Omit<LargeSealed, "value"> & { bytes: Uint8Array };
      return { value: { form: "json", pieces: [bytes], bytes: bytes.length }, ...rest };
    },
    warm: () => small.warm(),
    async [Symbol.asyncDispose]() {
      await Promise.all([small.end(), large.end()]);
    },
  };
}

interface Lane {
  ask(method: string, args: unknown[], handedOver?: ArrayBuffer[]): Promise<unknown>;
  warm(): void;
  end(): Promise<void>;
}

function createLane(settings: PrivacySettings): Lane {
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: SluiceError) => void }>();
  let lastId = 0;
  const ending: (() => void)[] = [];
  const endIfDone = (): void => {
    if (waiting.size === 0) for (const resolve of ending.splice(0)) resolve();
  };
  const thread = createIdleThread<PrivacyAnswer>({
    file: builtFile("./privacy-thread.js", import.meta.url),
    workerData: settings,
    idleMs: limits.privacyIdleMs,
    onMessage(answer) {
      const request = waiting.get(answer.id);
      waiting.delete(answer.id);
      if (waiting.size === 0) thread.rest();
      endIfDone();
      if ("error" in answer) {
        const { code, message, hint } = answer.error;
        request?.reject(new SluiceError(code as ErrorCode, message, hint === undefined ? {} : { hint }));
      } else request?.resolve(answer.value);
    },
    onLost(reason) {
      const error = new SluiceError("privacy_unavailable", `Cannot look for personal data: ${reason}`, {
        hint: "Nothing was passed on; try again, with less at a time if the data is large",
      });
      for (const { reject } of waiting.values()) reject(error);
      waiting.clear();
      endIfDone();
    },
  });
  return {
    ask(method, args, handedOver = []) {
      return new Promise((resolve, reject) => {
        const id = ++lastId;
        waiting.set(id, { resolve, reject });
        thread.need().postMessage({ id, method, arguments: args }, handedOver);
      });
    },
    warm: () => thread.warm(),
    async end() {
      // Ended while it reads or writes its store, a thread takes the whole process with it.
      if (waiting.size > 0) await inTime(new Promise<void>((resolve) => ending.push(resolve)), limits.privacyEndMs);
      await thread.end();
    },
  };
}
