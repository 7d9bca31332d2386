/** Letters and digits of a text, without case, accents, width and what stands between them, each with its offset in the text. */
export interface FoldedText {
  /** Lower case letters and digits only. */
  text: string;
  /** Offset in the original of every character of `text`, and that of the end. */
  offsets: Int32Array;
}

const letter = /[\p{L}\p{N}]/u;

export function foldText(text: string): FoldedText {
  const offsets = new Int32Array(text.length * 2 + 1);
  const folded: string[] = [];
  let count = 0;
  let ascii = "";
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 128) {
      const lower = code >= 65 && code <= 90 ? code + 32 : code;
      if ((lower >= 97 && lower <= 122) || (lower >= 48 && lower <= 57)) {
        ascii += String.fromCharCode(lower);
        offsets[count++] = index;
      }
      continue;
    }
    const plain = text[index]!.normalize("NFKD").toLowerCase();
    for (const character of plain) {
      if (character.length > 1 || !letter.test(character) || count >= offsets.length - 1) continue;
      ascii += character;
      offsets[count++] = index;
    }
    if (ascii.length > 65_536) {
      folded.push(ascii);
      ascii = "";
    }
  }
  folded.push(ascii);
  offsets[count] = text.length;
  return { text: folded.join(""), offsets: offsets.subarray(0, count + 1) };
}
