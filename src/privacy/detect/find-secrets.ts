import type { Report } from "./candidate.ts";
import { findBearers } from "./credential-header.ts";
import { entropy } from "./entropy.ts";
import { findUrlSecrets } from "./find-url-secrets.ts";
import { forEachLongRun } from "./long-runs.ts";
import { isSecretLike } from "./secret-like.ts";
import { secretShapes } from "./secret-shapes.ts";

const CODES = 128;
const byStart = toStarts();
/** The shortest credential with a prefix, and what is shorter than each of them. */
const RUN_MIN = 18;
const MATCH_MIN = 10;
const KEY_BLOCK_MAX = 16_384;

/** Credentials that show what they are: vendors' prefixes, key blocks, passwords in addresses, `Authorization` headers. */
export function findSecrets(text: string, report: Report): void {
  findPrefixed(text, report);
  findKeyBlocks(text, report);
  findUrlSecrets(text, report);
  for (const { start, end } of findBearers(text)) report("SECRET", start, end, 3);
  findInFlags(text, report);
}

function findPrefixed(text: string, report: Report): void {
  forEachLongRun(text, RUN_MIN, (start, end) => {
    let previous = text.charCodeAt(start - 1);
    for (let at = start; at < end - MATCH_MIN; at += 1) {
      const code = text.charCodeAt(at);
      if (!isWord(previous) && code < CODES) {
        const shapes = byStart[lower(code) * CODES + lower(text.charCodeAt(at + 1))];
        const stop = shapes === undefined ? at : matchAt(shapes, text, at);
        if (stop > at && !isWord(text.charCodeAt(stop))) {
          if (!isFiller(text.slice(at, stop))) report("SECRET", at, stop, 3);
          at = stop - 1;
        }
      }
      previous = text.charCodeAt(at);
    }
  });
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

/** `curl -u name:password`, `--client-secret '…'`, and "the password 'abc123'" in a sentence. */
function findInFlags(text: string, report: Report): void {
  for (const match of text.matchAll(/(-(?<=(?:^|[ \n\t])-)-?[A-Za-z][A-Za-z0-9_-]{0,40})(?=[ =])/g)) {
    const flag = match[1] ?? "";
    const from = match.index + match[0].length;
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
  const said = /(?:assword|asscode|assphrase|ecret|oken|[Kk]ey)s? (?:is |was |of |to |=> )?["'‘“`]/g;
  for (const match of text.matchAll(said)) {
    const from = match.index + match[0].length;
    const value = /^[^\s"'’”`]{6,100}(?=["'’”`])/u.exec(text.slice(from, from + 102))?.[0] ?? "";
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
