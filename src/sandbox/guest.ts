import { SluiceError } from "../base/errors.ts";
import type { JsonObject } from "../base/json.ts";
import { type LargeValue, openLargeInput } from "../base/large-json.ts";
import { nextTurn } from "../base/next-turn.ts";
import { createFrameReader, encodeFrame, encodeLength, type Frame } from "./frames.ts";
import type { GuestProcess, Level } from "./walls/wall.ts";

/** A guest process and the one channel to it. Single use: it runs one program and is killed. */
export interface Guest {
  readonly child: GuestProcess;
  readonly engine: string;
  readonly wall: string;
  /** Settles when the guest can take a program; rejects when it ended before. */
  readonly ready: Promise<void>;
  send(frame: JsonObject): void;
  /** A frame that is JSON text already. */
  sendText(text: string): void;
  /** A frame, and the bytes that it announces in a frame of their own; `onTaken` when they are out of memory. */
  sendRaw(frame: JsonObject, pieces: readonly Uint8Array[], onTaken?: () => void): void;
  /** Hands over every further frame with its size (and what is large in it, as bytes, or what is wrong with its arguments), and how the guest ended if it did (with what it last said on stderr). */
  listen(onFrame: FrameListener, onEnd: (error: SluiceError) => void): void;
  kill(): void;
}

export type FrameListener = (frame: Frame, bytes: number, large?: LargeValue, problem?: string) => void;

const STDERR_BYTES_MAX = 4_096;

/** Opens the channel to a guest process that an engine has just started. */
export function openGuest(child: GuestProcess, labels: Level, frameBytesMax: number): Guest {
  let onFrame: FrameListener = () => undefined;
  /** A large frame that a thread reads, or a turn for others; what comes after it waits. */
  let reading: Promise<void> | undefined;
  let onEnd: (error: SluiceError) => void = () => undefined;
  let ended: SluiceError | undefined;
  let stderr = "";
  let becomeReady: () => void;
  let failReady: (error: SluiceError) => void;
  const ready = new Promise<void>((resolve, reject) => {
    becomeReady = resolve;
    failReady = reject;
  });
  // Nobody may be waiting when a spare guest dies.
  ready.catch(() => undefined);

  function end(error: SluiceError): void {
    if (ended !== undefined) return;
    ended = error;
    child.kill();
    failReady(error);
    onEnd(error);
  }

  const take: FrameListener = (frame, ...more) => {
    if (frame.kind === "ready") becomeReady();
    else onFrame(frame, ...more);
  };
  const reader = createFrameReader(frameBytesMax, take);

  function push(chunk: Buffer): void {
    if (ended !== undefined) return;
    try {
      const stop = reader.push(chunk);
      if (stop === undefined) return;
      child.stdout.pause();
      const turn = stop.body === undefined ? nextTurn() : readLarge(stop.body);
      reading = turn.then(() => {
        reading = undefined;
        if (stop.rest.length > 0) push(stop.rest);
        if (reading === undefined) child.stdout.resume();
      });
    } catch (error) {
      end(toFrameError(error));
    }
  }

  async function readLarge(body: Buffer): Promise<void> {
    const bytes = body.length;
    const input = openLargeInput();
    input.push(body);
    const read = await input.toFrame();
    if (ended !== undefined) return;
    try {
      if (read.kind === "frame") take(read.frame, bytes, read.large, read.problem);
      else
        throw new SluiceError(
          "guest_crashed",
          `The guest sent a frame that ${read.kind === "junk" ? "is not JSON" : `cannot be read: ${read.message}`}`,
        );
    } catch (error) {
      end(toFrameError(error));
    }
  }

  child.stdout.on("data", push);
  child.stderr.on("data", (chunk: Buffer) => {
    if (stderr.length < STDERR_BYTES_MAX) stderr += chunk.toString("utf8").slice(0, STDERR_BYTES_MAX - stderr.length);
  });
  void child.exited.then(async ({ code, signal }) => {
    // One turn later, so that what it wrote last has been read.
    await new Promise((resolve) => setImmediate(resolve));
    await untilRead();
    const how = signal === null ? `with exit code ${code}` : `by ${signal}`;
    const said = stderr.trim() === "" ? "" : `: ${stderr.trim()}`;
    end(new SluiceError("guest_crashed", `The sandbox process ended ${how}${said}`));
  });

  async function untilRead(): Promise<void> {
    if (reading === undefined) return;
    await reading;
    await untilRead();
  }

  function sendText(text: string): void {
    if (ended === undefined) child.stdin.write(encodeFrame(text));
  }

  function sendRaw(frame: JsonObject, pieces: readonly Uint8Array[], onTaken?: () => void): void {
    if (ended !== undefined) return onTaken?.();
    const { stdin } = child;
    stdin.cork();
    stdin.write(encodeFrame(JSON.stringify(frame)));
    stdin.write(encodeLength(pieces.reduce((sum, piece) => sum + piece.length, 0)));
    for (const piece of pieces) stdin.write(piece);
    if (onTaken !== undefined) stdin.write("", () => onTaken());
    stdin.uncork();
  }

  return {
    child,
    ...labels,
    ready,
    send: (frame) => sendText(JSON.stringify(frame)),
    sendText,
    sendRaw,
    listen(frameListener, endListener) {
      onFrame = frameListener;
      onEnd = endListener;
      if (ended !== undefined) endListener(ended);
    },
    kill: () => child.kill(),
  };
}

function toFrameError(error: unknown): SluiceError {
  if (error instanceof SluiceError) return error;
  return new SluiceError("internal", "A frame of the guest could not be handled", { cause: error });
}
