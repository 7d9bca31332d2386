import { Worker } from "node:worker_threads";
import { limits } from "../base/limits.ts";

/** How many o200k tokens each of some texts has; `approximate` when at least one was sampled or estimated. */
export interface TokenCount {
  counts: number[];
  approximate: boolean;
}

/**
 * Counts o200k tokens in a thread that starts with the first text and ends when idle. Never rejects: what cannot be
 * counted (thread gone, overloaded or late) is estimated at four characters a token and marked approximate.
 */
export interface TokenCounter extends AsyncDisposable {
  count(texts: readonly string[]): Promise<TokenCount>;
}

interface Waiting {
  estimates: number[];
  chars: number;
  settle: (counts: number[], approximate: boolean) => void;
}

interface Answer {
  id: number;
  counts: number[];
  approximate: boolean[];
}

/** Starts nothing yet; dispose it to end the thread now instead of after `limits.tokenIdleMs`. */
export function createTokenCounter(): TokenCounter {
  const waiting = new Map<number, Waiting>();
  let thread: Worker | undefined;
  let idle: NodeJS.Timeout | undefined;
  let lastId = 0;
  let charsWaiting = 0;
  let disposed = false;

  function end(): Promise<unknown> {
    clearTimeout(idle);
    const ending = thread;
    thread = undefined;
    for (const id of waiting.keys()) answer(id);
    return ending?.terminate() ?? Promise.resolve();
  }

  function start(): Worker {
    const started = new Worker(new URL("./token-thread.js", import.meta.url), {
      workerData: { runCharsMax: limits.tokenRunCharsMax },
      // The flags of the host (a loader, an inspector) are no business of the counter.
      execArgv: [],
    });
    started.on("message", ({ id, counts, approximate }: Answer) => answer(id, { id, counts, approximate }));
    const lost = (): void => {
      if (thread === started) void end();
    };
    started.on("error", lost);
    started.on("exit", lost);
    return started;
  }

  /** Settles one request: with what the thread said, or by estimate. */
  function answer(id: number, said?: Answer): void {
    const request = waiting.get(id);
    if (request === undefined) return;
    waiting.delete(id);
    charsWaiting -= request.chars;
    if (said === undefined) request.settle(request.estimates, true);
    else request.settle(said.counts, said.approximate.includes(true));
    if (waiting.size > 0 || thread === undefined) return;
    // The thread keeps the process alive only while somebody waits for it.
    thread.unref();
    idle = setTimeout(() => void end(), limits.tokenIdleMs);
    idle.unref();
  }

  function ask(texts: readonly string[]): Promise<TokenCount> {
    const chars = texts.reduce((sum, text) => sum + text.length, 0);
    if (disposed || charsWaiting + chars > limits.tokenQueueCharsMax) {
      return Promise.resolve({ counts: texts.map(estimate), approximate: true });
    }
    return new Promise((resolve) => {
      const id = ++lastId;
      const late = setTimeout(() => answer(id), limits.tokenCountMs);
      const settle = (counts: number[], approximate: boolean): void => {
        clearTimeout(late);
        resolve({ counts, approximate });
      };
      waiting.set(id, { estimates: texts.map(estimate), chars, settle });
      charsWaiting += chars;
      clearTimeout(idle);
      thread ??= start();
      thread.ref();
      thread.postMessage({ id, texts });
    });
  }

  return {
    async count(texts): Promise<TokenCount> {
      if (texts.length === 0) return { counts: [], approximate: false };
      const samples = texts.map(sample);
      const { counts, approximate } = await ask(samples);
      return {
        counts: counts.map((count, index) => scale(count, texts[index] ?? "", samples[index] ?? "")),
        approximate: approximate || samples.some((text, index) => text.length < (texts[index] ?? "").length),
      };
    },
    async [Symbol.asyncDispose](): Promise<void> {
      disposed = true;
      await end();
    },
  };
}

function estimate(text: string): number {
  return Math.ceil(text.length / 4);
}

function scale(count: number, text: string, sampled: string): number {
  return sampled.length === text.length ? count : Math.round((count * text.length) / sampled.length);
}

/**
 * The text itself up to `limits.tokenValueCharsMax` characters; of a longer one its first block, its last and evenly
 * spaced ones between them, as many as make `tokenValueCharsMax` together.
 */
export function sample(text: string): string {
  const { tokenValueCharsMax, tokenBlockChars } = limits;
  if (text.length <= tokenValueCharsMax) return text;
  const blocks = Math.floor(tokenValueCharsMax / tokenBlockChars);
  const step = (text.length - tokenBlockChars) / (blocks - 1);
  return Array.from({ length: blocks }, (_, index) => {
    const start = Math.floor(index * step);
    return text.slice(start, start + tokenBlockChars);
  }).join("");
}
