/** Texts that servers have answered in one execution, to be found again in what a program builds. */
export interface ServerTexts {
  readonly isEmpty: boolean;
  add(text: string): void;
  /**
   * Whether the argument holds one of them beside text of its own; a whole one is a value that was passed on.
   * `isLoose`: also one that was changed in a few characters. Takes time linear in the argument.
   */
  areIn(argument: string, isLoose: boolean): boolean;
}

const TEXT_CHARS_MIN = 6;
const TEXT_CHARS_MAX = 500;
const TEXTS_MAX = 2_000;
/** Longer arguments are looked at so far. */
const ARGUMENT_CHARS_MAX = 20_000;

/** Pieces by which a text is found. One changed character changes as many of them as a piece has characters. */
const PIECE_CHARS = TEXT_CHARS_MIN;
/** Of each text, evenly over it. */
const PIECES_MAX = 64;
/** Texts that are found by one piece; more have it in common and are told apart by others. */
const TEXTS_PER_PIECE_MAX = 8;
/** This share of its pieces makes a text that was changed. */
const SHARE_MIN = 0.6;
/** And this much text of its own beside it: two short texts that are like each other are no sign. */
const OWN_CHARS_MIN = 8;

export function createServerTexts(): ServerTexts {
  const texts = new Set<string>();
  /** What was not looked for yet is not indexed: most programs build nothing. */
  let waiting: string[] = [];
  /** `pieces`: how many it has; `kept`: those that lead to it. */
  const known: { text: string; length: number; pieces: number; kept: number }[] = [];
  const byPiece = new Map<string, number[]>();

  function index(text: string): void {
    const folded = fold(text);
    const at = known.length;
    const pieces = toPieces(folded);
    let kept = 0;
    for (const piece of pieces) {
      const holders = byPiece.get(piece) ?? [];
      if (holders.length >= TEXTS_PER_PIECE_MAX) continue;
      holders.push(at);
      byPiece.set(piece, holders);
      kept += 1;
    }
    known.push({ text, length: folded.length, pieces: pieces.size, kept });
  }

  return {
    get isEmpty() {
      return texts.size === 0;
    },
    add(text) {
      if (text.length < TEXT_CHARS_MIN || text.length > TEXT_CHARS_MAX || texts.size >= TEXTS_MAX || texts.has(text))
        return;
      texts.add(text);
      waiting.push(text);
    },
    areIn(argument, isLoose) {
      for (const text of waiting) index(text);
      waiting = [];
      if (known.length === 0) return false;
      const looked = argument.slice(0, ARGUMENT_CHARS_MAX);
      const folded = fold(looked);
      /** Text → how many of its pieces are there. */
      const found = new Map<number, number>();
      const pieces = new Set<string>();
      for (let at = 0; at + PIECE_CHARS <= folded.length; at += 1) pieces.add(folded.slice(at, at + PIECE_CHARS));
      for (const piece of pieces) for (const at of byPiece.get(piece) ?? []) found.set(at, (found.get(at) ?? 0) + 1);
      for (const [at, count] of found) {
        const { text, length, pieces: all, kept } = known[at] as (typeof known)[number];
        if (count === kept && looked.length > text.length && looked.includes(text)) return true;
        if (isLoose && count >= all * SHARE_MIN && folded.length >= length + OWN_CHARS_MIN) return true;
      }
      return false;
    },
  };
}

/** Case and blanks change nothing for who reads it as a language. Upper case is the one that does not look at neighbours. */
function fold(text: string): string {
  return text.toUpperCase().replace(/\s+/g, " ");
}

function toPieces(folded: string): Set<string> {
  const last = Math.max(0, folded.length - PIECE_CHARS);
  const stride = Math.max(1, Math.ceil(last / (PIECES_MAX - 1)));
  const pieces = new Set<string>();
  for (let at = 0; at < last; at += stride) pieces.add(folded.slice(at, at + PIECE_CHARS));
  pieces.add(folded.slice(last));
  return pieces;
}
