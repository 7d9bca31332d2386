/** A text without what is not seen in it, its letters and digits in their plain width. */
export interface PlainText {
  text: string;
  /** Offset in the original of a place between two characters of `text`: `end` if something before it ends there. */
  offsetOf(at: number, isEnd: boolean): number;
}

/** Soft hyphens, zero-width characters, full-width and mathematical letters: a reader sees the value all the same. */
const odd = /[\p{Default_Ignorable_Code_Point}\u{ff01}-\u{ff5e}\u{1d400}-\u{1d7ff}]/u;

/** The text as a reader sees it; nearly always it is the same. */
export function toPlainText(text: string): PlainText {
  if (!odd.test(text)) return { text, offsetOf: (at) => at };
  let plain = "";
  const starts: number[] = [];
  const ends: number[] = [];
  let at = 0;
  for (const character of text) {
    const end = at + character.length;
    const seen = !odd.test(character)
      ? character
      : /\p{Default_Ignorable_Code_Point}/u.test(character)
        ? ""
        : character.normalize("NFKC");
    for (let unit = 0; unit < seen.length; unit += 1) {
      starts.push(at);
      ends.push(end);
    }
    plain += seen;
    at = end;
  }
  return { text: plain, offsetOf: (place, isEnd) => (isEnd ? ends[place - 1] : starts[place]) ?? (isEnd ? 0 : at) };
}
