import { existsSync } from "node:fs";
import { join } from "node:path";
import { SluiceError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { toCleanLine } from "../codegen/text.ts";
import {
  checkModule,
  checkSkill,
  parseSkillInput,
  refuseFileName,
  refuseSecrets,
  type SkillChecks,
  type SkillInput,
} from "./check-skill.ts";
import {
  createSkillShelf,
  readSkillFiles,
  type SkillFile,
  type SkillFiles,
  toSkillHash,
  writeFiles,
} from "./skill-files.ts";
import {
  createSkillLookup,
  type FoundSkill,
  needCode,
  type SkillLookup,
  type SkillReport,
  toProblem,
} from "./skill-lookup.ts";
import { checkSkillName } from "./skill-name.ts";
import { changePage, parseSkillHead, type SkillPage, toKeptPage, toSkillPage, withoutMetadata } from "./skill-page.ts";
import type { RecordedCall, SkillRow, SkillTable, SkillTrust } from "./skill-table.ts";
import { createSkillVersions, type SaveOptions } from "./skill-versions.ts";
import { importsSkill, textOf, toRenamedFiles, toTestProgram, toTextFile } from "./skill-text.ts";

/** What became of a skill that was saved. */
export interface SavedSkill {
  name: string;
  version: number;
  trust: SkillTrust;
  /** How it is called, without its body. */
  signature: string;
  /** What a program imports. */
  import: string;
  tools: string[];
}

/** How a test ended. */
export interface SkillTestReport {
  name: string;
  ok: boolean;
  /** What ran: its tests, or the example where it has none. */
  ran: "tests" | "example";
  /** Calls of tools: answered from the record, or recorded now. */
  calls: number;
  message?: string;
  /** It asked for something of which there is no record: it may be right. */
  lacksRecord?: true;
}

/** Runs a program for a skill's test: its tools answer what was recorded, or are really called (`live`) and recorded. */
export type RunForSkill = (
  program: string,
  recorded: readonly RecordedCall[] | "live",
  timeoutMs?: number,
) => Promise<{ problem?: string; calls: RecordedCall[]; lacksRecord?: boolean }>;

export interface SkillsOptions extends SkillChecks {
  /** Where skills are saved; and where others are read. */
  directory: string;
  shared: readonly string[];
  versionsDirectory: string;
  table: SkillTable;
  /** The one whose programs call what is saved. */
  workspace: string;
  /** Links and type-checks the code of these files. Throws `skill_invalid`. */
  check: (name: string, files: SkillFiles, programs?: ReadonlyMap<string, string>) => Promise<CheckedSkill>;
  /** Addresses of the tools that the code of these files names. */
  toolsIn: (name: string, files: SkillFiles) => Promise<string[]>;
  /** The hash of a tool's definition as it is now. */
  hashOf: (address: string) => string | undefined;
  /** Whether it is known that no server lists this tool any more. */
  isGone: (address: string) => boolean;
  run: RunForSkill;
  /** Told before a version is written, and before a skill goes; what it throws keeps that from happening. */
  onChange: (change: SkillChange) => void;
  now: () => number;
}

/** What the code of a skill needs. */
export interface CheckedSkill {
  /** The skills that it imports, and that they do. */
  imports: string[];
  /** The paths of its own modules beside `index.ts`. */
  modules: string[];
}

/** What happens to a skill. */
export interface SkillChange {
  change: "saved" | "trusted" | "removed";
  skill: string;
  version: number;
  by: string;
}

/** Saved programs: the folder, and what the store knows of each skill in it. */
export interface Skills extends Pick<
  SkillLookup,
  "admit" | "names" | "find" | "isWhole" | "rowOf" | "callOf" | "toolsOf" | "foreignOf"
> {
  /** Throws `skill_invalid`. `by`: the execution or the person; `isAgain`: it had begun before, and may be done. */
  save: (input: Readonly<Record<string, unknown>>, by: string, isAgain?: boolean) => Promise<SavedSkill>;
  /** Takes a folder in the Agent Skills layout; its code, if it has an `index.ts`, is checked like any other. */
  add: (folder: string, by: string) => Promise<SavedSkill>;
  /** Makes a version that is kept the next one, a draft; of a skill that was removed, too. Throws `skill_not_found`. */
  restore: (name: string, version: number, by: string) => Promise<SavedSkill>;
  list: () => Promise<SkillReport[]>;
  show: (name: string) => Promise<ShownSkill>;
  /** Runs its tests, or its example, in the sandbox. */
  /** `recorded`: against these answers, which are kept where it passes, instead of those that are kept. */
  test: (
    name: string,
    options?: { live?: boolean; recorded?: readonly RecordedCall[]; timeoutMs?: number },
  ) => Promise<SkillTestReport>;
  /** Makes it callable everywhere. Throws `skill_untrusted` unless its test has passed. */
  trust: (name: string, by: string) => Promise<SkillReport>;
  rename: (name: string, to: string, by: string) => Promise<SavedSkill>;
  remove: (name: string, by: string) => void;
  /** Writes the skill's folder below another one; gives its path. */
  export: (name: string, directory: string) => string;
}

/** A skill with its texts and the versions that are kept. */
export type ShownSkill = SkillReport & {
  files: Record<string, string>;
  versions: { version: number; folder: string }[];
};

/** The files that are made of what is saved; others of a folder stay as they are. */
const ownFiles: ReadonlySet<string> = new Set(["SKILL.md", "index.ts", "example.ts", "index.test.ts"]);

export function createSkills(options: SkillsOptions): Skills {
  const { directory, shared, table, workspace, hashOf, now } = options;
  const shelf = createSkillShelf(directory, options.versionsDirectory);
  const lookup = createSkillLookup({ ...options, folders: [directory, ...shared] });
  const { find, need, needOwn, rowOf, ownerOf, toTools, report, names } = lookup;
  const versions = createSkillVersions({ ...options, shelf, lookup });
  table.transaction(() => shelf.mend());

  /** `own`: the SKILL.md that it came with. */
  async function saveChecked(
    input: SkillInput,
    save: SaveOptions,
    others: SkillFiles,
    own?: string,
  ): Promise<SavedSkill> {
    const { name, code, example, tests } = input;
    const { call } = await checkSkill(input, options);
    if (own !== undefined) await refuseSecrets(name, "SKILL.md", withoutMetadata(own, name), options);
    const programs = new Map<string, string>();
    for (const [part, file, text] of [
      ["example", "example.ts", example],
      ["tests", "index.test.ts", tests],
    ] as const) {
      if (text === undefined) continue;
      await options.outline(`skills/${name}/${file}`, text);
      programs.set(part, toTestProgram(name, text));
    }
    const files: SkillFiles = new Map([...others, ["index.ts", toTextFile(code)] as const]);
    const { modules } = await options.check(name, files, programs);
    for (const path of modules) await checkModule(name, path, textOf(files, path) ?? "", options);
    const addresses = await options.toolsIn(name, files);
    const toFiles = (version: number): SkillFiles => {
      const { code: _, tests: __, ...about } = input;
      const page: SkillPage = {
        ...{ ...about, version, trust: "draft", signature: call.signature, tools: toTools(addresses) },
        hasTests: tests !== undefined,
      };
      const text = own === undefined ? toSkillPage(page) : toKeptPage(own, page);
      return new Map([...others, ...toOwnFiles(text, input)]);
    };
    return toSaved(versions.put({ ...save, name, addresses, toFiles }), call.signature);
  }

  async function remake(name: string, save: SaveOptions, files: SkillFiles): Promise<SavedSkill> {
    for (const path of files.keys()) refuseFileName(name, path);
    const page = textOf(files, "SKILL.md") ?? "";
    const head = parseSkillHead(page);
    const { description, license, compatibility } = head ?? {};
    const code = textOf(files, "index.ts");
    const others = new Map([...files].filter(([path]) => !ownFiles.has(path)));
    for (const [path, { content }] of others)
      if (!content.includes(0)) await refuseSecrets(name, `file ${path}`, content.toString("utf8"), options);
    const input = parseSkillInput({
      ...{ name, description, code: code ?? "-", license, compatibility },
      ...{ example: textOf(files, "example.ts"), tests: textOf(files, "index.test.ts") },
    });
    if (code !== undefined) return await saveChecked(input, save, others, page);
    // Prose alone: as it is, under its name.
    await refuseSecrets(name, "SKILL.md", page, options);
    const renamed: SkillFiles = new Map([...files, ["SKILL.md", toTextFile(changePage(page, { name }))] as const]);
    const toFiles = (): SkillFiles => (head?.name === name ? files : renamed);
    return toSaved(versions.put({ ...save, name, addresses: [], toFiles }));
  }

  /** What a test has shown, of these files, these definitions and these skills that they import. */
  function noteTested(
    name: string,
    { files, isShared }: Pick<FoundSkill, "files" | "isShared">,
    { tools, imports }: Pick<SkillRow, "tools" | "imports">,
  ): void {
    const row = rowOf(name, files);
    const hash = toSkillHash(files);
    const fresh = (): SkillRow => ({
      ...{ name, workspace, version: (table.get(name)?.version ?? 0) + 1 },
      ...{ hash, content: hash, trust: "draft", tools, imports, isTested: true, savedAt: now(), savedBy: "found" },
    });
    if (row !== undefined) table.put({ ...row, tools, imports, isTested: true });
    // Whose it is stays as it was: of what somebody else has put there the definitions that it passed with are known.
    else if (isShared || ownerOf(name) !== undefined) table.resight(name, hash, tools);
    else table.put(fresh());
  }

  return {
    ...{
      find,
      isWhole: lookup.isWhole,
      names,
      rowOf,
      admit: lookup.admit,
      callOf: lookup.callOf,
      toolsOf: lookup.toolsOf,
      foreignOf: lookup.foreignOf,
    },
    save: async (given, by, isAgain = false) => await saveChecked(parseSkillInput(given), { by, isAgain }, new Map()),
    async add(folder, by) {
      const files = readSkillFiles(folder);
      if (files === undefined) throw new SluiceError("skill_not_found", `There is no folder ${folder}`);
      const head = parseSkillHead(textOf(files, "SKILL.md") ?? "");
      if (head === undefined)
        throw new SluiceError(
          "skill_invalid",
          `${folder} has no SKILL.md that begins with name and description between two lines ---`,
        );
      return await remake(checkSkillName(head.name), { by }, files);
    },
    async restore(name, version, by) {
      if (ownerOf(checkSkillName(name)) !== undefined) needOwn(name);
      return await remake(name, { by }, versions.read(name, version));
    },
    async list() {
      const reports: SkillReport[] = [];
      for (const name of names())
        reports.push(await report(name).catch((error: unknown) => toBroken(name, lookup.describe(name), error)));
      return reports;
    },
    async show(name) {
      const texts = [...need(name).files]
        .filter(([, { content }]) => content.length <= limits.skillBytesMax && !content.includes(0))
        .map(([path, { content }]): [string, string] => [path, content.toString("utf8")]);
      return { ...(await report(name)), files: Object.fromEntries(texts), versions: shelf.versions(name) };
    },
    async test(name, { live = false, recorded: given, timeoutMs } = {}) {
      const { files } = need(name);
      needCode(name, files);
      const tests = textOf(files, "index.test.ts");
      const program = tests ?? textOf(files, "example.ts");
      if (program === undefined)
        throw new SluiceError("skill_invalid", `The skill "${name}" has nothing to test it with`, {
          hint: "Save it with tests, a program that imports it and throws where it is wrong, or with an example",
        });
      const imports = lookup.toImports((await options.check(name, files)).imports);
      const addresses = await options.toolsIn(name, files);
      // What a tool answered under another definition says nothing about this one.
      const recorded = (given ?? table.records(name)).filter((call) => hashOf(call.tool) === call.definitionHash);
      const { problem, calls, lacksRecord } = await options.run(
        toTestProgram(name, program),
        live ? "live" : recorded,
        timeoutMs,
      );
      const about = {
        ...({ name, ran: tests === undefined ? "example" : "tests", calls: calls.length } as const),
        ...(lacksRecord === true ? { lacksRecord } : {}),
      };
      const isNew = live || given !== undefined;
      const message = problem ?? (isNew ? toTooMany(calls) : undefined);
      if (message !== undefined) return { ...about, ok: false, message };
      table.transaction(() => {
        // What the workspace that it belongs to has on record is not changed from another one.
        if (ownerOf(name) === undefined && isNew) table.setRecords(name, calls);
        const found = need(name);
        // Not of another one that was saved meanwhile.
        if (toSkillHash(found.files) === toSkillHash(files))
          // Also of tools that its text does not name: a name may be made while it runs.
          noteTested(name, found, {
            tools: toTools([...new Set([...addresses, ...calls.map(({ tool }) => tool)])]),
            imports,
          });
      });
      return { ...about, ok: true };
    },
    async trust(name, by) {
      table.transaction(() => {
        const files = needOwn(name);
        needCode(name, files);
        const row = lookup.needTested(name, files);
        options.onChange({ change: "trusted", skill: name, version: row.version, by });
        versions.setTrust(row, files, "trusted");
      });
      return await report(name);
    },
    async rename(name, to, by) {
      const files = needOwn(name);
      checkSkillName(to);
      if (find(to) !== undefined) throw new SluiceError("skill_invalid", `There is a skill "${to}" already`);
      // What cannot be read whole cannot be imported, and imports nothing.
      const using = names().filter(
        (other) => other !== name && lookup.isWhole(other) && importsSkill(find(other)?.files ?? new Map(), name),
      );
      if (using.length > 0)
        throw new SluiceError("skill_invalid", `The skill "${name}" is imported by ${using.slice(0, 10).join(", ")}`, {
          hint: "Save these again without it, rename it, then save them with its new name",
        });
      const page = textOf(files, "SKILL.md") ?? "";
      if (parseSkillHead(page) === undefined)
        throw new SluiceError("skill_invalid", `The skill "${name}" has no SKILL.md with a name`);
      return await remake(to, { by, from: name }, toRenamedFiles(files, name, to));
    },
    remove(name, by) {
      needOwn(name);
      versions.forget(name, by);
    },
    export(name, to) {
      const place = join(to, name);
      if (existsSync(place))
        throw new SluiceError("skill_invalid", `${place} exists already`, { hint: "Give another folder" });
      writeFiles(place, need(name).files);
      return place;
    },
  };
}

function toOwnFiles(page: string, { code, example, tests }: SkillInput): [string, SkillFile][] {
  const texts: [string, string | undefined][] = [
    ["SKILL.md", page],
    ["index.ts", code],
    ["example.ts", example],
    ["index.test.ts", tests],
  ];
  return texts.flatMap(([path, text]): [string, SkillFile][] =>
    text === undefined ? [] : [[path, toTextFile(`${text.trimEnd()}\n`)]],
  );
}

function toTooMany(calls: readonly RecordedCall[]): string | undefined {
  const bytes = calls.reduce((sum, call) => sum + call.arguments.length + call.outcome.length, 0);
  if (calls.length <= limits.skillRecordedCallsMax && bytes <= limits.skillRecordedBytesMax) return undefined;
  return (
    `The test passed, but what its tools answered is too much to be kept: ${calls.length} calls ` +
    `(skillRecordedCallsMax is ${limits.skillRecordedCallsMax}), ${bytes} bytes (skillRecordedBytesMax is ${limits.skillRecordedBytesMax})`
  );
}

function toBroken(name: string, description: string, error: unknown): SkillReport {
  return {
    ...{
      name: toCleanLine(name, limits.skillDescriptionCharsMax),
      description,
      trust: "found",
      tools: [],
      outdated: [],
      importsChanged: [],
      isTested: false,
      isShared: false,
    },
    problem: toProblem(error),
  };
}

function toSaved({ name, version, trust, tools }: SkillRow, signature = ""): SavedSkill {
  return {
    ...{ name, version, trust, signature, import: `./skills/${name}` },
    tools: tools.map(({ address }) => address),
  };
}
