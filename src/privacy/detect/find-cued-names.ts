import type { Report } from "./candidate.ts";
import { isSurelyNameLike } from "./name-like.ts";

const NAME_MAX = 64;
const CUE_MAX = 24;
const ABBREVIATION_MAX = 4;
/** A word of these before it makes a single capital word a name. */
const titles = new Set(
  "mr mrs ms mx dr prof herr frau fräulein mme mlle monsieur madame señor señora sr sra srta signor signora sig dhr mevr mevrouw meneer pan pani doña don bay bayan named".split(
    " ",
  ),
);
/** Somebody is meant; two capital words are asked for, because "customer Success" and "user Guide" have one. */
const people = new Set(
  (
    "customer client patient employee colleague contact guest passenger applicant candidate tenant attendee participant " +
    "manager director attorney lawyer nurse doctor recipient beneficiary guardian student teacher professor friend wife husband " +
    "son daughter mother father brother sister uncle aunt boss neighbor neighbour ceo cto cfo founder president driver member " +
    "subscriber cardholder holder reporter assignee organizer owner lead kunde kundin kollege kollegin patientin mitarbeiter mitarbeiterin cliente " +
    "paciente collègue klant user buyer seller sender signer tell ask ping remind cc contact call called calling phone email emailed invite thank thanks met meet"
  ).split(" "),
);
const doers = new Set(
  "reported submitted signed reviewed approved written created assigned requested sent prepared booked owned led hosted handled opened closed authored contacted drafted filed paid ordered issued witnessed represented".split(
    " ",
  ),
);
const meetings = new Set(
  "spoke spoken met meeting call called chat chatted talk talked lunch dinner coffee interview 1:1 sync appointment session intro catch-up check-in demo onboarding".split(
    " ",
  ),
);
const name =
  /^\p{Lu}[\p{L}\p{M}]+(?:['’-]\p{L}+)*(?: (?:(?:de|da|do|dos|del|della|di|du|la|le|van|von|der|den|ter|te|zu|al|bin) ){0,3}(?:\p{Lu}\.|\p{Lu}[\p{L}\p{M}]+(?:['’-]\p{L}+)*)){0,3}/u;
const heading =
  /^(?:1[:-]1s?|one[- ]on[- ]one|sync|call|meeting|lunch|dinner|coffee|interview|catch-?up|intro|chat|demo|check-?in|onboarding|standup)\b[: –-]*(?:with |mit |avec |con )?/iu;
const HEADING_MAX = 100;
/** A capital after a space, or a letter that may be one. */
const capitals = / [A-Z\u00C0-\u052F]/g;

/** Names after a word that leads in somebody: "Dr. Lee", "customer Ann Day", "signed by …", "call Ann back", "1:1 Ann / Bo". */
export function findCuedNames(text: string, report: Report): void {
  capitals.lastIndex = 0;
  // A match object for each capital would take most of the time.
  while (capitals.test(text)) {
    const at = capitals.lastIndex - 2;
    const before = toWordBefore(text, at);
    if (before === "") continue;
    const needed = toWordsNeeded(before, text, at);
    if (needed === 0) continue;
    const found = name.exec(text.slice(at + 1, at + 1 + NAME_MAX))?.[0] ?? "";
    const isCalledBack =
      needed === 2 &&
      /^(?:call|ring|phone)$/u.test(before) &&
      /^ (?:back|on \+?\d|at \+?\d|under \+?\d)/u.test(text.slice(at + 1 + found.length, at + 16 + found.length));
    if (found !== "" && found !== found.toUpperCase() && isSurelyNameLike(found, isCalledBack ? 1 : needed))
      report("NAME", at + 1, at + 1 + found.length, 1);
  }
  if (text.length <= HEADING_MAX) findInHeading(text, report);
}

/** How many capital words a name must have after this word; 0 = it leads in nobody. */
function toWordsNeeded(before: string, text: string, at: number): number {
  if (titles.has(before)) return 1;
  if (people.has(before)) return 2;
  const isLink = before === "by" || before === "with" || before === "is" || before === "to";
  if (!isLink) return 0;
  const earlier = toWordBefore(text, at - before.length - 1);
  if (before === "is") return earlier === "name" ? 1 : 0;
  if (before === "by") return doers.has(earlier) ? 2 : 0;
  if (before === "to") return earlier === "assigned" || earlier === "spoke" || earlier === "spoken" ? 2 : 0;
  return meetings.has(earlier) ? 2 : 0;
}

/** The word that ends at a space, in lower case, without its dot; empty if it is long or none. */
function toWordBefore(text: string, space: number): string {
  let end = space;
  if (text.charCodeAt(end - 1) === 46) end -= 1;
  let start = end;
  while (start > 0 && end - start < CUE_MAX && isCueCharacter(text.charCodeAt(start - 1))) start -= 1;
  // After a longer word a dot ends the sentence.
  if (start === end || end - start >= CUE_MAX || (end < space && end - start > ABBREVIATION_MAX)) return "";
  return text.slice(start, end).toLowerCase();
}

/** Letters; digits, colons and hyphens are in "1:1" and "catch-up". */
function isCueCharacter(code: number): boolean {
  return (
    (code >= 97 && code <= 122) ||
    (code >= 65 && code <= 90) ||
    (code >= 48 && code <= 58) ||
    code === 45 ||
    code >= 0xc0
  );
}

function findInHeading(text: string, report: Report): void {
  const opening = heading.exec(text)?.[0];
  if (opening === undefined) return;
  let start = opening.length;
  for (const part of text.slice(start).split(/( ?[/&+,×|] ?| and | und | et | y | x | <> | vs\.? )/u)) {
    const value = part.trim();
    const from = start + part.length - part.trimStart().length;
    if (isSurelyNameLike(value, 1) && value.split(" ").length <= 4) report("NAME", from, from + value.length, 2);
    start += part.length;
  }
}
