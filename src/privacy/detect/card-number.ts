/** Whether the digits are a card's: length, Luhn, an issuer's range. `sure` says that a key or a word beside it said "card". */
export function isCardNumber(surface: string, sure: boolean): boolean {
  if (surface.length > 30) return false;
  const digits = /^\d+$/.test(surface) ? surface : toDigits(surface);
  if (digits.length < 12 || digits.length > 19 || !isLuhn(digits) || /^(\d)\1+$/u.test(digits)) return false;
  return sure || isIssued(digits, surface.length > digits.length);
}

/** Visa, Mastercard, Amex, Discover, JCB, Diners, UnionPay, Maestro, Mir. Where ranges are wide, length 16 or groups must say more. */
function isIssued(digits: string, grouped: boolean): boolean {
  const length = digits.length;
  const four = Number(digits.slice(0, 4));
  if (digits.startsWith("4")) return length === 16 || (length === 19 && grouped);
  if ((four >= 5100 && four <= 5599) || (four >= 2221 && four <= 2720)) return length === 16;
  if (four >= 2200 && four <= 2204) return length === 16;
  if (/^3[47]/u.test(digits)) return length === 15;
  if (four === 6011 || (four >= 6440 && four <= 6599) || (four >= 3528 && four <= 3589)) return length === 16;
  if (/^(?:30[0-5]|36|3[89])/u.test(digits)) return length === 14 && grouped ? true : length === 16;
  if (/^(?:62|81)/u.test(digits)) return length === 16 || (grouped && length > 16);
  return /^(?:50|5[6-9]|6[0-9])/u.test(digits) && (length === 16 || grouped);
}

function isLuhn(digits: string): boolean {
  let sum = 0;
  for (let at = digits.length - 1, double = false; at >= 0; at -= 1, double = !double) {
    const digit = digits.charCodeAt(at) - 48;
    sum += double ? (digit > 4 ? digit * 2 - 9 : digit * 2) : digit;
  }
  return sum % 10 === 0;
}

/** Without spaces, dots and hyphens, one between two digits; empty where there is something else. */
function toDigits(surface: string): string {
  return /^\d(?:[ .\-\u00A0]?\d)+$/.test(surface) ? surface.replaceAll(/[^\d]/g, "") : "";
}
