import { hash } from "node:crypto";
import { limits } from "../base/limits.ts";
import type { Skill } from "../catalogue/skill.ts";
import type { ReadRoot } from "../sandbox/layered-root.ts";
import { outlineModule } from "../sandbox/link.ts";
import { isSkillName, toFunctionName } from "../skills/skill-name.ts";
import { parseSkillHead, type SkillHead, toCallLine } from "../skills/skill-page.ts";

/** The skills of a folder: each a folder of its own with a SKILL.md that says what it is called and does. */
export interface SkillFolder {
  /** The skills that are there; the same array until one has changed. Read again at most every `skillsCheckedMs`. */
  list(): Promise<readonly Skill[]>;
  /** The text of a skill's SKILL.md. */
  read(skill: Skill): Promise<string>;
  /** The folder is read again when it is next asked for. */
  forget(): void;
}

/** Reads skills below a folder, which need not exist. Of one that `isWhole` says no of, code is not offered: it is read only. */
export function createSkillFolder(root: ReadRoot, isWhole: (skill: string) => boolean): SkillFolder {
  let skills: readonly Skill[] = [];
  let checked = -Infinity;
  let checking: Promise<void> | undefined;
  /** By the hash of a skill's code, and of its SKILL.md, so that each is parsed once. */
  let calls = new Map<string, Skill["call"]>();
  let heads = new Map<string, SkillHead | undefined>();

  async function readText(path: readonly string[], bytesMax: number): Promise<string> {
    const { size } = await root.stat(path);
    return size > bytesMax ? "" : (await root.read(path)).toString("utf8");
  }

  const readPage = (name: string): Promise<string> => readText([name, "SKILL.md"], limits.skillBytesMax);

  async function toCall(name: string, known: Map<string, Skill["call"]>): Promise<Skill["call"]> {
    if (!isSkillName(name)) return undefined;
    const code = await readText([name, "index.ts"], limits.skillCodeBytesMax).catch(() => "");
    if (code === "" || !isWhole(name)) return undefined;
    const key = hash("sha256", `${name}\n${code}`);
    const call = calls.has(key) ? calls.get(key) : await outlineCall(name, code);
    known.set(key, call);
    return call;
  }

  function toHead(page: string, known: Map<string, SkillHead | undefined>): SkillHead | undefined {
    const key = hash("sha256", page);
    const head = heads.has(key) ? heads.get(key) : readHead(page);
    known.set(key, head);
    return head;
  }

  async function check(): Promise<void> {
    const entries = await root.list([]).catch(() => []);
    const found: Skill[] = [];
    const known = new Map<string, Skill["call"]>();
    const knownHeads: typeof heads = new Map();
    for (const { name } of entries.slice(0, limits.skillsMax)) {
      // a module without a SKILL.md is importable, but says nothing that could be searched
      const head = toHead(await readPage(name).catch(() => ""), knownHeads);
      if (head === undefined) continue;
      const call = await toCall(name, known);
      found.push({
        folder: name,
        name: head.name,
        description: head.description,
        ...(call === undefined ? {} : { call }),
      });
    }
    calls = known;
    heads = knownHeads;
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
    read: ({ folder: name }) => readPage(name),
    forget() {
      checked = -Infinity;
    },
  };
}

/** What a SKILL.md says of its skill; of one that cannot be read a person is told why, and nobody else of it. */
function readHead(page: string): SkillHead | undefined {
  try {
    return parseSkillHead(page);
  } catch {
    return undefined;
  }
}

/** How its function is called, as its code says; what cannot be parsed is not called. */
async function outlineCall(name: string, code: string): Promise<Skill["call"]> {
  const functionName = toFunctionName(name);
  const outline = await outlineModule(`skills/${name}/index.ts`, code).catch(() => undefined);
  const call = outline?.exports.find((one) => one.name === functionName)?.call;
  return call && { line: toCallLine(name, functionName, call), signature: call.signature };
}
