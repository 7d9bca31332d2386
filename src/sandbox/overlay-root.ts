import type { Stats } from "node:fs";
import type { DiskEntry, DiskRoot } from "./disk-root.ts";
import { FileError } from "./file-error.ts";
import type { ReadRoot } from "./layered-root.ts";

/**
 * A folder as it would be after changes that it never sees: what is not in `upper`, where all changes go, is read of
 * `lower`. Changes one after the other: the caller sees to that, as a `Workspace` does.
 */
export function createOverlayRoot(lower: ReadRoot, upper: DiskRoot): DiskRoot {
  /** Paths of `lower` that were removed, with all below them. */
  const gone = new Set<string>();

  const isGone = (names: readonly string[]): boolean =>
    gone.size > 0 && names.some((_, at) => gone.has(names.slice(0, at + 1).join("/")));

  /** Which of the two has what is at the path; of what neither has, one that says so. */
  async function layerOf(names: readonly string[]): Promise<ReadRoot> {
    return isGone(names) || (await find(upper, names)) !== undefined ? upper : lower;
  }

  const stat = async (names: readonly string[]): Promise<Stats> => (await layerOf(names)).stat(names);

  const statOrUndefined = (names: readonly string[]): Promise<Stats | undefined> => orUndefined(stat(names));

  async function list(names: readonly string[]): Promise<DiskEntry[]> {
    if (!(await stat(names)).isDirectory()) throw new FileError("ENOTDIR");
    const entries = new Map<string, DiskEntry>();
    if (!isGone(names))
      for (const entry of (await orUndefined(lower.list(names))) ?? [])
        if (!gone.has([...names, entry.name].join("/"))) entries.set(entry.name, entry);
    for (const entry of (await orUndefined(upper.list(names))) ?? []) entries.set(entry.name, entry);
    return [...entries.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Makes the folder that the last name is in, in `upper`, where it is one. */
  async function toUpper(names: readonly string[]): Promise<void> {
    if (names.length === 0) throw new FileError("EISDIR", "it is a root");
    const folder = names.slice(0, -1);
    if (!(await stat(folder)).isDirectory()) throw new FileError("ENOTDIR");
    if (folder.length > 0) await upper.makeFolder(folder, true);
  }

  /** Whole, with what is below it. */
  async function copy(names: readonly string[]): Promise<void> {
    if ((await stat(names)).isDirectory()) {
      await upper.makeFolder(names, true);
      for (const { name } of await list(names)) await copy([...names, name]);
    } else if ((await layerOf(names)) === lower) await upper.write(names, await lower.read(names), true);
  }

  async function hide(names: readonly string[]): Promise<void> {
    if ((await find(lower, names)) !== undefined) gone.add(names.join("/"));
  }

  return {
    read: async (names, admit) => (await layerOf(names)).read(names, admit),
    stat,
    list,
    async write(names, bytes, exclusive) {
      await toUpper(names);
      const there = await statOrUndefined(names);
      if (there?.isDirectory()) throw new FileError("EISDIR");
      if (exclusive && there !== undefined) throw new FileError("EEXIST");
      await upper.write(names, bytes, exclusive);
    },
    async append(names, bytes) {
      await toUpper(names);
      const there = await statOrUndefined(names);
      if (there?.isDirectory()) throw new FileError("EISDIR");
      if (there !== undefined) await copy(names);
      await upper.append(names, bytes);
    },
    async makeFolder(names, recursive) {
      if (!recursive) {
        await toUpper(names);
        if ((await statOrUndefined(names)) !== undefined) throw new FileError("EEXIST");
        return upper.makeFolder(names, false);
      }
      for (let depth = 1; depth <= names.length; depth += 1)
        if ((await statOrUndefined(names.slice(0, depth)))?.isDirectory() === false)
          throw new FileError(depth === names.length ? "EEXIST" : "ENOTDIR");
      await upper.makeFolder(names, true);
    },
    async remove(names, { recursive, folder }) {
      await toUpper(names);
      if (!(await stat(names)).isDirectory()) {
        if (folder) throw new FileError("ENOTDIR");
      } else if (!recursive) {
        if (!folder) throw new FileError("EISDIR", "use rm with recursive: true");
        if ((await list(names)).length > 0) throw new FileError("ENOTEMPTY");
      }
      await hide(names);
      if ((await find(upper, names)) !== undefined) await upper.remove(names, { recursive: true, folder: false });
    },
    async rename(from, to) {
      await toUpper(from);
      await toUpper(to);
      const isFolder = (await stat(from)).isDirectory();
      if (from.join("/") === to.join("/")) return;
      if (from.every((name, at) => name === to[at])) throw new FileError("EINVAL");
      const there = await statOrUndefined(to);
      if (there !== undefined && there.isDirectory() !== isFolder) throw new FileError(isFolder ? "ENOTDIR" : "EISDIR");
      if (there?.isDirectory() && (await list(to)).length > 0) throw new FileError("ENOTEMPTY");
      await copy(from);
      await hide(from);
      await upper.rename(from, to);
      await hide(to);
    },
  };
}

function find(root: ReadRoot, names: readonly string[]): Promise<Stats | undefined> {
  return orUndefined(root.stat(names));
}

/** `undefined` where there is nothing; other errors are those of what is there. */
async function orUndefined<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw error;
  }
}
