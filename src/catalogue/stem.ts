/** Plurals and the common endings of English verbs, so that `listing`, `lists` and `listed` meet `list`. */
export function toStem(word: string): string {
  if (word.length < 4 || !/^[a-z]+$/.test(word)) return word;
  let stem = word;
  if (stem.endsWith("ies") && stem.length > 4) stem = `${stem.slice(0, -3)}y`;
  else if (/(?:ss|sh|ch|x|z)es$/.test(stem)) stem = stem.slice(0, -2);
  else if (stem.endsWith("s") && !/(?:ss|us|is)$/.test(stem)) stem = stem.slice(0, -1);
  const verb = /^(.*[aeiouy].*?)(?:ing|ed)$/.exec(stem)?.[1];
  if (verb !== undefined && verb.length >= 3) stem = undouble(verb);
  // update, updated and updating meet without a dictionary when all lose the e
  return stem.length > 4 && stem.endsWith("e") ? stem.slice(0, -1) : stem;
}

/** What a suffix that makes one word of another is replaced by; the first that fits is taken. */
const derivations: readonly (readonly [suffix: string, by: string])[] = [
  ["iz", "is"],
  ["ization", "is"],
  ["isation", "is"],
  ["ational", ""],
  ["ically", "ic"],
  ["ation", ""],
  ["ition", ""],
  ["tion", "t"],
  ["sion", "s"],
  ["ment", ""],
  ["ness", ""],
  ["ator", ""],
  ["ally", "al"],
  ["ful", ""],
  ["ive", ""],
  ["iv", ""],
  ["ity", ""],
  ["anc", ""],
  ["enc", ""],
  ["abl", ""],
  ["at", ""],
  ["ist", ""],
  ["er", ""],
  ["or", ""],
  ["al", ""],
  ["ly", ""],
];

/** A stem without its derivation, so that `translation`, `translator` and `translate` meet; coarser than a stem. */
export function toRoot(stem: string): string {
  if (stem.length < 6 || !/^[a-z]+$/.test(stem)) return stem;
  const fitting = derivations.find(([suffix]) => stem.endsWith(suffix) && stem.length - suffix.length >= 4);
  if (fitting === undefined) return undouble(stem);
  return undouble(stem.slice(0, -fitting[0].length) + fitting[1]);
}

function undouble(stem: string): string {
  return stem.replace(/([bdgmnprt])\1$/, "$1");
}
