import { lstat, mkdir, readFile, readdir, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { SluiceError, toMessage } from "../base/errors.ts";
import { isJsonObject } from "../base/json.ts";
import type { ModuleTree } from "./module-tree.ts";

/** Says that the folder is ours, and which files in it. */
const markerName = ".sluice-tree.json";
const tsconfig = `{
  "compilerOptions": {
    "strict": true,
    "noEmit": true,
    "target": "es2023",
    "lib": ["es2023"],
    "types": [],
    "module": "esnext",
    "moduleResolution": "bundler"
  },
  "include": ["servers"]
}
`;
const packageJson = `{
  "private": true,
  "type": "module"
}
`;

/**
 * Writes the module tree under a folder, with a tsconfig.json that compiles it; answers the paths, relative to it.
 * A folder with other files in it is refused (`tree_not_empty`); files of an earlier tree that are gone are deleted.
 */
export async function writeTree(
  directory: string,
  tree: ModuleTree,
  options: { signal?: AbortSignal } = {},
): Promise<string[]> {
  const old = await readMarker(directory);
  const paths = tree.paths().map((path) => `servers/${path}`);
  const files = ["package.json", "tsconfig.json", ...paths];
  await writeIn(directory, markerName, toMarker([...new Set([...old, ...files])]));
  for (const path of files) {
    options.signal?.throwIfAborted();
    const text =
      path === "tsconfig.json"
        ? tsconfig
        : path === "package.json"
          ? packageJson
          : (tree.readRunning(path.slice("servers/".length)) ?? "");
    await writeIn(directory, path, text);
  }
  const current = new Set(files.map((path) => path.toLowerCase()));
  for (const path of old) if (!current.has(path.toLowerCase())) await remove(directory, path);
  // written twice: whatever stops the work in between, the marker names every file that is there
  await writeIn(directory, markerName, toMarker(files));
  return files;
}

function toMarker(files: readonly string[]): string {
  return `${JSON.stringify({ about: "Written by sluice tree; the files listed here are replaced when it runs again.", files }, null, 2)}\n`;
}

/** The files of the tree that is there; none for a new or empty folder. */
async function readMarker(directory: string): Promise<string[]> {
  let entries: string[];
  try {
    entries = await readdir(directory);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw toWriteError(directory, error);
  }
  if (entries.length === 0) return [];
  if (!entries.includes(markerName)) {
    throw new SluiceError(
      "tree_not_empty",
      `Cannot write the module tree to ${directory}: it has other files in it (${entries.slice(0, 3).join(", ")})`,
      {
        hint: "Choose an empty or new folder; one that `sluice tree` wrote is updated.",
      },
    );
  }
  const marker = parseMarker(await readFile(join(directory, markerName), "utf8"));
  // the marker is a file like others: no line of it may lead out of the folder
  return marker.filter(
    (path) =>
      path === "package.json" || path === "tsconfig.json" || /^servers\/(?!.*(?:^|\/)\.\.(?:\/|$))[^\\\0]+$/.test(path),
  );
}

function parseMarker(text: string): string[] {
  try {
    const parsed: unknown = JSON.parse(text);
    const files = isJsonObject(parsed) ? parsed["files"] : undefined;
    return Array.isArray(files) ? files.filter((path) => typeof path === "string") : [];
  } catch {
    return [];
  }
}

async function writeIn(directory: string, path: string, text: string): Promise<void> {
  const file = join(directory, path);
  try {
    await makeFolders(directory, dirname(path));
    if ((await readIfFile(file)) === text) return;
    // a rename replaces a link instead of writing through it
    const draft = join(directory, `${markerName}.draft`);
    await writeFile(draft, text);
    await rename(draft, file);
  } catch (error) {
    throw toWriteError(file, error);
  }
}

async function makeFolders(directory: string, folder: string): Promise<void> {
  let at = directory;
  await mkdir(at, { recursive: true });
  for (const part of folder.split("/").filter((name) => name !== ".")) {
    at = join(at, part);
    await mkdir(at, { recursive: true });
    if ((await lstat(at)).isSymbolicLink()) {
      throw new SluiceError("tree_not_written", `"${at}" is a link that leads out of the tree; remove it`);
    }
  }
}

async function readIfFile(file: string): Promise<string | undefined> {
  try {
    return (await lstat(file)).isFile() ? await readFile(file, "utf8") : undefined;
  } catch {
    return undefined;
  }
}

async function remove(directory: string, path: string): Promise<void> {
  try {
    await makeFolders(directory, dirname(path));
    await rm(join(directory, path), { force: true });
    // the folder of a server that is gone goes too, once it is empty
    for (let folder = dirname(path); folder !== "."; folder = dirname(folder)) await rmdir(join(directory, folder));
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code !== "ENOTEMPTY" && code !== "EEXIST" && code !== "ENOENT")
      throw toWriteError(join(directory, path), error);
  }
}

function toWriteError(path: string, error: unknown): unknown {
  if (error instanceof SluiceError || (error instanceof Error && error.name === "AbortError")) return error;
  return new SluiceError("tree_not_written", `Cannot write the module tree to ${path}: ${toMessage(error)}`, {
    cause: error,
    hint: "Choose a folder that this user may write.",
  });
}
