import { SluiceError } from "../base/errors.ts";
import type { JsonObject } from "../base/json.ts";
import { createFrameReader, encodeFrame, type Frame } from "./frames.ts";
import type { GuestProcess } from "./walls/wall.ts";

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
  /** Hands over every further frame with its size, and how the guest ended if it did (with what it last said on stderr). */
  listen(onFrame: (frame: Frame, bytes: number) => void, onEnd: (error: SluiceError) => void): void;
  kill(): void;
}

const STDERR_BYTES_MAX = 4_096;

/** Opens the channel to a guest process that an engine has just started. */
export function openGuest(child: GuestProcess, labels: { engine: string; wall: string }, frameBytesMax: number): Guest {
  let onFrame: (frame: Frame, bytes: number) => void = () => undefined;
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

  const reader = createFrameReader(frameBytesMax, (frame, bytes) => {
    if (frame.kind === "ready") becomeReady();
    else onFrame(frame, bytes);
  });
  child.stdout.on("data", (chunk: Buffer) => {
    if (ended !== undefined) return;
    try {
      reader.push(chunk);
    } catch (error) {
      end(
        error instanceof SluiceError
          ? error
          : new SluiceError("internal", "A frame of the guest could not be handled", { cause: error }),
      );
    }
  });
  child.stderr.on("data", (chunk: Buffer) => {
    if (stderr.length < STDERR_BYTES_MAX) stderr += chunk.toString("utf8").slice(0, STDERR_BYTES_MAX - stderr.length);
  });
  void child.exited.then(({ code, signal }) => {
    // One turn later, so that what it wrote last has been read.
    setImmediate(() => {
      const how = signal === null ? `with exit code ${code}` : `by ${signal}`;
      const said = stderr.trim() === "" ? "" : `: ${stderr.trim()}`;
      end(new SluiceError("guest_crashed", `The sandbox process ended ${how}${said}`));
    });
  });

  function sendText(text: string): void {
    if (ended === undefined) child.stdin.write(encodeFrame(text));
  }

  return {
    child,
    ...labels,
    ready,
    send: (frame) => sendText(JSON.stringify(frame)),
    sendText,
    listen(frameListener, endListener) {
      onFrame = frameListener;
      onEnd = endListener;
      if (ended !== undefined) endListener(ended);
    },
    kill: () => child.kill(),
  };
}
