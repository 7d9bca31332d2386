import type { Store } from "../store/store.ts";

/** A segment of the audit as the store knows it. */
export interface AuditHead {
  /** Its name in the folder. */
  file: string;
  /** Of a closed one: how many records it has, and the hash of the last. */
  records: number;
  lastHash?: string;
  /** Of a closed one: its size. */
  bytes: number;
  /** A line that its own process had put on the disk: how many records there were with it, and its hash. */
  flushed?: FlushedLine;
  /** It made room for others. */
  isRemoved: boolean;
}

/** Which segments there are and how the closed ones end, apart from their files. */
export interface AuditHeads {
  opened(file: string): void;
  /** Its process has put it on the disk so far. Nobody else says this of it, and a later line is never taken back. */
  flushed(file: string, line: FlushedLine): void;
  /** The same, where nobody waits for it: throws at once where another process holds the store. */
  flushedBeside(file: string, line: FlushedLine): void;
  /** How it ends; of a process that is gone, by its file. */
  closed(file: string, end: SegmentEnd): void;
  /** Has it removed and keeps that; neither where one of both fails. */
  removed(file: string, remove: () => void): void;
  all(): AuditHead[];
  /** Names of those that are not closed. */
  open(): string[];
  /** Ends of those that were closed and are there, the newest first. */
  newestClosed(max: number): { file: string; lastHash: string }[];
  /** Bytes of the closed ones that are there. */
  closedBytes(): number;
  /** The oldest closed one that is there. */
  oldest(): (SegmentEnd & { file: string }) | undefined;
}

/** How a closed segment ends. */
export interface SegmentEnd {
  records: number;
  lastHash: string;
  bytes: number;
}

export type FlushedLine = Pick<SegmentEnd, "records"> & { hash: string };

interface Row {
  file: string;
  records: number;
  last_hash: string | null;
  bytes: number;
  flushed_records: number;
  flushed_hash: string | null;
  is_removed: number;
}

const isHereAndClosed = "last_hash IS NOT NULL AND is_removed = 0";

export function createAuditHeads(store: Store): AuditHeads {
  const flushed = (file: string, { records, hash }: FlushedLine): void =>
    void store.run(
      "UPDATE audit_segment SET flushed_records = ?, flushed_hash = ? WHERE file = ? AND flushed_records < ?",
      [records, hash, file, records],
    );
  return {
    opened: (file) =>
      void store.run(
        "INSERT INTO audit_segment (file, records, last_hash, bytes, is_removed) VALUES (?, 0, NULL, 0, 0)",
        [file],
      ),
    flushed,
    flushedBeside: (file, line) => store.withoutWaiting(() => flushed(file, line)),
    closed: (file, { records, lastHash, bytes }) =>
      void store.run("UPDATE audit_segment SET records = ?, last_hash = ?, bytes = ? WHERE file = ?", [
        ...[records, lastHash, bytes, file],
      ]),
    removed: (file, remove) =>
      store.transaction(() => {
        store.run("UPDATE audit_segment SET is_removed = 1 WHERE file = ?", [file]);
        remove();
      }),
    all: () =>
      store
        .all<Row>(
          "SELECT file, records, last_hash, bytes, flushed_records, flushed_hash, is_removed FROM audit_segment ORDER BY file",
        )
        .map(({ file, records, last_hash, bytes, flushed_records, flushed_hash, is_removed }) => ({
          ...{ file, records, bytes, isRemoved: is_removed === 1 },
          ...(last_hash === null ? {} : { lastHash: last_hash }),
          ...(flushed_hash === null ? {} : { flushed: { records: flushed_records, hash: flushed_hash } }),
        })),
    open: () =>
      store
        .all<{ file: string }>(
          "SELECT file FROM audit_segment WHERE last_hash IS NULL AND is_removed = 0 ORDER BY file",
        )
        .map(({ file }) => file),
    newestClosed: (max) =>
      store.all<{ file: string; lastHash: string }>(
        `SELECT file, last_hash AS lastHash FROM audit_segment WHERE ${isHereAndClosed} ORDER BY file DESC LIMIT ?`,
        [max],
      ),
    closedBytes: () =>
      store.get<{ bytes: number | null }>(`SELECT SUM(bytes) AS bytes FROM audit_segment WHERE ${isHereAndClosed}`)
        ?.bytes ?? 0,
    oldest: () =>
      store.get<SegmentEnd & { file: string }>(
        `SELECT file, records, last_hash AS lastHash, bytes FROM audit_segment WHERE ${isHereAndClosed} ORDER BY file LIMIT 1`,
      ),
  };
}
