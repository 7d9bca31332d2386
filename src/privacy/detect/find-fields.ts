import type { Report } from "./candidate.ts";
import { findInHeader, headerCharsMax } from "./credential-header.ts";
import { fitsKey } from "./fits-key.ts";
import type { KeyClass } from "./key-class.ts";
import { toKeyClass } from "./key-class.ts";
import { isPasswordKey } from "./member-class.ts";
import { isNameLike, tokenEnd } from "./name-like.ts";
import { isTelling, told } from "./person-words.ts";
import { toPhraseEnd } from "./phrase-line.ts";
import { isPlaceholder } from "./placeholder.ts";
import { toNameEnd } from "./name-end.ts";

const KEY_MAX = 40;
const VALUE_MAX = 120;
const ADDRESS_MAX = 200;
/** A value this long that is no secret is searched for no other key. */
const LONG_VALUE = 256;
const SECRET_MAX = 8192;
const CUTS_MAX = 4;
const CALL_MAX = 120;
const NEAR_MAX = 160;

/** Values beside a key in text: `"key": "value"` (also escaped), `key=value`, `Key: value`, `<key>value</key>`. */
export function findFields(text: string, wanted: ReadonlySet<string>, report: Report): void {
  const { length } = text;
  let from = 0;
  for (let at = 0; at < length; at += 1) {
    const code = text.charCodeAt(at);
    if ((code !== 58 && code !== 61 && code !== 62 && code !== 0xff1a) || at < from) continue;
    if (code === 62) {
      const open = toElement(text, at);
      if (open !== undefined) from = look(text, open, at + 1, "element", wanted, report);
      continue;
    }
    // "==", "::", "://" part no key from a value; in ":=" and "=>" the second one is skipped.
    const next = text.charCodeAt(at + 1);
    if (
      next === 58 ||
      (code === 61 && next === 61 && !isKeyCharacter(text.charCodeAt(at + 2))) ||
      (code === 58 && next === 47 && text.charCodeAt(at + 2) === 47)
    ) {
      at += 1;
      continue;
    }
    const key = toKey(text, at, code === 61);
    if (key !== undefined) from = look(text, key, at + 1, code === 61 ? "assignment" : "pair", wanted, report);
  }
}

const calledKey: KeyClass = { class: "SECRET", kind: "random" };

type Form = "pair" | "assignment" | "element";

/** Reports the value of a key if it is one of a class. Gives where to go on: not inside a long value that was none. */
function look(
  text: string,
  key: string,
  from: number,
  form: Form,
  wanted: ReadonlySet<string>,
  report: Report,
): number {
  const known = toKeyClass(key);
  let found = known ?? (generalKey.test(key) ? calledKey : undefined);
  if (found === undefined || !wanted.has(found.class)) return from;
  const start = skipOpening(text, from, found.class !== "SECRET" && form === "pair");
  const opening =
    found.class === "SECRET" && isHeader(key)
      ? findInHeader(key, text.slice(start, start + headerCharsMax))
      : undefined;
  if (opening !== undefined) {
    report("SECRET", start + opening.start, start + opening.end, 3);
    return start + opening.end;
  }
  const phraseEnd =
    found.class === "SECRET" && form === "assignment" && isPasswordKey(key)
      ? toPhraseEnd(text, from, start)
      : undefined;
  if (phraseEnd !== undefined && !isPlaceholder(text.slice(start, phraseEnd))) {
    report("SECRET", start, phraseEnd, 2);
    return phraseEnd;
  }
  let end = toValueEnd(text, start, form, found.class);
  const isOpen = !isQuoted(text, start) && form !== "element";
  if (isTelling(key, found) || (found.kind === "bare" && isPersonBeside(text, from, end))) {
    found = told;
    if (isOpen) end = toNameEnd(text, start, end);
  }
  const isInAddress = form === "assignment" && found.class === "NAME";
  const fit = toFit(text, start, end, found, isInAddress);
  if (fit === undefined) return end - start > LONG_VALUE ? end : from;
  if (isOpen && isCode(found.class, text.slice(start, fit))) return from;
  if (found.kind === "bare" && !isPersonNear(text, from, end)) return from;
  if (known === undefined && !isCalled(text, from)) return fit;
  report(found.class, start, fit, 2);
  return fit;
}

/** Written as headers are: other keys of these names are fields of forms and programs too. */
function isHeader(key: string): boolean {
  return key.includes("-") || /(?:authorization|cookie|bearer)$/iu.test(key);
}

function isQuoted(text: string, start: number): boolean {
  return /["'`]/.test(text[start - 1] ?? "");
}

/** An expression in a program stands where a value would: `token = call.argument`, `address: string`, `secret: OAuthSecret`. */
function isCode(kind: string, value: string): boolean {
  if (typeExpression.test(value)) return true;
  if (/^[A-Za-z_$][\w$]*(?:\?\.|\[|\(|\?$)/.test(value) && kind !== "EMAIL" && !/\s/.test(value))
    return !/\d{3}/.test(value);
  if (kind === "SECRET")
    return (
      /^_?[A-Za-z]+(?:_\d|\d{4}[A-Z][a-z]+)?$/.test(value) && /^_?[a-z]+[A-Z]|^[A-Z][a-z]+|^[A-Z_]+_\d$/.test(value)
    );
  return kind === "ADDRESS" && (/^[^\p{Lu}\d]*$/u.test(value) || /^\w*\p{Ll}\p{Lu}\w*$/u.test(value));
}

// `string`, `string[] | null`, `string` with a class in a comment: what a module says that stands there.
const typeExpression =
  /^(?:string|number|boolean|unknown|null|undefined|any)(?:\[\])*\s{0,3}(?:$|[;,|]|\/\* [A-Z][A-Z0-9_, ]{0,60} \*\/)/;

const generalKey = /(?:^|[ _.-])(?:key|value|credential|hash|code)$/i;

/** In `client rejected key=…` the sentence says what kind of key it is. */
function isCalled(text: string, from: number): boolean {
  const before = text.slice(Math.max(0, from - CALL_MAX), from);
  return credentialWords.test(before.slice(before.lastIndexOf("\n") + 1));
}

const credentialWords =
  /reject|denied|unauthori|forbidden|credential|authenticat|api[ _-]?key|\btoken|secret|\bclient\b|revoke|rotat|expired|leaked|signed with/iu;

/** Numbers have remarks after them; half of a name or of a secret is none. */
const isCut = new Set(["PHONE", "CARD", "IBAN", "BANK", "GOV_ID", "PASSPORT", "DOB", "EMAIL", "IP", "MAC"]);

/** The whole value if it is plausible, or what is left without its last words. */
function toFit(text: string, start: number, end: number, found: KeyClass, isInAddress: boolean): number | undefined {
  let stop = end;
  for (let cut = 0; cut <= CUTS_MAX; cut += 1) {
    // Many a password ends with a mark of exclamation.
    const trailing = found.class === "SECRET" ? /[\s.,;:]/ : /[\s.,;:!?]/;
    while (stop > start && trailing.test(text[stop - 1] ?? "") && !isAbbreviated(found, text, stop)) stop -= 1;
    if (stop <= start) return undefined;
    const value = text.slice(start, stop);
    const said = isInAddress ? fromAddress(value) : value;
    if (fitsKey(found, said) && (found !== told || isNotCode(said))) return stop;
    if (!isCut.has(found.class)) return undefined;
    const space = text.slice(start, stop).lastIndexOf(" ");
    if (space <= 0) return undefined;
    stop = start + space;
  }
  return undefined;
}

/** Whether the dot at the end is of the name: `Ada H.`, `Ada Holm Jr.`. */
function isAbbreviated(found: KeyClass, text: string, end: number): boolean {
  return (
    found === told && /(?:^|[\s.])(?:\p{Lu}|[JS]r|Esq|Ph\.?D|M\.?D)\.$/u.test(text.slice(Math.max(0, end - 8), end))
  );
}

/** Where a text has a name, a program has an expression, a template, a placeholder, or a token of somebody known. */
function isNotCode(value: string): boolean {
  if (tokenEnd.test(value) || /^\p{Ll}+\p{Lu}\w*$|^\w+_\w*$/u.test(value)) return false;
  return isNameLike(value) || !(/\p{Ll}[.(]\p{L}|[{}$%\\]|=>/u.test(value) || isPlaceholder(value));
}

/** What a value says where it stands in an address: `name=Joe%20Black`. */
function fromAddress(value: string): string {
  if (!/[%+]/u.test(value)) return value;
  try {
    return decodeURIComponent(value.replaceAll("+", " "));
  } catch {
    return value;
  }
}

/** The key before a separator; with "=" it is one word, with ":" it may be several. */
function toKey(text: string, separator: number, isAssignment: boolean): string | undefined {
  let end = separator;
  while (end > 0 && separator - end < 4 && isSkipped(text.charCodeAt(end - 1))) end -= 1;
  // ":=" and "?:".
  if (end > 0 && (text[end - 1] === ":" || text[end - 1] === "?")) end -= 1;
  const isQuoted = end < separator && /["'`]/u.test(text.slice(end, separator));
  const floor = Math.max(0, end - KEY_MAX);
  let start = end;
  while (start > floor) {
    const code = text.charCodeAt(start - 1);
    if (isKeyCharacter(code) || (code === 32 && (isQuoted || !isAssignment) && text.charCodeAt(start - 2) !== 32))
      start -= 1;
    else break;
  }
  if (start === end) return undefined;
  if (start === floor && floor > 0 && isKeyCharacter(text.charCodeAt(floor - 1))) {
    // Too long for one key: its last words can be one.
    const space = text.indexOf(" ", start);
    if (space === -1 || space >= end) return undefined;
    start = space;
  }
  return text.slice(start, end).trim();
}

/** `<name attribute="…">` before a ">": its name. */
function toElement(text: string, close: number): string | undefined {
  const floor = Math.max(0, close - 60);
  for (let at = close - 1; at >= floor; at -= 1) {
    const code = text.charCodeAt(at);
    if (code === 60)
      return /^<(?:[\w.-]{1,20}:)?([\p{L}][\p{L}\p{N}_.-]{0,39})(?:\s[^<>]*)?$/u.exec(text.slice(at, close))?.[1];
    if (code === 62 || code === 10) return undefined;
  }
  return undefined;
}

/** Spaces, quotes, backslashes and stars between a key and its separator, or a separator and its value. */
function isSkipped(code: number): boolean {
  return code === 32 || code === 34 || code === 39 || code === 92 || code === 42 || code === 96 || code === 93;
}

function isKeyCharacter(code: number): boolean {
  return (
    (code >= 97 && code <= 122) ||
    (code >= 65 && code <= 90) ||
    (code >= 48 && code <= 57) ||
    code === 95 ||
    code === 45 ||
    code === 46 ||
    (code >= 0xc0 && code !== 0xff1a && code !== 0x3000)
  );
}

function skipOpening(text: string, from: number, mayBreak: boolean): number {
  let start = from;
  // In a form the value may stand under its label.
  if (mayBreak) while (text.charCodeAt(start) === 10 || text.charCodeAt(start) === 13) start += 1;
  while (start < from + 12) {
    const code = text.charCodeAt(start);
    if (isSkipped(code) || code === 9 || code === 62 || code === 61 || code === 91) start += 1;
    else break;
  }
  return start;
}

function toValueEnd(text: string, start: number, form: Form, kind: string): number {
  const limit = Math.min(
    text.length,
    start + (kind === "SECRET" ? SECRET_MAX : kind === "ADDRESS" ? ADDRESS_MAX : VALUE_MAX),
  );
  const before = text[start - 1] ?? "";
  const quote = before === '"' || before === "'" || before === "`" ? before : undefined;
  for (let at = start; at < limit; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 10 || code === 13) return at;
    if (form === "element") {
      if (code === 60) return at;
      continue;
    }
    if (quote !== undefined) {
      if (code === quote.charCodeAt(0) && text[at - 1] === "\\" && text[start - 2] !== "\\") continue;
      if (code === quote.charCodeAt(0)) return text[at - 1] === "\\" ? at - 1 : at;
      continue;
    }
    if (isEnd(text, at, code, form, kind)) return at;
  }
  return limit;
}

/** What ends a value without quotes. A secret may have commas and colons; a name has none of what parts records. */
function isEnd(text: string, at: number, code: number, form: Form, kind: string): boolean {
  if (code === 34 || code === 38 || code === 59 || code === 60 || code === 9) return true;
  if (code === 124) return kind !== "SECRET" || text.charCodeAt(at - 1) === 32 || text.charCodeAt(at + 1) === 32;
  if (code === 92) return /[nrt"]/u.test(text[at + 1] ?? "");
  if (code === 32)
    return (
      kind === "SECRET" ||
      text.charCodeAt(at + 1) === 32 ||
      (form === "assignment" && /^ [\p{L}\p{N}_.-]{1,40}=/u.test(text.slice(at, at + 44)))
    );
  if (code === 39 || code === 96) return kind === "SECRET" || !/\p{L}/u.test(text[at + 1] ?? "");
  if (code === 44) return kind !== "SECRET" && kind !== "ADDRESS";
  if (code === 125 || code === 93) return true;
  if (code === 40) return kind === "NAME" || kind === "EMAIL";
  if (code === 41) return kind !== "PHONE" && kind !== "ADDRESS";
  return false;
}

const personSigns =
  /e-?mail|phone|mobil|tel[eé]?fon|first.?name|last.?name|surname|birth|\bdob\b|\bssn\b|vorname|nachname|pr[eé]nom|apellido|cognome|customer|contact|patient|employee|user\b|attendee|passenger|\w@[\w-]+\.\w/iu;
const thingSigns =
  /["']?\b(?:version|price|sku|stock|image|digest|ean|isbn|unit_price|runs-on|uses|apiversion|namespace)\b["']?\s*[:=]/iu;

/** Keys that only people have, with their values. */
const personKeys =
  /(?:^|[\s"'`{(<,;&?*_-])(?:e-?mail(?:[ _-]?address)?|correo|courriel|phone(?:[ _-]?number)?|mobile|telefon|tel[eé]fono|(?:first|last|given|family|full)[ _-]?name|surname|vorname|nachname|pr[eé]nom|apellidos?|cognome|birth[ _-]?(?:date|day)|date of birth|dob|geburtsdatum|ssn)["'`*\\]{0,3}\s{0,3}[:=>：]/iu;

/** A bare `name` is told to be somebody's where a key of people stands in the same record. */
function isPersonBeside(text: string, from: number, end: number): boolean {
  const before = text.slice(Math.max(0, from - NEAR_MAX), from);
  const after = text.slice(end, end + NEAR_MAX);
  const around = `${before.slice(before.lastIndexOf("\n\n") + 1)}\n${after.split("\n\n", 1)[0] ?? ""}`;
  return personKeys.test(around) && !thingSigns.test(around);
}

/** A bare `name` is somebody's if what is around it speaks of people and not of goods. */
function isPersonNear(text: string, from: number, end: number): boolean {
  const around = text.slice(Math.max(0, from - NEAR_MAX), end + NEAR_MAX);
  return personSigns.test(around) && !thingSigns.test(around);
}
