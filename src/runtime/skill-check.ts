import { SluiceError } from "../base/errors.ts";
import type { NameSource } from "../sandbox/link.ts";
import { linkProgram } from "../sandbox/link.ts";
import { LinkError } from "../sandbox/module-syntax.ts";
import type { SkillFiles } from "../skills/skill-files.ts";
import type { CheckedSkill } from "../skills/skills.ts";
import { isCode, textOf } from "../skills/skill-text.ts";
import type { ProgramCheck } from "./check-program.ts";
import type { ProgramSkills } from "./open-skills.ts";
import type { Parts } from "./parts.ts";

/** Links and type-checks the code of a skill, in all the modules of its own that its `index.ts` needs. Throws `skill_invalid`. */
export function createSkillCheck(
  parts: Pick<Parts, "discovery" | "namesIn" | "openView">,
  declared: ProgramCheck,
  skills: () => Pick<ProgramSkills, "importedBy" | "admitting">,
): (name: string, files: SkillFiles, programs?: ReadonlyMap<string, string>) => Promise<CheckedSkill> {
  return async (name, files, programs = new Map()) => {
    const folder = `skills/${name}/`;
    const texts = new Map(
      [...files.keys()].filter(isCode).map((path) => [`${folder}${path}`, textOf(files, path) ?? ""]),
    );
    const { importedBy, admitting } = skills();
    await parts.discovery.ensureKnown(parts.namesIn(importedBy([...texts.values()].join("\n")).text));
    const { names } = parts.openView({ name, files });
    const imports = new Set<string>();
    const admitted = admitting(names, (skill) => imports.add(skill));
    // Its own modules are what is checked.
    const source: NameSource = {
      ...admitted,
      readSkill: (path) => (path.startsWith(folder) ? names : admitted).readSkill(path),
    };
    /** Checks one module; gives those of the skill that it needs, itself among them. */
    async function checkModule(path: string): Promise<string[]> {
      try {
        const linked = await linkProgram(texts.get(path) ?? "", source, path);
        const problems = await declared.check(linked, texts);
        if (problems.length > 0) throw toTypeErrors(name, path, problems);
        return linked.modules.map((module) => module.name).filter((one) => one.startsWith(folder));
      } catch (error) {
        throw error instanceof LinkError ? toInvalid(name, error) : error;
      }
    }
    const needed = await checkModule(`${folder}index.ts`);
    for (const [part, text] of programs) {
      const linked = await linkProgram(text, source).catch((error: unknown) => {
        throw error instanceof LinkError ? toInvalid(name, error, part) : error;
      });
      const problems = await declared.check(linked, texts);
      if (problems.length > 0) throw toTypeErrors(name, part, problems);
    }
    const modules = needed.filter((path) => path !== `${folder}index.ts`);
    for (const path of modules) await checkModule(path);
    return { imports: [...imports].sort(), modules: modules.map((path) => path.slice(folder.length)) };
  };
}

/** `part`: a module, or a program that goes with the skill: `example`. */
function toTypeErrors(name: string, part: string, problems: readonly { line: number; message: string }[]): SluiceError {
  const where = !part.includes("/") || part.endsWith("/index.ts") ? "" : ` in ${part}`;
  const shown = problems.slice(0, 5).map(({ line, message }) => `line ${line}: ${message}`);
  return new SluiceError(
    "skill_invalid",
    `The ${part.includes("/") ? "code" : part} of the skill "${name}" has type errors${where}: ${shown.join("; ")}`,
  );
}

/** What the linker says of a module of a skill, or of a skill. */
export function toInvalid(name: string, { message, place, hint }: LinkError, part = "code"): SluiceError {
  const at = place === undefined ? "" : ` (line ${place.line}: ${place.source.trim().slice(0, 120)})`;
  return new SluiceError(
    "skill_invalid",
    `The ${part} of ${name.includes("/") ? name : `the skill "${name}"`} cannot be used: ${message}${at}`,
    hint === undefined ? {} : { hint },
  );
}
