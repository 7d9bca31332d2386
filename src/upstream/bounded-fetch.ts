import { nextTurn } from "../base/next-turn.ts";
import { SluiceError } from "../base/errors.ts";
import { largeBody } from "./large-body.ts";

/**
 * `fetch` whose responses break off with `result_too_large` past `bytesMax`: for a whole body, or for one event of an
 * event stream (which as a whole has no end). What answers a tool call and is large is read in a thread. A request whose
 * kept connection the server had closed is sent once more; never a tool call, which may have been carried out.
 */
export function boundedFetch(bytesMax: number, onTooLarge: () => void): typeof fetch {
  return async (input, init) => {
    const response = await fetch(input, init).catch(async (error: unknown) => {
      if (isToolCall(init) || !isClosedUnanswered(error)) throw error;
      // Other connections that the server has closed as well are seen before the next turn.
      await nextTurn();
      return fetch(input, init);
    });
    if (response.body === null) return response;
    const retryAfter = response.ok ? null : response.headers.get("retry-after");
    const isEvents = response.headers.get("content-type")?.startsWith("text/event-stream") ?? false;
    let bytes = 0;
    const bound = new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        bytes += chunk.length;
        if (bytes > bytesMax) {
          onTooLarge();
          controller.error(
            new SluiceError("result_too_large", `The answer is over ${bytesMax} bytes (upstreamMessageBytesMax)`),
          );
          return;
        }
        const end = isEvents ? lastEventEnd(chunk) : -1;
        if (end !== -1) bytes = chunk.length - end;
        controller.enqueue(chunk);
      },
    });
    const { status, statusText, headers } = response;
    const body = response.body.pipeThrough(bound);
    const small = isToolCall(init) && response.ok ? body.pipeThrough(largeBody(isEvents ? "events" : "json")) : body;
    const bounded = new Response(retryAfter === null ? small : small.pipeThrough(prefix(toRetryAfter(retryAfter))), {
      ...{ status, statusText, headers },
    });
    // The client compares it with what it asked for, to refuse redirects to another origin.
    Object.defineProperty(bounded, "url", { value: response.url });
    Object.defineProperty(bounded, "redirected", { value: response.redirected });
    Object.defineProperty(bounded, "type", { value: response.type });
    return bounded;
  };
}

/** The client's error has the body and no headers: what this one says goes before the body. */
function prefix(text: string): TransformStream<Uint8Array, Uint8Array> {
  return new TransformStream({ start: (controller) => controller.enqueue(Buffer.from(text)) });
}

/** `Retry-After: 30`; the header may also be a date. */
function toRetryAfter(header: string): string {
  const date = /^\d+$/.test(header) ? Number.NaN : Date.parse(header);
  const seconds = Number.isNaN(date) ? header : String(Math.max(0, Math.ceil((date - Date.now()) / 1_000)));
  return `Retry-After: ${seconds}\n`;
}

/** The connection was closed before anything of an answer came: a server closes those that were idle for some seconds. */
function isClosedUnanswered(error: unknown): boolean {
  const cause = error instanceof TypeError ? error.cause : undefined;
  return cause instanceof Error && "code" in cause && (cause.code === "UND_ERR_SOCKET" || cause.code === "ECONNRESET");
}

/** Whether a request is a tool call: only what answers one can be read elsewhere. */
function isToolCall(init: RequestInit | undefined): boolean {
  const body = init?.body;
  // The client writes the method near one end; between them are the arguments.
  return typeof body === "string" && /"method":"tools\/call"/.test(body.slice(0, 300) + body.slice(-300));
}

/** Where the last empty line of the chunk ends, or -1. One that is cut by the chunk's border is missed: the bound is then only reached early. */
function lastEventEnd(chunk: Uint8Array): number {
  const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
  return Math.max(endOf(bytes, "\n\n"), endOf(bytes, "\r\n\r\n"));
}

function endOf(bytes: Buffer, text: string): number {
  const at = bytes.lastIndexOf(text);
  return at === -1 ? -1 : at + text.length;
}
