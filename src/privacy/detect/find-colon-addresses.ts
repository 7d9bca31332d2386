import type { Report } from "./candidate.ts";
import { isPublicIp } from "./ip-address.ts";
import { isWordAt } from "./surroundings.ts";

const TOKEN_MAX = 48;
const GROUP_MAX = 5;
const IP_MIN = 7;
const macWithHyphens = /[0-9A-Fa-f]{2}(?:-[0-9A-Fa-f]{2}){5}|[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}/g;
const macWithColons = /^[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5}$/;
const nobodysMac = /^(?:00[:-]){5}|^(?:ff[:-]){5}/i;

/** IPv6 addresses and MAC addresses: hexadecimal groups around colons; MACs around hyphens and dots too. */
export function findColonAddresses(text: string, wanted: ReadonlySet<string>, report: Report): void {
  const wantsMac = wanted.has("MAC");
  if (!wantsMac && !wanted.has("IP")) return;
  let at = text.indexOf(":");
  while (at !== -1) {
    const next = text.indexOf(":", at + 1);
    // A second colon, a group away at most; "key: value" has none.
    const isNear = next !== -1 && next - at <= GROUP_MAX;
    at = isNear ? text.indexOf(":", Math.max(at + 1, reportAround(text, at, report))) : next;
  }
  if (!wantsMac) return;
  for (const { index, 0: surface } of text.matchAll(macWithHyphens)) {
    const end = index + surface.length;
    const isPart = isWordAt(text, index - 1) || isWordAt(text, end) || text[index - 1] === "-" || text[end] === "-";
    if (!isPart && !nobodysMac.test(surface)) report("MAC", index, end, 3);
  }
}

/** Reports what the colon is in, if it is an address; gives where to look on. */
function reportAround(text: string, at: number, report: Report): number {
  let start = at;
  while (start > 0 && at - start < GROUP_MAX && isPart(text.charCodeAt(start - 1))) start -= 1;
  let end = at + 1;
  while (end < text.length && end - at < TOKEN_MAX && isPart(text.charCodeAt(end))) end += 1;
  const seen = end;
  // What ends a sentence is not part of it.
  while (end > start && /[.:]/.test(text[end - 1] ?? "") && !text.startsWith("::", end - 2)) end -= 1;
  if (end - start < IP_MIN || isWordAt(text, start - 1) || isWordAt(text, end)) return toLookOn(text, seen);
  const token = text.slice(start, end);
  if (macWithColons.test(token)) {
    if (!nobodysMac.test(token)) report("MAC", start, end, 3);
  } else if (text.charCodeAt(start + 4) === 58 && isPublicIp(token)) report("IP", start, end, 3);
  return toLookOn(text, seen);
}

/** A colon at the end of one token may be inside the next. */
function toLookOn(text: string, seen: number): number {
  return text.charCodeAt(seen - 1) === 58 ? seen - 1 : seen;
}

/** Hexadecimal digits, colons and dots. */
function isPart(code: number): boolean {
  return (code >= 48 && code <= 58) || (code >= 97 && code <= 102) || (code >= 65 && code <= 70) || code === 46;
}
