import { mkdir } from "node:fs/promises";
import { limits as bounds } from "../base/limits.ts";
import { createDiskRoot, type DiskRoot } from "./disk-root.ts";
import { FileError } from "./file-error.ts";

/**
 * A workspace on disk, shared by executions of one process: its quota is counted once. What changes it is
 * done one act after the other, so that no two of them take the same room.
 */
export interface Workspace {
  /** For reading; what it writes is not counted. */
  readonly root: DiskRoot;
  /** It is one program's, and goes with it. */
  readonly isScratch: boolean;
  /**
   * Writes a file, in a folder that exists. Refuses (EDQUOT, EFBIG) what would pass a bound; `own` are lower ones of
   * the caller. `onBefore` is told the size of what is there, when all that can be refused was.
   */
  write(
    names: readonly string[],
    bytes: Uint8Array,
    mode: "replace" | "create" | "append",
    own?: WorkspaceLimits,
    onBefore?: (size: number) => void,
  ): Promise<void>;
  makeFolder(names: readonly string[], recursive: boolean, own?: WorkspaceLimits): Promise<void>;
  remove(names: readonly string[], options: { recursive: boolean; folder: boolean }): Promise<void>;
  rename(from: readonly string[], to: readonly string[]): Promise<void>;
}

export interface WorkspaceLimits {
  workspaceBytesMax: number;
  workspaceFilesMax: number;
  fileBytesMax: number;
}

/** Opens (and makes) the folder of a workspace. */
export async function openWorkspace(folder: string, limits: WorkspaceLimits): Promise<Workspace> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return createWorkspace(createDiskRoot(folder), limits);
}

/** The same over a folder that is open. */
export function createWorkspace(
  root: DiskRoot,
  limits: WorkspaceLimits,
  { isScratch = false }: { isScratch?: boolean } = {},
): Workspace {
  /** Counted when it is first needed, and again after what cannot be reckoned. */
  let used: { bytes: number; files: number } | undefined;
  let line: Promise<unknown> = Promise.resolve();

  function inLine(act: () => Promise<void>): Promise<void> {
    const done = line.then(act);
    line = done.catch(() => undefined);
    return done;
  }

  async function count(names: readonly string[], total: { bytes: number; files: number }): Promise<void> {
    if (names.length > bounds.pathDepthMax) return;
    for (const entry of await root.list(names)) {
      total.files += 1;
      if (entry.kind === "directory") await count([...names, entry.name], total);
      // It may be gone since: another process uses the folder too.
      else total.bytes += (await sizeOf([...names, entry.name]))?.bytes ?? 0;
    }
  }

  async function sizeOf(names: readonly string[]): Promise<{ bytes: number; isFile: boolean } | undefined> {
    const stat = await root.stat(names).catch(() => undefined);
    return stat && { bytes: stat.isFile() ? stat.size : 0, isFile: stat.isFile() };
  }

  /** How many folders there are to be made for this one to be. */
  async function countMissing(names: readonly string[]): Promise<number> {
    if (names.length === 0 || (await sizeOf(names)) !== undefined) return 0;
    return 1 + (await countMissing(names.slice(0, -1)));
  }

  /** Does what makes (so many entries), grows or replaces an entry, if there is room for it. */
  async function fill(
    names: readonly string[],
    { bytes, grows, makes }: { bytes: number; grows: boolean; makes: number },
    { fileBytesMax, workspaceBytesMax, workspaceFilesMax }: WorkspaceLimits,
    act: (size: number) => Promise<void>,
  ): Promise<void> {
    if (used === undefined) {
      const total = { bytes: 0, files: 0 };
      await count([], total);
      used = total;
    }
    const old = await sizeOf(names);
    const size = bytes + (grows ? (old?.bytes ?? 0) : 0);
    if (size > fileBytesMax) throw new FileError("EFBIG", `${size} bytes; fileBytesMax is ${fileBytesMax}`);
    const after = { bytes: used.bytes + size - (old?.bytes ?? 0), files: used.files + (old === undefined ? makes : 0) };
    if (after.bytes > workspaceBytesMax && after.bytes > used.bytes)
      throw new FileError("EDQUOT", `workspaceBytesMax is ${workspaceBytesMax}, ${used.bytes} bytes are used`);
    if (after.files > workspaceFilesMax && old === undefined)
      throw new FileError("EDQUOT", `workspaceFilesMax is ${workspaceFilesMax}`);
    await act(old?.bytes ?? 0);
    used = after;
  }

  /** Does what takes one entry away. */
  async function clear(names: readonly string[], act: () => Promise<void>): Promise<void> {
    const old = await sizeOf(names);
    try {
      await act();
    } catch (error) {
      // Part of it may have happened.
      used = undefined;
      throw error;
    }
    if (old?.isFile === true && used !== undefined) used = { bytes: used.bytes - old.bytes, files: used.files - 1 };
    else if (old !== undefined) used = undefined;
  }

  /** How many folders there are below this one, one in the other; not more than asked about. */
  async function heightOf(names: readonly string[], most: number): Promise<number> {
    if (most < 0) return 0;
    let height = 0;
    for (const { name, kind } of await root.list(names))
      if (kind === "directory") height = Math.max(height, 1 + (await heightOf([...names, name], most - 1)));
    return height;
  }

  /** What would end up deeper than a path can be could be reached, and counted, by nobody. */
  async function refuseTooDeep(from: readonly string[], to: readonly string[]): Promise<void> {
    const room = bounds.pathDepthMax - 1 - to.length;
    // Where there is nothing to move, moving it says so.
    const moves = await sizeOf(from);
    if (room < 0 || (moves?.isFile === false && (await heightOf(from, room)) >= room))
      throw new FileError("ENAMETOOLONG", `pathDepthMax is ${bounds.pathDepthMax}`);
  }

  return {
    root,
    isScratch,
    write: (names, bytes, mode, own = limits, onBefore) =>
      inLine(() =>
        fill(names, { bytes: bytes.length, grows: mode === "append", makes: 1 }, own, (size) => {
          onBefore?.(size);
          return mode === "append" ? root.append(names, bytes) : root.write(names, bytes, mode === "create");
        }),
      ),
    makeFolder: (names, recursive, own = limits) =>
      inLine(async () => {
        const makes = recursive ? await countMissing(names) : 1;
        await fill(names, { bytes: 0, grows: true, makes }, own, () => root.makeFolder(names, recursive));
      }),
    remove: (names, options) => inLine(() => clear(names, () => root.remove(names, options))),
    rename: (from, to) =>
      inLine(async () => {
        await refuseTooDeep(from, to);
        await clear(to, () => root.rename(from, to));
      }),
  };
}
