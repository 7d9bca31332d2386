/** Words that are in nearly every description and say nothing about what a tool does. */
const stopWords = new Set(
  (
    "a an and are as at be by can do does for from has have how i if in into is it its me my of on or our out please so " +
    "some that the their them then there these this to use used using want was we what when where which will with would you your"
  ).split(" "),
);

/** The words of a name or text in lower case: camelCase, snake_case and kebab-case are taken apart. */
export function toWords(text: string): string[] {
  return text
    .replace(/(\p{Ll}|\p{N})(\p{Lu})/gu, "$1 $2")
    .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, "$1 $2")
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "");
}

/** What a word is looked up as: its stem; `undefined` for a word that says nothing. */
export function toTerm(word: string): string | undefined {
  if (stopWords.has(word)) return undefined;
  return word.length > 64 ? word.slice(0, 64) : toStem(word);
}

/** Plurals and the common endings of English verbs, so that `listing`, `lists` and `listed` meet `list`. */
function toStem(word: string): string {
  if (word.length < 4 || !/^[a-z]+$/.test(word)) return word;
  let stem = word;
  if (stem.endsWith("ies") && stem.length > 4) stem = `${stem.slice(0, -3)}y`;
  else if (/(?:ss|sh|ch|x|z)es$/.test(stem)) stem = stem.slice(0, -2);
  else if (stem.endsWith("s") && !/(?:ss|us|is)$/.test(stem)) stem = stem.slice(0, -1);
  const verb = /^(.*[aeiouy].*?)(?:ing|ed)$/.exec(stem)?.[1];
  if (verb !== undefined && verb.length >= 3) stem = verb.replace(/([bdgmnprt])\1$/, "$1");
  // update, updated and updating meet without a dictionary when all lose the e
  return stem.length > 4 && stem.endsWith("e") ? stem.slice(0, -1) : stem;
}
