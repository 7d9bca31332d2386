import { SluiceError } from "./errors.ts";
import { createIdleThread } from "./idle-thread.ts";
import { keepArgumentText } from "./argument-text.ts";
import type { Json, JsonObject } from "./json.ts";
import { limits } from "./limits.ts";

/**
 * A value that is too large to be made of objects on the event loop, as its bytes in UTF-8. `json`: its JSON; `auto`: a
 * text that stands for what it parses to if it begins with `{` or `[` and parses whole, else for itself; `bytes`: bytes.
 */
export interface LargeValue {
  form: "json" | "auto" | "bytes";
  pieces: Uint8Array[];
  bytes: number;
}

/** A part of a result beside its text: a file's bytes, or a value. */
export type LargeItem =
  | { kind: "media"; type: string; mimeType: string; bytes: Uint8Array; sha256: string }
  | { kind: "value"; value: Json };

/** What a large result of a tool says; see `read-result.js`. */
export type LargeContent =
  | { kind: "error"; code: "tool_error" | "upstream_error" | "result_too_large"; message: string }
  | { kind: "large"; value: LargeValue }
  | { kind: "mixed"; textJson: Uint8Array[]; items: LargeItem[] };

/** A tool's result that the thread has read; only this module makes one. */
export class LargeResult {
  readonly content: LargeContent;
  /** Of the whole message. */
  readonly bytes: number;

  constructor(content: LargeContent, bytes: number) {
    this.content = content;
    this.bytes = bytes;
  }
}

/** What a server's line is; `failed`: it could not be read here (too much memory). */
export type LargeMessage =
  | { kind: "result"; id: number | string; shell: JsonObject; result: LargeResult }
  | { kind: "messages"; messages: Record<string, unknown>[] }
  | { kind: "junk"; text: string }
  | { kind: "failed"; message: string };

/** A frame of a guest without what is large in it. */
export type LargeFrame =
  | {
      kind: "frame";
      frame: JsonObject & { kind: string };
      large?: LargeValue;
      /** What is wrong with the arguments of the call, which are left out then. */
      problem?: string;
    }
  | { kind: "junk" }
  | { kind: "failed"; message: string };

/** A value in short, and all of it as the bytes of a file. */
export interface LargePreview {
  about: string;
  shown: string;
  isText: boolean;
  bytes: Uint8Array;
}

/** Ids of requests that wait for an answer; `all` where any answer is one to a tool call. */
export interface WaitingRequests {
  toolCalls: (number | string)[] | "all";
  others: (number | string)[];
}

/** Bytes on their way to the thread: each piece is handed over as it comes, and is no longer usable here. */
export interface LargeInput {
  push(piece: Uint8Array): void;
  drop(): void;
  toMessage(waiting: WaitingRequests): Promise<LargeMessage>;
  toFrame(): Promise<LargeFrame>;
  toPreview(options: { form: LargeValue["form"]; previewBytes: number }): Promise<LargePreview>;
}

function addArguments(read: LargeFrame, text: string): void {
  if (read.kind !== "frame") return;
  const given = JSON.parse(text) as JsonObject;
  keepArgumentText(given, text);
  (read.frame["args"] as JsonObject)["arguments"] = given;
}

type Answer = { kind: string } & Record<string, unknown>;

const waiting = new Map<number, (answer: Answer) => void>();
const inputs = new Set<number>();
let lastId = 0;
const { contentBlocksMax, errorReadCharsMax, largeBytesMin, resultDepthMax } = limits;
const { argumentBytesMax, argumentDepthMax, argumentValuesMax } = limits;
/** The one thread that reads them, for the whole process. */
const thread = createIdleThread({
  file: new URL("./large-json-thread.js", import.meta.url),
  workerData: {
    ...{ contentBlocksMax, errorReadCharsMax, largeBytesMin, resultDepthMax },
    ...{ argumentBytesMax, argumentDepthMax, argumentValuesMax },
  },
  idleMs: limits.largeIdleMs,
  heapMb: limits.largeHeapMb,
  onMessage: ({ id, answer }: { id: number; answer: Answer }) => settle(id, answer),
  onLost(reason) {
    for (const id of waiting.keys()) settle(id, { kind: "failed", message: reason });
  },
});

function settle(id: number, answer: Answer): void {
  const done = waiting.get(id);
  waiting.delete(id);
  inputs.delete(id);
  done?.(answer);
  if (inputs.size === 0) thread.rest();
}

/** Opens a way for large bytes (`isMessage`: of a server, read while they come) to the one thread that reads them; it is started with the first and ends when idle. */
export function openLargeInput({ isMessage = false }: { isMessage?: boolean } = {}): LargeInput {
  const id = ++lastId;
  inputs.add(id);
  const own = thread.need();
  let pieces: Uint8Array[] = [];
  let held = 0;

  function flush(): void {
    if (pieces.length === 0) return;
    own.postMessage(
      { id, kind: "pieces", pieces, isMessage },
      pieces.map(({ buffer }) => buffer as ArrayBuffer),
    );
    pieces = [];
    held = 0;
  }

  function end(task: string, options: object): Promise<Answer> {
    flush();
    return new Promise((resolve) => {
      waiting.set(id, resolve);
      // It ended since: what it was given is lost.
      if (!thread.isCurrent(own)) return settle(id, { kind: "failed", message: "the thread that reads it has ended" });
      own.postMessage({ id, kind: "end", task, options });
    });
  }

  return {
    push(piece) {
      const isWhole = piece.byteOffset === 0 && piece.byteLength === piece.buffer.byteLength;
      pieces.push(isWhole ? piece : Uint8Array.prototype.slice.call(piece));
      held += piece.length;
      if (held >= limits.largePieceBytes) flush();
    },
    drop() {
      own.postMessage({ id, kind: "drop" });
      inputs.delete(id);
      if (inputs.size === 0) thread.rest();
    },
    async toMessage(requests) {
      const answer = await end("message", requests);
      if (answer.kind !== "result") return answer as unknown as LargeMessage;
      const { id: request, shell, content, bytes } = answer;
      const result = new LargeResult(content as LargeContent, bytes as number);
      return { kind: "result", id: request as number | string, shell: shell as JsonObject, result };
    },
    async toFrame() {
      const { argumentText, ...read } = await end("frame", {});
      if (typeof argumentText === "string") addArguments(read as unknown as LargeFrame, argumentText);
      return read as unknown as LargeFrame;
    },
    async toPreview(options) {
      const answer = await end("preview", options);
      if (answer.kind === "preview") return answer as unknown as LargePreview;
      throw new SluiceError("result_too_large", `Cannot show the value: ${String(answer["message"])}`);
    },
  };
}

/** The preview of a value, whose bytes are handed over: it cannot be used afterwards. */
export async function previewLarge(value: LargeValue, previewBytes: number): Promise<LargePreview> {
  const input = openLargeInput();
  for (const piece of value.pieces) input.push(piece);
  return input.toPreview({ form: value.form, previewBytes });
}
