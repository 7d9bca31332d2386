import { SluiceError, toMessage } from "../base/errors.ts";
import { readRetryAfter, type Transient } from "../base/transient.ts";
import { limits } from "../base/limits.ts";
import { streamEndedMark, type Session } from "./session.ts";
import { tooLargeMark } from "./stdio-transport.ts";

/** What was asked of a server when it failed. */
export interface FailedRequest {
  server: string;
  /** `tool "create"`, `its list of tools`: the object of the sentence. */
  what: string;
  timeoutMs: number;
  signal: AbortSignal | undefined;
  session: Session;
  /** A call of a tool, whose errors are sealed. */
  isCall?: boolean;
}

/** The one error for whatever the client library threw: its code says whose turn it is, its message has the upstream's own words. */
export function toUpstreamError(thrown: unknown, request: FailedRequest): SluiceError {
  const { server, what, timeoutMs, signal, session, isCall = false } = request;
  const { library } = session;
  const cause = thrown;
  if (signal?.aborted === true)
    return new SluiceError("cancelled", `The request for ${what} of server "${server}" was cancelled`, { cause });
  if (thrown instanceof SluiceError) return thrown;
  if (thrown instanceof library.ProtocolError) {
    if (thrown.data === tooLargeMark) return tooLarge(server, what, cause);
    if (thrown.data === streamEndedMark)
      return new SluiceError(
        "upstream_disconnected",
        `Server "${server}" ended its answer to the request for ${what} before it was complete`,
        { cause, transient: { mayHaveRun: true } },
      );
    return new SluiceError(
      "upstream_error",
      `Server "${server}" answered the request for ${what} with an error: ${thrown.message} (JSON-RPC ${thrown.code})`,
      // "Internal error" and what JSON-RPC leaves to servers; the other codes are about the request.
      { cause, isServerFault: thrown.code === -32603 || (thrown.code <= -32000 && thrown.code > -32100) },
    );
  }
  if (thrown instanceof library.SdkHttpError) {
    const text = typeof thrown.data.text === "string" ? toShown(thrown.data.text, isCall) : "";
    return new SluiceError(
      "upstream_error",
      `Server "${server}" answered the request for ${what} with HTTP ${thrown.status}${text === "" ? "" : `: ${text}`}`,
      {
        cause,
        ...toHttpTransient(thrown.status, text),
        ...(thrown.status === 401 || thrown.status === 403 ? { hint: 'Check the credentials in its "headers"' } : {}),
      },
    );
  }
  if (thrown instanceof library.SdkError) {
    const { SdkErrorCode } = library;
    if (thrown.code === SdkErrorCode.RequestTimeout) {
      return new SluiceError(
        "upstream_timeout",
        `Server "${server}" did not answer the request for ${what} within ${timeoutMs} ms`,
        { cause, transient: { mayHaveRun: true } },
      );
    }
    if (thrown.code === SdkErrorCode.ConnectionClosed || thrown.code === SdkErrorCode.NotConnected) {
      const { how, lastWords } = session.describeEnd();
      return new SluiceError(
        "upstream_disconnected",
        `Server "${server}" ${how} during the request for ${what}${lastWords}`,
        {
          cause,
          transient: { mayHaveRun: thrown.code !== SdkErrorCode.NotConnected },
          hint: "It is started again with the next call; whether this one took effect is not known",
        },
      );
    }
    if (thrown.code === SdkErrorCode.UnsupportedResultType) {
      return new SluiceError(
        "upstream_error",
        `Server "${server}" wants to ask a person before it answers the request for ${what}; that is not supported`,
        { cause },
      );
    }
  }
  if (hasTooLarge(thrown)) return tooLarge(server, what, cause);
  if (thrown instanceof TypeError || toMessage(thrown) === "Not connected") {
    return new SluiceError(
      "upstream_disconnected",
      `Server "${server}" could not be reached with the request for ${what}: ${toNetworkMessage(thrown)}`,
      { cause, transient: { mayHaveRun: !isUnreached(thrown) } },
    );
  }
  return new SluiceError(
    "upstream_error",
    `The request for ${what} of server "${server}" failed: ${toMessage(thrown)}`,
    { cause },
  );
}

/** What is sealed is not cut before: a part of a value is not known again. */
function toShown(text: string, isCall: boolean): string {
  if (!isCall) return text.slice(0, 500);
  return text.length > limits.errorReadCharsMax ? "" : text;
}

/** HTTP 429 says that the request was refused; 502 to 504 that somebody on the way failed, perhaps after it had worked. */
function toHttpTransient(status: number, text: string): { transient?: Transient } {
  if (status !== 408 && status !== 429 && (status < 502 || status > 504)) return {};
  const retryAfterMs = readRetryAfter(text);
  return {
    transient: {
      mayHaveRun: status !== 429,
      ...(status === 429 ? { isBusy: true } : {}),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    },
  };
}

/** No connection was made, so nothing was sent. */
function isUnreached(thrown: unknown): boolean {
  for (let error = thrown; error instanceof Error; error = error.cause)
    if ("code" in error && /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$/.test(String(error.code)))
      return true;
  return toMessage(thrown) === "Not connected";
}

/** The message of a failed `fetch`, whose own says nothing: the cause under it. */
export function toNetworkMessage(thrown: unknown): string {
  let deepest = thrown;
  while (deepest instanceof Error && deepest.cause instanceof Error) deepest = deepest.cause;
  if (deepest instanceof AggregateError && deepest.errors.length > 0) deepest = deepest.errors[0];
  return toMessage(deepest);
}

function tooLarge(server: string, what: string, cause: unknown): SluiceError {
  const { upstreamMessageBytesMax } = limits;
  return new SluiceError(
    "result_too_large",
    `The answer of server "${server}" to the request for ${what} is over ${upstreamMessageBytesMax} bytes (upstreamMessageBytesMax)`,
    {
      cause,
      hint: "Ask for less: a filter, a page, a range",
    },
  );
}

function hasTooLarge(thrown: unknown): boolean {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    if (error instanceof SluiceError && error.code === "result_too_large") return true;
  }
  return false;
}
