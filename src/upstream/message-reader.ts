import { isJsonObject } from "../base/json.ts";

/** What a server's stdout holds: messages, and what is none. */
export interface MessageSink {
  /** One JSON-RPC message, parsed but not yet checked beyond being one. */
  onMessage(message: Record<string, unknown>): void;
  /** A line that is no JSON-RPC message: a banner, a log line. */
  onJunk(line: string): void;
  /** A line over the bound was dropped; `id` is the request it answers, where its beginning or end tells. */
  onTooLarge(id: number | undefined): void;
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
  /** Both ends of a line that is being dropped. */
  #dropped: { head: Buffer; tail: Buffer } | undefined;

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
    if (this.#dropped === undefined && this.#bytes + part.length > this.#bytesMax) {
      this.#dropped = { head: Buffer.concat([...this.#chunks, part]).subarray(0, endBytes), tail: Buffer.alloc(0) };
      this.#chunks = [];
      this.#bytes = 0;
    }
    if (this.#dropped !== undefined) {
      this.#dropped.tail = Buffer.concat([this.#dropped.tail, part.subarray(-endBytes)]).subarray(-endBytes);
      return;
    }
    this.#chunks.push(part);
    this.#bytes += part.length;
  }

  #endLine(): void {
    if (this.#dropped !== undefined) {
      const { head, tail } = this.#dropped;
      this.#dropped = undefined;
      this.#sink.onTooLarge(findId(head.toString("latin1"), tail.toString("latin1")));
      return;
    }
    const line = (this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks)).toString(
      "utf8",
    );
    this.#chunks = [];
    this.#bytes = 0;
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
