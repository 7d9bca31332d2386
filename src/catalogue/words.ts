import { toStem } from "./stem.ts";

/** Words that are in nearly every description and say nothing about what a tool does. */
const stopWords = new Set(
  (
    "a an and are as at be by can do does for from has have how i if in into is it its me my of on or our out " +
    "please so some that the their them then there these this to use used using want was we what when where which " +
    "will with would you your"
  ).split(" "),
);

/** Words of plain English by which people ask ("help", "looking", "best"): they seldom name a tool, so they count little. */
const fillers = new Set(
  (
    "able about above actually additional advance after again against all allow already also alternative always " +
    "am amazing amount another any anybody anyone anything appropriate area around ask aspect assist assistance " +
    "attempt avail available aware basic because become been before begin being below best better between big bit " +
    "both brief bring but call cant case certain clear clearly come common complete completely comprehensive " +
    "concern consider contain correct correctly could couple curious current currently d day deal decide deep " +
    "deeply desire detail detailed did didn different difficult difficulty discover doesn don dont during each " +
    "easily easy effective effectively efficient efficiently either else end ensure entire essential even ever " +
    "every exact exactly example excellent excited exciting exist expect experience explore extra extremely fact " +
    "fantastic far fast favorite feel feeling few final fine first follow following fully fun further future gain " +
    "general give go good great greatly guidance guide had happen happy hard having he hear hello help helps her " +
    "here hers hey hi high highly him himself his hope hopefully id idea ideal im important impossible include " +
    "including indeed individual info information informative initial input insight instance instead interest " +
    "interested interesting involve isn issue ive just keep kind kindly know large last late latest least let " +
    "lets like little ll long look looking lot low m main major make manner many matter may maybe mean meaning " +
    "mention method might mind moment more most much multiple must myself near necessary need needs new nice no " +
    "nor normal not notable now number obtain off old once only opportunity option original other ours over " +
    "overall own part particular particularly past per perfect perfectly performing perhaps person place plan " +
    "popular possible possibly potential potentially precise prefer prepare present previous prior probably " +
    "problem process properly provide provides purpose quick quickly quite range rather re ready real really " +
    "reason recent recently recommend regard regarding related relevant reliable request require required " +
    "respective result right s same see seek several shall she should similar simple simply since single " +
    "situation small something sort specific specifically start stuff successful successfully such suggest " +
    "suitable support sure t take talk task tell terms than thank thanks they thing think thorough those though " +
    "through time tip today together tomorrow tonight too top total toward towards true try type typical under " +
    "understand unique unsure until up upon us useful usual usually valuable variety various ve very via wanted " +
    "wants way week weekend well were whenever whether while who whom whose why wide within without wonder " +
    "wonderful wondering work world worry wrong year yes yesterday yet yours"
  ).split(" "),
);

/** A run of a script that writes no spaces between words; what is split by it keeps it. */
const unspaced =
  /([\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Bopomofo}\p{scx=Thai}\p{scx=Lao}\p{scx=Khmer}\p{scx=Myanmar}]+)/u;

/**
 * The words of a name or text in lower case: camelCase, snake_case and kebab-case are taken apart. Where a script does not
 * part its words, each two characters that follow each other are one.
 */
export function toWords(text: string): string[] {
  return text
    .replace(/(\p{Ll}|\p{N})(\p{Lu})/gu, "$1 $2")
    .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, "$1 $2")
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .flatMap((word) => (unspaced.test(word) ? toPairs(word) : word))
    .filter((word) => word !== "");
}

/** How long a text counts, in words: pairs overlap, and with a quarter each such texts are neither long nor short beside others. */
export function toLength(words: readonly string[]): number {
  return words.reduce((sum, word) => sum + (unspaced.test(word) ? 0.25 : 1), 0);
}

function toPairs(word: string): string[] {
  return word.split(unspaced).flatMap((run, at) => {
    const characters = [...run];
    if (at % 2 === 0 || characters.length < 2) return run;
    return characters.slice(1).map((character, before) => `${characters[before]}${character}`);
  });
}

/** What a word is looked up as: its stem; `undefined` for a word that says nothing. */
export function toTerm(word: string): string | undefined {
  if (stopWords.has(word)) return undefined;
  return word.length > 64 ? word.slice(0, 64) : toStem(word);
}

/** Whether the word is one by which people ask rather than what they ask for. */
export function isFiller(word: string): boolean {
  return fillers.has(word);
}
