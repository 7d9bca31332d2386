import { existsSync } from "node:fs";
import { join } from "node:path";
import { SluiceError } from "../base/errors.ts";
import { readSkillFiles, type SkillFiles, type SkillShelf, toSkillHash } from "./skill-files.ts";
import type { SkillLookup } from "./skill-lookup.ts";
import { changePage } from "./skill-page.ts";
import type { SkillRow, SkillTable, SkillTrust } from "./skill-table.ts";
import type { SkillChange } from "./skills.ts";
import { textOf, toRenamedFiles, toTextFile } from "./skill-text.ts";

/** Who saves, and how. */
export interface SaveOptions {
  /** The execution or the person. */
  by: string;
  /** The same save had begun before its process ended: where it was done, it is found, and not done twice. */
  isAgain?: boolean;
  /** The name that it had: all that is kept of it goes with it, and nothing stays. */
  from?: string;
}

/** Writes skills: the folder, the version that is kept of it and the row in the store together. */
export interface SkillVersions {
  /** Writes the files as the next version, a draft; `toFiles` is told which one that is. */
  put(
    save: SaveOptions & { name: string; addresses: readonly string[]; toFiles: (version: number) => SkillFiles },
  ): SkillRow;
  /** The files say how far they are trusted, too: then they are others, and as trusted. */
  setTrust(row: SkillRow, files: SkillFiles, trust: SkillTrust): void;
  /** The skill goes; its versions stay. */
  forget(name: string, by: string): void;
  /** The files of a version that is kept. Throws `skill_not_found`. */
  read(name: string, version: number): SkillFiles;
}

export function createSkillVersions({
  directory,
  workspace,
  shelf,
  table,
  lookup: { ownerOf, toTools },
  onChange,
  now,
}: {
  directory: string;
  workspace: string;
  shelf: SkillShelf;
  table: SkillTable;
  lookup: Pick<SkillLookup, "ownerOf" | "toTools">;
  onChange: (change: SkillChange) => void;
  now: () => number;
}): SkillVersions {
  /** The version that these files were saved as, trusted or not. */
  function findKept(name: string, toFiles: (version: number) => SkillFiles): number | undefined {
    return shelf
      .versions(name)
      .findLast(({ version, folder }) => toDraftHash(readSkillFiles(folder)) === toDraftHash(toFiles(version)))
      ?.version;
  }

  function forget(name: string, by: string): void {
    onChange({ change: "removed", skill: name, version: table.get(name)?.version ?? 0, by });
    shelf.remove(name);
    table.remove(name);
  }

  /** After those of a skill that had the name before, if one had. */
  function keepRenamed(name: string, to: string): void {
    const last = shelf.versions(to).at(-1)?.version ?? 0;
    for (const { version, folder } of shelf.versions(name)) {
      const files = readSkillFiles(folder);
      if (files !== undefined) shelf.keep(to, last + version, toRenamedFiles(files, name, to));
    }
  }

  return {
    put: ({ name, by, addresses, toFiles, isAgain = false, from }) =>
      table.transaction(() => {
        if (ownerOf(name) !== undefined)
          throw new SluiceError("skill_invalid", `The name "${name}" is taken by a skill of another workspace`, {
            hint: "Choose another name: no two workspaces have a skill of one name",
          });
        if (from !== undefined) keepRenamed(from, name);
        const before = table.get(name);
        const kept = isAgain ? findKept(name, toFiles) : undefined;
        const version = kept ?? Math.max(before?.version ?? 0, shelf.versions(name).at(-1)?.version ?? 0) + 1;
        const files = toFiles(version);
        const hash = toSkillHash(files);
        const row: SkillRow = {
          ...{ name, workspace, version, hash, content: hash, trust: "draft", tools: toTools(addresses) },
          ...{ isTested: false, imports: [], savedAt: now(), savedBy: by },
        };
        // The row is written last: with it, or without the folder, somebody has gone on from there.
        const isDone = before === undefined ? !existsSync(join(directory, name)) : before.version >= version;
        if (kept !== undefined && isDone) return row;
        onChange({ change: "saved", skill: name, version, by });
        shelf.write(name, files);
        shelf.keep(name, version, files);
        table.put(row);
        if (from !== undefined) {
          table.move(from, name);
          forget(from, by);
          shelf.dropVersions(from);
        }
        return row;
      }),
    setTrust(row, files, trust) {
      const changed = withTrust(files, trust);
      shelf.write(row.name, changed);
      shelf.keep(row.name, row.version, changed);
      table.put({ ...row, trust, hash: toSkillHash(changed) });
    },
    forget: (name, by) => table.transaction(() => forget(name, by)),
    read(name, version) {
      const kept = shelf.versions(name);
      const files = readSkillFiles(kept.find((one) => one.version === version)?.folder ?? "");
      if (files !== undefined) return files;
      const which = kept.length === 0 ? "none is" : `kept are ${kept.map((one) => one.version).join(", ")}`;
      throw new SluiceError("skill_not_found", `Version ${version} of a skill "${name}" is not kept; ${which}`);
    },
  };
}

function withTrust(files: SkillFiles, trust: SkillTrust): SkillFiles {
  const page = textOf(files, "SKILL.md");
  return page === undefined
    ? files
    : new Map([...files, ["SKILL.md", toTextFile(changePage(page, { trust }))] as const]);
}

function toDraftHash(files: SkillFiles | undefined): string {
  return files === undefined ? "" : toSkillHash(withTrust(files, "draft"));
}
