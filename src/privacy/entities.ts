/** Characters as HTML and XML have them: by number, and the names of signs and of Latin letters. */
export const entity: RegExp =
  /&(?:#(\d{1,7})|#[xX]([\dA-Fa-f]{1,6})|([A-Za-z])(acute|grave|circ|uml|tilde|ring|cedil|caron)|([a-zA-Z]{2,8}));/g;

/** Combining characters. */
const marks: Readonly<Record<string, string>> = {
  ...{ acute: "\u0301", grave: "\u0300", circ: "\u0302", uml: "\u0308" },
  ...{ tilde: "\u0303", ring: "\u030A", cedil: "\u0327", caron: "\u030C" },
};

const named: Readonly<Record<string, string>> = {
  ...{ amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: " ", commat: "@", period: ".", plus: "+" },
  ...{ szlig: "ß", aelig: "æ", AElig: "Æ", oslash: "ø", Oslash: "Ø", eth: "ð", ETH: "Ð", thorn: "þ", THORN: "Þ" },
};

/** Undefined: there is no such name. */
export function fromEntity([, decimal, hex, letter, mark, name]: readonly (string | undefined)[]): string | undefined {
  if (name !== undefined) return named[name];
  if (letter !== undefined) return (letter + (marks[mark ?? ""] ?? "")).normalize("NFC");
  const code = decimal === undefined ? Number.parseInt(hex ?? "", 16) : Number(decimal);
  return toCharacter(code);
}

/** A number that is no character's is nothing. */
export function toCharacter(code: number): string {
  return code <= 0x10_ff_ff ? String.fromCodePoint(code) : "";
}

/** A character as strings of programs have it, behind its backslash: `u00eb`, `u{eb}`, `xeb`. */
export const characterEscape: RegExp = /u([\dA-Fa-f]{4})|u\{([\dA-Fa-f]{1,6})\}|x([\dA-Fa-f]{2})/;
