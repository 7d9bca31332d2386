import { isUtf8 } from "node:buffer";
import type { SkillFile, SkillFiles } from "./skill-files.ts";
import { toFunctionName } from "./skill-name.ts";
import { isGenerated } from "./skill-page.ts";

/** The text of one file of a skill. */
export function textOf(files: SkillFiles, path: string): string | undefined {
  return files.get(path)?.content.toString("utf8");
}

/** Whether a file is a module, by its name. */
export function isCode(path: string): boolean {
  return /\.[jt]s$/.test(path);
}

/** A file of a text. */
export function toTextFile(text: string): SkillFile {
  return { content: Buffer.from(text), isExecutable: false };
}

/**
 * Tests or an example as a program: what they import from beside them is the skill, a function that they do not import is
 * imported, and a lone call is waited for. Lines stay where they are.
 */
export function toTestProgram(name: string, text: string): string {
  const functionName = toFunctionName(name);
  const here = text.replace(
    /(\bfrom\s*)(["'])(?:\.|\.\/index(?:\.[jt]s)?|\.\.\/[a-z0-9-]+)\2/g,
    (whole: string, from: string, quote: string) =>
      whole.includes("../") && !whole.includes(`../${name}${quote}`)
        ? whole
        : `${from}${quote}./skills/${name}${quote}`,
  );
  const beside = here.replace(
    /(\bfrom\s*)(["'])\.\/(?!(?:servers|skills|client)[/."'])([\w./-]+)\2/g,
    (_, from: string, quote: string, path: string) => `${from}${quote}./skills/${name}/${path}${quote}`,
  );
  const isCall = new RegExp(`^\\s*${functionName}\\s*\\(`).test(beside);
  const program = isCall ? beside.replace(/^\s*/, "return await ") : beside;
  const isImported = new RegExp(`\\bskills/${name}(?:/index)?(?:\\.[jt]s)?["']`).test(program);
  return isImported ? program : `import { ${functionName} } from "./skills/${name}"; ${program}`;
}

/**
 * A text of a skill under another name: its folder and its function are called differently. In prose one word that the
 * function is called after may be a word, unless it is called.
 */
function toRenamed(text: string, name: string, to: string, isModule: boolean): string {
  const functionName = toFunctionName(name);
  const isWord = !isModule && !/[A-Z]/.test(functionName);
  return text
    .replace(new RegExp(`(?<![\\w$.])${functionName}(?![\\w$])${isWord ? "(?=\\()" : ""}`, "g"), toFunctionName(to))
    .replace(new RegExp(`((?:skills|\\.\\.)/)${name}(?![\\w-])`, "g"), `$1${to}`);
}

/** The files of a skill under another name. */
export function toRenamedFiles(files: SkillFiles, name: string, to: string): SkillFiles {
  return new Map(
    [...files].map(([path, { content, isExecutable }]) => {
      const text = content.toString("utf8");
      // What Sluice itself has written in a SKILL.md is written anew where it is saved.
      const isOwn = path === "SKILL.md" && isGenerated(text);
      const isKept = isOwn || content.includes(0) || !isUtf8(content);
      return [path, { content: isKept ? content : Buffer.from(toRenamed(text, name, to, isCode(path))), isExecutable }];
    }),
  );
}

/** Whether a module of these files imports the skill. */
export function importsSkill(files: SkillFiles, name: string): boolean {
  const pattern = new RegExp(`from\\s*["'](?:\\.{1,2}/)*(?:skills/)?${name}(?:/index)?(?:\\.[jt]s)?["']`);
  return [...files].some(([path, { content }]) => isCode(path) && pattern.test(content.toString("utf8")));
}

/** The skills that a text names: of what it imports, and more. */
export function skillsNamedIn(text: string): string[] {
  return [...new Set([...text.matchAll(/(?:skills|\.\.)\/([a-z0-9-]{1,64})(?=["'/.])/g)].map(([, name = ""]) => name))];
}
