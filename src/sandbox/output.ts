import { limits } from "../base/limits.ts";
import type { Frame } from "./frames.ts";

/** A piece of what a program printed. */
export interface OutputEntry {
  stream: "stdout" | "stderr";
  text: string;
}

/** What one execution printed, up to its bounds. */
export interface Output {
  readonly isTruncated: boolean;
  /** Takes what a frame says was printed; answers what of it is kept. */
  add(frame: Frame): OutputEntry | undefined;
  /** All that is kept. */
  logs(): OutputEntry[];
  /** That some of it was dropped. */
  toWarning(): { code: string; message: string };
}

/** Past so many pieces, neighbours of one stream are kept as one, up to so many characters: each would cost an object at every step to the answer, which shows them joined. */
const ENTRIES_APART = 400;
const CHARS_TOGETHER = 400;

export function createOutput(bytesMax: number): Output {
  const logs: OutputEntry[] = [];
  let bytes = 0;
  let entries = 0;
  let isTruncated = false;
  /** Of the last piece, what is to be put behind it. */
  let behind: string[] = [];
  let charsBehind = 0;

  function close(): void {
    const last = logs.at(-1);
    if (last !== undefined && behind.length > 0) last.text = [last.text, ...behind].join("\n");
    behind = [];
    charsBehind = 0;
  }

  return {
    logs() {
      close();
      return logs;
    },
    get isTruncated() {
      return isTruncated;
    },
    add({ stream, text, cut }) {
      if (isTruncated || typeof text !== "string" || (stream !== "stdout" && stream !== "stderr")) return undefined;
      const room = bytesMax - bytes;
      const size = Buffer.byteLength(text);
      bytes += size;
      entries += 1;
      isTruncated = size > room || cut === true || entries > limits.logEntriesMax;
      if (entries > limits.logEntriesMax) return undefined;
      const kept = size > room ? toBeginning(text, Math.max(room, 0)) : text;
      if (kept === "" && isTruncated) return undefined;
      const last = logs.at(-1);
      if (logs.length > ENTRIES_APART && last?.stream === stream && charsBehind < CHARS_TOGETHER) {
        behind.push(kept);
        charsBehind += kept.length + 1;
      } else {
        close();
        logs.push({ stream, text: kept });
      }
      return { stream, text: kept };
    },
    toWarning: () =>
      entries > limits.logEntriesMax
        ? { code: "logEntriesMax", message: `Output past ${limits.logEntriesMax} prints (logEntriesMax) was dropped` }
        : { code: "logBytesMax", message: `Output past ${bytesMax} bytes (logBytesMax) was dropped` },
  };
}

/** The first bytes of a text, without a part of a character. */
function toBeginning(text: string, bytesMax: number): string {
  return Buffer.from(text)
    .subarray(0, bytesMax)
    .toString("utf8")
    .replace(/\uFFFD+$/, "");
}
