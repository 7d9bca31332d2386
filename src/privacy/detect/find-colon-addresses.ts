import type { Report } from "./candidate.ts";
import { isPublicIp } from "./ip-address.ts";
import { isWordAt } from "./surroundings.ts";

const TOKEN_MAX = 48;
/** Two hexadecimal groups around a colon, or the two colons of a shortened address; MACs may have hyphens or dots. */
const colons =
  /[0-9A-Fa-f]:(?=[0-9A-Fa-f]{1,4}:)|[0-9A-Fa-f ["'(=]:(?=:)|[0-9A-Fa-f]{2}[-](?=[0-9A-Fa-f]{2}-)|[0-9A-Fa-f]{4}\.(?=[0-9A-Fa-f]{4}\.)/g;
const mac = /^(?:[\da-f]{2}([:-])(?:[\da-f]{2}\1){4}[\da-f]{2}|[\da-f]{4}\.[\da-f]{4}\.[\da-f]{4})$/iu;

/** IPv6 addresses and MAC addresses: hexadecimal groups around colons (MACs around hyphens too). */
export function findColonAddresses(text: string, wanted: ReadonlySet<string>, report: Report): void {
  const wantsMac = wanted.has("MAC");
  if (!wantsMac && !wanted.has("IP")) return;
  let seen = 0;
  for (const { index } of text.matchAll(colons)) {
    const at = index + 1;
    if (at < seen) continue;
    let start = at;
    while (start > 0 && at - start < TOKEN_MAX && isPart(text.charCodeAt(start - 1))) start -= 1;
    let end = at + 1;
    while (end < text.length && end - at < TOKEN_MAX && isPart(text.charCodeAt(end))) end += 1;
    const next = end;
    // What ends a sentence or an address with a port in brackets is not part of it.
    while (end > start && /[.:-]/u.test(text[end - 1] ?? "") && !text.slice(start, end).endsWith("::")) end -= 1;
    const token = text.slice(start, end);
    if (token.length >= 3 && !isWordAt(text, start - 1) && !isWordAt(text, end)) {
      if (token.includes("-") || token.length === 17) {
        if (wantsMac && mac.test(token) && !/^(?:00[:-]){5}|^(?:ff[:-]){5}/iu.test(token)) report("MAC", start, end, 3);
      } else if (token.length > 6 && isPublicIp(token)) report("IP", start, end, 3);
    }
    seen = next;
  }
}

/** Hexadecimal digits, and what parts or ends them. */
function isPart(code: number): boolean {
  return (
    (code >= 48 && code <= 58) ||
    (code >= 97 && code <= 102) ||
    (code >= 65 && code <= 70) ||
    code === 46 ||
    code === 45
  );
}
