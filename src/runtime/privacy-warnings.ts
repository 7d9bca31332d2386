import type { SealedCounts } from "../gateway/call.ts";
import type { OutcomeWarning } from "./outcome.ts";

/** What a program does to the text of a value, and what it can ask instead. */
const acts: readonly { of: string; pattern: RegExp; instead: string }[] = [
  {
    of: "EMAIL",
    pattern:
      /\.(?:split|indexOf|lastIndexOf|includes)\(\s*["'`]@["'`]|\.(?:endsWith|includes)\(\s*["'`]@?[\w-]+\.\w{2,}["'`]/,
    instead: "await pii.domain(token)",
  },
  { of: "PHONE", pattern: /\.startsWith\(\s*["'`](?:\+|00)\d/, instead: "await pii.country(token)" },
  { of: "CARD", pattern: /\.slice\(\s*-4\s*\)/, instead: "await pii.last4(token)" },
  { of: "IBAN", pattern: /\.slice\(\s*(?:-4|0\s*,\s*2)\s*\)/, instead: "await pii.last4(token) or pii.country(token)" },
];

/** Warnings about tokens: a program that reads the text of one, and blocks of results that could not be looked through. */
export function toPrivacyWarnings(code: string, sealed: readonly SealedCounts[]): OutcomeWarning[] {
  const warnings: OutcomeWarning[] = [];
  const classes = new Set(sealed.flatMap(({ counts }) => Object.keys(counts)));
  for (const { of, pattern, instead } of acts) {
    const match = classes.has(of) ? pattern.exec(code) : null;
    if (match === null) continue;
    warnings.push({
      code: "token_text",
      message: `${of} values are tokens such as [${of}_1] here, so ${match[0].trim()}…) looks at the token: use ${instead}, with import { pii } from "sluice"`,
      line: code.slice(0, match.index).split("\n").length,
    });
  }
  const withheld = sealed.reduce((sum, one) => sum + one.withheld, 0);
  if (withheld > 0)
    warnings.push({
      code: "withheld",
      message: `${withheld} ${withheld === 1 ? "text of a result was" : "texts of results were"} too much to look through for personal data: each is one token, [TEXT_n]; ask the tool for less at a time`,
    });
  return warnings;
}
