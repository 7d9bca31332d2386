import type { ReadLabel } from "../config/config.ts";
import { defaultWorkspace } from "../config/workspaces.ts";
import type { Store } from "../store/store.ts";

/**
 * What the workspace holds of what programs had read when they changed it. Kept by the host, not in the files: who writes
 * a file in one execution and reads it in another has not made it clean. Which names a folder has is content too.
 */
export interface FileLabels {
  /** Of what is at a path, of the folders that it lies in, and if `isDeep` of all that lies below it. */
  of(path: string, isDeep?: boolean): ReadLabel[];
  /** Of which names a folder has, and those that it lies in. */
  ofNames(folder: string): ReadLabel[];
  /** Something was written or moved there; `isPart`: what was there before is still in it. */
  set(path: string, labels: Iterable<ReadLabel>, isPart: boolean): void;
  /** A name came to a folder or went. */
  addName(folder: string, labels: Iterable<ReadLabel>): void;
}

type Kind = "content" | "names";

/** Folders where the host keeps what tools answered: what is there has no label of its own and may be anything. */
const kept = [".spill", ".media"];

/** `workspace`: each has labels of its own. */
export function createFileLabels(store: Store, workspace: string = defaultWorkspace): FileLabels {
  // No path begins with a line end.
  const prefix = workspace === defaultWorkspace ? "" : `\n${workspace}/`;
  // What is no file (learned types) is everybody's.
  const full = (path: string): string => (path.startsWith("\n") ? path : prefix + path);
  function own(path: string, kind: Kind): ReadLabel[] {
    const row = store.get<{ labels: string }>("SELECT labels FROM file_label WHERE path = ? AND kind = ?", [
      full(path),
      kind,
    ]);
    return row === undefined ? [] : (JSON.parse(row.labels) as ReadLabel[]);
  }

  function put(path: string, kind: Kind, labels: Iterable<ReadLabel>): void {
    const all = [...new Set(labels)].sort();
    // Most changes change no label, and a write costs ten times a look.
    if (all.join() === own(path, kind).join()) return;
    if (all.length === 0) store.run("DELETE FROM file_label WHERE path = ? AND kind = ?", [full(path), kind]);
    else
      store.run("INSERT OR REPLACE INTO file_label (path, kind, labels) VALUES (?, ?, ?)", [
        ...[full(path), kind, JSON.stringify(all)],
      ]);
  }

  function below(path: string): ReadLabel[] {
    const start = path === "" ? prefix : `${prefix}${path}/`;
    const rows = store.all<{ labels: string }>(
      "SELECT DISTINCT labels FROM file_label WHERE substr(path, 1, length(?)) = ?",
      [start, start],
    );
    return rows.flatMap(({ labels }) => JSON.parse(labels) as ReadLabel[]);
  }

  function of(path: string, isDeep = false): ReadLabel[] {
    const names = path.split("/");
    if (kept.some((folder) => folder === names[0])) return ["private", "untrusted"];
    const found = names.flatMap((_, at) => own(names.slice(0, at + 1).join("/"), "content"));
    return [...new Set([...found, ...(isDeep ? below(path) : [])])];
  }

  return {
    of,
    ofNames(folder) {
      const names = folder === "" ? [] : folder.split("/");
      return ["", ...names.map((_, at) => names.slice(0, at + 1).join("/"))].flatMap((each) => own(each, "names"));
    },
    set: (path, labels, isPart) => put(path, "content", [...labels, ...(isPart ? of(path) : [])]),
    addName: (folder, labels) => put(folder, "names", [...labels, ...own(folder, "names")]),
  };
}
