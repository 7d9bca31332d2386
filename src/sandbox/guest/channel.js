// The guest's end of the one channel: length-prefixed JSON, read and written synchronously.
//
// Reading blocks the guest on purpose. It has no other source of events, so a blocked guest is an idle guest, and
// what it does next is a function of the frame that wakes it (DESIGN 2.3, clock and turns).

/**
 * @typedef {object} Channel
 * @property {(bytes: number) => void} bound Sets the largest frame that may be sent.
 * @property {() => any} receive The next frame, or `undefined` when the host has gone.
 * @property {(frame: object) => void} send
 */

const HEADER_BYTES = 4;
const BUFFER_BYTES = 65_536;

/**
 * @param {{ read(bytes: Uint8Array): number | null, write(bytes: Uint8Array): number }} platform
 * @returns {Channel}
 */
export function createChannel(platform) {
  const decoder = new TextDecoder();
  const encoder = new TextEncoder();
  const { parse, stringify } = JSON;
  const buffer = new Uint8Array(BUFFER_BYTES);
  let start = 0;
  let end = 0;
  let bytesMax = Number.POSITIVE_INFINITY;

  /** Makes `count` bytes (at most the buffer's size) available from `start`. @param {number} count */
  function fill(count) {
    if (start + count > BUFFER_BYTES) {
      buffer.copyWithin(0, start, end);
      end -= start;
      start = 0;
    }
    while (end - start < count) {
      const read = platform.read(buffer.subarray(end));
      if (!read) return false;
      end += read;
    }
    return true;
  }

  /** The next `length` bytes: a view of the buffer, or of one allocation where they do not fit. @param {number} length */
  function take(length) {
    if (length <= BUFFER_BYTES) {
      if (!fill(length)) return undefined;
      start += length;
      return buffer.subarray(start - length, start);
    }
    const body = new Uint8Array(length);
    body.set(buffer.subarray(start, end));
    let filled = end - start;
    start = end = 0;
    while (filled < length) {
      const read = platform.read(body.subarray(filled));
      if (!read) return undefined;
      filled += read;
    }
    return body;
  }

  return {
    bound(bytes) {
      bytesMax = bytes;
    },
    receive() {
      if (start === end) start = end = 0;
      const header = take(HEADER_BYTES);
      if (header === undefined) return undefined;
      const length = (header[0] | (header[1] << 8) | (header[2] << 16) | (header[3] << 24)) >>> 0;
      const body = take(length);
      return body === undefined ? undefined : parse(decoder.decode(body));
    },
    send(frame) {
      const body = encoder.encode(stringify(frame));
      if (body.length > bytesMax)
        throw new RangeError(`A frame of ${body.length} bytes is over frameBytesMax (${bytesMax})`);
      const bytes = new Uint8Array(HEADER_BYTES + body.length);
      new DataView(bytes.buffer).setUint32(0, body.length, true);
      bytes.set(body, HEADER_BYTES);
      let written = 0;
      while (written < bytes.length) written += platform.write(bytes.subarray(written));
    },
  };
}
