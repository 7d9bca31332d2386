import { SluiceError } from "../base/errors.ts";
import { type LargeInput, type LargeMessage, openLargeInput } from "../base/large-json.ts";
import { limits } from "../base/limits.ts";
import { holdResult } from "./large-result.ts";

const LINE_END = 10;

/**
 * Gives the answer to a tool call on, but for a message that is too large to be parsed on the event loop: it is read in
 * the thread, and a placeholder takes its place (see `large-result.ts`). For a body of JSON, or of server-sent events.
 */
export function largeBody(kind: "json" | "events"): TransformStream<Uint8Array, Uint8Array> {
  return kind === "json" ? largeJson() : largeEvents();
}

function largeJson(): TransformStream<Uint8Array, Uint8Array> {
  let held: Uint8Array[] = [];
  let bytes = 0;
  let large: LargeInput | undefined;
  return new TransformStream({
    transform(chunk) {
      bytes += chunk.length;
      held.push(chunk);
      if (bytes <= limits.largeBytesMin) return;
      large ??= openLargeInput({ isMessage: true });
      for (const piece of held) large.push(piece);
      held = [];
    },
    async flush(controller) {
      if (large !== undefined) controller.enqueue(await toSmall(large));
      for (const chunk of held) controller.enqueue(chunk);
    },
  });
}

function largeEvents(): TransformStream<Uint8Array, Uint8Array> {
  /** The line that is not whole yet. */
  let line = Buffer.alloc(0);
  let large: LargeInput | undefined;
  return new TransformStream<Uint8Array, Uint8Array>({
    async transform(chunk, controller) {
      let bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
      if (large !== undefined) {
        const end = bytes.indexOf(LINE_END);
        const isWhole = end !== -1;
        const rest = isWhole ? Buffer.from(bytes.subarray(end)) : undefined;
        large.push(isWhole ? bytes.subarray(0, end) : bytes);
        if (rest === undefined) return;
        controller.enqueue(await toSmall(large));
        large = undefined;
        bytes = rest;
      }
      // Whole lines are given on: what they mean is for the client.
      const end = bytes.lastIndexOf(LINE_END) + 1;
      if (end > 0) controller.enqueue(Buffer.concat([line, bytes.subarray(0, end)]));
      line = end > 0 ? Buffer.from(bytes.subarray(end)) : Buffer.concat([line, bytes]);
      if (line.length <= limits.largeBytesMin) return;
      const head = /^data: ?/.exec(line.toString("latin1", 0, 6))?.[0].length;
      controller.enqueue(line.subarray(0, head));
      if (head !== undefined) {
        large = openLargeInput({ isMessage: true });
        large.push(Buffer.from(line.subarray(head)));
      }
      line = Buffer.alloc(0);
    },
    async flush(controller) {
      if (large !== undefined) controller.enqueue(await toSmall(large));
      else controller.enqueue(line);
    },
  });
}

/** What stands for the message: its answer with the result held, or what it was. */
async function toSmall(large: LargeInput): Promise<Uint8Array> {
  const message: LargeMessage = await large.toMessage({ toolCalls: "all", others: [] });
  switch (message.kind) {
    case "result":
      return toBytes({ jsonrpc: "2.0", id: message.id, result: holdResult(message) });
    case "messages":
      return toBytes(message.messages.length === 1 ? message.messages[0] : message.messages);
    case "junk":
      return Buffer.from(message.text);
    case "failed":
      throw new SluiceError("result_too_large", `The answer cannot be read: ${message.message}`);
  }
}

function toBytes(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}
