// Buffer of the package `buffer`, with the conversions that the engine does itself: as JavaScript on an interpreter
// they would take seconds for some megabytes.

import { Buffer } from "buffer/";

const { from, byteLength } = Buffer;
const { toString } = Buffer.prototype;
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const { fromBase64 } = /** @type {any} */ (Uint8Array);
const { toBase64 } = /** @type {any} */ (Uint8Array.prototype);

/** @param {unknown} encoding */
const toName = (encoding) => (encoding === undefined ? "utf8" : String(encoding).toLowerCase());

/** @param {Uint8Array} bytes */
const toBuffer = (bytes) => from(/** @type {ArrayBuffer} */ (bytes.buffer), bytes.byteOffset, bytes.byteLength);

/** @param {any} text @param {any} [encoding] @param {any} [length] */
function fromText(text, encoding, length) {
  if (typeof text !== "string") return from(text, encoding, length);
  const name = toName(encoding);
  if (name === "utf8" || name === "utf-8") return toBuffer(encoder.encode(text));
  if (name !== "base64" && name !== "base64url") return from(text, encoding);
  // Node takes both alphabets for either.
  const plain = text.replaceAll("-", "+").replaceAll("_", "/");
  try {
    return toBuffer(fromBase64.call(Uint8Array, plain));
  } catch {
    return from(plain, "base64");
  }
}

/** @this {Buffer} @param {any} [encoding] @param {any} [start] @param {any} [end] */
function toText(encoding, start, end) {
  const name = toName(encoding);
  const part = start === undefined && end === undefined ? this : this.subarray(start ?? 0, end);
  if (name === "utf8" || name === "utf-8") return decoder.decode(part);
  if (name === "base64") return toBase64.call(part);
  if (name === "base64url") return toBase64.call(part, { alphabet: "base64url", omitPadding: true });
  return toString.call(this, encoding, start, end);
}

Buffer.from = /** @type {any} */ (fromText);
Buffer.prototype.toString = /** @type {any} */ (toText);
Buffer.byteLength = /** @type {any} */ (
  (/** @type {any} */ text, /** @type {any} */ encoding) =>
    toName(encoding) === "base64url" ? fromText(text, encoding).length : byteLength(text, encoding)
);
const { isEncoding } = Buffer;
Buffer.isEncoding = /** @type {any} */ ((/** @type {any} */ name) => isEncoding(name) || toName(name) === "base64url");

export { Buffer };
