import { literalClass, textClass } from "./classes.ts";
import type { DisguisedValues } from "./disguised-values.ts";
import type { Echoes } from "./echoes.ts";
import type { Finding } from "./finding.ts";
import { createKnownValues, type KnownValues } from "./known-values.ts";
import type { Slot } from "./slot.ts";
import { toMixedClass, joinFindings, widenFindings } from "./spans.ts";

export interface ReplayParts {
  known: KnownValues;
  /** For servers that values were sent to: what they make of them. */
  disguised?: DisguisedValues;
  /** Of the values that the call was given whose answer it is. */
  echoes?: Echoes;
}

/** A value that was looked at once. */
export interface Looked {
  readonly slots: readonly Slot[];
  /** Texts of digits that may be a known value's. */
  readonly digits: ReadonlySet<Slot>;
  /** Whether its time is used up. */
  isOver: () => boolean;
  /** Makes all of a text opaque. */
  withhold(slot: Slot): void;
}

/** Values known before, those just found, and those that the call was given, wherever else they stand. */
export function replay(look: Looked, { known, disguised, echoes }: ReplayParts): void {
  const here = createKnownValues();
  for (const { text, findings } of look.slots)
    for (const { start, end, class: name, isMixed, of } of findings)
      if (name !== literalClass && name !== textClass && isMixed !== true)
        for (const surface of new Set([text.slice(start, end), of ?? ""])) here.add({ class: name, surface });
  function findKnown(slot: Slot): void {
    const { text, kind } = slot;
    if (kind === "number" || look.digits.has(slot)) {
      const digits = text.replace("-", "");
      const again = here.ofDigits(digits) ?? known.ofDigits(digits);
      if (again !== undefined) slot.cover(again.class, again.surface);
    } else if (kind === "text") {
      for (const values of [here, known]) {
        const again = values.find(text);
        if (again.length > 0) slot.findings = widenFindings(slot.findings, again);
      }
      // What a tool makes of a value (other case, reversed, encoded) is of the value's class.
      const again = disguised?.find(text, { isPlain: text.length > DECODED_CHARS_MAX }) ?? [];
      if (again.length > 0) slot.findings = widenFindings(slot.findings, again);
    }
  }
  for (const slot of look.slots) {
    // A look-alike says nothing of what else it holds.
    if (!slot.isWhole || slot.findings[0]?.class === literalClass) findKnown(slot);
    if (echoes === undefined || (slot.isWhole && slot.findings[0]?.class === textClass)) continue;
    const again = look.isOver() ? [] : echoes.find(slot.text, look.isOver);
    if (look.isOver()) look.withhold(slot);
    else if (slot.isWhole) slot.findings = inheriting(slot.findings, again, slot.text);
    else if (again.length > 0) addEchoes(slot, again);
  }
}

/** Longer texts are decoded only in answers to calls that were given values. */
const DECODED_CHARS_MAX = 65_536;

/**
 * Findings around values that the call was given: a program can write anything around a token, and what comes back is of
 * the value's class whatever it looks like. Both lists are sorted and disjoint.
 */
function inheriting(found: readonly Finding[], echoes: readonly Finding[], text: string): Finding[] {
  let at = 0;
  return found.map((one) => {
    while ((echoes[at]?.end ?? Infinity) <= one.start) at += 1;
    const inside: Finding[] = [];
    for (let next = at; (echoes[next]?.start ?? Infinity) < one.end; next += 1) inside.push(echoes[next] as Finding);
    return inside.length === 0 ? one : inherit(one, inside, text);
  });
}

function inherit(one: Finding, inside: readonly Finding[], text: string): Finding {
  const [only] = inside;
  if (only?.start === one.start && only.end === one.end) return only;
  const mixed = { start: one.start, end: one.end, class: toMixedClass(inside), isMixed: true };
  if (mixed.class !== textClass) return mixed;
  if (one.class === "EMAIL") {
    const domain = one.start + domainAt(text.slice(one.start, one.end));
    return inside.every((echo) => isPersonal.has(echo.class) && echo.start <= domain) ? one : mixed;
  }
  // With something before it, it would be another value, of which a question tells how the first one begins.
  return inside.length === 1 && only?.class === one.class && only.of !== undefined ? { ...one, of: only.of } : mixed;
}

/** What an address may hold: what it has before its domain. */
const isPersonal = new Set(["EMAIL", "NAME", "USERNAME"]);

/** Where the domain of an address begins: that much of one may be asked for, so no value stands in it. */
function domainAt(address: string): number {
  return Math.max(address.lastIndexOf("@"), address.lastIndexOf("＠"));
}

function addEchoes(slot: Slot, again: readonly Finding[]): void {
  const [first] = again;
  // Part of a number is no number.
  if (slot.isNumber)
    slot.cover(first?.class ?? textClass, again.length === 1 && isAll(first, slot) ? first?.of : undefined);
  // A member that has the name of an opaque text is mostly that name.
  else if (slot.kind !== "key" || first?.class !== textClass)
    slot.findings = inheriting(joinFindings([...slot.findings, ...again]), again, slot.text);
}

function isAll(found: Finding | undefined, { text }: Slot): boolean {
  return found?.start === 0 && found.end === text.length;
}
