import { validateHeaderName, validateHeaderValue } from "node:http";
import { SluiceError } from "../../base/errors.ts";
import type { Json } from "../../base/json.ts";
import { limits } from "../../base/limits.ts";

/** Headers in order; names in lower case. */
export type HeaderList = readonly (readonly [string, string])[];

/** What decides how bytes travel, or speaks for somebody else: the host's business. */
const OURS = new Set([
  "accept-encoding",
  "connection",
  "content-length",
  "expect",
  "forwarded",
  "host",
  "keep-alive",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "via",
]);
const OURS_PREFIXES = ["proxy-", "sec-", "x-forwarded-", ":"];

/** What may follow a redirect to another host: it says nothing about who asks. */
const IMPERSONAL = new Set(["accept", "accept-language", "content-language", "content-type", "user-agent"]);

/** The headers that a program asked for, checked. Throws `network_invalid`. */
export function parseHeaders(value: Json | undefined): HeaderList {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw invalid("headers are a list of names and values");
  if (value.length > limits.networkHeadersMax)
    throw invalid(`${value.length} headers; at most ${limits.networkHeadersMax} (networkHeadersMax) are sent`);
  let bytes = 0;
  const headers: [string, string][] = [];
  for (const entry of value) {
    const [name, text] = Array.isArray(entry) ? entry : [];
    if (typeof name !== "string" || typeof text !== "string") throw invalid("a header is a name and a text");
    const lower = name.toLowerCase();
    try {
      validateHeaderName(name);
      validateHeaderValue(name, text);
    } catch {
      throw invalid(`the header ${JSON.stringify(name.slice(0, 60))} has characters that a header cannot have`);
    }
    if (OURS.has(lower) || OURS_PREFIXES.some((prefix) => lower.startsWith(prefix)))
      throw invalid(`the header "${lower.slice(0, 60)}" is set by the host`);
    bytes += name.length + text.length + 4;
    headers.push([lower, text]);
  }
  if (bytes > limits.networkHeaderBytesMax)
    throw invalid(
      `${bytes} bytes of headers; at most ${limits.networkHeaderBytesMax} (networkHeaderBytesMax) are sent`,
    );
  return headers;
}

/** What is left of the headers for another origin: credentials, whatever header holds them, stay behind. */
export function toImpersonal(headers: HeaderList): HeaderList {
  return headers.filter(([name]) => IMPERSONAL.has(name));
}

function invalid(problem: string): SluiceError {
  return new SluiceError("network_invalid", `Cannot fetch: ${problem}`);
}
