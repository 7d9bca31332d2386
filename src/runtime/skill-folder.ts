import { limits } from "../base/limits.ts";
import type { Skill } from "../catalogue/skill.ts";
import { createDiskRoot } from "../sandbox/disk-root.ts";

/** The skills of a folder: each a folder of its own with a SKILL.md that says what it is called and does. */
export interface SkillFolder {
  /** The skills that are there; the same array until one has changed. Read again at most every `skillsCheckedMs`. */
  list(): Promise<readonly Skill[]>;
  /** The text of a skill's SKILL.md. */
  read(skill: Skill): Promise<string>;
}

/** Reads skills below a folder, which need not exist. */
export function createSkillFolder(folder: string): SkillFolder {
  const root = createDiskRoot(folder);
  let skills: readonly Skill[] = [];
  let checked = -Infinity;
  let checking: Promise<void> | undefined;

  async function readText(name: string): Promise<string> {
    const path = [name, "SKILL.md"];
    const { size } = await root.stat(path);
    return size > limits.skillBytesMax ? "" : (await root.read(path)).toString("utf8");
  }

  async function check(): Promise<void> {
    const entries = await root.list([]).catch(() => []);
    const found: Skill[] = [];
    for (const { name } of entries.slice(0, limits.skillsMax)) {
      // a module without a SKILL.md is importable, but says nothing that could be searched
      const text = await readText(name).catch(() => "");
      const head = parseHead(text);
      if (head !== undefined) found.push({ folder: name, ...head });
    }
    if (JSON.stringify(found) !== JSON.stringify(skills)) skills = found;
    checked = performance.now();
  }

  return {
    async list() {
      if (performance.now() - checked > limits.skillsCheckedMs) {
        checking ??= check().finally(() => (checking = undefined));
        await checking;
      }
      return skills;
    },
    read: ({ folder: name }) => readText(name),
  };
}

/** Name and description from the head of a SKILL.md: lines between two `---`, a longer value on indented lines. */
function parseHead(text: string): { name: string; description: string } | undefined {
  const head = /^\uFEFF?---\r?\n([\s\S]*?)\r?\n---/.exec(text)?.[1];
  if (head === undefined) return undefined;
  const read = (key: string): string => {
    const match = new RegExp(`^${key}:[ \\t]*(.*(?:\\r?\\n[ \\t]+.*)*)`, "m").exec(head)?.[1] ?? "";
    const value = match
      .replace(/^[>|][+-]?[ \t]*\r?\n/, "")
      .replace(/\s+/g, " ")
      .trim();
    return /^(["']).*\1$/.test(value) ? value.slice(1, -1) : value;
  };
  const name = read("name");
  return name === "" ? undefined : { name, description: read("description") };
}
