import { guardedClasses, literalClass, textClass } from "./classes.ts";
import type { Finding } from "./finding.ts";

/** The text with each span replaced; spans are sorted and disjoint. */
export function replaceSpans(
  text: string,
  spans: readonly { start: number; end: number }[],
  replacement: (index: number) => string,
): string {
  if (spans.length === 0) return text;
  let replaced = "";
  let from = 0;
  for (const [index, { start, end }] of spans.entries()) {
    replaced += text.slice(from, start) + replacement(index);
    from = end;
  }
  return replaced + text.slice(from);
}

/** The findings of the first list, and those of the second that meet none of them; each list is sorted and disjoint. */
export function mergeFindings(first: readonly Finding[], second: readonly Finding[]): Finding[] {
  if (first.length === 0) return [...second];
  if (second.length === 0) return [...first];
  let at = 0;
  // One pass over both: what ends before one begins ends before all that follow.
  const free = second.filter(({ start, end }) => {
    while ((first[at]?.end ?? Infinity) <= start) at += 1;
    return (first[at]?.start ?? Infinity) >= end;
  });
  return [...first, ...free].sort((a, b) => a.start - b.start);
}

/**
 * Both, but what is known as a whole takes the place of a part of it, be that a literal; of others that overlap one is
 * made, so that nothing of any is left. A literal that is all of a known value stays one.
 */
export function widenFindings(found: readonly Finding[], known: readonly Finding[]): Finding[] {
  let at = 0;
  const kept = found.filter(({ start, end, class: name }) => {
    while ((known[at]?.end ?? Infinity) < end) at += 1;
    const whole = known[at];
    const more = whole === undefined ? -1 : whole.end - whole.start - (end - start);
    const isSame = more === 0 && whole?.of !== undefined && name !== literalClass;
    return !(whole !== undefined && whole.start <= start && (more > 0 || isSame));
  });
  return joinFindings([...kept, ...known]);
}

/**
 * Sorted; of those that overlap one is made, so that nothing of any is left. It is of no class that one of them is not of: it
 * goes nowhere, and answers nothing, that only one of them may. A look-alike in it is restored with it.
 */
export function joinFindings(found: readonly Finding[]): Finding[] {
  const joined: Finding[] = [];
  for (const one of found.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    const last = joined.at(-1);
    if (last === undefined || one.start >= last.end) joined.push({ ...one });
    else if (one.start === last.start && one.end === last.end) {
      // Two say the same: the one that knows of what it is a form.
      if (last.of === undefined && one.of !== undefined) joined[joined.length - 1] = { ...one };
    } else if (one.end > last.end || (last.class === literalClass && one.class !== literalClass)) {
      const name = last.class === one.class ? one.class : toMixedClass([last, one]);
      // What is more than a value is not another form of it.
      joined[joined.length - 1] = { start: last.start, end: Math.max(last.end, one.end), class: name, isMixed: true };
    }
  }
  return joined;
}

/** Those that are not inside one of the spans; each list is sorted and disjoint. */
export function notInside<Span extends { start: number; end: number }>(
  found: readonly Span[],
  spans: readonly { start: number; end: number }[],
): Span[] {
  let at = 0;
  return found.filter(({ start, end }) => {
    while ((spans[at]?.end ?? Infinity) <= start) at += 1;
    const around = spans[at];
    return !(around !== undefined && around.start <= start && end <= around.end);
  });
}

/** The class of what holds them and more: one that is dangerous anywhere, if there is one among them, else of nothing that may be asked. */
export function toMixedClass(found: readonly Finding[]): string {
  return guardedClasses.find((name) => found.some((one) => one.class === name)) ?? textClass;
}

/** Sorted; of those that overlap the first, the longest of them, stays. */
export function toDisjoint(found: readonly Finding[]): Finding[] {
  const kept: Finding[] = [];
  for (const one of found.toSorted((a, b) => a.start - b.start || b.end - a.end))
    if (one.start >= (kept.at(-1)?.end ?? 0)) kept.push(one);
  return kept;
}
