/** Letters and digits of a text, without case, accents, width and what stands between them, each with its offset in the text. */
export interface FoldedText {
  /** UTF-16 units of lower case letters and digits only. */
  codes: Uint16Array;
  /** Offset in the original of each of them. */
  offsets: Int32Array;
}

const letter = /[\p{L}\p{N}]/u;
/** What each unit that is not ASCII folds to; there are 65,536 of them. */
const folds = new Map<number, readonly number[]>();

/** Texts are folded one after another: all but the largest share one piece of memory, and each is void when the next comes. */
let shared: FoldedText = { codes: new Uint16Array(4_096), offsets: new Int32Array(4_096) };
const sharedCharsMax = 4_194_304;

/** What is given is valid until the next text is folded. */
export function foldText(text: string): FoldedText {
  let { codes, offsets } = memoryFor(text.length);
  let count = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 128) {
      const lower = code >= 65 && code <= 90 ? code + 32 : code;
      if ((lower >= 97 && lower <= 122) || (lower >= 48 && lower <= 57)) {
        codes[count] = lower;
        offsets[count++] = index;
      }
      continue;
    }
    const folded = foldUnit(code);
    // A ligature is several letters.
    if (count + folded.length + text.length - index > codes.length)
      ({ codes, offsets } = enlarge({ codes, offsets }, count + folded.length + (text.length - index) * 2));
    for (const one of folded) {
      codes[count] = one;
      offsets[count++] = index;
    }
  }
  return { codes: codes.subarray(0, count), offsets: offsets.subarray(0, count) };
}

/** The folded text as one. */
export function toFolded(text: string): string {
  const { codes } = foldText(text);
  return Buffer.from(codes.buffer, codes.byteOffset, codes.byteLength).toString("utf16le");
}

function foldUnit(code: number): readonly number[] {
  let folded = folds.get(code);
  if (folded === undefined) {
    const plain = [...String.fromCharCode(code).normalize("NFKD").toLowerCase()];
    folded = plain.filter((one) => one.length === 1 && letter.test(one)).map((one) => one.charCodeAt(0));
    folds.set(code, folded);
  }
  return folded;
}

function memoryFor(length: number): FoldedText {
  if (length <= shared.codes.length) return shared;
  const made = { codes: new Uint16Array(length), offsets: new Int32Array(length) };
  if (length <= sharedCharsMax) shared = made;
  return made;
}

function enlarge({ codes, offsets }: FoldedText, length: number): FoldedText {
  const made = { codes: new Uint16Array(length), offsets: new Int32Array(length) };
  made.codes.set(codes);
  made.offsets.set(offsets);
  return made;
}
