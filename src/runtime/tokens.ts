import { builtFile } from "../base/built-file.ts";
import { createIdleThread } from "../base/idle-thread.ts";
import type { LargeValue } from "../base/large-json.ts";
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
export interface TokenCounter extends Disposable {
  count(texts: readonly (string | SampledText)[]): Promise<TokenCount>;
}

/** A text, or what stands for one that is too long to be counted: blocks of it, and how many characters it has. */
export interface SampledText {
  sample: string;
  chars: number;
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

const waiting = new Map<number, Waiting>();
let lastId = 0;
let charsWaiting = 0;
/** The one thread that counts, for the whole process: its table is read once for however many Sluices. */
const thread = createIdleThread({
  file: builtFile("./token-thread.js", import.meta.url),
  workerData: { runCharsMax: limits.tokenRunCharsMax },
  idleMs: limits.tokenIdleMs,
  onMessage: (said: Answer) => answer(said.id, said),
  onLost() {
    for (const id of waiting.keys()) answer(id);
  },
});

/** Settles one request: with what the thread said, or by estimate. */
function answer(id: number, said?: Answer): void {
  const request = waiting.get(id);
  if (request === undefined) return;
  waiting.delete(id);
  charsWaiting -= request.chars;
  if (said === undefined) request.settle(request.estimates, true);
  else request.settle(said.counts, said.approximate.includes(true));
  if (waiting.size === 0) thread.rest();
}

/** Starts nothing yet; once it is disposed, what it was asked and what it is asked is answered by estimate. */
export function createTokenCounter(): TokenCounter {
  const own = new Set<number>();
  let disposed = false;

  function ask(texts: readonly string[]): Promise<TokenCount> {
    const chars = texts.reduce((sum, text) => sum + text.length, 0);
    const estimates = texts.map(estimate);
    if (disposed || charsWaiting + chars > limits.tokenQueueCharsMax) {
      return Promise.resolve({ counts: estimates, approximate: true });
    }
    return new Promise((resolve) => {
      const id = ++lastId;
      const late = setTimeout(() => answer(id), limits.tokenCountMs);
      const settle = (counts: number[], approximate: boolean): void => {
        clearTimeout(late);
        own.delete(id);
        resolve({ counts, approximate });
      };
      own.add(id);
      waiting.set(id, { estimates, chars, settle });
      charsWaiting += chars;
      thread.need().postMessage({ id, texts });
    });
  }

  return {
    async count(texts): Promise<TokenCount> {
      if (texts.length === 0) return { counts: [], approximate: false };
      const samples = texts.map(toSampled);
      const { counts, approximate } = await ask(samples.map((text) => text.sample));
      return {
        counts: counts.map((count, index) => scale(count, samples[index])),
        approximate: approximate || samples.some((text) => text.sample.length < text.chars),
      };
    },
    [Symbol.dispose](): void {
      disposed = true;
      for (const id of own) answer(id);
    },
  };
}

function estimate(text: string): number {
  return Math.ceil(text.length / 4);
}

function scale(count: number, text: SampledText | undefined): number {
  if (text === undefined || text.sample.length === text.chars || text.sample.length === 0) return count;
  return Math.round((count * text.chars) / text.sample.length);
}

/** A text with its length; of a long one, only a sample is held. */
export function toSampled(text: string | SampledText): SampledText {
  return typeof text === "string" ? { sample: sample(text), chars: text.length } : text;
}

/**
 * The text itself up to `limits.tokenValueCharsMax` characters; of a longer one its first block, its last and evenly
 * spaced ones between them, as many as make `tokenValueCharsMax` together.
 */
export function sample(text: string): string {
  if (text.length <= limits.tokenValueCharsMax) return text;
  return blocksOf(text.length)
    .map((start) => text.slice(start, start + limits.tokenBlockChars))
    .join("");
}

/** The same of a value that is bytes: a block that cuts a character has one wrong at its edge. */
export function sampleLarge({ pieces, bytes }: LargeValue): SampledText {
  const { tokenBlockChars, tokenValueCharsMax } = limits;
  const starts = bytes <= tokenValueCharsMax ? [0] : blocksOf(bytes);
  const length = bytes <= tokenValueCharsMax ? bytes : tokenBlockChars;
  const sampled = starts.map((start) => sliceOf(pieces, start, length)).join("");
  return { sample: sampled, chars: Math.round((bytes * sampled.length) / (starts.length * length || 1)) };
}

/** Where the blocks of a sample begin. */
function blocksOf(length: number): number[] {
  const { tokenValueCharsMax, tokenBlockChars } = limits;
  const blocks = Math.floor(tokenValueCharsMax / tokenBlockChars);
  return Array.from({ length: blocks }, (_, index) => Math.floor((index * (length - tokenBlockChars)) / (blocks - 1)));
}

function sliceOf(pieces: readonly Uint8Array[], start: number, length: number): string {
  const parts: Uint8Array[] = [];
  let at = 0;
  for (const piece of pieces) {
    if (at + piece.length > start && at < start + length)
      parts.push(piece.subarray(Math.max(0, start - at), start + length - at));
    at += piece.length;
  }
  return Buffer.concat(parts).toString("utf8");
}
