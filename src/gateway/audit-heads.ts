import type { Store } from "../store/store.ts";

/** A segment of the audit as the store knows it. */
export interface AuditHead {
  /** Its name in the folder. */
  file: string;
  /** Of a closed one: how many records it has, and the hash of the last. */
  records: number;
  lastHash?: string;
  /** It made room for others. */
  isRemoved: boolean;
}

/** Which segments there are and how the closed ones end, apart from their files. */
export interface AuditHeads {
  opened(file: string): void;
  closed(file: string, end: SegmentEnd): void;
  removed(file: string): void;
  all(): AuditHead[];
  /** Names of those that are not closed. */
  open(): string[];
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

interface Row {
  file: string;
  records: number;
  last_hash: string | null;
  is_removed: number;
}

const isHereAndClosed = "last_hash IS NOT NULL AND is_removed = 0";

export function createAuditHeads(store: Store): AuditHeads {
  return {
    opened: (file) =>
      void store.run(
        "INSERT INTO audit_segment (file, records, last_hash, bytes, is_removed) VALUES (?, 0, NULL, 0, 0)",
        [file],
      ),
    closed: (file, { records, lastHash, bytes }) =>
      void store.run("UPDATE audit_segment SET records = ?, last_hash = ?, bytes = ? WHERE file = ?", [
        ...[records, lastHash, bytes, file],
      ]),
    removed: (file) => void store.run("UPDATE audit_segment SET is_removed = 1 WHERE file = ?", [file]),
    all: () =>
      store
        .all<Row>("SELECT file, records, last_hash, is_removed FROM audit_segment ORDER BY file")
        .map(({ file, records, last_hash, is_removed }) => ({
          ...{ file, records, isRemoved: is_removed === 1 },
          ...(last_hash === null ? {} : { lastHash: last_hash }),
        })),
    open: () =>
      store
        .all<{ file: string }>(
          "SELECT file FROM audit_segment WHERE last_hash IS NULL AND is_removed = 0 ORDER BY file",
        )
        .map(({ file }) => file),
    closedBytes: () =>
      store.get<{ bytes: number | null }>(`SELECT SUM(bytes) AS bytes FROM audit_segment WHERE ${isHereAndClosed}`)
        ?.bytes ?? 0,
    oldest: () =>
      store.get<SegmentEnd & { file: string }>(
        `SELECT file, records, last_hash AS lastHash, bytes FROM audit_segment WHERE ${isHereAndClosed} ORDER BY file LIMIT 1`,
      ),
  };
}
