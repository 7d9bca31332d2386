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
  closed(file: string, records: number, lastHash: string): void;
  removed(file: string): void;
  all(): AuditHead[];
}

interface Row {
  file: string;
  records: number;
  last_hash: string | null;
  is_removed: number;
}

export function createAuditHeads(store: Store): AuditHeads {
  return {
    opened: (file) =>
      void store.run("INSERT INTO audit_segment (file, records, last_hash, is_removed) VALUES (?, 0, NULL, 0)", [file]),
    closed: (file, records, lastHash) =>
      void store.run("UPDATE audit_segment SET records = ?, last_hash = ? WHERE file = ?", [records, lastHash, file]),
    removed: (file) => void store.run("UPDATE audit_segment SET is_removed = 1 WHERE file = ?", [file]),
    all: () =>
      store
        .all<Row>("SELECT file, records, last_hash, is_removed FROM audit_segment ORDER BY file")
        .map(({ file, records, last_hash, is_removed }) => ({
          ...{ file, records, isRemoved: is_removed === 1 },
          ...(last_hash === null ? {} : { lastHash: last_hash }),
        })),
  };
}
