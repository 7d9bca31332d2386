import { SluiceError } from "../base/errors.ts";
import { isJsonObject, type JsonObject } from "../base/json.ts";
import { limits } from "../base/limits.ts";

/** A frame is its length in four bytes, little-endian, and that many bytes of JSON: an object with a `kind`. */
export interface Frame extends JsonObject {
  kind: string;
}

const HEADER_BYTES = 4;

/** The bytes of a frame, from its JSON text. */
export function encodeFrame(body: string): Buffer {
  const length = Buffer.byteLength(body);
  const bytes = Buffer.allocUnsafe(HEADER_BYTES + length);
  bytes.writeUInt32LE(length, 0);
  bytes.write(body, HEADER_BYTES);
  return bytes;
}

/** What stands before a body of so many bytes. */
export function encodeLength(length: number): Buffer {
  const bytes = Buffer.allocUnsafe(HEADER_BYTES);
  bytes.writeUInt32LE(length, 0);
  return bytes;
}

/** Where the reader stopped: a large frame as it came, if that was why, and what came with it, to be pushed later. */
export interface Stop {
  body?: Buffer;
  rest: Buffer;
}

/**
 * Cuts a guest's bytes into frames. Everything in them is a claim: the size is bounded before anything is allocated,
 * and a frame's body is allocated once. `push` throws a SluiceError when the guest broke the protocol or a limit; it
 * stops at a large frame, which is not to be parsed on the event loop, and after so many that others must have a turn.
 */
export function createFrameReader(
  frameBytesMax: number,
  onFrame: (frame: Frame, bytes: number) => void,
): { push(chunk: Buffer): Stop | undefined } {
  const header = Buffer.alloc(HEADER_BYTES);
  let headerFilled = 0;
  let body: Buffer | undefined;
  let filled = 0;

  function push(chunk: Buffer): Stop | undefined {
    let at = 0;
    let handled = 0;
    while (at < chunk.length) {
      if (handled === limits.framesPerTurnMax) return { rest: chunk.subarray(at) };
      if (body === undefined) {
        const taken = chunk.copy(header, headerFilled, at, at + HEADER_BYTES - headerFilled);
        headerFilled += taken;
        at += taken;
        if (headerFilled < HEADER_BYTES) return undefined;
        const length = header.readUInt32LE(0);
        if (length > frameBytesMax)
          throw new SluiceError(
            "frameBytesMax",
            `The guest announced a frame of ${length} bytes; frameBytesMax is ${frameBytesMax}`,
          );
        headerFilled = 0;
        if (length <= chunk.length - at && length <= limits.largeBytesMin) {
          onFrame(parseFrame(chunk.subarray(at, at + length)), length);
          handled += 1;
          at += length;
          continue;
        }
        // Of its own, so that it can be handed to a thread.
        body = length > limits.largeBytesMin ? Buffer.allocUnsafeSlow(length) : Buffer.allocUnsafe(length);
        filled = 0;
      }
      const taken = chunk.copy(body, filled, at);
      filled += taken;
      at += taken;
      if (filled < body.length) return undefined;
      const whole = body;
      body = undefined;
      if (whole.length > limits.largeBytesMin) return { body: whole, rest: chunk.subarray(at) };
      onFrame(parseFrame(whole), whole.length);
      handled += 1;
    }
    return undefined;
  }

  return { push };
}

function parseFrame(bytes: Buffer): Frame {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString("utf8"));
  } catch (cause) {
    throw new SluiceError("guest_crashed", "The guest sent a frame that is not JSON", { cause });
  }
  if (!isJsonObject(value) || typeof value["kind"] !== "string")
    throw new SluiceError("guest_crashed", "The guest sent a frame without a kind");
  return value as Frame;
}
