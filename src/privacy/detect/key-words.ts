const KEY_CHARACTERS_MAX = 64;
const CACHED_MAX = 4096;
const cached = new Map<string, readonly string[]>();

/** The words of a key, lower-case and without accents: `billingEmail_2` → billing, email. A key that is too long to be one has none. */
export function toKeyWords(key: string): readonly string[] {
  if (key.length > KEY_CHARACTERS_MAX) return [];
  const known = cached.get(key);
  if (known !== undefined) return known;
  const words = split(key);
  // The answer never depends on what is cached; a flood of keys only costs the cache.
  if (cached.size >= CACHED_MAX) cached.clear();
  cached.set(key, words);
  return words;
}

function split(key: string): string[] {
  const plain = key
    .normalize("NFKD")
    // Latin accents only: those of other scripts belong to the letter (й, が).
    .replaceAll(/[\u0300-\u036f]/gu, "")
    .normalize("NFC")
    .replaceAll("ß", "ss")
    .replaceAll(/[øØ]/gu, "o")
    .replaceAll(/[łŁ]/gu, "l")
    .replaceAll(/[ıİ]/gu, "i")
    .replaceAll(/[æÆ]/gu, "ae");
  return plain
    .replaceAll(/(\p{Ll}|\d)(?=\p{Lu})/gu, "$1 ")
    .replaceAll(/(\p{Lu})(?=\p{Lu}\p{Ll})/gu, "$1 ")
    .toLowerCase()
    .split(/[^\p{L}\p{M}]+/u)
    .filter((word) => word !== "");
}
