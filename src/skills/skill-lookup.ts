import { type Dirent, existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { SluiceError, toMessage } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { OutlineCall, ProgramOutline } from "../base/program-outline.ts";
import { toCleanLine } from "../codegen/text.ts";
import { listSkillFiles, readSkillFiles, readSkillPage, type SkillFiles, toSkillHash } from "./skill-files.ts";
import { checkSkillName, isSkillName, toFunctionName } from "./skill-name.ts";
import { parseSkillHead, type SkillTool } from "./skill-page.ts";
import type { SkillImport, SkillRow, SkillTable, SkillTrust } from "./skill-table.ts";
import { textOf } from "./skill-text.ts";

/** One skill as a person is told of it. */
export interface SkillReport {
  name: string;
  description: string;
  /** `found`: it was put into the folder, or changed there, and is a draft too. */
  trust: SkillTrust | "found";
  version?: number;
  /** Of the code itself; absent where there is none that can be imported by its name. */
  signature?: string;
  /** Addresses of the tools that its code names. */
  tools: string[];
  /** Those whose definition is another by now, or that are gone: it is refused until tested again. */
  outdated: string[];
  /** Skills that it imports and that are others than when it was tested: it is a draft again, until tested with them. */
  importsChanged: string[];
  isTested: boolean;
  /** The other workspace that it belongs to: there it is changed and, while it is a draft, called. */
  workspace?: string;
  /** In a shared folder, which is not written. */
  isShared: boolean;
  license?: string;
  /** Why it cannot be used as it is. */
  problem?: string;
}

/** A skill's files, and where they are. */
export interface FoundSkill {
  files: SkillFiles;
  isShared: boolean;
  folder: string;
}

/** What there is, in the own folder and in the shared ones, and what the store knows of it. */
export interface SkillLookup {
  find: (name: string) => FoundSkill | undefined;
  /** Throws `skill_not_found`. */
  need: (name: string) => FoundSkill;
  /** The same of one that may be written here: throws `skill_invalid` where it is shared, or another workspace's. */
  needOwn: (name: string) => SkillFiles;
  /** Whether its folder can be read whole: only what can is imported. */
  isWhole: (name: string) => boolean;
  /** What its SKILL.md says that it does, where the rest cannot be read. */
  describe: (name: string) => string;
  /** All folders, also those whose names break the rules: they are told of, and neither imported nor called. */
  names: () => string[];
  /** What the store knows of exactly these files; a draft that is not tested where a skill that they import has changed. */
  rowOf: (name: string, files: SkillFiles) => SkillRow | undefined;
  /** The other workspace whose draft it is, if it is one: here no program sees it. */
  foreignOf: (name: string) => string | undefined;
  /** The other workspace that saved it, if one did: only there its name is saved, and the skill changed. */
  ownerOf: (name: string) => string | undefined;
  /** What may be trusted: throws `skill_untrusted` unless it, and all that it imports, is as it was tested. */
  needTested: (name: string, files: SkillFiles) => SkillRow;
  /** These skills with what they hold now. */
  toImports: (names: readonly string[]) => SkillImport[];
  /** Those of the tools that are known, with the hashes of their definitions. */
  toTools: (addresses: readonly string[]) => SkillTool[];
  /** Addresses of the tools that its code names; none where there is no such skill. */
  toolsOf: (name: string) => Promise<string[]>;
  /** How its function is called; `undefined` where it has none of its name. */
  callOf: (name: string, files: SkillFiles) => Promise<OutlineCall | undefined>;
  report: (name: string) => Promise<SkillReport>;
  /** What may be imported: throws `skill_outdated` or `skill_untrusted`, and lets pass what it does not know. */
  admit: (name: string) => Promise<void>;
}

export function createSkillLookup({
  folders,
  table,
  workspace,
  hashOf,
  isGone,
  outline,
  toolsIn,
}: {
  /** The own one first: it wins where two have a skill of one name. */
  folders: readonly string[];
  table: SkillTable;
  workspace: string;
  hashOf: (address: string) => string | undefined;
  /** Whether it is known that no server lists this tool: of one that was never reached, nothing is. */
  isGone: (address: string) => boolean;
  outline: (name: string, text: string) => Promise<ProgramOutline>;
  /** Addresses of the tools that the code of these files names. */
  toolsIn: (name: string, files: SkillFiles) => Promise<string[]>;
}): SkillLookup {
  function find(name: string): FoundSkill | undefined {
    if (!isSkillName(name)) return undefined;
    for (const [index, directory] of folders.entries()) {
      const folder = join(directory, name);
      const files = readSkillFiles(folder);
      if (files !== undefined) return { files, isShared: index > 0, folder };
    }
    return undefined;
  }

  function isWhole(name: string): boolean {
    if (!isSkillName(name)) return false;
    try {
      return folders.some((directory) => listSkillFiles(join(directory, name)) !== undefined);
    } catch {
      return false;
    }
  }

  function describe(name: string): string {
    const pages = isSkillName(name) ? folders.map((directory) => readSkillPage(join(directory, name))) : [];
    try {
      return parseSkillHead(pages.find((page) => page !== "") ?? "")?.description ?? "";
    } catch {
      return "";
    }
  }

  function names(): string[] {
    const found = folders.flatMap(foldersIn).filter((name) => !name.startsWith("."));
    return [...new Set(found)].sort().slice(0, limits.skillsMax);
  }

  function need(name: string): FoundSkill {
    const found = find(name);
    if (found !== undefined) return found;
    if (names().includes(name)) checkSkillName(name);
    throw new SluiceError("skill_not_found", `There is no skill "${name.slice(0, 100)}"`, {
      hint: "`sluice skills ls` lists them",
    });
  }

  function storedOf(name: string, files: SkillFiles): SkillRow | undefined {
    const row = table.get(name);
    return row !== undefined && row.hash === toSkillHash(files) ? row : undefined;
  }

  function rowOf(name: string, files: SkillFiles): SkillRow | undefined {
    const row = storedOf(name, files);
    return row && asNow(row, changedIn(row));
  }

  /** A draft that is not tested where skills that it imports have changed. */
  function asNow(row: SkillRow, changed: readonly string[]): SkillRow {
    return changed.length === 0 ? row : { ...row, trust: "draft", isTested: false };
  }

  /** What a skill holds now, and whether it is trusted itself; what cannot be read holds nothing. */
  function contentOf(name: string): { content: string; isTrusted: boolean } {
    try {
      const { files } = need(name);
      const row = storedOf(name, files);
      return { content: row?.content ?? toSkillHash(files), isTrusted: row?.trust === "trusted" };
    } catch {
      return { content: "", isTrusted: false };
    }
  }

  function changedIn({ imports, trust }: Pick<SkillRow, "imports" | "trust">): string[] {
    return imports
      .filter((one) => {
        const { content, isTrusted } = contentOf(one.name);
        return content !== one.content || (trust === "trusted" && !isTrusted);
      })
      .map(({ name }) => name);
  }

  function foreignOf(given: string): string | undefined {
    // Where a folder has its name in capitals too.
    const name = given.toLowerCase();
    const row = isSkillName(name) ? table.get(name) : undefined;
    if (row === undefined || row.workspace === workspace) return undefined;
    if (row.trust === "trusted" && row.imports.length === 0) return undefined;
    try {
      return rowOf(name, find(name)?.files ?? new Map())?.trust === "draft" ? row.workspace : undefined;
    } catch {
      // What cannot be read whole is not shown in part.
      return row.workspace;
    }
  }

  function ownerOf(name: string): string | undefined {
    const row = table.get(name);
    const isHere = row !== undefined && existsSync(join(folders[0] ?? "", name));
    return isHere && row.workspace !== workspace ? row.workspace : undefined;
  }

  function toTools(addresses: readonly string[]): SkillTool[] {
    return addresses.flatMap((address) => {
      const hash = hashOf(address);
      return hash === undefined ? [] : [{ address, hash }];
    });
  }

  /** The definitions that it is held to: those that it was saved for or tested with, or else those of its first sight. */
  async function definitionsOf(name: string, row: SkillRow | undefined, files: SkillFiles): Promise<SkillTool[]> {
    return row?.tools ?? table.sight(name, toSkillHash(files), toTools(await toolsIn(name, files)));
  }

  function outdatedOf(tools: readonly SkillTool[]): string[] {
    return tools
      .filter(({ address, hash }) => {
        const current = hashOf(address);
        return current === undefined ? isGone(address) : hash !== current;
      })
      .map(({ address }) => address);
  }

  /** What has become of the tools that it is outdated for. */
  function toChangeText(outdated: readonly string[]): string {
    const gone = outdated.filter(isGone).slice(0, 10);
    const changed = outdated.filter((address) => !isGone(address)).slice(0, 10);
    return [
      ...(changed.length === 0 ? [] : [`another definition of ${changed.join(", ")}: it has changed since`]),
      ...(gone.length === 0 ? [] : [`${gone.join(", ")}, which no server lists any more`]),
    ].join("; and for ");
  }

  async function callOf(name: string, files: SkillFiles): Promise<OutlineCall | undefined> {
    const code = textOf(files, "index.ts");
    if (code === undefined || code.length > limits.skillCodeBytesMax) return undefined;
    const { exports } = await outline(`skills/${name}/index.ts`, code);
    return exports.find((one) => one.name === toFunctionName(name))?.call;
  }

  /** Why it cannot be used as it is. */
  async function problemOf(name: string, files: SkillFiles): Promise<{ call?: OutlineCall; problem?: string }> {
    const head = parseSkillHead(textOf(files, "SKILL.md") ?? "");
    const about =
      head === undefined
        ? "It has no SKILL.md with a name"
        : head.name === name
          ? head.description === ""
            ? "Its SKILL.md has no description: search finds it by its name alone"
            : undefined
          : `Its SKILL.md calls it "${head.name.slice(0, 100)}", its folder "${name}"`;
    try {
      const call = await callOf(name, files);
      const code = textOf(files, "index.ts");
      const missing =
        code === undefined
          ? "It has no index.ts: it can be read, not imported"
          : code.length > limits.skillCodeBytesMax
            ? `Its index.ts has ${code.length} characters: how it is called is not read past skillCodeBytesMax (${limits.skillCodeBytesMax})`
            : `It exports no function ${toFunctionName(name)}`;
      const problem = about ?? (call === undefined ? missing : undefined);
      return { ...(call === undefined ? {} : { call }), ...(problem === undefined ? {} : { problem }) };
    } catch (error) {
      return { problem: toProblem(error) };
    }
  }

  return {
    ...{ find, isWhole, describe, need, rowOf, foreignOf, ownerOf, callOf },
    toTools,
    needTested(name, files) {
      const row = storedOf(name, files);
      const refuse = (message: string, hint = `Run \`sluice skills test ${name}\` first`): SluiceError =>
        new SluiceError("skill_untrusted", message, { hint });
      if (row === undefined || !row.isTested) throw refuse(`The skill "${name}" has not passed its test as it is now`);
      const outdated = outdatedOf(row.tools);
      if (outdated.length > 0) throw refuse(`The skill "${name}" was tested with ${toChangeText(outdated)}`);
      const changed = changedIn({ ...row, trust: "draft" });
      if (changed.length > 0)
        throw refuse(`The skill "${name}" was tested with another content of ${changed.join(", ")}, which it imports`);
      const untrusted = row.imports.map((one) => one.name).filter((one) => !contentOf(one).isTrusted);
      if (untrusted.length > 0)
        throw refuse(
          `The skill "${name}" imports ${untrusted.join(", ")}, which is not trusted`,
          `Trust first what it imports: \`sluice skills trust ${untrusted[0] ?? ""}\`; a shared one is taken over with \`add\``,
        );
      return row;
    },
    toImports: (imported) => imported.map((name) => ({ name, content: contentOf(name).content })),
    async toolsOf(name) {
      const found = find(name);
      if (found === undefined) return [];
      const row = storedOf(name, found.files);
      if (row !== undefined) return row.tools.map(({ address }) => address);
      const seen = table.sight(name, toSkillHash(found.files), []).map(({ address }) => address);
      return [...new Set([...(await toolsIn(name, found.files)), ...seen])];
    },
    needOwn(name) {
      const found = need(name);
      const owner = ownerOf(name);
      if (owner !== undefined)
        throw new SluiceError("skill_invalid", `The skill "${name}" belongs to another workspace, "${owner}"`, {
          hint: `Only there it is changed: give the command with \`--workspace ${owner}\``,
        });
      if (!found.isShared) return found.files;
      throw new SluiceError(
        "skill_invalid",
        `The skill "${name}" is in the shared folder ${found.folder}, which Sluice does not write`,
        { hint: `Take it over with \`sluice skills add ${found.folder}\`, then change that` },
      );
    },
    names,
    async report(name) {
      const { files, isShared } = need(name);
      const head = parseSkillHead(textOf(files, "SKILL.md") ?? "");
      const stored = storedOf(name, files);
      const importsChanged = stored === undefined ? [] : changedIn(stored);
      const row = stored && asNow(stored, importsChanged);
      const tools = await definitionsOf(name, row, files);
      const { call, problem } = await problemOf(name, files);
      const other = ownerOf(name) ?? foreignOf(name);
      return {
        ...{ name, description: head?.description ?? "", trust: row?.trust ?? "found" },
        ...(row === undefined ? {} : { version: row.version }),
        ...(call === undefined ? {} : { signature: call.signature }),
        tools: tools.map(({ address }) => address),
        ...{ outdated: outdatedOf(tools), importsChanged },
        ...{ isTested: row?.isTested ?? false, isShared },
        ...(other === undefined ? {} : { workspace: other }),
        ...(head?.license === undefined ? {} : { license: head.license }),
        ...(problem === undefined ? {} : { problem }),
      };
    },
    async admit(name) {
      const found = find(name);
      if (found === undefined) return;
      const row = storedOf(name, found.files);
      const foreign = foreignOf(name);
      if (foreign !== undefined) {
        const changed = row === undefined ? [] : changedIn(row);
        const since = changed.length === 0 ? "" : `, since ${changed.join(", ")} is not what it was tested with`;
        throw new SluiceError(
          "skill_untrusted",
          `The skill "${name}" is a draft of the workspace "${foreign}"${since}`,
          {
            hint: `A person can make it usable everywhere: \`sluice skills test ${name} --workspace ${foreign}\`, then \`trust\` like that`,
          },
        );
      }
      // Of what nobody has saved here: if it says nothing of itself that can be read, it is not run.
      if (row === undefined) parseSkillHead(textOf(found.files, "SKILL.md") ?? "");
      const outdated = outdatedOf(await definitionsOf(name, row, found.files));
      if (outdated.length === 0) return;
      throw new SluiceError("skill_outdated", `The skill "${name}" was written for ${toChangeText(outdated)}`, {
        hint: `Call the tool in the program itself, or tell the user to run \`sluice skills test ${name}\``,
      });
    },
  };
}

/** Of prose, and of scripts for other programs, there is nothing to test, and nothing that trust would allow. */
export function needCode(name: string, files: SkillFiles): void {
  if (files.has("index.ts")) return;
  throw new SluiceError("skill_invalid", `The skill "${name}" has no index.ts: it is read, not called`, {
    hint: `Read it with fs.readFile("./skills/${name}/SKILL.md", "utf8")`,
  });
}

/** Why something cannot be used, as a person is told: what a file holds may be in it. */
export function toProblem(error: unknown): string {
  return toCleanLine(toMessage(error), limits.skillDescriptionCharsMax);
}

function foldersIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() || isLinkedFolder(folder, entry))
      .map(({ name }) => name);
  } catch {
    return [];
  }
}

/** No skill, and a person who has put it there is told so. */
function isLinkedFolder(folder: string, entry: Dirent): boolean {
  if (!entry.isSymbolicLink()) return false;
  return statSync(join(folder, entry.name), { throwIfNoEntry: false })?.isDirectory() === true;
}
