import type { Report } from "./candidate.ts";
import { loadNameLexicon } from "./name-lexicon.ts";
import { isNameLike } from "./name-like.ts";

const RUN_WORDS_MAX = 6;
const PART_CHARACTERS_MIN = 3;
/** URI, ADA, ELI: in capitals a short name is an abbreviation more often. */
const CODE_CHARACTERS_MAX = 4;
const run =
  /\p{Lu}[\p{L}\p{M}]+(?:['’-]\p{L}+)*(?:[ \u00A0]+(?:(?:de|da|do|dos|del|della|di|du|la|le|van|von|der|den|ter|te|zu|al|bin|ibn)[ \u00A0]){0,3}(?:\p{Lu}\.?(?= )|\p{Lu}[\p{L}\p{M}]+(?:['’-]\p{L}+)*)){0,5}/gu;
const pinyin =
  /^(?:(?:zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw])?(?:iang|iong|uang|ang|eng|ing|ong|ian|iao|uai|uan|ai|ei|ao|ou|an|en|in|un|ia|ie|iu|ua|ui|uo|ue|a|o|e|i|u)){1,2}$/u;
/** Words after a name that make it an organisation's, a place's or a thing's. */
const bodies =
  /^(?:Inc|Ltd|LLC|GmbH|AG|Corp|Company|Co|Bank|University|College|School|Hospital|Clinic|Street|St|Road|Rd|Avenue|Ave|Lane|Drive|Square|Park|Airport|Station|Island|Islands|Lake|River|Mountain|Hotel|Restaurant|Cafe|Group|Foundation|Institute|Award|Prize|Act|Law|Day|Eve|Department|Team|Museum|Stadium|Bridge|Beach|Bay|County|City|Church|Center|Centre|Tower|House|Building|Hall|Road|Insurance|Partners|Associates|Sons|Brothers|Studios|Records|Pictures|Motors|Airlines|Technologies|Systems|Software|Labs|Media|Press|Times|Post|News|Show|Cup|League|FC|United|District|Province|Community|Branch|Store|Shop)$/u;

const kin =
  /^(?:Uncle|Auntie|Aunt|Sister|Brother|Grandma|Grandpa|Granny|Boss|Doctor|Teacher|Nurse|Professor|Officer|Captain|Sir|Lady|Manager|Director|Coach|Master)$/u;
/** Ends that family names have and other words seldom. */
const familyEnd =
  /(?:[^\p{ASCII}].*|ez|sson|sen|ski|ska|sky|ov|ova|ev|eva|enko|berg|mann|stein|etti|ini|elli|escu|wicz|czyk|nen|yan|dze|poulos|idis|strom|quist|eira|inho|aux|ault|eau)$/u;
/** Names in running text, by known first and family names: deterministic and linear, so that no clock decides. */
export function createProseNames(): (text: string, report: Report) => void {
  const lexicon = loadNameLexicon();
  const isPlain = (word: string) => lexicon.plain.has(word) || lexicon.plain.has(word.replace(/s$/u, ""));

  /** The words of a run that are a name: from, to (exclusive), or undefined. */
  function toName(words: readonly string[]): [number, number] | undefined {
    for (let at = 0; at < words.length; at += 1) {
      const word = fold(words[at] ?? "");
      const next = words[at + 1];
      if (lexicon.given.has(word)) {
        let end = at + 1;
        while (
          end < words.length &&
          end - at < 4 &&
          !/['’]s$/u.test(words[end - 1] ?? "") &&
          isNamePart(words[end] ?? "")
        )
          end += 1;
        if (bodies.test(words[end] ?? "")) return undefined;
        const isCode = words[at] === words[at]?.toUpperCase() && word.length <= CODE_CHARACTERS_MAX;
        if (end - at > 1 || !(isCode || lexicon.ambiguous.has(word))) {
          // A family name may come first too: "Kovács István".
          const start = at > 0 && end - at === 1 && lexicon.family.has(fold(words[at - 1] ?? "")) ? at - 1 : at;
          return [start, end];
        }
      }
      if (next === undefined || bodies.test(words[at + 2] ?? "")) continue;
      const following = fold(next);
      if (
        kin.test(words[at] ?? "") &&
        (lexicon.chinese.has(following) || lexicon.family.has(following) || lexicon.given.has(following))
      )
        return [at, at + 2];
      // An initial between two words: "Ravil G Yefimov".
      const last = words[at + 2];
      if (
        last !== undefined &&
        /^\p{Lu}\.?$/u.test(next) &&
        word.length > 2 &&
        last.length > 2 &&
        !isPlain(word) &&
        !isPlain(fold(last))
      )
        return [at, at + 3];
      if (
        words.length <= 3 &&
        familyEnd.test(next.toLowerCase()) &&
        word.length > 2 &&
        !isPlain(word) &&
        !isPlain(following) &&
        !bodies.test(next)
      )
        return [at, at + 2];
      if (lexicon.chinese.has(word) && pinyin.test(following) && !isPlain(following)) return [at, at + 2];
      if (lexicon.family.has(following) && !lexicon.ambiguous.has(following) && !isPlain(word) && !bodies.test(next))
        return [at, at + 2];
    }
    return undefined;
  }

  function isNamePart(word: string): boolean {
    if (
      /^\p{Lu}\.?$/u.test(word) ||
      /^(?:de|da|do|dos|del|della|di|du|la|le|van|von|der|den|ter|te|zu|al|bin|ibn)$/u.test(word)
    )
      return true;
    const folded = fold(word);
    if (lexicon.given.has(folded) || lexicon.family.has(folded)) return true;
    return !isPlain(folded) && !bodies.test(word) && word !== word.toUpperCase();
  }

  return (text, report) => {
    const open: { start: number; words: string[]; surface: string }[] = [];
    const parts = new Set<string>();
    const add = (surface: string, words: readonly string[], base: number, [from, to]: readonly [number, number]) => {
      const start = base + toOffset(surface, from);
      let end = base + toOffset(surface, to - 1) + (words[to - 1] ?? "").length;
      if (/['’]s$/u.test(text.slice(start, end))) end -= 2;
      if (!isNameLike(text.slice(start, end))) return;
      report("NAME", start, end, 1);
      for (const word of words.slice(from, to))
        if (word.length > PART_CHARACTERS_MIN && !isPlain(fold(word)) && !kin.test(word)) parts.add(fold(word));
    };
    for (const match of text.matchAll(run)) {
      const surface = match[0];
      const words = surface.split(/[ \u00A0]+/u).slice(0, RUN_WORDS_MAX);
      if (isInCode(text, match.index, surface.length)) continue;
      const found = toName(words);
      if (found === undefined) open.push({ start: match.index, words, surface });
      else add(surface, words, match.index, found);
    }
    // Who was named in full is called by one name later, and earlier.
    for (const { start, words, surface } of open) {
      const at = words.findIndex((word) => parts.has(fold(word)));
      if (at !== -1 && !bodies.test(words[at + 1] ?? "")) add(surface, words, start, [at, at + 1]);
    }
  };
}

/** Where the word with this number starts. */
function toOffset(surface: string, word: number): number {
  let offset = 0;
  for (let at = 0; at < word; at += 1) {
    offset = surface.slice(offset).search(/[ \u00A0]/u) + offset;
    while (/[ \u00A0]/u.test(surface[offset] ?? "")) offset += 1;
  }
  return offset;
}

function fold(word: string): string {
  return word
    .replace(/['’]s$/u, "")
    .normalize("NFKD")
    .replaceAll(/[\u0300-\u036f]/gu, "")
    .toLowerCase();
}

/** Part of an identifier, a path, a host or a tag. */
function isInCode(text: string, start: number, length: number): boolean {
  const before = text[start - 1] ?? " ";
  const after = text[start + length] ?? " ";
  return (
    /[\p{L}\p{N}_@#/\\.=$-]/u.test(before) ||
    /[\p{N}_@/\\=$]/u.test(after) ||
    (after === "." && /[\p{L}\p{N}]/u.test(text[start + length + 1] ?? " ")) ||
    after === "("
  );
}
