import { LongestFirst } from "./longest-first.ts";

/** Longer texts are looked for piece by piece, so that each place of a text costs a bounded amount of work. */
const pieceCharsMax = 200;
/** How many places of a text are looked at between two looks at the clock. */
const placesPerLook = 4_096;

/** Texts that are looked for in others, at every place, each with what it stands for: one pass, however many there are. */
export class Forms<Value> {
  readonly #charsMin: number;
  /** By a hash of how they begin. */
  #families = new Map<number, LongestFirst<Value>>();
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
    for (let from = 0; from < text.length;) {
      // What would be left as too short a piece goes with the one before it.
      const isLast = text.length - from < pieceCharsMax + this.#charsMin;
      const piece = isLast ? text.slice(from) : text.slice(from, from + pieceCharsMax);
      from += piece.length;
      if (piece.length >= this.#charsMin) this.#put(piece, value);
    }
  }

  #put(piece: string, value: Value): void {
    let hash = 0;
    for (let offset = 0; offset < this.#charsMin; offset++) hash = (Math.imul(hash, 37) + piece.charCodeAt(offset)) | 0;
    this.#filter[(hash ^ (hash >>> 15)) & 0xffff] = 1;
    let family = this.#families.get(hash);
    if (family === undefined) this.#families.set(hash, (family = new LongestFirst()));
    family.add(piece, value);
  }

  /**
   * Visits those that stand in a text of these UTF-16 units, in order and disjoint, the longest of each place that `accepts`
   * takes. Ends early if `isOver` says so.
   */
  forEach(
    codes: Uint16Array,
    accepts: (value: Value, start: number, length: number) => boolean,
    isOver: () => boolean = () => false,
  ): void {
    const last = codes.length - this.#charsMin;
    for (let index = 0; index <= last; index++) {
      if (index % placesPerLook === placesPerLook - 1 && isOver()) return;
      let hash = 0;
      for (let offset = 0; offset < this.#charsMin; offset++)
        hash = (Math.imul(hash, 37) + (codes[index + offset] as number)) | 0;
      if (this.#filter[(hash ^ (hash >>> 15)) & 0xffff] === 0) continue;
      const start = index;
      this.#families.get(hash)?.find(
        (length) => String.fromCharCode(...codes.subarray(start, start + length)),
        (value, length) => {
          if (!accepts(value, start, length)) return false;
          index = start + length - 1;
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
