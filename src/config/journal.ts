import { limits } from "../base/limits.ts";
import type { JournalConfig } from "./config.ts";
import { type IntegerKey, integer } from "./integer.ts";

const BYTES_MAX = 1_099_511_627_776;
const TEN_YEARS_MS = 316_224_000_000;

/** The keys of `journal`: all are whole numbers. */
export const journalKeys: Readonly<Record<keyof JournalConfig, IntegerKey>> = {
  bytesMax: integer(
    limits.journalBytesMax,
    0,
    BYTES_MAX,
    "Bytes recorded of one run; past it the run goes on and cannot be continued. 0: nothing is recorded.",
  ),
  keepBytes: integer(limits.journalKeepBytes, 0, BYTES_MAX, "Bytes of ended runs together, above which the oldest go."),
  keepRuns: integer(limits.journalKeepRuns, 0, 1_000_000, "Ended runs that are kept."),
  keepMs: integer(limits.journalKeepMs, 0, TEN_YEARS_MS, "How long an ended run is kept, in milliseconds."),
};

/** The section, from what was read under the dotted names of its keys. */
export function toJournal(read: ReadonlyMap<string, unknown>): JournalConfig {
  const names = Object.keys(journalKeys);
  return Object.fromEntries(names.map((name) => [name, read.get(`journal.${name}`)])) as unknown as JournalConfig;
}
