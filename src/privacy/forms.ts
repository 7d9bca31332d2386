import { LongestFirst } from "./longest-first.ts";

/** Longer texts are looked for piece by piece, so that each place of a text costs a bounded amount of work. */
const pieceCharsMax = 200;
/** How many places of a text are looked at between two looks at the clock. */
const placesPerLook = 4_096;

/** A piece of a text that is looked for. */
interface Piece<Value> {
  value: Value;
  text: string;
  /** Where it begins in the text. */
  at: number;
}

/** Texts that are looked for in others, at every place, each with what it stands for: one pass, however many there are. */
export class Forms<Value> {
  readonly #charsMin: number;
  /** By a hash of how they begin. */
  #families = new Map<number, LongestFirst<Piece<Value>>>();
  #filter = new Uint8Array(65_536);

  /** `charsMin`: shorter ones are left out. */
  constructor(charsMin: number) {
    this.#charsMin = charsMin;
  }

  get isEmpty(): boolean {
    return this.#families.size === 0;
  }

  /** The first one counts. */
  add(text: string, value: Value): void {
    if (text.length < this.#charsMin) return;
    // All pieces are of one length: the last one begins in the one before it.
    const last = Math.max(0, text.length - pieceCharsMax);
    for (let at = 0; at < last; at += pieceCharsMax) this.#put({ value, text, at });
    this.#put({ value, text, at: last });
  }

  #put(piece: Piece<Value>): void {
    const { text, at } = piece;
    let hash = 0;
    for (let offset = at; offset < at + this.#charsMin; offset++)
      hash = (Math.imul(hash, 37) + text.charCodeAt(offset)) | 0;
    this.#filter[(hash ^ (hash >>> 15)) & 0xffff] = 1;
    let family = this.#families.get(hash);
    if (family === undefined) this.#families.set(hash, (family = new LongestFirst()));
    family.add(text.slice(at, at + pieceCharsMax), piece);
  }

  /**
   * Visits those that stand in a text of these UTF-16 units, in order and disjoint, the longest of each place that `accepts`
   * takes; of a long one, all that stands there in one piece. Ends early if `isOver` says so.
   */
  forEach(
    codes: Uint16Array,
    accepts: (value: Value, start: number, length: number) => boolean,
    isOver: () => boolean = () => false,
  ): void {
    const last = codes.length - this.#charsMin;
    let free = 0;
    for (let index = 0; index <= last; index++) {
      if (index % placesPerLook === placesPerLook - 1 && isOver()) return;
      let hash = 0;
      for (let offset = 0; offset < this.#charsMin; offset++)
        hash = (Math.imul(hash, 37) + (codes[index + offset] as number)) | 0;
      if (this.#filter[(hash ^ (hash >>> 15)) & 0xffff] === 0) continue;
      const at = index;
      this.#families.get(hash)?.find(
        (length) => String.fromCharCode(...codes.subarray(at, at + length)),
        (piece, length) => {
          const { start, end } = toRun(codes, piece, { start: at, end: at + length }, free);
          if (!accepts(piece.value, start, end - start)) return false;
          free = end;
          index = end - 1;
          return true;
        },
      );
    }
  }

  clear(): void {
    this.#families.clear();
    this.#filter.fill(0);
  }
}

/**
 * All around a piece that is the same in both texts. How a long one is cut must not be told by where a replacement begins
 * or ends: that would be told by the lengths of what is in it.
 */
function toRun<Value>(
  codes: Uint16Array,
  { text, at }: Piece<Value>,
  piece: { start: number; end: number },
  free: number,
): { start: number; end: number } {
  let { start, end } = piece;
  const offset = at - start;
  while (start > free && start + offset > 0 && codes[start - 1] === text.charCodeAt(start + offset - 1)) start -= 1;
  while (end < codes.length && end + offset < text.length && codes[end] === text.charCodeAt(end + offset)) end += 1;
  return { start, end };
}

let shared: Uint16Array = new Uint16Array(4_096);
/** Memory for longer texts is not kept. */
const sharedCharsMax = 4_194_304;

/** The UTF-16 units of a text; valid until the next text. */
export function toCodes(text: string): Uint16Array {
  let codes = shared;
  if (codes.length < text.length) codes = new Uint16Array(text.length);
  if (codes.length <= sharedCharsMax) shared = codes;
  for (let at = 0; at < text.length; at++) codes[at] = text.charCodeAt(at);
  return codes.subarray(0, text.length);
}
