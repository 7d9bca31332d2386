import { entropy } from "./entropy.ts";
import { isPlaceholder } from "./placeholder.ts";

const VALUE_CHARACTERS_MAX = 8192;
const uuid = /^[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/iu;

/** Whether a value that its key calls a secret can be one: no placeholder, plain word, path, address or date. */
export function isSecretLike(value: string): boolean {
  if (value.length < 6 || value.length > VALUE_CHARACTERS_MAX) return false;
  if (value.includes("-----BEGIN")) return true;
  if (/\s/u.test(value) || value.includes("://") || isPlaceholder(value)) return false;
  if (/[(){}<>[\],;"`]/u.test(value) && !/\d/u.test(value)) return false;
  if (
    /\w\(/u.test(value) ||
    /\.(?:pem|key|crt|json|ya?ml|txt|env|py|js|ts|md|html|php|conf|ini|com|org|net|io)(?::\d+)?$/iu.test(value)
  )
    return false;
  if (/^\d{4}-\d{2}-\d{2}/u.test(value)) return false;
  if (/^\d+(?:\.\d+)?(?:ms|s|m|h|d|kb|mb|gb|%|px)?$/iu.test(value)) return /^\d{10,}$/u.test(value);
  return /\d/u.test(value) ? isMixed(value) : isWithoutWords(value);
}

/** Whether a value looks drawn at random: enough where only its surroundings speak of keys. Ids of rows (UUIDs) are not meant. */
export function isRandomLike(value: string, charactersMin: number): boolean {
  if (value.length < charactersMin || !isSecretLike(value) || uuid.test(value) || /^[\d.:-]+$/u.test(value))
    return false;
  // A hash in lower-case hexadecimal is public more often than not.
  if (/^[\da-f]+$/u.test(value) && (value.length === 40 || value.length === 64 || value.length < 24)) return false;
  return (
    !value.includes(":") &&
    /[a-zA-Z]/u.test(value) &&
    entropy(value) > 3 &&
    (/\d/u.test(value) || changesOfCase(value) >= 6)
  );
}

/** Digits among letters, more than a version or a name with its number. */
function isMixed(value: string): boolean {
  if (!/\p{L}/u.test(value)) return value.length >= 8;
  // v1.2.3, jackson-0.11.2, secret-v2, us-east-1
  if (/^v?\d+(?:\.\d+)+(?:[-.]\w+)*$/u.test(value) || /^[a-z-]+-\d+(?:\.\d+)+$/u.test(value)) return false;
  return !/^[a-z]{2,}(?:[-_./][a-z]{2,})*[-_./]v?\d{1,3}$/u.test(value);
}

/** Letters only: `hunter` and `my-service-token` are words, `qzWkLpVbT` and `p@ss!word` are not. */
function isWithoutWords(value: string): boolean {
  if (/[^\p{L}\-_./:\\]/u.test(value)) return true;
  const parts = value.split(/[-_./:\\]/u);
  if (parts.some((part) => part.length >= 8 && changesOfCase(part) > part.length / 4)) return true;
  return parts.length === 1 && value.length >= 20 && value === value.toLowerCase() && entropy(value) > 3.4;
}

function changesOfCase(text: string): number {
  let changes = 0;
  for (let at = 1; at < text.length; at += 1) {
    if (/\p{Lu}/u.test(text[at] ?? "") !== /\p{Lu}/u.test(text[at - 1] ?? "")) changes += 1;
  }
  return changes;
}
