import { createHash, randomBytes } from "node:crypto";
import { lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { SluiceError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { isCode } from "./skill-text.ts";

/** Names with this ending are being written; no program sees them. */
const TEMPORARY_SUFFIX = ".sluice-tmp";

/** One file; of its rights only whether it may be run is kept. */
export interface SkillFile {
  content: Buffer;
  isExecutable: boolean;
}

/** The files of one skill, by the path below its folder. */
export type SkillFiles = ReadonlyMap<string, SkillFile>;

/** Reads a skill's folder whole. Throws `skill_invalid` where it holds a link, or more than is taken; `undefined`: there is none. */
export function readSkillFiles(folder: string): SkillFiles | undefined {
  const paths = listSkillFiles(folder);
  if (paths === undefined) return undefined;
  return new Map(
    [...paths].map(([path, isExecutable]) => [path, { content: readFileSync(join(folder, path)), isExecutable }]),
  );
}

/** The files that are read of it, and whether each may be run; throws the same. */
export function listSkillFiles(folder: string): ReadonlyMap<string, boolean> | undefined {
  const top = lstatOf(folder);
  if (top === undefined) return undefined;
  if (!top.isDirectory())
    throw new SluiceError("skill_invalid", `${folder} is not a folder: a skill is one, and no link`);
  const files = new Map<string, boolean>();
  const code = createRoom(folder, ["skillFilesMax", "skillFolderBytesMax"]);
  const assets = createRoom(folder, ["skillAssetsMax", "skillAssetBytesMax"]);
  function visit(below: string, depth: number): void {
    if (depth > limits.pathDepthMax) throw tooMuch(folder, `folders deeper than pathDepthMax (${limits.pathDepthMax})`);
    for (const entry of readdirSync(join(folder, below), { withFileTypes: true })) {
      const path = below === "" ? entry.name : `${below}/${entry.name}`;
      if (entry.name.endsWith(TEMPORARY_SUFFIX) || entry.name === ".git") continue;
      if (entry.isDirectory()) {
        visit(path, depth + 1);
        continue;
      }
      if (!entry.isFile())
        throw new SluiceError(
          "skill_invalid",
          `${join(folder, path)} is a link or a device: a skill has files and folders only`,
        );
      const { size, mode } = lstatSync(join(folder, path));
      (isCode(path) || path === "SKILL.md" ? code : assets).take(size);
      files.set(path, (mode & 0o111) !== 0);
    }
  }
  visit("", 0);
  return files;
}

/** Room for files of one kind: what is parsed has less than what is only kept. */
function createRoom(
  folder: string,
  [filesMax, bytesMax]:
    | readonly ["skillFilesMax", "skillFolderBytesMax"]
    | readonly ["skillAssetsMax", "skillAssetBytesMax"],
): { take(size: number): void } {
  let files = 0;
  let bytes = 0;
  return {
    take(size) {
      files += 1;
      bytes += size;
      if (bytes > limits[bytesMax]) throw tooMuch(folder, `more than ${limits[bytesMax]} bytes (${bytesMax})`);
      if (files > limits[filesMax]) throw tooMuch(folder, `more than ${limits[filesMax]} files (${filesMax})`);
    },
  };
}

/** The text of its SKILL.md alone, of a folder that may hold more than is taken; empty where it cannot be read. */
export function readSkillPage(folder: string): string {
  const path = join(folder, "SKILL.md");
  if (lstatOf(folder)?.isDirectory() !== true) return "";
  const page = lstatOf(path);
  return page?.isFile() === true && page.size <= limits.skillBytesMax ? readFileSync(path, "utf8") : "";
}

function tooMuch(folder: string, what: string): SluiceError {
  return new SluiceError("skill_invalid", `The skill's folder ${folder} holds ${what}`);
}

/** One hash of all the files of a skill: whatever changes in one of them is another skill. */
export function toSkillHash(files: SkillFiles): string {
  const hash = createHash("sha256");
  for (const [path, { content }] of [...files].sort(([a], [b]) => (a < b ? -1 : 1)))
    hash.update(`${JSON.stringify(path)} ${createHash("sha256").update(content).digest("hex")}\n`);
  return hash.digest("hex");
}

/** The folder where skills are saved, and that of their versions. Not for two at once: the caller holds the store's lock. */
export interface SkillShelf {
  /** Puts a skill's files in the place of those that are there: all of them or, if the process ends, none. */
  write(name: string, files: SkillFiles): void;
  remove(name: string): void;
  /** Keeps a version, and lets the oldest go. */
  keep(name: string, version: number, files: SkillFiles): void;
  /** The versions that are kept, the latest last. */
  versions(name: string): { version: number; folder: string }[];
  /** Those of a name are kept no longer. */
  dropVersions(name: string): void;
  /** Mends what a process left that ended in the middle of a write. */
  mend(): void;
}

export function createSkillShelf(directory: string, versionsDirectory: string): SkillShelf {
  const place = (name: string): string => join(directory, name);
  const toTemporary = (name: string, what: "new" | "old"): string =>
    join(directory, `.${name}.${what}.${randomBytes(6).toString("hex")}${TEMPORARY_SUFFIX}`);

  function listVersions(name: string): { version: number; folder: string }[] {
    return entriesOf(join(versionsDirectory, name))
      .filter((entry) => /^\d{1,9}$/.test(entry))
      .map((entry) => ({ version: Number(entry), folder: join(versionsDirectory, name, entry) }))
      .sort((a, b) => a.version - b.version);
  }

  return {
    write(name, files) {
      const existing = lstatOf(place(name));
      if (existing !== undefined && !existing.isDirectory())
        throw new SluiceError(
          "skill_invalid",
          `Cannot save the skill "${name}": ${place(name)} is a link or a file, not a folder`,
        );
      const fresh = toTemporary(name, "new");
      const old = toTemporary(name, "old");
      try {
        writeFiles(fresh, files);
        if (existing !== undefined) renameSync(place(name), old);
        renameSync(fresh, place(name));
      } finally {
        rmSync(fresh, { recursive: true, force: true });
        rmSync(old, { recursive: true, force: true });
      }
    },
    remove(name) {
      const old = toTemporary(name, "old");
      renameSync(place(name), old);
      rmSync(old, { recursive: true, force: true });
    },
    keep(name, version, files) {
      const folder = join(versionsDirectory, name, String(version));
      // Whole or not at all; what a killed process left of it is of the same version, which is kept next.
      const fresh = `${folder}${TEMPORARY_SUFFIX}`;
      for (const place of [fresh, folder]) rmSync(place, { recursive: true, force: true });
      writeFiles(fresh, files);
      renameSync(fresh, folder);
      for (const { folder: oldest } of listVersions(name).slice(0, -limits.skillVersionsMax))
        rmSync(oldest, { recursive: true, force: true });
    },
    versions: listVersions,
    dropVersions: (name) => rmSync(join(versionsDirectory, name), { recursive: true, force: true }),
    mend() {
      for (const entry of entriesOf(directory)) {
        const [, name, what] = /^\.([a-z0-9-]+)\.(new|old)\.[0-9a-f]{12}\.sluice-tmp$/.exec(entry) ?? [];
        if (name === undefined) continue;
        // Ended between the two renames: what was there before is what there is.
        if (what === "old" && lstatOf(place(name)) === undefined) renameSync(join(directory, entry), place(name));
        else rmSync(join(directory, entry), { recursive: true, force: true });
      }
    },
  };
}

/** Writes files below a folder that does not exist yet. */
export function writeFiles(folder: string, files: SkillFiles): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const [path, { content, isExecutable }] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true, mode: 0o700 });
    writeFileSync(join(folder, path), content, { mode: isExecutable ? 0o700 : 0o600 });
  }
}

function lstatOf(path: string): ReturnType<typeof lstatSync> | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
