import { decodedParts } from "./decoded-parts.ts";
import type { Finding } from "./finding.ts";
import { foldText, toFolded } from "./folded-text.ts";
import { Forms, toCodes } from "./forms.ts";
import { withoutCountryCode } from "./number-keys.ts";
import { toMixedClass, toDisjoint } from "./spans.ts";

/** Known values that a text holds in another form: other case, spaced, reversed, encoded. */
export interface DisguisedValues {
  add(value: KnownValue): void;
  /** Sorted, disjoint. */
  find(text: string, options?: DisguiseOptions): Finding[];
  clear(): void;
}

export interface KnownValue {
  class: string;
  surface: string;
}

export interface DisguiseOptions {
  /** What else to look for in decoded parts, such as a detector's findings. */
  alsoIn?: (decoded: string) => readonly Finding[];
  /** Asked now and then: whether to end, with what was found so far. Without it, a bounded number of parts is decoded. */
  isOver?: () => boolean;
  /** Decodes nothing. */
  isPlain?: boolean;
}

/** How little of a value is one. */
export interface Thresholds {
  /** Letters and digits of a form. */
  chars: number;
  /** Shorter ones stand alone: "ana li" is not in "banal issue". */
  freeChars: number;
  /** Of values that are digits only. */
  digits: number;
  /** Of a single name. */
  name: number;
  /** Of what is written exactly as it is known, whatever is glued to it. */
  glued: (surface: string) => boolean;
}

/** For all values that are known, in any text. */
const anywhere: Thresholds = { chars: 5, freeChars: 10, digits: 7, name: 8, glued: isUnlikeWords };
const gluedCharsMin = 6;

/** Not to be expected inside a word or number of something else. */
function isUnlikeWords(surface: string): boolean {
  if (/^\d+$/.test(surface)) return surface.length >= 9;
  return surface.length >= (/^\p{L}+$/u.test(surface) ? 8 : gluedCharsMin);
}
/** Base64 of a percent-encoded value, and the like. */
const depthMax = 2;
/** Shorter texts encode nothing. */
const encodedCharsMin = 8;
/** Parts of one text that are decoded where nobody looks at a clock. */
const partsMax = 20_000;

export function createDisguisedValues(least: Thresholds = anywhere): DisguisedValues {
  const forms = new Forms<KnownValue>(least.chars);
  const glued = new Forms<KnownValue>(gluedCharsMin);

  function findFolded(text: string, isOver: (() => boolean) | undefined): Finding[] {
    const found: Finding[] = [];
    if (forms.isEmpty) return found;
    const folded = foldText(text);
    let from = 0;
    forms.forEach(
      folded.codes,
      ({ class: name, surface }, index, length) => {
        const start = folded.offsets[index] ?? 0;
        const end = (folded.offsets[index + length - 1] ?? 0) + 1;
        const isFree = length >= least.freeChars || (isBoundary(text, start - 1) && isBoundary(text, end));
        if (!isFree || start < from) return false;
        found.push({ start, end, class: name, of: surface });
        from = end;
        return true;
      },
      isOver,
    );
    return found;
  }

  function findGlued(text: string, isOver: (() => boolean) | undefined): Finding[] {
    const found: Finding[] = [];
    if (glued.isEmpty) return found;
    glued.forEach(
      toCodes(text),
      ({ class: name, surface }, start, length) => {
        found.push({ start, end: start + length, class: name, of: surface });
        return true;
      },
      isOver,
    );
    return found;
  }

  function findAt(text: string, depth: number, options: DisguiseOptions): Finding[] {
    const { alsoIn, isOver, isPlain = false } = options;
    const found = [...findFolded(text, isOver), ...findGlued(text, isOver)];
    if (depth >= depthMax || isPlain || text.length < encodedCharsMin) return found;
    let parts = 0;
    for (const part of decodedParts(text)) {
      if (isOver === undefined ? ++parts > partsMax : isOver()) break;
      const inside = [...(alsoIn?.(part.text) ?? []), ...findAt(part.text, depth + 1, options)];
      const { start, end } = part;
      const all = inside.find((one) => one.start === 0 && one.end === part.text.length);
      if (all !== undefined) found.push({ ...all, start, end });
      // It cannot be taken apart, and nothing of it may be asked for.
      else if (inside.length > 0) found.push({ start, end, class: toMixedClass(inside), isMixed: true });
    }
    return found;
  }

  return {
    add(value) {
      const { class: name, surface } = value;
      const put = (form: string): void => {
        forms.add(form, value);
        forms.add([...form].reverse().join(""), value);
      };
      if (least.glued(surface)) glued.add(surface, value);
      const folded = toFolded(surface);
      if (/^\d+$/.test(folded)) {
        if (folded.length < least.digits) return;
        if (name === "PHONE") withoutCountryCode(surface, folded).forEach(put);
      }
      if (name === "NAME" && !/[\s,]/.test(surface.trim()) && folded.length < least.name) return;
      put(folded);
      for (const escaped of toEscaped(surface)) put(toFolded(escaped));
      if (/[a-z]/.test(folded)) forms.add(toFolded(rotate(surface.toLowerCase())), value);
    },
    find: (text, options = {}) => toDisjoint(findAt(text, 0, options)),
    clear() {
      forms.clear();
      glued.clear();
    },
  };
}

/** Whether a text is a value in some form and nothing else (what is to go where the value goes), and whether it holds it. */
export function createFormsOf(
  value: string,
  classes: Iterable<string>,
): { isOne: (text: string) => boolean; isIn: (text: string) => boolean } {
  const forms = createDisguisedValues({ chars: 1, freeChars: 1, digits: 1, name: 1, glued: () => false });
  const parts = createDisguisedValues();
  for (const name of classes) for (const list of [forms, parts]) list.add({ class: name, surface: value });
  const canonical = toFolded(value);
  const international = (text: string): boolean => withoutCountryCode(text, toFolded(text)).includes(canonical);
  return {
    isOne(text) {
      if (international(text)) return true;
      const [only] = forms.find(text);
      return only !== undefined && !/[\p{L}\p{N}]/u.test(text.slice(0, only.start) + text.slice(only.end));
    },
    isIn: (text) => parts.find(text).length > 0,
  };
}

/** How a page or a program writes a value with characters that mean something there; in others the escapes are looked through. */
function toEscaped(surface: string): string[] {
  const forms: string[] = [];
  if (/[&<>"']/.test(surface)) {
    const plain = surface.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
    for (const quote of ["&#39;", "&#x27;", "&apos;", "'"])
      for (const double of ["&quot;", "&#34;"]) forms.push(plain.replaceAll("'", quote).replaceAll('"', double));
  }
  if (/[\n\r\t]/.test(surface))
    forms.push(surface.replaceAll("\n", "\\n").replaceAll("\r", "\\r").replaceAll("\t", "\\t"));
  return [...new Set(forms)].filter((form) => form !== surface);
}

function isBoundary(text: string, index: number): boolean {
  return index < 0 || index >= text.length || !/[\p{L}\p{N}]/u.test(text[index] ?? "");
}

function rotate(text: string): string {
  return text.replaceAll(/[a-z]/g, (letter) => String.fromCharCode(((letter.charCodeAt(0) - 97 + 13) % 26) + 97));
}
