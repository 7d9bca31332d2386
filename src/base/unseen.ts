/** Characters that nobody sees, that turn a line around, or that are no characters: they could hide text. */
export const unseen: RegExp =
  /\p{Cf}|\p{Cc}|\p{Zl}|\p{Zp}|\p{Co}|\p{Cn}|\p{Surrogate}|\u034f|\u115f|\u1160|\u17b4|\u17b5|[\u180b-\u180f]|\u3164|\uffa0|[\ufe00-\ufe0f]|[\u{e0100}-\u{e01ef}]/gu;

/** A character as code and JSON write it: `\u202e`; of two halves, both. */
export function toEscape(character: string): string {
  return [...Array(character.length).keys()]
    .map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`)
    .join("");
}

/** Text for a person's eyes, as (a part of) one line: ends of lines are written out too, as `\n`. */
export function toVisibleLine(text: string): string {
  return toVisible(text).replaceAll("\n", "\\n");
}

/** Text for a person's eyes: what is not seen is written out, as `\u202e`; only the ends of lines and tabs stay. */
export function toVisible(text: string): string {
  return text
    .replaceAll("\r\n", "\n")
    .replace(unseen, (character) => (character === "\n" || character === "\t" ? character : toEscape(character)));
}
