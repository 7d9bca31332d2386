import { toKeyWords } from "./key-words.ts";
import { isPlaceholder } from "./placeholder.ts";
import { isSecretKey } from "./secret-key.ts";
import { isRandomLike, isSecretLike } from "./secret-like.ts";

/** As much of a header as is looked at. */
export const headerCharsMax = 4096;
/** What stands before a credential, and what has it among parameters. */
const scheme = /^(?:bearer|basic|token|api-?key|negotiate|ntlm|jwt|hmac|key|sso-key|bot|splunk|genie-?key)[ \t+]+/iu;
const parameters = /^(?:digest|oauth|hawk|mac|signature|aws4-[\w-]+|goog4-[\w-]+)[ \t]+(?=[^"]*=)/iu;
const tokenAtStart = /^[^\s,;&"'`<>\\{}()[\]]+/u;
const lineEnd = /["'`\n\r]|\\[nrt"'\\]/u;
/** Words of sentences about headers. */
const words =
  /^(?:access|and|are|auth|authentication|authorization|based|bearer|basic|challenge|credentials?|expired|failed|flow|for|format|from|grants?|has|header|headers|in|invalid|is|method|missing|must|name|not|of|on|only|or|realm|schemes?|that|the|to|tokens?|type|usage|value|was|were|which|will|with|without)$/iu;
/** Placeholders that people use as passwords too. */
const weak = /^(?:abc|abc123|123456\d*|1111)$/iu;

/** Whether what follows a scheme or a header's name only speaks of a credential, or stands for one. */
function isStandIn(value: string): boolean {
  return words.test(value) || (isPlaceholder(value) && !weak.test(value));
}

/** What a header is about: `authorization`, `cookie`, or another one whose value opens something (`X-Api-Key`). */
function toHeaderKind(key: string): "authorization" | "cookie" | "set-cookie" | "key" | undefined {
  // A line of a log has words before it.
  const parts = toKeyWords(key.slice(key.lastIndexOf(" ") + 1));
  const name = parts.join("_");
  if (parts.at(-1) === "authorization") return "authorization";
  if (parts.at(-1) === "cookie")
    return parts.at(-2) === "set" ? "set-cookie" : parts.length === 1 ? "cookie" : undefined;
  const isHeader =
    name === "bearer" ||
    /^(?:x|proxy|private|ocp)_|^(?:api_key|access_token|auth_token|session_token|job_token)$/u.test(name);
  return isHeader && isSecretKey(parts) ? "key" : undefined;
}

/**
 * The credential in the value of a header, whatever it looks like and however short: where it starts in `line`, and its
 * end. `line`: from the beginning of the value to the end of the line or quote, or more.
 */
export function findInHeader(key: string, line: string): { start: number; end: number } | undefined {
  const kind = toHeaderKind(key);
  if (kind === undefined) return undefined;
  const stop = lineEnd.exec(line)?.index ?? line.length;
  if (kind === "cookie" || (kind === "authorization" && parameters.test(line))) {
    // Of several parameters each may be the one that opens.
    const end = kind === "cookie" ? stop : line.search(/[\n\r]|\\[nr]|$/u);
    const all = line.slice(0, end).trimEnd();
    const values = [...all.matchAll(/=\s*"?([^;,\s"]+)/gu)].map(([, value = ""]) => value);
    if (!values.some((value) => !isStandIn(value))) return undefined;
    const isInQuotes = all.endsWith('"') && all.split('"').length % 2 === 0;
    return { start: 0, end: all.length - (isInQuotes ? 1 : 0) };
  }
  const given = line.slice(0, stop);
  const start = kind === "authorization" ? (scheme.exec(given)?.[0].length ?? 0) : 0;
  const value = tokenAtStart.exec(given.slice(start))?.[0].replace(/[.:!?]+$/u, "") ?? "";
  if (value === "" || isStandIn(value)) return undefined;
  const isTold = start > 0 || (kind !== "authorization" && given.slice(value.length).trim() === "");
  // Without a scheme, or before another word, it may be a sentence.
  if (!isTold && !/\d/u.test(value) && !isSecretLike(value)) return undefined;
  return { start, end: start + value.length };
}

const marks = /(?:bearer|basic|token|apikey)[ +]+/gi;
const tokenAfter = /[\w\-.~+/=:|]{2,4096}/y;

/** What stands after `Bearer` and its like without the name of a header before it. */
export function* findBearers(text: string): Generator<{ start: number; end: number }> {
  for (const { 0: mark, index } of text.matchAll(marks)) {
    tokenAfter.lastIndex = index + mark.length;
    const value = tokenAfter.exec(text)?.[0].replace(/[.:]+$/u, "") ?? "";
    if (value === "" || isStandIn(value)) continue;
    const [start, end] = [index + mark.length, index + mark.length + value.length];
    if (isRandomLike(value, 16) || (/^bearer/iu.test(mark) && (isAlone(text, index, end) || isMixed(value))))
      yield { start, end };
  }
}

/** Nothing but the quotes of one value is around it. */
function isAlone(text: string, start: number, end: number): boolean {
  return (
    /(?:^|["'`])$/u.test(text.slice(Math.max(0, start - 1), start)) &&
    /^(?:["'`\\]|\s*$)/u.test(text.slice(end, end + 8))
  );
}

/** Letters and digits, no word with a number after it. */
function isMixed(value: string): boolean {
  return value.length >= 4 && /\p{L}/u.test(value) && /\d/u.test(value) && !/^[a-z]+(?:[-_.]v?)?\d{1,2}$/iu.test(value);
}
