import type { Report } from "./candidate.ts";
import { entropy } from "./entropy.ts";
import { isPlaceholder } from "./placeholder.ts";
import { isRandomLike, isSecretLike } from "./secret-like.ts";
import { secretShapes } from "./secret-shapes.ts";

const CODES = 128;
const byStart = toStarts();
const KEY_BLOCK_MAX = 16_384;

/** Credentials that show what they are: vendors' prefixes, key blocks, passwords in addresses, `Authorization` headers. */
export function findSecrets(text: string, report: Report): void {
  findPrefixed(text, report);
  findKeyBlocks(text, report);
  findInUrls(text, report);
  findInCalls(text, report);
}

function findPrefixed(text: string, report: Report): void {
  let previous = 32;
  let code = text.charCodeAt(0);
  for (let at = 0; at < text.length - 8; at += 1) {
    const next = text.charCodeAt(at + 1);
    if (!isWord(previous) && code < CODES && next < CODES) {
      const shapes = byStart[lower(code) * CODES + lower(next)];
      if (shapes !== undefined) {
        const end = matchAt(shapes, text, at);
        if (end > at && !isWordOrHyphen(text.charCodeAt(end)) && !isFiller(text.slice(at, end))) {
          report("SECRET", at, end, 3);
          at = end - 1;
          previous = 65;
          code = text.charCodeAt(at + 1);
          continue;
        }
      }
    }
    previous = code;
    code = next;
  }
}

/** Drawn letters repeat little: `AIzaaaa…` and `ghp_xxxx…` stand for a token. */
function isFiller(surface: string): boolean {
  return /x{8}|fakefake/iu.test(surface) || entropy(surface) < 2;
}

function matchAt(shapes: readonly RegExp[], text: string, at: number): number {
  for (const shape of shapes) {
    shape.lastIndex = at;
    if (shape.test(text)) return shape.lastIndex;
  }
  return at;
}

function findKeyBlocks(text: string, report: Report): void {
  const mark = "-----BEGIN ";
  for (let at = text.indexOf(mark); at !== -1;) {
    const next = text.indexOf(mark, at + mark.length);
    // Up to the next block only, so that a text of nothing but beginnings is read once.
    const block = text.slice(at, Math.min(at + KEY_BLOCK_MAX, next === -1 ? text.length : next));
    if (/^-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----/u.test(block)) {
      const last = /-----END [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----/u.exec(block);
      // Without an end it is cut off: everything that can be of the key goes.
      const end =
        last === null
          ? (/^-----[^-]*-----[A-Za-z0-9+/=\s\\:,-]*/u.exec(block)?.[0].length ?? 0)
          : last.index + last[0].length;
      if (end >= 60) report("SECRET", at, at + end, 3);
    }
    at = next;
  }
}

/** `postgres://app:pa55word@db` has a password, and so may a query; some addresses are themselves the credential. */
function findInUrls(text: string, report: Report): void {
  const hasUser = text.includes("@");
  for (let at = text.indexOf("://"); at !== -1; at = text.indexOf("://", at + 3)) {
    const start = at + 3;
    const rest = text.slice(start, start + 300);
    const userInfo = !hasUser ? null : /^([^\s:@/?#"'<>]{0,100}):([^\s/"'<>]{1,150})@(?=[\w.[-])/u.exec(rest);
    if (userInfo !== null) {
      const password = start + (userInfo[1] ?? "").length + 1;
      const length = (userInfo[2] ?? "").length;
      if (!isPlaceholder(userInfo[2] ?? "")) report("SECRET", password, password + length, 3);
      continue;
    }
    const token = !hasUser ? null : /^([\w-]{16,150})(?::)?@(?=[\w.-])/u.exec(rest);
    if (token !== null && isRandomLike(token[1] ?? "", 16)) report("SECRET", start, start + (token[1] ?? "").length, 3);
    const hook =
      /^(?:hooks\.slack(?:-gov)?\.com\/(?:services|workflows|triggers)\/[\w+/-]{20,100}|(?:\w+\.)?discord(?:app)?\.com\/api\/webhooks\/\d{17,20}\/[\w-]{40,100}|[\w-]+\.webhook\.office\.com\/webhookb2\/[\w@/-]{40,250})/u.exec(
        rest,
      );
    if (hook !== null) report("SECRET", Math.max(0, at - 5), start + hook[0].length, 3);
  }
}

/** `Authorization: Bearer …`, `curl -u name:password`. */
function findInCalls(text: string, report: Report): void {
  const header = /\b(?:Bearer|Basic|Token|ApiKey|Digest)[ +]/giu;
  for (const match of text.matchAll(header)) {
    const start = match.index + match[0].length;
    const value = /^[\w\-.~+/=:|]{8,4096}/u.exec(text.slice(start, start + 4096))?.[0] ?? "";
    const isHeader = /auth[a-z]*["'\\]*\s*[:=]\s*["'\\]*$/iu.test(
      text.slice(Math.max(0, match.index - 24), match.index),
    );
    if (isHeader ? isSecretLike(value) : isRandomLike(value, 16)) report("SECRET", start, start + value.length, 3);
  }
  findInFlags(text, report);
}

/** `curl -u name:password`, `--client-secret '…'`, and "the password 'abc123'" in a sentence. */
function findInFlags(text: string, report: Report): void {
  for (const match of text.matchAll(/(?<=^|\s)--?[A-Za-z][\w-]{0,40}(?=[ =])/gu)) {
    const flag = match[0];
    const from = match.index + flag.length;
    const rest = text.slice(from, from + 300);
    const opening = /^[ =]{1,3}["']?/u.exec(rest)?.[0].length ?? 0;
    if (/^-(?:u|-user|-proxy-user)$/u.test(flag)) {
      const value = /^[\w.@+-]{0,80}:([^\s"'`<>]{4,200})/u.exec(rest.slice(opening));
      if (value !== null && isSecretLike(value[1] ?? ""))
        report("SECRET", from + opening, from + opening + value[0].length, 3);
    } else if (/(?:secret|password|passwd|token|api-?key)$/iu.test(flag)) {
      const value = /^[^\s"'`<>]{6,250}/u.exec(rest.slice(opening))?.[0] ?? "";
      if (isSecretLike(value)) report("SECRET", from + opening, from + opening + value.length, 3);
    }
  }
  const said =
    /(?:pass(?:word|code|phrase)|Pass(?:word|code|phrase)|[Ss]ecret|[Tt]oken|[Kk]ey)s? (?:is |was |of |to |=> )?(?:["'‘“`])(?=[^\s"'’”`]{6,100}["'’”`])/gu;
  for (const match of text.matchAll(said)) {
    const from = match.index + match[0].length;
    const value = /^[^\s"'’”`]{6,100}/u.exec(text.slice(from, from + 101))?.[0] ?? "";
    if (isSecretLike(value)) report("SECRET", from, from + value.length, 2);
  }
}

function toStarts(): (RegExp[] | undefined)[] {
  const starts: (RegExp[] | undefined)[] = Array.from({ length: CODES * CODES });
  for (const shape of secretShapes) {
    for (const [first, second] of toFirstTwo(shape.source)) {
      const index = lower(first.charCodeAt(0)) * CODES + lower(second.charCodeAt(0));
      (starts[index] ??= []).push(shape);
    }
  }
  return starts;
}

/** The literal beginnings of a shape; `gh[pousr]`, `do[por]`: two characters are enough, classes are only the third. */
function toFirstTwo(source: string): [string, string][] {
  const plain = source.replaceAll(/\\([./$])/gu, "$1");
  const group = /^(\w?)(?:\(\?:|\[)([^)\]]*)[)\]](\w?)/u.exec(plain);
  if (group === null || /^\w{2}/u.test(plain)) return [[plain[0] ?? "", plain[1] ?? ""]];
  const before = group[1] ?? "";
  const isClass = plain[before.length] === "[";
  const options = isClass ? [...(group[2] ?? "")].map((one) => one + (group[3] ?? "")) : (group[2] ?? "").split("|");
  return options.map((one) => [...`${before}${one}`].slice(0, 2) as [string, string]);
}

function lower(code: number): number {
  return code >= 65 && code <= 90 ? code + 32 : code;
}

function isWord(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || code === 95;
}

function isWordOrHyphen(code: number): boolean {
  return isWord(code);
}
