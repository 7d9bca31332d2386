import { isUtf8 } from "node:buffer";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { SluiceError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { DiskRoot } from "../sandbox/disk-root.ts";
import { FileError } from "../sandbox/file-error.ts";
import { parseGuestPath } from "../sandbox/file-path.ts";
import { cleanTexts } from "./clean-texts.ts";
import type { Parts } from "./parts.ts";

/** One file of a workspace; the path is relative to it. */
export interface WorkspaceFile {
  path: string;
  bytes: number;
  /** ISO 8601. */
  changedAt: string;
}

/** The files of the workspace in force, for a person and for clients. */
export interface WorkspaceAccess {
  readonly name: string;
  /** All files, at most `listEntriesMax`, in the order of their paths. */
  list(): Promise<WorkspaceFile[]>;
  /** As it is: with tokens where a program wrote it. Rejects with `workspace_path`. */
  read(path: string): Promise<Buffer>;
  /** Those whose names a model may see: without personal data, and not the host's own. */
  listForModel(): Promise<WorkspaceFile[]>;
  /** What a model may see of it: text went through the second net. */
  readForModel(path: string): Promise<{ text: string } | { bytes: Buffer }>;
  /** A file, or a folder with all that is in it. */
  remove(path: string): Promise<void>;
  /** Writes all files below a folder of the host, which must be empty or new; answers how many. */
  export(directory: string): Promise<number>;
}

/** Folders of what the host keeps for programs: it goes by itself. */
const keptFolders = [".spill", ".media"];

export function createWorkspaceAccess(parts: Pick<Parts, "workspace" | "config" | "privacy">): WorkspaceAccess {
  const { root } = parts.workspace;

  async function read(path: string): Promise<Buffer> {
    const names = toNames(path);
    return await said(path, () => root.read(names));
  }

  return {
    name: parts.config.workspace,
    list: () => listFiles(root),
    read,
    async readForModel(path) {
      const bytes = await read(path);
      const text = toText(bytes);
      return text === undefined ? { bytes } : { text: (await cleanTexts(parts, [text]))[0] ?? "" };
    },
    async listForModel() {
      const files = await listFiles(root);
      const cleaned = await cleanTexts(
        parts,
        files.map(({ path }) => path),
      );
      // A name that may not be said cannot be asked for.
      return files.filter(({ path }, at) => !path.startsWith(".") && cleaned[at] === path);
    },
    async remove(path) {
      const names = toNames(path);
      await said(path, async () => parts.workspace.remove(names, { recursive: true, folder: false }));
    },
    async export(directory) {
      const files = await listFiles(root);
      for (const { path } of files) {
        const target = join(resolve(directory), ...path.split("/"));
        await mkdir(dirname(target), { recursive: true });
        try {
          await writeFile(target, await read(path), { flag: "wx" });
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
          throw new SluiceError("workspace_path", `Cannot export: ${target} exists already`, {
            hint: "Give a folder that is empty or new",
          });
        }
      }
      return files.length;
    },
  };
}

/** Takes away what the host kept for programs and nobody has asked for since. */
export async function dropOld(workspace: Parts["workspace"], now: number): Promise<void> {
  for (const folder of keptFolders) {
    const files = await listFiles(workspace.root, [folder]).catch(() => []);
    for (const { path, changedAt } of files)
      if (now - Date.parse(changedAt) > limits.spillKeepMs)
        await workspace.remove(path.split("/"), { recursive: false, folder: false }).catch(() => undefined);
  }
}

async function listFiles(root: DiskRoot, names: readonly string[] = []): Promise<WorkspaceFile[]> {
  const found: WorkspaceFile[] = [];
  for (const { name, kind } of await root.list(names)) {
    const here = [...names, name];
    if (kind === "directory") found.push(...(await listFiles(root, here)));
    else {
      // It may be gone since, or have a name that no program could use.
      const stat = await root.stat(here).catch(() => undefined);
      if (stat !== undefined)
        found.push({ path: here.join("/"), bytes: stat.size, changedAt: new Date(stat.mtimeMs).toISOString() });
    }
    if (found.length >= limits.listEntriesMax) return found.slice(0, limits.listEntriesMax);
  }
  return found;
}

/** A file's text, in the encodings that spreadsheets write too; undefined: it is no text. */
function toText(bytes: Buffer): string | undefined {
  if (isUtf8(bytes) && !bytes.includes(0)) return bytes.toString("utf8");
  const odd = bytes.subarray(0, SAMPLE_BYTES).filter((byte, at) => at % 2 === 1 && byte === 0).length;
  const encoding = odd > Math.min(bytes.length, SAMPLE_BYTES) / 8 ? "utf16le" : "latin1";
  const text = bytes.toString(encoding);
  // eslint-disable-next-line no-control-regex
  const controls = text.slice(0, SAMPLE_BYTES).match(/[\0-\x08\x0e-\x1f]/g)?.length ?? 0;
  return controls > 0 ? undefined : text;
}

const SAMPLE_BYTES = 4_096;

/** The same rules as for a program's paths. */
function toNames(path: string): readonly string[] {
  let parsed;
  try {
    parsed = parseGuestPath(/^\.?\/workspace(\/|$)/.test(path) ? path : `./workspace/${path}`);
  } catch (error) {
    throw toPathError(path, error);
  }
  if (parsed.root === "workspace" && parsed.names.length > 0) return parsed.names;
  throw new SluiceError("workspace_path", `${JSON.stringify(path.slice(0, 200))} names no file of the workspace`);
}

async function said<Result>(path: string, act: () => Promise<Result>): Promise<Result> {
  try {
    return await act();
  } catch (error) {
    throw toPathError(path, error);
  }
}

function toPathError(path: string, error: unknown): SluiceError {
  const why = error instanceof FileError ? error.message : ((error as NodeJS.ErrnoException).code ?? "it failed");
  return new SluiceError(
    "workspace_path",
    `Cannot use ${JSON.stringify(path.slice(0, 200))} of the workspace: ${why}`,
    {
      hint: "`sluice workspace ls` lists its files",
      cause: error,
    },
  );
}
