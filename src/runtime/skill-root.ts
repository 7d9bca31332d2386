import { FileError } from "../sandbox/file-error.ts";
import { createLayeredRoot, type ReadRoot } from "../sandbox/layered-root.ts";
import type { SkillFiles } from "../skills/skill-files.ts";
import type { SkillModules } from "./names.ts";
import type { Parts } from "./parts.ts";

/**
 * The folders of the skills as one: `visible` for who reads and searches, where a skill that is hidden is not there; `named`
 * for what is imported by its name, where it is refused with a reason.
 */
export function openSkillRoot(
  folders: readonly string[],
  isHidden: (skill: string) => boolean,
): { visible: ReadRoot; named: ReadRoot } {
  const { read, stat, list } = createLayeredRoot(folders);
  const check = ([skill]: readonly string[]): void => {
    if (skill !== undefined && isHidden(skill)) throw new FileError("ENOENT");
  };
  const visible: ReadRoot = {
    async read(names, admit) {
      check(names);
      return await read(names, admit);
    },
    async stat(names) {
      check(names);
      return await stat(names);
    },
    async list(names) {
      check(names);
      const found = await list(names);
      return names.length > 0 ? found : found.filter(({ name }) => !isHidden(name));
    },
  };
  return { visible, named: { read, stat, list: visible.list } };
}

/** The folder of the skills for one program: what it reads of one, it has read. */
export function toWatchedRoot(
  { skillRoot, skills }: Pick<Parts, "skillRoot" | "skills">,
  executionId: string,
): ReadRoot {
  return {
    read(names, admit) {
      skills.noteRead(executionId, names[0] ?? "");
      return skillRoot.read(names, admit);
    },
    stat(names) {
      if (names[0] !== undefined) skills.noteRead(executionId, names[0]);
      return skillRoot.stat(names);
    },
    // Names are content too.
    async list(names) {
      const found = await skillRoot.list(names);
      for (const name of names.length === 0 ? found.map((entry) => entry.name) : names.slice(0, 1))
        skills.noteRead(executionId, name);
      return found;
    },
  };
}

/** The files of a skill that is being saved: in the place of those that are there. */
export interface UnsavedSkill {
  name: string;
  files: SkillFiles;
}

/** The folders as they will be when a skill has been saved. */
export function withUnsaved(root: SkillModules, { name, files }: UnsavedSkill): SkillModules {
  const fileAt = (names: readonly string[]): Buffer => {
    const file = files.get(names.slice(1).join("/"));
    if (file === undefined) throw new FileError("ENOENT");
    return file.content;
  };
  return {
    async read(names, admit) {
      return names[0] === name ? fileAt(names) : await root.read(names, admit);
    },
    async stat(names) {
      if (names[0] !== name) return await root.stat(names);
      fileAt(names);
      return { isFile: () => true };
    },
    async list(names) {
      const found = await root.list(names).catch(() => []);
      return found.some((entry) => entry.name === name) ? found : [...found, { name, kind: "directory" }];
    },
  };
}
