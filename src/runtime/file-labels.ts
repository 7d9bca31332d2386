import type { ReadLabel } from "../config/config.ts";
import type { Store } from "../store/store.ts";

/**
 * What the files of the workspace hold of what programs had read when they wrote them. Kept by the host, not in the
 * files: who writes a file in one execution and reads it in another has not made it clean.
 */
export interface FileLabels {
  /** Of a path below the workspace and the folders that it lies in; as a list, of all that lies below it too. */
  of(path: string, isList?: boolean): ReadLabel[];
  /** A file was written, or something was moved there; `isPart`: what was there before is still in it. */
  set(path: string, labels: Iterable<ReadLabel>, isPart: boolean): void;
}

/** Folders where the host keeps what tools answered: what is there has no label of its own and may be anything. */
const kept = [".spill", ".media"];

export function createFileLabels(store: Store): FileLabels {
  function own(path: string): ReadLabel[] | undefined {
    const row = store.get<{ labels: string }>("SELECT labels FROM file_label WHERE path = ?", [path]);
    return row === undefined ? undefined : (JSON.parse(row.labels) as ReadLabel[]);
  }

  function of(path: string, isList = false): ReadLabel[] {
    const names = path.split("/");
    if (kept.some((folder) => folder === names[0])) return ["private", "untrusted"];
    const found = names.flatMap((_, at) => own(names.slice(0, at + 1).join("/")) ?? []);
    return [...new Set([...found, ...(isList ? below(path) : [])])];
  }

  function below(path: string): ReadLabel[] {
    const prefix = path === "" ? "" : `${path}/`;
    const rows = store.all<{ labels: string }>(
      "SELECT DISTINCT labels FROM file_label WHERE substr(path, 1, length(?)) = ?",
      [...[prefix, prefix]],
    );
    return rows.flatMap(({ labels }) => JSON.parse(labels) as ReadLabel[]);
  }

  return {
    of,
    set(path, labels, isPart) {
      const all = [...new Set([...labels, ...(isPart ? of(path) : [])])].sort();
      if (all.length === 0) store.run("DELETE FROM file_label WHERE path = ?", [path]);
      else store.run("INSERT OR REPLACE INTO file_label (path, labels) VALUES (?, ?)", [path, JSON.stringify(all)]);
    },
  };
}
