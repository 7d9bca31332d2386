// Takes the long strings out of JSON while its bytes arrive. Most large results are one text: its escapes are undone
// here, from bytes to bytes, and what is left is small enough to be parsed at once. Anything unusual is left to the
// real parser: this only says that it has not managed.

/** From this length on a string is taken out. */
const LONG_BYTES = 65_536;
const PIECE_BYTES = 1_048_576;
/** Room for what one step of the loop may write. */
const STEP_BYTES = 4;

const QUOTE = 34;
const BACKSLASH = 92;
/** What follows a backslash → what it stands for; 0: nothing, or a code. */
const SIGNS = new Uint8Array(256);
for (const sign of '"\\/') SIGNS[sign.charCodeAt(0)] = sign.charCodeAt(0);
for (const [sign, byte] of Object.entries({ b: 8, f: 12, n: 10, r: 13, t: 9 })) SIGNS[sign.charCodeAt(0)] = byte;

/**
 * @param {(index: number) => string} toMark what stands for the string of this index in the rest; without anything to escape
 */
export function createLongStrings(toMark) {
  /** The JSON without its long strings. */
  let rest = Buffer.allocUnsafe(2 * LONG_BYTES);
  let restLength = 0;
  /** Where the string that is being read begins in the rest; -1 outside of one. */
  let stringStart = -1;
  /** @type {Uint8Array[][]} */
  const strings = [];
  /** The pieces of the long string that is being read. @type {Uint8Array[] | undefined} */
  let long;
  let out = new Uint8Array(0);
  let outLength = 0;
  /** Inside an escape: 0 no, 1 after the backslash, 2 and more: of \uXXXX that many digits + 2 were read. */
  let escape = 0;
  let code = 0;
  /** The first half of a surrogate pair, whose second half must follow at once. */
  let highHalf = 0;
  let failed = false;
  let isAtQuote = false;

  /** @param {Uint8Array} bytes @param {number} from @param {number} to */
  function keep(bytes, from, to) {
    const count = to - from;
    if (restLength + count > rest.length) {
      const larger = Buffer.allocUnsafe(2 * (restLength + count));
      rest.copy(larger, 0, 0, restLength);
      rest = larger;
    }
    rest.set(bytes.subarray(from, to), restLength);
    restLength += count;
  }

  function turnPiece() {
    if (outLength > 0) /** @type {Uint8Array[]} */ (long).push(out.subarray(0, outLength));
    out = new Uint8Array(PIECE_BYTES);
    outLength = 0;
  }

  /** The string that is being read turns out to be long: what was kept of it is read again, as text. */
  function begin() {
    const start = rest.subarray(stringStart, restLength).slice();
    restLength = stringStart;
    long = [];
    turnPiece();
    escape = 0;
    highHalf = 0;
    takeText(start, 0);
  }

  /** Reads a long string on, to its end or that of the bytes. @param {Uint8Array} bytes @param {number} from @returns {number} where it stopped */
  function takeText(bytes, from) {
    const end = bytes.length;
    let at = from;
    while (at < end) {
      if (outLength > PIECE_BYTES - STEP_BYTES) turnPiece();
      if (escape > 0) takeEscape(/** @type {number} */ (bytes[at++]));
      else at = takePlain(bytes, at);
      if (failed) return end;
      if (isAtQuote) {
        isAtQuote = false;
        if (highHalf !== 0) failed = true;
        return at;
      }
    }
    return at;
  }

  /** Copies what is no escape, and the escapes of one sign. Its variables are its own: this is the loop that all bytes pass. @param {Uint8Array} bytes @param {number} from */
  function takePlain(bytes, from) {
    const target = out;
    const end = Math.min(bytes.length, from + (PIECE_BYTES - outLength));
    let at = from;
    let to = outLength;
    if (highHalf !== 0 && bytes[at] !== BACKSLASH) failed = true;
    while (at < end) {
      const byte = /** @type {number} */ (bytes[at]);
      if (byte === BACKSLASH) {
        const sign = highHalf === 0 && at + 1 < end ? SIGNS[/** @type {number} */ (bytes[at + 1])] : 0;
        if (sign === 0 || sign === undefined) {
          escape = 1;
          at += 1;
          break;
        }
        target[to++] = sign;
        at += 2;
      } else if (byte === QUOTE) {
        isAtQuote = true;
        break;
      } else {
        if (byte < 32) failed = true;
        target[to++] = byte;
        at += 1;
      }
    }
    outLength = to;
    return at;
  }

  /** @param {number} byte */
  function takeEscape(byte) {
    if (escape === 1) {
      if (byte === 117) {
        escape = 2;
        code = 0;
        return;
      }
      const sign = SIGNS[byte];
      if (sign === 0 || sign === undefined || highHalf !== 0) failed = true;
      else out[outLength++] = sign;
      escape = 0;
      return;
    }
    const digit =
      byte >= 48 && byte <= 57 ? byte - 48 : (byte | 32) >= 97 && (byte | 32) <= 102 ? (byte | 32) - 87 : -1;
    if (digit === -1) failed = true;
    code = code * 16 + digit;
    escape += 1;
    if (escape < 6) return;
    escape = 0;
    takeUnit(code);
  }

  /** One UTF-16 unit as UTF-8. @param {number} unit */
  function takeUnit(unit) {
    const isLow = unit >= 0xdc00 && unit <= 0xdfff;
    // Half a pair has no bytes.
    if (isLow !== (highHalf !== 0)) failed = true;
    else if (isLow) {
      const point = 0x10000 + ((highHalf - 0xd800) << 10) + (unit - 0xdc00);
      highHalf = 0;
      out[outLength++] = 0xf0 | (point >> 18);
      out[outLength++] = 0x80 | ((point >> 12) & 63);
      out[outLength++] = 0x80 | ((point >> 6) & 63);
      out[outLength++] = 0x80 | (point & 63);
    } else if (unit >= 0xd800 && unit <= 0xdbff) highHalf = unit;
    else if (unit < 0x80) out[outLength++] = unit;
    else if (unit < 0x800) {
      out[outLength++] = 0xc0 | (unit >> 6);
      out[outLength++] = 0x80 | (unit & 63);
    } else {
      out[outLength++] = 0xe0 | (unit >> 12);
      out[outLength++] = 0x80 | ((unit >> 6) & 63);
      out[outLength++] = 0x80 | (unit & 63);
    }
  }

  /** Reads on outside of long strings. @param {Uint8Array} bytes @param {number} from @returns {number} where it stopped: at a long string, or the end */
  function takeRest(bytes, from) {
    let at = from;
    let kept = from;
    for (; at < bytes.length; at += 1) {
      const byte = bytes[at];
      if (stringStart === -1) {
        if (byte === QUOTE) stringStart = restLength + (at + 1 - kept);
        continue;
      }
      if (escape > 0) escape = 0;
      else if (byte === BACKSLASH) escape = 1;
      else if (byte === QUOTE) stringStart = -1;
      if (stringStart !== -1 && restLength + (at + 1 - kept) - stringStart >= LONG_BYTES) {
        keep(bytes, kept, at + 1);
        begin();
        return at + 1;
      }
    }
    keep(bytes, kept, at);
    return at;
  }

  return {
    /** @param {Uint8Array} bytes */
    push(bytes) {
      let at = 0;
      while (at < bytes.length && !failed) {
        if (long === undefined) {
          at = takeRest(bytes, at);
          continue;
        }
        at = takeText(bytes, at);
        if (at === bytes.length || failed) continue;
        // At the closing quote, which stays in the rest.
        if (outLength > 0) long.push(out.slice(0, outLength));
        outLength = 0;
        const mark = Buffer.from(toMark(strings.length));
        strings.push(long);
        long = undefined;
        stringStart = -1;
        keep(mark, 0, mark.length);
        keep(bytes, at, at + 1);
        at += 1;
      }
    },
    /** The rest, and the long strings' bytes; nothing where it has not managed. */
    end() {
      return failed || long !== undefined ? undefined : { rest: rest.toString("utf8", 0, restLength), strings };
    },
  };
}
