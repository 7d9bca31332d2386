/** Shortest part of a key that is looked at: in a shorter one any mixture may be a name (`k8s`, `i18n`, `ipv6`). */
const partCharsMin = 6;
/** Letters that stand together in a name, on average, with numbers in it or without: those of an id are parted by both. */
const numberedRunCharsMin = 3;
const runCharsMin = 2.5;

/**
 * Whether a key is an id, a hash or a number rather than a name: `cus_9s6XKzkNRiz8i3`, `C0SALES01`, `PROJ-12`, `eyJhbGci…`;
 * not `line1`, `sha256`, `s3Key`, `oauth2_token`. It is told by the form alone, since one object may be all there is.
 */
export function isDataKey(key: string): boolean {
  // an address line may have a number, but no name has as many digits
  if (/\d{5}/.test(key) || /^[A-Z][A-Z\d]*-\d+$/.test(key) || /-\d{3,}$/.test(key)) return true;
  return key.split(/[^\p{L}\p{N}]+/u).some(isIdPart);
}

function isIdPart(part: string): boolean {
  if (part.length < partCharsMin) return false;
  const digits = part.match(/\d+/g) ?? [];
  const digitCount = digits.join("").length;
  const isMixed = digitCount > 0 && digitCount < part.length;
  // hexadecimal: a word of these letters alone is short
  if (/^(?:[\da-f]+|[\dA-F]+)$/.test(part) && (isMixed ? digitCount > 1 : digitCount === 0 && part.length >= 12))
    return true;
  // capitals around a number of two digits or more, or around two numbers; or a number that letters follow
  if (isMixed && /^[A-Z\d]+$/.test(part) && (digits.length > 1 || /[A-Z]\d{2,}[A-Z]/.test(part))) return true;
  if (/^\d{3,}[a-z]/i.test(part) && !/^\d+[a-z]{1,4}$/i.test(part)) return true;
  const runs = part.match(/[A-Z]{2,}(?![a-z])|[A-Z]?[a-z]+|[A-Z]/g) ?? [];
  const runChars = runs.length === 0 ? Infinity : (part.length - digitCount) / runs.length;
  if (digits.length > 1 && runChars < numberedRunCharsMin)
    return part.length >= 8 || (part.match(/[a-z](?=\d)|\d(?=[a-z])/gi)?.length ?? 0) > 3;
  if (runs.length > 2 && runChars < runCharsMin) return part.length >= 10;
  // letters that nobody can pronounce, beside digits
  return isMixed && part.length >= 8 && /[bcdfghjklmnpqrstvwxz]{6}/i.test(part);
}
