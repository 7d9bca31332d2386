import { literalClass } from "./classes.ts";
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

/** The same, but what is known as a whole takes the place of a part of it; a literal stays one. */
export function widenFindings(found: readonly Finding[], known: readonly Finding[]): Finding[] {
  let at = 0;
  const kept = found.filter(({ start, end, class: name }) => {
    while ((known[at]?.end ?? Infinity) < end) at += 1;
    const whole = known[at];
    const isPart = whole !== undefined && whole.start <= start && whole.end - whole.start > end - start;
    return name === literalClass || !isPart;
  });
  return mergeFindings(kept, known);
}
