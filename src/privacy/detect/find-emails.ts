import type { Report } from "./candidate.ts";
import { hiddenAt, isMailbox } from "./email.ts";

const LOCAL_MAX = 64;
const DOMAIN_MAX = 253;

/** Mail addresses around each `@`, in scripts of all kinds; looks a bounded way to both sides. */
export function findEmails(text: string, report: Report): void {
  for (let at = text.indexOf("@"); at !== -1; at = text.indexOf("@", at + 1)) findAround(text, at, at + 1, report);
  if (text.includes("&"))
    for (const { 0: sign, index } of text.matchAll(hiddenAt)) findAround(text, index, index + sign.length, report);
}

/** The address around a sign, if there is one. */
function findAround(text: string, at: number, after: number, report: Report): void {
  let start = at;
  while (start > 0 && at - start < LOCAL_MAX && isLocal(text, start - 1)) start -= 1;
  while (start < at && /^[.'\-&]/u.test(text[start] ?? "")) start += 1;
  let end = after;
  while (end < text.length && end - after <= DOMAIN_MAX && isDomain(text, end)) end += 1;
  while (end > after && /[.-]/u.test(text[end - 1] ?? "")) end -= 1;
  if (start === at || end - after < 3) return;
  start = withoutEscape(text, start, at);
  const name = text.slice(start, at);
  // git@github.com:org/repo is a remote, not somebody.
  if (name === "git" && (text[end] === ":" || text[end] === "/")) return;
  if (isRemote(text, start)) return;
  const domainEnd = toDomainEnd(text, after, end);
  if (isMailbox(name, text.slice(after, domainEnd))) report("EMAIL", start, domainEnd, 3);
}

/** In JSON in a string the line before the address ends in a visible `\n`: its `n` is not part of the name. */
function withoutEscape(text: string, start: number, at: number): number {
  const isEscape = text[start - 1] === "\\" && /[nrt]/u.test(text[start] ?? "");
  return isEscape && start + 1 < at ? start + 1 : start;
}

/** `scheme://user:password@host`: the host is no mailbox. */
function isRemote(text: string, start: number): boolean {
  const before = text.slice(Math.max(0, start - 80), start);
  return /:\/\/[^\s/@]*$/u.test(before);
}

/** A sentence without a space after its end: `a@b.com.Then` is only `a@b.com`. */
function toDomainEnd(text: string, start: number, end: number): number {
  const domain = text.slice(start, end);
  const glued = /^(.+\.\p{Ll}{2,6})\.\p{Lu}\p{Ll}+$/u.exec(domain);
  return glued === null ? end : start + (glued[1] ?? "").length;
}

/** What a mailbox may have beside letters, digits, dots and hyphens. */
const localOnly = new Set([..."_+%'&#*"].map((one) => one.charCodeAt(0)));

function isLocal(text: string, at: number): boolean {
  return isDomain(text, at) || localOnly.has(text.charCodeAt(at));
}

function isDomain(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  if (code >= 128) return /[\p{L}\p{N}\p{M}]/u.test(text[at] ?? "");
  return (
    (code >= 97 && code <= 122) ||
    (code >= 65 && code <= 90) ||
    (code >= 48 && code <= 57) ||
    code === 46 ||
    code === 45
  );
}
