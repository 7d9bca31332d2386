import { lastUpTo } from "../../base/last-up-to.ts";

/** A text without what is not seen in it, its letters and digits in their plain width. */
export interface PlainText {
  text: string;
  /** Offset in the original of a place between two characters of `text`: `end` if something before it ends there. */
  offsetOf(at: number, isEnd: boolean): number;
}

/**
 * Soft hyphens, zero-width characters; full-width, small, circled and mathematical letters and signs; the full stop of
 * East Asian scripts inside of a word: a reader, or a mail program, sees the value all the same.
 */
const odd =
  /\p{Default_Ignorable_Code_Point}|[\u2024\u{24b6}-\u{24e9}\u{fe50}-\u{fe6b}\u{ff01}-\u{ff5e}\u{1d400}-\u{1d7ff}]|(?<=[\w\u{ff10}-\u{ff5a}])[\u3002\uff61](?=[\w\u{ff10}-\u{ff5a}])/gu;
/** One of their UTF-16 units: a text without any is seen as it is, and this is told in half of the time. */
const oddUnit =
  /[\u034f\ufe00-\ufe0f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2024\u202a-\u202e\u2060-\u206f\u24b6-\u24e9\u3002\u3164\ufe50-\ufe6b\ufeff-\uff5e\uff61\uffa0\ufff0-\ufff8\ud82f\ud834\ud835\udb40-\udb43]/;
const ignorable = /^\p{Default_Ignorable_Code_Point}/u;

/** One odd character: where it stands in the original, and what is left of it in the plain text. */
interface Change {
  start: number;
  end: number;
  plainStart: number;
  plainEnd: number;
}

/** The text as a reader sees it; nearly always it is the same. Takes time by what is odd in it, beside one look. */
export function toPlainText(text: string): PlainText {
  if (!oddUnit.test(text)) return { text, offsetOf: (at) => at };
  const changes: Change[] = [];
  let plain = "";
  let from = 0;
  for (const { 0: character, index } of text.matchAll(odd)) {
    plain += text.slice(from, index);
    const plainStart = plain.length;
    plain += toSeen(character);
    from = index + character.length;
    changes.push({ start: index, end: from, plainStart, plainEnd: plain.length });
  }
  if (changes.length === 0) return { text, offsetOf: (at) => at };
  plain += text.slice(from);
  return {
    text: plain,
    offsetOf(at, isEnd) {
      if (isEnd && at === 0) return 0;
      // The character before the place where something ends, the one after it where something starts.
      const place = isEnd ? at - 1 : at;
      const last = changes[lastUpTo(changes.length, (index) => changes[index]?.plainStart ?? 0, place)];
      if (last === undefined) return at;
      if (place < last.plainEnd) return isEnd ? last.end : last.start;
      return last.end + (place - last.plainEnd) + (isEnd ? 1 : 0);
    },
  };
}

function toSeen(character: string): string {
  if (ignorable.test(character)) return "";
  return character === "\u3002" || character === "\uff61" ? "." : character.normalize("NFKC");
}
