/** What a text has that a recogniser needs: most values in data are short and have nearly none of it. */
export interface Traits {
  /** The sign of an address, or how HTML writes it. */
  at: boolean;
  /** Four digits or more. */
  digits: boolean;
  /** Something that can part a key from its value. */
  separator: boolean;
  newline: boolean;
  space: boolean;
  /** A space with a capital after it, or with a letter of another script. */
  capital: boolean;
  /** A run without spaces that is long enough for a credential. */
  long: boolean;
}

const SHORT_MAX = 256;
const LONG_RUN_MIN = 18;
const DIGITS_MIN = 4;
const all: Traits = { at: true, digits: true, separator: true, newline: true, space: true, capital: true, long: true };

/** The traits of a short text; a long one is taken to have all, as its recognisers cost little beside reading it. */
export function toTraits(text: string): Traits {
  if (text.length > SHORT_MAX) return all;
  const traits = {
    at: false,
    digits: false,
    separator: false,
    newline: false,
    space: false,
    capital: false,
    long: false,
  };
  let digits = 0;
  let runStart = 0;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code <= 32) {
      if (code === 10 || code === 13) traits.newline = true;
      else traits.space = true;
      const next = text.charCodeAt(index + 1);
      if ((next >= 65 && next <= 90) || next > 127) traits.capital = true;
      runStart = index + 1;
    } else if (code >= 48 && code <= 57) {
      digits += 1;
    } else if (code === 64 || code === 38) {
      traits.at = true;
    } else if (code === 58 || code === 61 || code === 62) {
      traits.separator = true;
    } else if (code >= 0xff00) {
      // Full-width digits, at signs and colons.
      return all;
    }
    if (index - runStart >= LONG_RUN_MIN - 1) traits.long = true;
  }
  traits.digits = digits >= DIGITS_MIN;
  return traits;
}
