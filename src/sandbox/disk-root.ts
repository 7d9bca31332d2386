import { randomBytes } from "node:crypto";
import { constants, type Stats } from "node:fs";
import { type FileHandle, link, lstat, mkdir, open, readdir, rename, rm, rmdir, unlink } from "node:fs/promises";
import { join } from "node:path";
import { limits } from "../base/limits.ts";
import { FileError } from "./file-error.ts";

/** Files being written carry this; they are not shown to programs. */
const TEMPORARY_SUFFIX = ".sluice-tmp";
const { O_APPEND, O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;

export interface DiskEntry {
  name: string;
  kind: "file" | "directory";
}

/** A folder of the host that a program may see, addressed by lists of names. No link is ever followed or made. */
export interface DiskRoot {
  /** `admit` is told the size before anything is read, and may wait or throw. */
  read(names: readonly string[], admit?: (bytes: number) => Promise<void>): Promise<Buffer>;
  /** Replaces or creates the file atomically; `exclusive` fails where it exists. */
  write(names: readonly string[], bytes: Uint8Array, exclusive: boolean): Promise<void>;
  /** In one piece, whoever else appends; a kill in the middle of it may leave its beginning. */
  append(names: readonly string[], bytes: Uint8Array): Promise<void>;
  list(names: readonly string[]): Promise<DiskEntry[]>;
  stat(names: readonly string[]): Promise<Stats>;
  makeFolder(names: readonly string[], recursive: boolean): Promise<void>;
  remove(names: readonly string[], options: { recursive: boolean; folder: boolean }): Promise<void>;
  rename(from: readonly string[], to: readonly string[]): Promise<void>;
}

/**
 * Opens names one by one below the folder. On Linux each step is relative to the descriptor of the one before
 * (`/proc/self/fd/N/name` with O_NOFOLLOW, which is openat), so what was checked is what is used; elsewhere each step
 * is checked by lstat.
 */
export function createDiskRoot(folder: string): DiskRoot {
  /** Runs `use` with a path prefix for the folder that holds the last name. */
  async function inParent<T>(
    names: readonly string[],
    use: (at: (name: string) => string, name: string) => Promise<T>,
  ): Promise<T> {
    const name = names.at(-1);
    if (name === undefined) throw new FileError("EISDIR", "it is a root");
    refuseTemporary(name);
    return inFolder(names.slice(0, -1), (at) => use(at, name));
  }

  async function inFolder<T>(names: readonly string[], use: (at: (name: string) => string) => Promise<T>): Promise<T> {
    names.forEach(refuseTemporary);
    if (process.platform !== "linux") {
      let path = folder;
      for (const name of names) {
        path = join(path, name);
        if (!(await lstat(path)).isDirectory()) throw new FileError("ENOTDIR");
      }
      return use((name) => join(path, name));
    }
    let handle: FileHandle = await open(folder, O_RDONLY | O_DIRECTORY);
    try {
      for (const name of names) {
        const next = await open(`/proc/self/fd/${handle.fd}/${name}`, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
        await handle.close();
        handle = next;
      }
      const { fd } = handle;
      return await use((name) => `/proc/self/fd/${fd}/${name}`);
    } finally {
      await handle.close();
    }
  }

  async function openFile(path: string, flags: number): Promise<FileHandle> {
    // O_NONBLOCK: a FIFO must not hold the opener.
    const handle = await open(path, flags | O_NOFOLLOW | O_NONBLOCK, 0o600);
    const stat = await handle.stat();
    if (stat.isFile()) return handle;
    await handle.close();
    throw stat.isDirectory() ? new FileError("EISDIR") : new FileError("EACCES", "only files and folders can be used");
  }

  return {
    read: (names, admit) =>
      inParent(names, async (at, name) => {
        const handle = await openFile(at(name), O_RDONLY);
        try {
          const { size } = await handle.stat();
          if (size > limits.fileBytesMax)
            throw new FileError("EFBIG", `${size} bytes; fileBytesMax is ${limits.fileBytesMax}`);
          await admit?.(size);
          return await handle.readFile();
        } finally {
          await handle.close();
        }
      }),
    write: (names, bytes, exclusive) =>
      inParent(names, async (at, name) => {
        const existing = await lstatOrUndefined(at(name));
        if (existing?.isDirectory()) throw new FileError("EISDIR");
        if (existing !== undefined && !existing.isFile())
          throw new FileError("EACCES", "only files and folders can be used");
        const temporary = at(`.${randomBytes(8).toString("hex")}${TEMPORARY_SUFFIX}`);
        const handle = await open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
        try {
          await handle.writeFile(bytes);
        } finally {
          await handle.close();
        }
        try {
          if (exclusive) await link(temporary, at(name));
          else await rename(temporary, at(name));
        } finally {
          await unlink(temporary).catch(() => undefined);
        }
      }),
    append: (names, bytes) =>
      inParent(names, async (at, name) => {
        const handle = await openFile(at(name), O_WRONLY | O_APPEND | O_CREAT);
        try {
          // `writeFile` would make a call for each half megabyte, and others could come between.
          for (let at = 0; at < bytes.length;) at += (await handle.write(bytes, at)).bytesWritten;
        } finally {
          await handle.close();
        }
      }),
    list: (names) =>
      inFolder(names, async (at) => {
        const entries = await readdir(at("."), { withFileTypes: true });
        return entries
          .filter((entry) => !entry.name.endsWith(TEMPORARY_SUFFIX) && (entry.isFile() || entry.isDirectory()))
          .map((entry): DiskEntry => ({
            name: entry.name.normalize("NFC"),
            kind: entry.isFile() ? "file" : "directory",
          }))
          .sort((a, b) => (a.name < b.name ? -1 : 1));
      }),
    stat: (names) =>
      names.length === 0
        ? lstat(folder)
        : inParent(names, async (at, name) => {
            const stat = await lstat(at(name));
            if (!stat.isFile() && !stat.isDirectory()) throw new FileError("EACCES", "links are not followed");
            return stat;
          }),
    async makeFolder(names, recursive) {
      if (!recursive) return inParent(names, (at, name) => mkdir(at(name), 0o700));
      for (let depth = 1; depth <= names.length; depth += 1) {
        await inParent(names.slice(0, depth), async (at, name) => {
          const existing = await lstatOrUndefined(at(name));
          if (existing === undefined) await mkdir(at(name), 0o700).catch(ignoreExisting);
          else if (!existing.isDirectory())
            throw depth === names.length ? new FileError("EEXIST") : new FileError("ENOTDIR");
        });
      }
    },
    remove: (names, { recursive, folder: wantsFolder }) =>
      inParent(names, async (at, name) => {
        const stat = await lstat(at(name));
        if (!stat.isDirectory()) {
          if (wantsFolder) throw new FileError("ENOTDIR");
          return unlink(at(name));
        }
        if (recursive) return rm(at(name), { recursive: true });
        if (!wantsFolder) throw new FileError("EISDIR", "use rm with recursive: true");
        return rmdir(at(name));
      }),
    rename: (from, to) =>
      inParent(from, (fromAt, fromName) =>
        inParent(to, async (toAt, toName) => {
          const stat = await lstat(fromAt(fromName));
          if (!stat.isFile() && !stat.isDirectory()) throw new FileError("EACCES", "links are not followed");
          await rename(fromAt(fromName), toAt(toName));
        }),
      ),
  };
}

/** What is not listed is not counted: no program may write under such a name. */
function refuseTemporary(name: string): void {
  if (name.endsWith(TEMPORARY_SUFFIX))
    throw new FileError("EACCES", `names that end in ${TEMPORARY_SUFFIX} are kept for files being written`);
}

async function lstatOrUndefined(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== "EEXIST") throw error;
}
