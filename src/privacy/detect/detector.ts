import type { Finding } from "../finding.ts";
import type { Candidate, Report } from "./candidate.ts";
import { toDisjoint } from "./candidate.ts";
import { findAddresses } from "./find-addresses.ts";
import { findBirthDates } from "./find-birth-dates.ts";
import { findColonAddresses } from "./find-colon-addresses.ts";
import { findCuedNames } from "./find-cued-names.ts";
import { findEmails } from "./find-emails.ts";
import { findFields } from "./find-fields.ts";
import { findInsertRows } from "./find-insert-rows.ts";
import { findMentions } from "./find-mentions.ts";
import { findNumbers } from "./find-numbers.ts";
import { findPassports } from "./find-passports.ts";
import { createProseNames } from "./find-prose-names.ts";
import { findSecrets } from "./find-secrets.ts";
import { findTables } from "./find-tables.ts";
import { findWallets } from "./find-wallets.ts";
import { toPlainText } from "./plain-text.ts";
import { toTraits } from "./traits.ts";
import { toMemberClass } from "./member-class.ts";
import type { Member } from "./member-class.ts";

const TEXT_MIN = 3;
const CANDIDATES_MAX = 500_000;
/** A sentence that tells of a credential or a passport is not shorter. */
const SENTENCE_MIN = 14;

/** What a detector looks for. */
export interface DetectorOptions {
  /** Classes to find. */
  classes: ReadonlySet<string>;
  /** Names in running prose too: by a lexicon that takes a third of a second to load, then in linear time. */
  prose: boolean;
  /** The user's own classes; each must be linear in the text. */
  own?: readonly OwnRecogniser[];
}

/** One class of the user's. */
export interface OwnRecogniser {
  class: string;
  find: (text: string) => Iterable<{ start: number; end: number }>;
}

/** Finds personal data; has no state that one text could leave for the next. */
export interface Detector {
  /**
   * Findings in a text, sorted by start, disjoint; in linear time, and the same for the same text. `onOverBudget` is
   * called if there was more than is collected (half a million candidates): what is given is then not all there is.
   */
  inText(text: string, onOverBudget?: () => void): Finding[];
  /** The class that the whole value of a member is; undefined = look into it with `inText`. */
  ofMember(member: Member): string | undefined;
}

/** A detector for these classes. */
export function createDetector({ classes, prose, own = [] }: DetectorOptions): Detector {
  const findProseNames = prose && classes.has("NAME") ? createProseNames() : undefined;
  return {
    inText(text, onOverBudget) {
      let isOver = false;
      const plain = toPlainText(text);
      const candidates: Candidate[] = [];
      const add = (candidate: Candidate) => {
        if (candidate.end <= candidate.start) return;
        if (candidates.length < CANDIDATES_MAX) candidates.push(candidate);
        else isOver = true;
      };
      const report: Report = (kind, start, end, rank) => {
        if (classes.has(kind)) add({ class: kind, start, end, rank });
      };
      if (text.length >= TEXT_MIN) search(plain.text, classes, report);
      if (text.length >= TEXT_MIN && classes.has("NAME")) {
        searchNames(plain.text, candidates.slice(), report);
        findProseNames?.(plain.text, report);
      }
      if (plain.text !== text)
        for (const candidate of candidates) {
          candidate.start = plain.offsetOf(candidate.start, false);
          candidate.end = plain.offsetOf(candidate.end, true);
        }
      for (const { class: kind, find } of own)
        for (const { start, end } of find(text)) add({ class: kind, start, end, rank: 3 });
      if (isOver) onOverBudget?.();
      return toDisjoint(candidates).map(({ start, end, class: kind }) => ({ start, end, class: kind }));
    },
    ofMember(member) {
      const kind = toMemberClass(member);
      return kind !== undefined && classes.has(kind) ? kind : undefined;
    },
  };
}

/** Everything but names, as far as the text has what each recogniser needs. */
function search(text: string, classes: ReadonlySet<string>, report: Report): void {
  const { at, digits, separator, newline, space, long } = toTraits(text);
  if (at && classes.has("EMAIL")) findEmails(text, report);
  if ((long || (space && text.length >= (isBearer(text) ? 0 : SENTENCE_MIN))) && classes.has("SECRET"))
    findSecrets(text, report);
  if (digits) findNumbers(text, classes, report);
  if (digits && classes.has("DOB")) findBirthDates(text, report);
  if (space && text.length >= SENTENCE_MIN && classes.has("PASSPORT")) findPassports(text, report);
  if (separator || digits) findColonAddresses(text, classes, report);
  if (separator) findFields(text, classes, report);
  if (newline) findTables(text, classes, report);
  if (space && text.includes("(")) findInsertRows(text, classes, report);
  if (long && classes.has("WALLET")) findWallets(text, report);
  if (space && classes.has("ADDRESS")) findAddresses(text, report);
}

/** `Bearer k3y` is shorter than a sentence. */
function isBearer(text: string): boolean {
  return (text.charCodeAt(0) | 32) === 98 && /^bearer /i.test(text);
}

function searchNames(text: string, found: readonly Candidate[], report: Report): void {
  const { newline, space, capital } = toTraits(text);
  if (space || newline || found.length > 0) findMentions(text, found, report);
  if (capital) findCuedNames(text, report);
}
