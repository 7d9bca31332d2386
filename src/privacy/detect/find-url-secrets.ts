import type { Report } from "./candidate.ts";
import { isPlaceholder } from "./placeholder.ts";
import { isRandomLike } from "./secret-like.ts";

const AUTHORITY_MAX = 260;
const URL_MAX = 300;
const TOKEN_MIN = 16;
const userInfo = /^([^\s:@/?#"'<>]{0,100}):([^\s/"'<>]{1,150})@(?=[\w.[-])/;
const userToken = /^([\w-]{16,150}):?@(?=[\w.-])/;
const hook =
  /^(?:hooks\.slack(?:-gov)?\.com\/(?:services|workflows|triggers)\/[\w+/-]{20,100}|(?:\w+\.)?discord(?:app)?\.com\/api\/webhooks\/\d{17,20}\/[\w-]{40,100}|[\w-]+\.webhook\.office\.com\/webhookb2\/[\w@/-]{40,250})/;

/** `postgres://app:pa55word@db` has a password; the addresses of some web hooks are themselves the credential. */
export function findUrlSecrets(text: string, report: Report): void {
  // Where the next of each is: most texts have none, and then no address is looked at more closely.
  let at = text.indexOf("@");
  let hookAt = text.search(/hooks\.slack|webhook/);
  if (at === -1 && hookAt === -1) return;
  for (let index = text.indexOf("://"); index !== -1; index = text.indexOf("://", index + 3)) {
    const start = index + 3;
    if (at !== -1 && at < start) at = text.indexOf("@", start);
    if (hookAt !== -1 && hookAt < start) hookAt = nextHook(text, start);
    if (at !== -1 && at - start < AUTHORITY_MAX && findInAuthority(text, start, report)) continue;
    if (hookAt === -1 || hookAt - start > AUTHORITY_MAX) continue;
    const found = hook.exec(text.slice(start, start + URL_MAX));
    if (found !== null) report("SECRET", Math.max(0, index - "https".length), start + found[0].length, 3);
  }
}

/** Reports a password or a token before the host; whether there was one. */
function findInAuthority(text: string, start: number, report: Report): boolean {
  const rest = text.slice(start, start + URL_MAX);
  const [whole, user = "", password = ""] = userInfo.exec(rest) ?? [];
  if (whole !== undefined) {
    const from = start + user.length + 1;
    if (!isPlaceholder(password)) report("SECRET", from, from + password.length, 3);
    return true;
  }
  const token = userToken.exec(rest)?.[1] ?? "";
  if (token === "" || !isRandomLike(token, TOKEN_MIN)) return false;
  report("SECRET", start, start + token.length, 3);
  return true;
}

/** Both words in one search: a text with many of one and none of the other is still read once. */
function nextHook(text: string, start: number): number {
  const words = /hooks\.slack|webhook/g;
  words.lastIndex = start;
  return words.exec(text)?.index ?? -1;
}
