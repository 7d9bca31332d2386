import { isJsonObject } from "../base/json.ts";
import { limits } from "../base/limits.ts";

/** What a server's stdout holds: messages, and what is none. */
export interface MessageSink {
  /** One JSON-RPC message, parsed but not yet checked beyond being one. */
  onMessage(message: Record<string, unknown>): void;
  /** A line that is no JSON-RPC message: a banner, a log line. */
  onJunk(line: string): void;
  /** Opens the way of a line that is too large to be read here; called for it instead of `onMessage` and `onJunk`. */
  openLarge(): LargeLine;
  /** A line over the bound was dropped; `id` is the request it answers, where its beginning or end tells. */
  onTooLarge(id: number | undefined): void;
}

/** Takes a large line as it comes; each piece is handed over. */
export interface LargeLine {
  push(piece: Uint8Array): void;
  /** The line is over the bound after all. */
  drop(): void;
  /** The line is whole; `id` is the request it answers, where its beginning or end tells. */
  end(id: number | undefined): void;
}

/** How much of both ends of a dropped line is kept to find the request it answers. */
const endBytes = 512;

/**
 * Cuts a stream of bytes into newline-delimited JSON-RPC messages of at most `bytesMax` each. Linear in the bytes:
 * chunks are joined once per line.
 */
export class MessageReader {
  readonly #sink: MessageSink;
  readonly #bytesMax: number;
  #chunks: Buffer[] = [];
  #bytes = 0;
  /** Both ends of a line that is large or being dropped. */
  #ends: { head: Buffer; tail: Buffer } | undefined;
  /** Where a large line goes; `undefined` while one is dropped. */
  #large: LargeLine | undefined;

  constructor(bytesMax: number, sink: MessageSink) {
    this.#bytesMax = bytesMax;
    this.#sink = sink;
  }

  push(chunk: Buffer): void {
    let from = 0;
    for (;;) {
      const end = chunk.indexOf(10, from);
      this.#take(chunk.subarray(from, end === -1 ? chunk.length : end));
      if (end === -1) return;
      this.#endLine();
      from = end + 1;
    }
  }

  #take(part: Buffer): void {
    if (part.length === 0) return;
    this.#bytes += part.length;
    if (this.#ends === undefined) {
      this.#chunks.push(part);
      if (this.#bytes > limits.largeBytesMin || this.#bytes > this.#bytesMax) this.#becomeLarge();
      return;
    }
    this.#keepTail(part);
    if (this.#bytes > this.#bytesMax) {
      this.#large?.drop();
      this.#large = undefined;
    } else this.#large?.push(part);
  }

  #becomeLarge(): void {
    const chunks = this.#chunks;
    this.#chunks = [];
    // Copies: the chunks are handed over.
    const head = Buffer.concat(chunks.map((chunk) => chunk.subarray(0, endBytes))).subarray(0, endBytes);
    this.#ends = { head, tail: Buffer.alloc(0) };
    for (const chunk of chunks) this.#keepTail(chunk);
    if (this.#bytes > this.#bytesMax) return;
    this.#large = this.#sink.openLarge();
    for (const chunk of chunks) this.#large.push(chunk);
  }

  #keepTail(part: Buffer): void {
    if (this.#ends !== undefined)
      this.#ends.tail = Buffer.concat([this.#ends.tail, part.subarray(-endBytes)]).subarray(-endBytes);
  }

  #endLine(): void {
    const bytes = this.#bytes;
    this.#bytes = 0;
    if (this.#ends !== undefined) {
      const id = findId(this.#ends.head.toString("latin1"), this.#ends.tail.toString("latin1"));
      const large = this.#large;
      this.#ends = undefined;
      this.#large = undefined;
      if (bytes > this.#bytesMax) this.#sink.onTooLarge(id);
      else large?.end(id);
      return;
    }
    const line = (this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks)).toString(
      "utf8",
    );
    this.#chunks = [];
    // Some servers write a byte order mark before their first message.
    const text = line.charCodeAt(0) === 0xfeff ? line.slice(1) : line;
    if (text.trim() === "") return;
    const messages = parseMessages(text);
    if (messages === undefined) this.#sink.onJunk(text.trimEnd());
    else for (const message of messages) this.#sink.onMessage(message);
  }
}

/** A message, or the messages of a batch (revision 2025-03-26 has them); `undefined` for what is neither. */
function parseMessages(text: string): Record<string, unknown>[] | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const messages = Array.isArray(value) ? value : [value];
  return messages.length > 0 && messages.every(isMessage) ? messages : undefined;
}

function isMessage(value: unknown): value is Record<string, unknown> {
  return isJsonObject(value) && value["jsonrpc"] === "2.0" && ("method" in value || "id" in value);
}

function findId(head: string, tail: string): number | undefined {
  const found =
    /^\s*\{\s*(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?"id"\s*:\s*(\d{1,15})\s*,/.exec(head) ??
    /,\s*"id"\s*:\s*(\d{1,15})\s*(?:,\s*"jsonrpc"\s*:\s*"2\.0"\s*)?\}\s*$/.exec(tail);
  return found?.[1] === undefined ? undefined : Number(found[1]);
}
