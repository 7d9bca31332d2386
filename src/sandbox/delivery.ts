import { hash as digest } from "node:crypto";
import { SluiceError } from "../base/errors.ts";
import { toArgumentText } from "../base/argument-text.ts";
import type { JsonObject, Json } from "../base/json.ts";
import type { LargeValue } from "../base/large-json.ts";
import { type ReplyError, toErrorReply, toRawReply, toReply, toReplyText } from "./execution-frames.ts";
import type { Guest } from "./guest.ts";

/** What one execution was told, and will be: kept elsewhere. */
export interface Recorder {
  /** The next frame that was delivered before; undefined when there is none. */
  next(): RecordedFrame | undefined;
  leftBefore(id: number): JsonObject | undefined;
  told(frame: RecordedFrame): void;
  /** Throws where it cannot be kept that something with an effect begins. */
  left(id: number, facts: JsonObject): void;
  /** What left last had no effect. */
  missed(id: number): void;
  save(pieces: readonly Uint8Array[]): Promise<string>;
  load(digest: string): Promise<Buffer>;
}

/** A frame that was delivered: the ask that it answers, with a hash of what was asked. */
export interface RecordedFrame {
  id: number;
  key: string;
  frame: string;
  value?: string;
  /** The highest number that had been asked under. */
  asked: number;
}

/** What a guest asked for. */
export interface Ask {
  id: number;
  op: string;
  args: JsonObject;
  bytes: number;
}

/**
 * The way of every answer to a guest. Where there is a recording, its frames are delivered again, in their order and
 * with their time: what the program does is a function of them, so it comes to where it was. From there on it is live.
 */
export interface Delivery {
  /** Takes what the guest asks; `act` does it, now or when everything recorded was delivered. `sinceMs`: how long ago it was asked. */
  ask(ask: Ask, act: (sinceMs: number) => void): void;
  /** The guest waits for it no longer. */
  forget(id: number): void;
  /** The guest has taken everything up to this ping, and waits for more. */
  onPong(number: number): void;
  value(id: number, value: Json): void;
  json(id: number, json: string): void;
  error(id: number, error: ReplyError): void;
  raw(id: number, form: LargeValue["form"] | "text", pieces: readonly Uint8Array[], onTaken: () => void): void;
  left(id: number, facts: JsonObject): void;
  /** What left last had no effect: it may be done again. */
  missed(id: number): void;
  leftBefore(id: number): JsonObject | undefined;
  readonly isReplaying: boolean;
  /** Why the program cannot have ended here, if so. */
  endProblem(): string | undefined;
  /** Nothing is kept any more. */
  close(): void;
}

/** An answer that is delivered again; with neither, its value is a large one. */
export interface Replayed {
  value?: Json;
  error?: ReplyError;
}

export interface DeliveryOptions {
  guest: Pick<Guest, "send" | "sendText" | "sendRaw">;
  recorder: Recorder | undefined;
  /** Only what was recorded: nothing is done. */
  isReplayOnly: boolean;
  /** An answer is delivered again. */
  onReplayed: (ask: Ask, reply: Replayed) => void;
  /** The guest does not ask what it asked before. */
  onDiverged: (message: string) => void;
  /** With `isReplayOnly`: all was delivered, and the program wants more. */
  onEnd: () => void;
  onFailed: (error: unknown) => void;
}

export function createDelivery(options: DeliveryOptions): Delivery {
  const { guest, recorder, isReplayOnly, onReplayed, onDiverged, onEnd, onFailed } = options;
  let expected = recorder?.next();
  let isReplaying = recorder !== undefined && (expected !== undefined || isReplayOnly);
  /** What waits to be answered again, or to be done when all is live. */
  const waiting = new Map<number, { ask: Ask; key: string; askedAt: number; act: (sinceMs: number) => void }>();
  const forgotten = new Set<number>();
  const keys = new Map<number, string>();
  let highest = 0;
  let lastTime = 0;
  let isBusy = false;
  let isClosed = false;
  /** Which question whether it waits is the latest, and whether the guest has anything new since. */
  let pings = 0;
  let isPinged = false;

  function record(id: number, frame: string, value?: string): void {
    if (isClosed) return;
    const key = keys.get(id) ?? "";
    keys.delete(id);
    recorder?.told({ id, key, frame, asked: highest, ...(value === undefined ? {} : { value }) });
  }

  function send(id: number, frame: string): void {
    record(id, frame);
    guest.sendText(frame);
  }

  function ping(): void {
    if (isPinged) return;
    isPinged = true;
    pings += 1;
    guest.send({ kind: "ping", number: pings });
  }

  function goLive(): void {
    isReplaying = false;
    const now = Date.now();
    for (const { ask, askedAt, act } of [...waiting.values()].sort((a, b) => a.ask.id - b.ask.id)) {
      waiting.delete(ask.id);
      if (forgotten.has(ask.id) && ask.op === "timer") continue;
      act(askedAt === 0 ? 0 : Math.max(0, now - askedAt));
    }
  }

  /** Delivers what comes next as far as the guest has asked for it. */
  function advance(): void {
    while (isReplaying && !isBusy) {
      if (expected === undefined) return isReplayOnly ? ping() : goLive();
      const entry = waiting.get(expected.id);
      // The answer comes behind everything that the guest asks until then.
      if (entry === undefined) return ping();
      if (entry.key !== expected.key) return diverge(entry.ask, expected.key);
      deliver(expected, entry.ask);
    }
  }

  function deliver(frame: RecordedFrame, ask: Ask): void {
    const shown = JSON.parse(frame.frame) as { t: number } & Replayed;
    lastTime = shown.t;
    waiting.delete(frame.id);
    keys.delete(frame.id);
    isPinged = false;
    onReplayed(ask, shown);
    expected = recorder?.next();
    if (frame.value === undefined) return guest.sendText(frame.frame);
    isBusy = true;
    recorder?.load(frame.value).then((bytes) => {
      isBusy = false;
      guest.sendRaw(shown as unknown as JsonObject, [bytes]);
      advance();
    }, onFailed);
  }

  function diverge(ask: Ask, key: string): void {
    isReplaying = false;
    onDiverged(
      `as step ${ask.id} the program asked for ${toText(toKey(ask))}, where it was ${toText(key)} with other arguments or another step before`,
    );
  }

  return {
    ask(ask, act) {
      highest = Math.max(highest, ask.id);
      if (recorder === undefined) return act(0);
      const key = toKey(ask);
      keys.set(ask.id, key);
      if (!isReplaying) return act(0);
      waiting.set(ask.id, { ask, key, askedAt: lastTime, act });
      advance();
    },
    forget(id) {
      if (waiting.has(id)) forgotten.add(id);
    },
    onPong(number) {
      if (!isReplaying || !isPinged || number !== pings) return;
      if (expected === undefined) return onEnd();
      isReplaying = false;
      onDiverged(`the program no longer asks for its step ${expected.id} (${toText(expected.key)})`);
    },
    value: (id, value) => send(id, JSON.stringify(toReply(id, value))),
    json: (id, json) => send(id, toReplyText(id, json)),
    error: (id, error) => send(id, JSON.stringify(toErrorReply(id, error))),
    raw(id, form, pieces, onTaken) {
      const deliverNow = (value?: string): void => {
        const frame = toRawReply(id, form);
        if (recorder !== undefined) record(id, JSON.stringify(frame), value);
        guest.sendRaw(frame, pieces, onTaken);
      };
      if (recorder === undefined) return deliverNow();
      recorder.save(pieces).then(deliverNow, (error: unknown) => {
        onTaken();
        onFailed(error);
      });
    },
    left(id, facts) {
      // What would have an effect after the end would have it unrecorded, and once more when the run goes on.
      if (isClosed) throw new SluiceError("cancelled", "The execution has ended");
      recorder?.left(id, facts);
    },
    missed(id) {
      if (!isClosed) recorder?.missed(id);
    },
    leftBefore: (id) => recorder?.leftBefore(id),
    get isReplaying() {
      return isReplaying;
    },
    endProblem() {
      if (!isReplaying || expected === undefined || isReplayOnly) return undefined;
      return `the program ended before its step ${expected.id}`;
    },
    close: () => void (isClosed = true),
  };
}

const KEY_BYTES_MAX = 262_144;

/** The same ask has the same key; of one that is very large, or nested past what can be written, less is compared. */
function toKey({ op, args, bytes }: Ask): string {
  const tool = op === "tool" && typeof args["tool"] === "string" ? `.${encodeURIComponent(toShort(args["tool"]))}` : "";
  return `${op}${tool}:${digest("sha256", toComparable(args, bytes), "base64url").slice(0, 22)}`;
}

/** A name as it is shown; half of a pair of code units cannot be encoded. */
function toShort(name: string): string {
  return name.slice(0, 100).replaceAll(/[\ud800-\udfff]/gu, "?");
}

function toText(key: string): string {
  const { op, tool } = opOf(key);
  return tool === undefined ? op : `${op} ${tool}`;
}

/** The operation of a key, and the tool that was called. */
export function opOf(key: string): { op: string; tool?: string } {
  const [op = "", tool] = key.slice(0, key.indexOf(":")).split(/\.(.*)/s);
  return { op, ...(tool === undefined ? {} : { tool: decodeURIComponent(tool) }) };
}

function toComparable({ arguments: given = null, ...rest }: JsonObject, bytes: number): string {
  try {
    const text = `${JSON.stringify(rest)} ${toArgumentText(given)}`;
    return bytes > KEY_BYTES_MAX ? `${bytes} ${text.slice(0, KEY_BYTES_MAX)}` : text;
  } catch {
    return String(bytes);
  }
}
