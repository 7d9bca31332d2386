import { hash as digest } from "node:crypto";
import { isUtf8 } from "node:buffer";
import { toMessage } from "../base/errors.ts";
import { asText, type Json, type JsonObject } from "../base/json.ts";
import { limits as bounds } from "../base/limits.ts";
import type { DiskEntry } from "./disk-root.ts";
import type { ReplyError } from "./execution-frames.ts";
import { FileError, toFileReplyError } from "./file-error.ts";
import type { ReadRoot } from "./layered-root.ts";
import { type GuestPath, parseGuestPath, ROOTS } from "./file-path.ts";
import { createByteRate } from "./byte-rate.ts";
import { toRest } from "./file-rest.ts";
import { createPlaces } from "./places.ts";
import type { Workspace, WorkspaceLimits } from "./workspace.ts";

/** The module tree as the gate shows it under `./servers`: paths are relative to it, `""` is the folder itself. */
export interface ModuleFiles {
  list(path: string): readonly DiskEntry[] | undefined;
  read(path: string): string | undefined;
}

/** The one way from a program to files: every act is checked after its path was resolved. */
export interface FileGate {
  /** `content` stands for the text or bytes of what is written where it is large; a large answer is bytes too. */
  act(args: JsonObject, content?: Uint8Array, turn?: FileTurn): Promise<FileReply>;
}

/** What there is around one act. */
export interface FileTurn {
  signal?: AbortSignal;
  /** Told right before something changes, with what it takes to find out later whether it did; throws where it must not. */
  onLeave?: (facts: JsonObject) => void;
  /** The act began before, and nobody knows whether it came to its end: these are its facts. */
  before?: JsonObject;
}

/** The answer to an act; `bytes` is a file's content, held in memory until `onTaken` is called. */
export type FileReply =
  | { value: Json }
  | { form: "text" | "bytes"; bytes: Buffer; onTaken: () => void }
  | { error: ReplyError };

/** Told of every act in the workspace, so that what a program learns by it, and leaves by it, can be known. */
export interface FileWatch {
  /** What is at a path, or below it too, shows in how the act ends; before the act. */
  onShown(names: readonly string[], isDeep: boolean): void;
  /** Which names are in a folder, and in those it lies in, has shown: something was listed, or is not there. */
  onNames(names: readonly string[]): void;
  /** Something of the program is there now, with what was there before if `isPart`; before the act and after it. */
  onChanged(names: readonly string[], isPart: boolean): void;
  /** A name in a folder came or went; before the act. */
  onNamed(names: readonly string[]): void;
}

export interface FileGateOptions {
  modules: ModuleFiles;
  /** What programs see as `./skills`. */
  skills: ReadRoot;
  workspace: Workspace;
  writable: boolean;
  /** Of this execution: at most those of the workspace. */
  limits: WorkspaceLimits & { writeBytesPerSecond: number };
  /** Ends what waits for the rate. */
  signal?: AbortSignal;
  /** Told what acts in the workspace show of it and change. */
  watch?: FileWatch;
  /** A file was written; the hash is of the bytes that were, absent where they are many. */
  onWritten?: (file: { path: string; bytes: number; sha256?: string }) => void;
}

const NEVER = new AbortController().signal;

/** The gate of one execution. */
export function createFileGate({
  modules,
  skills,
  workspace,
  writable,
  limits,
  signal,
  watch,
  onWritten,
}: FileGateOptions): FileGate {
  const rate = createByteRate("writeBytesPerSecond", limits.writeBytesPerSecond);
  const largeFiles = createPlaces(bounds.largeFilesMax);

  const readable = (path: GuestPath): ReadRoot => (path.root === "skills" ? skills : workspace.root);

  /** Every act that changes the disk, and the bytes it writes. */
  async function spend(bytes: number): Promise<void> {
    try {
      await rate.take(bytes, signal);
    } catch (error) {
      throw new FileError("EDQUOT", toMessage(error));
    }
  }

  /** Where a write may go: below `./workspace`, if the execution may write at all. */
  function toWritable(path: GuestPath): readonly string[] {
    if (path.root !== "workspace") throw new FileError("EROFS", "only ./workspace can be written");
    if (!writable) throw new FileError("EROFS", "this execution may only read ./workspace");
    return path.names;
  }

  /** A file's content, handed to `use` with what says that it is no longer held: only so many large ones are at once. */
  async function withContent<T>(
    path: GuestPath,
    stop: AbortSignal,
    use: (bytes: Buffer, onTaken: () => void) => Promise<T>,
  ): Promise<T> {
    let leave = (): void => undefined;
    const onTaken = (): void => {
      leave();
      leave = () => undefined;
    };
    const admit = async (size: number): Promise<void> => {
      if (size > bounds.largeBytesMin) leave = await largeFiles.enter(stop);
    };
    try {
      return await use(await read(path, admit), onTaken);
    } catch (error) {
      onTaken();
      throw error;
    }
  }

  async function read(path: GuestPath, admit: (size: number) => Promise<void>): Promise<Buffer> {
    if (path.root === undefined) throw new FileError("EISDIR");
    if (path.root !== "servers") return readable(path).read(path.names, admit);
    const text = modules.read(path.names.join("/"));
    if (text !== undefined) return Buffer.from(text);
    throw new FileError(modules.list(path.names.join("/")) === undefined ? "ENOENT" : "EISDIR");
  }

  async function list(path: GuestPath): Promise<readonly DiskEntry[]> {
    if (path.root === undefined) return ROOTS.map((name) => ({ name, kind: "directory" }));
    if (path.root === "servers") {
      const entries = modules.list(path.names.join("/"));
      if (entries !== undefined) return entries;
      throw new FileError(modules.read(path.names.join("/")) === undefined ? "ENOENT" : "ENOTDIR");
    }
    try {
      return await readable(path).list(path.names);
    } catch (error) {
      // No skill was saved yet: an empty folder, not a missing one.
      if (path.root === "skills" && path.names.length === 0) return [];
      throw error;
    }
  }

  async function listDeep(path: GuestPath, prefix: string, found: DiskEntry[]): Promise<DiskEntry[]> {
    for (const entry of await list(path)) {
      if (found.length >= bounds.listEntriesMax)
        throw new FileError("EFBIG", `more than ${bounds.listEntriesMax} entries (listEntriesMax)`);
      found.push({ ...entry, name: prefix + entry.name });
      if (entry.kind === "directory") {
        const below =
          path.root === undefined ? parseGuestPath(entry.name) : { ...path, names: [...path.names, entry.name] };
        await listDeep(below, `${prefix}${entry.name}/`, found);
      }
    }
    return found;
  }

  async function stat(path: GuestPath): Promise<Json> {
    if (path.root === undefined || (path.names.length === 0 && path.root !== "workspace"))
      return { kind: "directory", size: 0, mtimeMs: 0 };
    if (path.root === "servers") {
      const text = modules.read(path.names.join("/"));
      if (text !== undefined) return { kind: "file", size: Buffer.byteLength(text), mtimeMs: 0 };
      if (modules.list(path.names.join("/")) !== undefined) return { kind: "directory", size: 0, mtimeMs: 0 };
      throw new FileError("ENOENT");
    }
    const found = await readable(path).stat(path.names);
    return { kind: found.isDirectory() ? "directory" : "file", size: found.size, mtimeMs: Math.trunc(found.mtimeMs) };
  }

  async function write(path: GuestPath, bytes: Buffer, flag: string, turn: FileTurn): Promise<void> {
    const names = toWritable(path);
    if (!["w", "wx", "a", "ax", "w+", "a+"].includes(flag))
      throw new FileError("EINVAL", `the flag "${flag.slice(0, 10)}"; use w, wx, a or ax`);
    await spend(bytes.length);
    const mode = flag.includes("x") ? "create" : flag.startsWith("a") ? "append" : "replace";
    // Before it is there, and again when what was there is gone: no moment has it without.
    watch?.onNamed(names.slice(0, -1));
    watch?.onChanged(names, true);
    const rest = await toRest(workspace.root, names, bytes, mode, turn.before);
    const sha256 = bytes.length <= bounds.largeBytesMin ? digest("sha256", bytes) : undefined;
    if (rest !== undefined)
      await workspace.write(names, rest, mode, limits, (size) =>
        turn.onLeave?.({ path: names.join("/"), size, bytes: bytes.length, sha256: sha256 ?? null }),
      );
    watch?.onChanged(names, mode === "append");
    onWritten?.({ path: `./workspace/${names.join("/")}`, bytes: bytes.length, ...(sha256 && { sha256 }) });
  }

  /** An act that was done already, before an interruption, fails in this way. */
  async function unlessDone(turn: FileTurn, code: string, act: () => Promise<void>): Promise<void> {
    turn.onLeave?.({});
    try {
      await act();
    } catch (error) {
      if (turn.before === undefined || (error as { code?: string }).code !== code) throw error;
    }
  }

  async function perform(
    act: string,
    path: GuestPath,
    args: JsonObject,
    content: Uint8Array | undefined,
    turn: FileTurn,
  ): Promise<Json> {
    switch (act) {
      case "writeFile":
      case "appendFile": {
        const bytes =
          content !== undefined
            ? Buffer.from(content.buffer, content.byteOffset, content.length)
            : typeof args["text"] === "string"
              ? Buffer.from(args["text"])
              : Buffer.from(asText(args["base64"]), "base64");
        await write(path, bytes, asText(args["flag"]) || (act === "appendFile" ? "a" : "w"), turn);
        return null;
      }
      case "readdir":
        // Names are content too.
        if (path.root === "workspace") watch?.onNames(path.names);
        return (args["recursive"] === true ? await listDeep(path, "", []) : await list(path)) as unknown as Json;
      case "stat":
      case "lstat":
      case "access":
        if (path.root === "workspace") watch?.onNames(path.names);
        return stat(path);
      case "mkdir": {
        const names = toWritable(path);
        if (names.length === 0) {
          if (args["recursive"] === true) return null;
          throw new FileError("EEXIST");
        }
        await spend(0);
        watch?.onNamed(names.slice(0, -1));
        watch?.onChanged(names, true);
        const isDeep = args["recursive"] === true;
        await unlessDone(turn, "EEXIST", () => workspace.makeFolder(names, isDeep, limits));
        return null;
      }
      case "rm":
      case "rmdir":
      case "unlink": {
        const names = toWritable(path);
        await spend(0);
        watch?.onNamed(names.slice(0, -1));
        try {
          const how = { recursive: args["recursive"] === true, folder: act === "rmdir" };
          await unlessDone(turn, "ENOENT", () => workspace.remove(names, how));
        } catch (error) {
          if (!(args["force"] === true && (error as { code?: string }).code === "ENOENT")) throw error;
        }
        return null;
      }
      case "rename": {
        const names = toWritable(path);
        const to = toWritable(parseGuestPath(asText(args["to"])));
        await spend(0);
        watch?.onNamed(names.slice(0, -1));
        watch?.onNamed(to.slice(0, -1));
        watch?.onChanged(to, true);
        await unlessDone(turn, "ENOENT", () => workspace.rename(names, to));
        watch?.onChanged(to, false);
        return null;
      }
      case "copyFile":
        await withContent(path, turn.signal ?? NEVER, async (bytes, onTaken) => {
          await write(parseGuestPath(asText(args["to"])), bytes, "w", turn);
          onTaken();
        });
        return null;
    }
    throw new FileError("EINVAL", `the act "${act.slice(0, 40)}"`);
  }

  return {
    async act(args, content, turn = {}) {
      const act = asText(args["act"]);
      const text = asText(args["path"]);
      const paths = ["path", "to"].flatMap((name) => toWorkspaceNames(args[name]));
      try {
        // To write over whatever is there shows nothing of it, unless it fails.
        if (act !== "appendFile" && (act !== "writeFile" || asText(args["flag"]).includes("x")))
          for (const names of paths) watch?.onShown(names, DEEP.has(act));
        if (act === "readFile")
          return await withContent(parseGuestPath(text), turn.signal ?? NEVER, async (bytes, onTaken) =>
            toContent(bytes, args["text"] === true, onTaken),
          );
        return { value: await perform(act, parseGuestPath(text), args, content, turn) };
      } catch (error) {
        // What is not there, or is there already, is known by the names around it.
        for (const names of paths) {
          watch?.onShown(names, false);
          watch?.onNames(names.slice(0, -1));
        }
        return { error: toFileReplyError(error, act, text.slice(0, 300)) };
      }
    },
  };
}

/** Acts that end by what lies below a folder, or move it. */
const DEEP = new Set(["readdir", "rm", "rmdir", "rename", "copyFile"]);

/** The names of a path in the workspace; none of another one, or of none. */
function toWorkspaceNames(path: unknown): (readonly string[])[] {
  if (typeof path !== "string") return [];
  try {
    const { root, names } = parseGuestPath(path);
    return root === "workspace" ? [names] : [];
  } catch {
    return [];
  }
}

/** What was read; as it is where it is large. */
function toContent(bytes: Buffer, wantsText: boolean, onTaken: () => void): FileReply {
  // Node decodes what is not UTF-8 to replacement characters; the guest does the same from the bytes.
  const isText = wantsText && isUtf8(bytes);
  if (bytes.length > bounds.largeBytesMin) return { form: isText ? "text" : "bytes", bytes, onTaken };
  onTaken();
  return { value: isText ? { text: bytes.toString("utf8") } : { base64: bytes.toString("base64") } };
}
