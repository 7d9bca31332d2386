/**
 * Whether an address matches a pattern in which `*` is any characters, also none. No regular expression is made of
 * what somebody wrote: the pieces between the stars are searched from left to right, which cannot backtrack.
 */
export function matchesPattern(pattern: string, address: string): boolean {
  const pieces = pattern.split("*");
  const first = pieces[0] ?? "";
  const last = pieces.at(-1) ?? "";
  if (pieces.length === 1) return pattern === address;
  if (address.length < first.length + last.length || !address.startsWith(first) || !address.endsWith(last))
    return false;
  const end = address.length - last.length;
  let from = first.length;
  for (const piece of pieces.slice(1, -1)) {
    const found = address.indexOf(piece, from);
    if (found === -1 || found + piece.length > end) return false;
    from = found + piece.length;
  }
  return true;
}

/**
 * Prepares rules by pattern: which one holds for an address. The one with the most literal characters wins; on a tie the
 * one that was given first.
 */
export function createRules<Rule>(
  rules: Iterable<readonly [pattern: string, rule: Rule]>,
): (address: string) => { pattern: string; rule: Rule } | undefined {
  const sorted = [...rules]
    .map(([pattern, rule]) => ({ pattern, rule }))
    .sort((a, b) => literalLength(b.pattern) - literalLength(a.pattern));
  return (address) => sorted.find(({ pattern }) => matchesPattern(pattern, address));
}

/** How many characters of a pattern stand for themselves: the more, the more precise the rule. */
export function literalLength(pattern: string): number {
  return pattern.replaceAll("*", "").length;
}
