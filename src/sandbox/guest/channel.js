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
 * @typedef {object} ByteStream
 * @property {(bytes: Uint8Array) => number | null} read Blocks; 0 or null at the end.
 * @property {(bytes: Uint8Array) => number} write
 */

/**
 * The frames' texts, where the engine's driver does the framing because its language is the faster one.
 * @typedef {object} TextStream
 * @property {() => string | undefined} receiveText Blocks; nothing at the end.
 * @property {() => Uint8Array | undefined} receiveBytes The same where a frame is no text.
 * @property {(text: string, bytesMax: number) => void} sendText Throws a RangeError when it is over the bound.
 */

/**
 * @param {ByteStream | TextStream} platform
 * @returns {Channel}
 */
export function createChannel(platform) {
  return "read" in platform ? createByteChannel(platform) : createTextChannel(platform);
}

/**
 * The value of a frame that said `raw`: too large to stand in its JSON, it is the next frame as it is.
 * @param {"json" | "auto" | "text"} form `auto`: a text that stands for the JSON it may be
 * @param {string} text
 * @param {(text: string) => any} parse
 */
function toValue(form, text, parse) {
  if (form === "text") return { text };
  if (form === "auto" && text[0] !== "{" && text[0] !== "[") return text;
  try {
    return parse(text);
  } catch (error) {
    if (form === "auto") return text;
    throw error;
  }
}

/** @param {TextStream} platform @returns {Channel} */
function createTextChannel({ receiveText, receiveBytes, sendText }) {
  const { parse, stringify } = JSON;
  let bytesMax = Number.MAX_SAFE_INTEGER;
  return {
    bound(bytes) {
      bytesMax = bytes;
    },
    receive() {
      const text = receiveText();
      if (text === undefined) return undefined;
      const frame = parse(text);
      if (frame.raw === undefined) return frame;
      const value = frame.raw === "bytes" ? receiveBytes() : receiveText();
      if (value === undefined) return undefined;
      frame.value = typeof value === "string" ? toValue(frame.raw, value, parse) : { bytes: value };
      return frame;
    },
    send: (frame) => sendText(stringify(frame), bytesMax),
  };
}

/** @param {ByteStream} platform @returns {Channel} */
function createByteChannel(platform) {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
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

  /** The bytes of the next frame; valid until the one after it. */
  function next() {
    if (start === end) start = end = 0;
    const header = take(HEADER_BYTES);
    if (header === undefined) return undefined;
    const length = (header[0] | (header[1] << 8) | (header[2] << 16) | (header[3] << 24)) >>> 0;
    return take(length);
  }

  return {
    bound(bytes) {
      bytesMax = bytes;
    },
    receive() {
      const body = next();
      if (body === undefined) return undefined;
      const frame = parse(decoder.decode(body));
      if (frame.raw === undefined) return frame;
      const value = next();
      if (value === undefined) return undefined;
      frame.value = frame.raw === "bytes" ? { bytes: value.slice() } : toValue(frame.raw, decoder.decode(value), parse);
      return frame;
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
//# sourceURL=sluice:guest/channel.js
