const NAME_CHARACTERS_MAX = 60;
const NAME_WORDS_MAX = 8;
const shape = /^[\p{Lu}\p{Lt}\p{Lo}\p{Ll}](?:[\p{L}\p{M}'’ʼ´`."“”()‐-]|[ \u00A0](?=[\p{L}(“"'’])|, ?(?=\p{L}))*$/u;
/** Small words inside names, which have no capital. */
export const particles: ReadonlySet<string> = new Set(
  (
    "de da do dos das del della di du des d la le van von der den ter ten te zu zum zur af av el al bin ibn bint abu y e " +
    "und i san st vom op 't 's het ben mac mc o"
  ).split(" "),
);
/** What stands in name fields and is nobody. */
const nobody = new Set(
  (
    "unknown none null nil undefined n/a na nan anonymous anon admin administrator root system test tester user users " +
    "guest default true false yes no name bot service support team sales info unassigned nobody everyone all other " +
    "others various tbd todo redacted hidden private public deleted inactive active owner me you self customer client " +
    "company inc gmbh ltd llc corp bv ag sa billing noreply webmaster postmaster staff group department help desk " +
    "office security engineering marketing finance operations production staging development string number boolean object array str " +
    "first last full given family required optional varchar text email phone unset empty pending api app web server cron scheduler worker automation github gitlab dependabot renovate " +
    "feedback record success portal account experience satisfaction journey data service services management agreement id"
  ).split(" "),
);

/** Whether a whole value reads as a name of somebody: letters, not too long, nobody's placeholder. */
export function isNameLike(value: string): boolean {
  if (value.length < 2 && !/^\p{Script=Han}$/u.test(value)) return false;
  if (value.length > NAME_CHARACTERS_MAX || !shape.test(value)) return false;
  // `options.clientName` is code; an initial has a dot too, but after a capital.
  if (/\p{Ll}\.\p{L}/u.test(value)) return false;
  const words = value.split(/[ ,\u00A0]+/u).filter((word) => word !== "");
  if (words.length > NAME_WORDS_MAX) return false;
  // A dot ends an initial or a title; after a longer word it ends a sentence.
  return !words.some((word) => nobody.has(word.toLowerCase()) || (word.length > 5 && word.endsWith(".")));
}

const TOLD_CHARACTERS_MAX = 200;

/**
 * Whether a value can be a name where its key and neighbours say that it is one: it has a letter, and is no placeholder,
 * no address and nothing of another class, which is looked for in it.
 */
export function isSomebody(value: string): boolean {
  if (value.length > TOLD_CHARACTERS_MAX || !/\p{L}/u.test(value)) return false;
  // A repository has a full name: `acme/rocket`.
  if (/:\/\/|\d{5}|^[\w.-]+\/[\w.-]+$/u.test(value) || isBesideMail(value)) return false;
  if (value.split(/\s+/u).some((word) => word.length >= LONG_RUN_MIN && /\d/u.test(word))) return false;
  const words = value.split(/[\s,]+/u).filter((word) => word !== "");
  return !words.every((word) => nobody.has(word.toLowerCase()));
}

/** Whether a value is an address, alone or with a name that is found beside it: each is one of its own then. */
function isBesideMail(value: string): boolean {
  const mail = /[<(["']*[^\s<>()"']+@[^\s<>()"']+\.[^\s<>()"']+[>)"'\]]*/u.exec(value)?.[0];
  if (mail === undefined) return false;
  const rest = value.replace(mail, "").trim();
  return rest === "" || isSurelyNameLike(rest.replaceAll(/^["']|["']$/gu, ""), /^[<(]/u.test(mail) ? 1 : 2);
}

/** The end of a token, or of what looks like one: in a text it is looked at by itself. */
export const tokenEnd: RegExp = /_\d[\d.]*\]/u;

/** A word with digits that is this long is a key or an id. */
const LONG_RUN_MIN = 18;

/** Whether a value reads as a name where it could be something else too: every word has a capital, or the script has none. */
export function isSurelyNameLike(value: string, wordsMin: number): boolean {
  if (!isNameLike(value)) return false;
  const words = value.split(/[ ,\u00A0]+/u).filter((word) => word !== "");
  const large = words.filter((word) => /^(?:[dlO]['’])?[\p{Lu}\p{Lt}\p{Lo}]/u.test(word));
  if (large.length < words.length && !words.every((word) => large.includes(word) || particles.has(word.toLowerCase())))
    return false;
  // Han and Hangul names are one word of two to four letters.
  if (/^[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}]{2,6}$/u.test(value)) return true;
  if (large.length < wordsMin) return false;
  // ALL CAPITALS is a code or a heading more often than a name, unless there are two words.
  return words.length > 1 || value !== value.toUpperCase() || /\p{Lo}/u.test(value);
}
