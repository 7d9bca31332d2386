import { createDiskRoot, type DiskEntry, type DiskRoot } from "./disk-root.ts";

/** What is read of a folder. */
export type ReadRoot = Pick<DiskRoot, "read" | "list" | "stat">;

/**
 * Several folders as one: of two entries with one name, that of the folder named first is there, and the other is not.
 * Folders that do not exist are empty.
 */
export function createLayeredRoot(folders: readonly string[]): ReadRoot {
  const roots = folders.map(createDiskRoot);
  const [first] = roots;
  if (first !== undefined && roots.length === 1) return first;

  async function rootOf(names: readonly string[]): Promise<DiskRoot> {
    for (const root of roots)
      if (
        await root.stat(names.slice(0, 1)).then(
          () => true,
          () => false,
        )
      )
        return root;
    // The error is that of the first.
    return roots[0] as DiskRoot;
  }

  return {
    read: async (names, admit) => (await rootOf(names)).read(names, admit),
    stat: async (names) => (await rootOf(names)).stat(names),
    async list(names) {
      if (names.length > 0) return (await rootOf(names)).list(names);
      const found = new Map<string, DiskEntry>();
      for (const root of roots)
        for (const entry of await root.list([]).catch(() => []))
          if (!found.has(entry.name)) found.set(entry.name, entry);
      return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    },
  };
}
