/** What is known of a failure that may not come again: a time-out, a broken connection, a busy server. */
export interface Transient {
  /** False: it is sure that the call did nothing. */
  mayHaveRun: boolean;
  /** The server asks for fewer calls. */
  isBusy?: boolean;
  /** The server asks to wait this long. */
  retryAfterMs?: number;
}

const CHARS_READ = 2_000;

/** How servers, and the services behind them, say that there were too many calls (HTTP 429, RFC 6585). */
const busy =
  /\btoo many requests\b|\brate[ _-]?limit(?:ed|s|ing)?(?:[ _-]?exceeded)?\b|\b(?:HTTP|status(?: code)?|error(?: code)?)[:= ]*429\b|\bquota exceeded\b/i;
/** How they say that something between them and what they need has failed (HTTP 502 to 504, broken connections). */
const broken =
  /\b(?:HTTP|status(?: code)?|error(?: code)?)[:= ]*50[234]\b|\bbad gateway\b|\bgateway time-?out\b|\bservice (?:temporarily )?unavailable\b|\bE(?:CONNRESET|CONNREFUSED|CONNABORTED|PIPE|TIMEDOUT|AI_AGAIN)\b|\bsocket hang up\b|\btemporarily unavailable\b/i;
/** How they say that something took too long; not what they say of an argument of that name. */
const late =
  /\btimed out\b|\btime-?out (?:of \d+ ?m?s )?(?:exceeded|expired|reached|elapsed|occurred|error)\b|\b(?:request|connection|connect|socket|network|operation|query|response|upstream|server)[ _-]time-?out\b|\btimeout(?:error|exception)\b|\bdeadline exceeded\b|^\W*(?:[\w ]*(?:error|failed)\W+)?time-?out\W*$/i;
const wait = /\bretry[- _]?after["']?[:= ]*(\d{1,6}(?:\.\d{1,3})?)\s*(ms\b|milliseconds?|m(?:in(?:utes?)?)?\b)?/i;

/** Reads a server's own words about a failure; `undefined`: nothing says that it would go well the next time. */
export function readTransient(words: string): Transient | undefined {
  const text = words.slice(0, CHARS_READ);
  const isBusy = busy.test(text);
  if (!isBusy && !broken.test(text) && !late.test(text)) return undefined;
  const retryAfterMs = readRetryAfter(text);
  return {
    mayHaveRun: true,
    ...(isBusy ? { isBusy } : {}),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

/** `Retry-After: 30` and `retry after 500 ms`, in milliseconds; without a unit it is seconds, as in HTTP (RFC 9110, 10.2.3). */
export function readRetryAfter(text: string): number | undefined {
  const [, number, unit = ""] = wait.exec(text.slice(0, CHARS_READ)) ?? [];
  if (number === undefined) return undefined;
  const factor = /^ms|^milli/i.test(unit) ? 1 : /^m/i.test(unit) ? 60_000 : 1_000;
  return Math.ceil(Number(number) * factor);
}
