import { characterEscape, entity, fromEntity, toCharacter } from "./entities.ts";

/** A part of a text that is an encoding of another one; offsets are those of the part. */
export interface DecodedPart {
  start: number;
  end: number;
  text: string;
}

/** How short an encoded value is worth a look: four characters of a value. */
const base64CharsMin = 8;
/** Longer runs without a capital letter are looked at all the same. */
const WORD_CHARS_MAX = 64;
/** How many bytes of text in a row are worth a look. */
const textBytesMin = 4;

/** Every part of the text that decodes to readable text: base64, base32, hex, binary, octal, percent, entities, escapes, character codes, `[at]`. Linear. */
export function* decodedParts(text: string): Generator<DecodedPart> {
  // One look instead of one of each: most texts are short, and encode nothing.
  if (text.length < SHORT_CHARS_MAX && !mayEncode.test(text)) return;
  for (const decode of decoders) for (const part of decode(text)) if (part.text !== "") yield part;
}

const SHORT_CHARS_MAX = 1_000;
const mayEncode = /[\w+/-]{8}|[%&\\[({]|\d\d[\s,;]{1,3}\d\d|[\dA-Fa-f]{2}[\s,:;-]{1,2}[\dA-Fa-f]{2}/;

type Decode = (text: string) => Iterable<DecodedPart>;

const decoders: readonly Decode[] = [base64, base32, hex, digits, percent, entities, escapes, codes, spelled];

function* base64(text: string): Generator<DecodedPart> {
  for (const match of text.matchAll(/[A-Za-z0-9+/_-]{8,}={0,2}/g)) {
    const [run] = match;
    // A word, a path, a number: what encodes a value mixes cases.
    if (/^[A-Z]?[a-z]+$/.test(run) || (run.length < WORD_CHARS_MAX && !/[A-Z]/.test(run))) continue;
    // What stands before it may have shifted it.
    for (let shift = 0; shift < 4 && run.length - shift >= base64CharsMin; shift++) {
      const decoded = toText(Buffer.from(run.slice(shift), "base64"));
      if (decoded !== undefined) yield { start: match.index + shift, end: match.index + run.length, text: decoded };
    }
  }
}

function* base32(text: string): Generator<DecodedPart> {
  // In small letters it looks like a word, unless it has digits or is long.
  for (const { 0: run, index } of text.matchAll(/(?:[A-Z2-7]{7,}|[a-z2-7]{7,})={0,6}/g)) {
    if (run.length < SMALL_CHARS_MIN && /^[a-z]+$/.test(run)) continue;
    const decoded = readable(fromBase32(run));
    if (decoded !== undefined) yield { start: index, end: index + run.length, text: decoded };
  }
}

const SMALL_CHARS_MIN = 20;

function fromBase32(run: string): Buffer {
  const bytes: number[] = [];
  let [held, bits] = [0, 0];
  for (let at = 0; at < run.length; at++) {
    const code = run.charCodeAt(at);
    if (code === 61) break;
    held = ((held << 5) | (code < 56 ? code - 24 : (code | 32) - 97)) & 0xfff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push((held >> bits) & 0xff);
  }
  return Buffer.from(bytes);
}

/** Bytes in binary or octal digits. */
function* digits(text: string): Generator<DecodedPart> {
  for (const [run, base] of [
    [/[01]{8}(?:[\s,;]{0,3}[01]{8}){3,}/g, 2],
    [/(?:(?:\\|0o)?[0-7]{2,3}[\s,;]{1,3}){3,}(?:\\|0o)?[0-7]{2,3}|(?:\\[0-7]{3}){4,}/g, 8],
  ] as const)
    for (const match of text.matchAll(run)) {
      const codes = match[0].replaceAll("0o", " ").match(base === 2 ? /[01]{8}/g : /[0-7]{2,3}/g) ?? [];
      const decoded = readable(Buffer.from(codes.map((code) => Number.parseInt(code, base))));
      if (decoded !== undefined) yield { start: match.index, end: match.index + match[0].length, text: decoded };
    }
}

function* hex(text: string): Generator<DecodedPart> {
  for (const match of text.matchAll(/(?:(?:\\x|0x|%)?[\dA-Fa-f]{2}[\s,:;-]{0,2}){4,}/g)) {
    const digits = match[0].replaceAll(/\\x|0x/g, "").replaceAll(/[^\dA-Fa-f]/g, "");
    for (const shift of [0, 1]) {
      const decoded = toText(Buffer.from(digits.slice(shift, digits.length - ((digits.length - shift) % 2)), "hex"));
      if (decoded !== undefined) yield { start: match.index, end: match.index + match[0].length, text: decoded };
    }
  }
}

function* percent(text: string): Generator<DecodedPart> {
  for (const { start, end, text: run } of runsWith(text, "%", /[^\s"<>&?=,;|]+/g)) {
    const decoded = run.replaceAll(/(?:%[\dA-Fa-f]{2})+/g, (codes) =>
      Buffer.from(codes.replaceAll("%", ""), "hex").toString("utf8"),
    );
    if (decoded !== run) yield { start, end, text: decoded };
  }
}

function* entities(text: string): Generator<DecodedPart> {
  for (const { start, end, text: run } of runsWith(text, "&", /[^\s"'<>]+/g)) {
    const decoded = run.replaceAll(entity, (...match: string[]) => fromEntity(match) ?? match[0] ?? "");
    if (decoded !== run) yield { start, end, text: decoded };
  }
}

/** The longest runs that have a character in them; each is looked at once. */
function* runsWith(text: string, character: string, run: RegExp): Generator<DecodedPart> {
  if (!text.includes(character)) return;
  for (const match of text.matchAll(run))
    if (match[0].includes(character)) yield { start: match.index, end: match.index + match[0].length, text: match[0] };
}

const escaped = new RegExp(`\\\\(?:${characterEscape.source})`, "g");

function* escapes(text: string): Generator<DecodedPart> {
  for (const { start, end, text: run } of runsWith(text, "\\", /[^\s"']+/g)) {
    const decoded = run.replaceAll(escaped, (_: string, short?: string, long?: string, byte?: string) =>
      toCharacter(Number.parseInt(short ?? long ?? byte ?? "", 16)),
    );
    if (decoded !== run) yield { start, end, text: decoded };
  }
}

function* codes(text: string): Generator<DecodedPart> {
  for (const match of text.matchAll(/\d{2,6}(?:[\s,;]{1,3}\d{2,6}){3,}/g)) {
    const decoded = match[0]
      .split(/[\s,;]+/)
      .map((code) => toCharacter(Number(code)))
      .join("");
    yield { start: match.index, end: match.index + match[0].length, text: decoded };
  }
}

/** `ana [at] acme [dot] io` */
function* spelled(text: string): Generator<DecodedPart> {
  for (const match of text.matchAll(/\s{0,3}[[({]\s{0,3}at\s{0,3}[\])}]\s{0,3}/gi)) {
    const from = /[\p{L}\d._+-]{1,64}$/u.exec(text.slice(Math.max(0, match.index - 64), match.index))?.[0] ?? "";
    const end = match.index + match[0].length;
    const to = /^[\p{L}\d-]{1,63}(?:(?:\s{0,3}[[({]\s{0,3}dot\s{0,3}[\])}]\s{0,3}|\.)[\p{L}\d-]{1,63}){1,6}/iu.exec(
      text.slice(end, end + 300),
    )?.[0];
    if (from === "" || to === undefined) continue;
    const domain = to.replaceAll(/\s{0,3}[[({]\s{0,3}dot\s{0,3}[\])}]\s{0,3}/gi, ".");
    yield { start: match.index - from.length, end: end + to.length, text: `${from}@${domain}` };
  }
}

function toText(bytes: Buffer): string | undefined {
  return readable(bytes) ?? readableUtf16(bytes);
}

/** Every other byte of most texts in UTF-16 is zero. */
function readableUtf16(bytes: Buffer): string | undefined {
  const even = bytes.subarray(0, bytes.length & ~1);
  if (even.length < textBytesMin * 2) return undefined;
  const zeros = [0, 0];
  for (let at = 0; at < even.length; at++) if (even[at] === 0) zeros[at & 1] = (zeros[at & 1] ?? 0) + 1;
  const [high = 0, low = 0] = zeros;
  if (Math.max(high, low) * 4 < even.length) return undefined;
  return (low >= high ? even : Buffer.from(even).swap16()).toString("utf16le");
}

/** The text that the bytes are, if they are one. */
function readable(bytes: Buffer): string | undefined {
  let strange = 0;
  let streak = 0;
  let longest = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] as number;
    if (byte < 9 || (byte > 13 && byte < 32) || byte === 127) strange += 1;
    const isText =
      byte < 128 ? byte > 31 && byte < 127 : byte > 193 ? isContinued(bytes, at + 1) : isContinuation(byte);
    streak = isText ? streak + 1 : 0;
    if (streak > longest) longest = streak;
  }
  return longest < textBytesMin || strange > bytes.length / 8 ? undefined : bytes.toString("utf8");
}

function isContinued(bytes: Buffer, at: number): boolean {
  return at < bytes.length && isContinuation(bytes[at] as number);
}

/** Of a character of several bytes. */
function isContinuation(byte: number): boolean {
  return byte > 127 && byte < 192;
}
