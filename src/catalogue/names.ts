import { createHash } from "node:crypto";
import { limits } from "../base/limits.ts";

/** Names that would change what a namespace or a folder means: a promise, a default export, its index, its prototype. */
const taken = new Set(["then", "default", "index", "__proto__", "constructor"]);
const separators = /[^\p{ID_Continue}]+|_+/u;
const plain = /^[a-z][A-Za-z0-9]*$/;

/** A tool's name in programs: its original name in camelCase, before names that meet are told apart. Never empty. */
export function toCallName(original: string): string {
  return toCamelCase(original, "tool");
}

/** A server's name in programs: its config key in camelCase, before names that meet are told apart. Never empty. */
export function toIdentifier(serverKey: string): string {
  return toCamelCase(serverKey, "server");
}

/** The call name of every tool of one server; unique also where upper and lower case are one, whatever the order. */
export function assignCallNames(originals: Iterable<string>): Map<string, string> {
  return assignNames(originals, toCallName);
}

/** The identifier of every server; unique also where upper and lower case are one, whatever the order. */
export function assignIdentifiers(serverKeys: Iterable<string>): Map<string, string> {
  return assignNames(serverKeys, toIdentifier);
}

/** What two names have in common when a file system or a reader takes them for one. */
export function toFoldedName(name: string): string {
  return name.normalize("NFKC").toUpperCase().toLowerCase();
}

function toCamelCase(original: string, fallback: string): string {
  if (taken.has(original)) return `${original}_`;
  if (plain.test(original) && original.length <= limits.callNameBytesMax) return original;
  const text = original.normalize("NFC");
  // GMAIL_SEND_EMAIL has its capitals from the convention, not from its words
  const cased = /\p{Ll}/u.test(text) ? text : text.toLowerCase();
  const words = cased.split(separators).filter((word) => word !== "");
  if (words.length === 0) return fallback;
  const joined = words.map((word, index) => (index === 0 ? uncapitalise(word) : capitalise(word))).join("");
  const name = toBytesAtMost(joined, limits.callNameBytesMax);
  if (taken.has(name)) return `${name}_`;
  return /^\p{ID_Start}/u.test(name) ? name : `_${name}`;
}

/** `GetUser` → `getUser`, `URLFetch` → `urlFetch`, `API` → `api`: a run of capitals is one word. */
function uncapitalise(word: string): string {
  const run = /^\p{Lu}+/u.exec(word)?.[0] ?? "";
  const letters = [...run];
  const startsNextWord = letters.length > 1 && /^\p{Ll}/u.test(word.slice(run.length));
  const lowered = startsNextWord ? letters.slice(0, -1).join("") : run;
  // lower-casing may make a character that no identifier holds begin with (İ → i̇): NFC keeps it one name
  return (lowered.toLowerCase() + word.slice(lowered.length)).normalize("NFC");
}

function capitalise(word: string): string {
  const [first = ""] = word;
  return first.toUpperCase() + word.slice(first.length);
}

function toBytesAtMost(text: string, bytesMax: number): string {
  if (Buffer.byteLength(text) <= bytesMax) return text;
  let kept = "";
  let bytes = 0;
  for (const character of text) {
    bytes += Buffer.byteLength(character);
    if (bytes > bytesMax) break;
    kept += character;
  }
  return kept;
}

function assignNames(originals: Iterable<string>, toName: (original: string) => string): Map<string, string> {
  const groups = new Map<string, { original: string; name: string }[]>();
  const all = [...new Set(originals)];
  for (const original of all) {
    const name = toName(original);
    const folded = toFoldedName(name);
    const group = groups.get(folded);
    if (group === undefined) groups.set(folded, [{ original, name }]);
    else group.push({ original, name });
  }
  const chosen = new Map<string, string>();
  const used = new Set<string>(groups.keys());
  let open: { original: string; name: string }[] = [];
  for (const group of groups.values()) {
    // several may be their own call name (getFoo, getfoo): the first in code unit order, so that no order matters
    const keeper =
      group.length === 1
        ? group[0]
        : group.filter(({ original, name }) => original === name).sort((a, b) => (a.original < b.original ? -1 : 1))[0];
    if (keeper !== undefined) chosen.set(keeper.original, keeper.name);
    open.push(...group.filter((member) => member !== keeper));
  }
  // four digits meet once in a while: those that meet take more, all of them, so that no order matters
  for (let digits = 4; open.length > 0; digits += 4) {
    const candidates = open.map((member) => ({
      ...member,
      suffixed: `${member.name}_${toHash(member.original).slice(0, digits)}`,
    }));
    const counts = new Map<string, number>();
    for (const { suffixed } of candidates)
      counts.set(toFoldedName(suffixed), (counts.get(toFoldedName(suffixed)) ?? 0) + 1);
    const isFree = (name: string): boolean => counts.get(toFoldedName(name)) === 1 && !used.has(toFoldedName(name));
    open = candidates.filter(({ suffixed }) => !isFree(suffixed));
    for (const { original, suffixed } of candidates) if (isFree(suffixed)) chosen.set(original, suffixed);
    for (const name of counts.keys()) used.add(name);
  }
  return new Map(all.map((original) => [original, chosen.get(original) as string]));
}

function toHash(original: string): string {
  // UTF-8 has one replacement for all lone surrogates; their escapes keep them apart
  const text = /\p{Surrogate}/u.test(original) ? JSON.stringify(original) : original;
  return createHash("sha256").update(text).digest("hex");
}
