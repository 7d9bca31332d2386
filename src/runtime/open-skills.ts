import { join } from "node:path";
import { SluiceError, toMessage } from "../base/errors.ts";
import type { Json, JsonObject } from "../base/json.ts";
import type { CatalogueServer } from "../catalogue/tool.ts";
import { createModuleTree } from "../codegen/module-tree.ts";
import { limits } from "../base/limits.ts";
import { type NameSource, outlineModule } from "../sandbox/link.ts";
import { LinkError } from "../sandbox/module-syntax.ts";
import { createGrowth, type Growth } from "../skills/growth.ts";
import { createSkills, type Skills } from "../skills/skills.ts";
import { checkSkillName, isSkillName } from "../skills/skill-name.ts";
import { createSkillTable, type SkillTable } from "../skills/skill-table.ts";
import { toSkillHash } from "../skills/skill-files.ts";
import type { FoundSkill } from "../skills/skill-lookup.ts";
import { isCode, skillsNamedIn, textOf } from "../skills/skill-text.ts";
import type { Store } from "../store/store.ts";
import type { RunningExecution } from "./executions.ts";
import { createProgramCheck } from "./check-program.ts";
import { charsPerToken } from "./fit-answer.ts";
import type { Outcome, OutcomeWarning } from "./outcome.ts";
import type { Parts } from "./parts.ts";
import { createPrivateFinder, type PrivateFinder } from "./private-text.ts";
import { uncountedRun } from "./program-run.ts";
import { createRecording, createReplay, readRecordedCalls } from "./skill-records.ts";
import { createScratch } from "./scratch.ts";
import { createSkillCheck, toInvalid } from "./skill-check.ts";
import { createSkillTools } from "./skill-tools.ts";
import type { ExecuteOptions } from "./sluice.ts";
import { sharedTypeCheck } from "./type-check.ts";

/** Skills as programs have them. */
export interface ProgramSkills {
  /** The skills that a program imports, with those that they import, and its text with theirs: what servers all of it names. */
  importedBy(code: string): { names: ReadonlySet<string>; text: string };
  /** Asks the servers of the tools that these skills use, so that a program's view of them is what they list now. */
  ensureListed(names: ReadonlySet<string>, signal?: AbortSignal): Promise<void>;
  /** Names that give the text of a skill only where it may be used; `onUsed` is told its name. */
  admitting(names: NameSource, onUsed: (skill: string) => void, signal?: AbortSignal): NameSource;
  /** Saves what a program gave. */
  save(given: JsonObject, by: string, options: { isReadOnly: boolean; isAgain: boolean }): Promise<Json>;
  /** Tests what an execution has saved with what its tools answered it; says what did not pass. */
  tryOut(executionId: string): Promise<OutcomeWarning[]>;
  /** Counts a program that has ended, once however often it goes on, and says what is worth saying of it. */
  noteEnd(outcome: Outcome, program: EndedProgram): OutcomeWarning[];
  /** Adds what a skill holds of what programs had read when they saved it to what this one has read. */
  noteRead(executionId: string, skill: string): void;
}

/** A program that has ended. */
export interface EndedProgram {
  code: string;
  /** The skills that it imported when it was started. */
  used: ReadonlySet<string>;
  /** Milliseconds since the epoch. */
  startedAt: number;
}

/** Everything about skills of one running Sluice. */
export interface OpenSkills {
  skills: Skills;
  table: SkillTable;
  growth: Growth;
  program: ProgramSkills;
  findPrivate: PrivateFinder;
}

/** Where the labels of a skill are: no path of a workspace begins with a line end. */
const toLabelPath = (skill: string): string => `\n/skills/${skill}`;

export function openSkills(
  parts: Parts,
  {
    store,
    start,
    onChanged,
  }: {
    store: Store;
    start: (parts: Parts, code: string, options: ExecuteOptions) => RunningExecution;
    /** Told when there are other skills than before. */
    onChanged: () => void;
  },
): OpenSkills {
  const { config, audit, gate } = parts;
  const table = createSkillTable(store);
  const growth = createGrowth(store, Date.now);
  // What results have taught warns; a skill is refused for what a tool declares alone: another query has other columns.
  const declared = createProgramCheck(
    {
      catalogue: parts.catalogue,
      tree: createModuleTree(parts.catalogue),
      version: () => String(parts.catalogue.version),
    },
    sharedTypeCheck,
  );
  const findPrivate = createPrivateFinder(config, parts.privacy);
  const hashOf = (address: string): string | undefined => {
    const found = parts.catalogue.resolve(address);
    // Not what another tool of a similar name is.
    return found.kind === "found" && found.tool.address === address ? found.tool.hash : undefined;
  };
  /** The servers that it may be of by its name. */
  const serversOf = (address: string): CatalogueServer[] =>
    parts.catalogue.servers().filter(({ key }) => address.startsWith(`${key}.`));
  /** They have said what they list, and it is not among it. */
  const isGone = (address: string): boolean =>
    hashOf(address) === undefined && serversOf(address).every(({ fetchedAt }) => fetchedAt !== undefined);

  /** The skills that each execution has saved, or is saving. */
  const saves = new Map<string, string[]>();
  const saved = createSkills({
    ...{ directory: config.skills.dir, shared: config.skills.shared, workspace: config.workspace },
    versionsDirectory: join(config.stateDir, "skill-versions"),
    ...{ table, hashOf, isGone, now: Date.now },
    check: createSkillCheck(parts, declared, () => program),
    toolsIn: createSkillTools(parts),
    outline: async (name, text) => {
      try {
        return await outlineModule(name, text);
      } catch (error) {
        throw error instanceof LinkError ? toInvalid(name, error) : error;
      }
    },
    findPrivate,
    onChange(change) {
      audit.record({ kind: "skill-changed", ...change });
      // With the skill or not at all: a program's is never there without what the program had read.
      if (change.change === "saved" && saves.has(change.by))
        gate.fileLabels.set(toLabelPath(change.skill), gate.flow.labelsOf(change.by), false);
      // After it is written.
      setImmediate(() => {
        onChanged();
        parts.events.emit({ kind: "tools-changed", server: "skills" });
      });
    },
    async run(code, recorded, timeoutMs) {
      const live = createRecording(parts);
      const replay = createReplay(parts, recorded === "live" ? [] : recorded);
      const { invoke } = recorded === "live" ? live : replay;
      // A test runs what may be outdated, is no use of it, and leaves nothing.
      const unchecked: ProgramSkills = {
        ...{ ...program, admitting: (names) => names, noteEnd: () => [] },
        save: (given, by, options) => program.save(given, by, { ...options, isReadOnly: true }),
      };
      await using scratch = await createScratch(parts);
      // What has answers from a record goes on with no others, and costs nobody anything.
      const runs = { ...parts.runs, begin: () => (recorded === "live" ? undefined : uncountedRun) };
      const own = { ...parts, invoke, runs, skills: unchecked, workspace: scratch.workspace };
      const outcome = await start(own, code, timeoutMs === undefined ? {} : { timeoutMs }).result;
      const { error, status } = outcome;
      const problem =
        status === "completed" ? live.problem() : `${error?.code ?? status}: ${error?.message ?? "it did not end"}`;
      return {
        lacksRecord: replay.lacks(),
        calls: recorded === "live" ? live.calls : replay.calls,
        ...(problem === undefined ? {} : { problem }),
      };
    },
  });

  /** What its tools are is compared with what they are now, not with what another process was told of them. */
  async function listToolsOf(skill: string, signal?: AbortSignal): Promise<void> {
    const keys = (await saved.toolsOf(skill)).flatMap((address) => serversOf(address).map(({ key }) => key));
    await parts.discovery.ensureListed([...new Set(keys)], signal);
  }

  const skills: Skills = {
    ...saved,
    async test(name, options) {
      await listToolsOf(name);
      return await saved.test(name, options);
    },
    async trust(name, by) {
      await listToolsOf(name);
      return await saved.trust(name, by);
    },
    async rename(name, to, by) {
      const renamed = await saved.rename(name, to, by);
      // What was read when it was written is in it under any name.
      gate.fileLabels.set(toLabelPath(to), gate.fileLabels.of(toLabelPath(name)), false);
      return renamed;
    },
  };

  function importedBy(code: string): ReturnType<ProgramSkills["importedBy"]> {
    const names = new Set<string>();
    const texts = [code];
    for (const text of texts)
      for (const name of skillsNamedIn(text)) {
        if (names.has(name) || names.size >= limits.skillFilesMax) continue;
        names.add(name);
        const files = findQuietly(skills, name)?.files;
        if (files !== undefined)
          for (const path of files.keys()) if (isCode(path)) texts.push(textOf(files, path) ?? "");
      }
    return { names, text: texts.join("\n") };
  }

  const program: ProgramSkills = {
    importedBy,
    async ensureListed(names, signal) {
      // What is wrong with one is said where it is imported.
      await Promise.all([...names].map((name) => listToolsOf(name, signal).catch(() => undefined)));
    },
    admitting: (names, onUsed, signal) => ({
      ...names,
      async readSkill(path) {
        const [, folder = "", ...below] = path.split("/");
        if (below.length > 0 && !isSkillName(folder)) checkSkillName(folder);
        const name = folder.replace(/\.[jt]s$/, "");
        await listToolsOf(name, signal);
        await skills.admit(name);
        onUsed(name);
        return await names.readSkill(path);
      },
    }),
    async save(given, by, { isReadOnly, isAgain }) {
      if (isReadOnly)
        throw new SluiceError("skills_read_only", "Cannot save a skill: this execution may only read", {
          hint: "Print the code, so that the user can save it",
        });
      const names = saves.get(by) ?? [];
      if (names.length >= limits.skillSavesPerExecutionMax)
        throw new SluiceError(
          "skill_invalid",
          `The program has saved ${names.length} skills; skillSavesPerExecutionMax is ${limits.skillSavesPerExecutionMax}`,
        );
      const name = typeof given["name"] === "string" ? given["name"] : "";
      if (findQuietly(skills, name)?.isShared === true)
        throw new SluiceError(
          "skill_invalid",
          `There is a shared skill "${name.slice(0, 100)}", which everybody here uses`,
          {
            hint: "Save it under another name; to change the shared one, the user takes it over with `sluice skills add`",
          },
        );
      saves.set(by, [...names, name]);
      const saved = await skills.save(given, by, isAgain).catch((error: unknown) => {
        // What was refused is not there.
        const left = saves.get(by) ?? [];
        saves.set(by, left.toSpliced(left.lastIndexOf(name), 1));
        throw error;
      });
      return saved as unknown as Json;
    },
    async tryOut(executionId) {
      const names = new Set(saves.get(executionId));
      if (names.size === 0) return [];
      const { calls, problem } = await readRecordedCalls(parts, executionId);
      if (problem !== undefined) return [];
      const warnings: OutcomeWarning[] = [];
      for (const name of names) {
        const hasProgram = ["index.test.ts", "example.ts"].some((file) => findQuietly(skills, name)?.files.has(file));
        if (!hasProgram) continue;
        const why = await skills.test(name, { recorded: calls, timeoutMs: limits.skillTryMs }).then(
          ({ ok, message, lacksRecord }) => (ok || lacksRecord === true ? undefined : message),
          (error: unknown) => toMessage(error),
        );
        if (why !== undefined) warnings.push(toUntested(name, why));
      }
      return warnings;
    },
    noteEnd(outcome, { code, used, startedAt }) {
      const { executionId } = outcome;
      saves.delete(executionId);
      const isCompleted = outcome.status === "completed";
      try {
        const ended = { executionId, isCompleted, hasSkill: used.size > 0, codeTokens: toTokens(code) };
        const uses = growth.add(ended) ? 1 : 0;
        for (const name of used) noteUse(name, { uses, isCompleted, startedAt });
        if (used.size > 0 || !isCompleted || outcome.calls.done === 0) return [];
        const like = growth.noteShape(executionId, code);
        return like.length === 0 ? [] : [toSuggestion(executionId, like)];
      } catch {
        // What is counted is no reason to lose an outcome.
        return [];
      }
    },
    noteRead: (executionId, skill) => gate.flow.add(executionId, gate.fileLabels.of(toLabelPath(skill))),
  };

  function noteUse(
    name: string,
    { uses, isCompleted, startedAt }: { uses: number; isCompleted: boolean; startedAt: number },
  ): void {
    const found = skills.find(name);
    const row = found && skills.rowOf(name, found.files);
    // What was saved since is another skill than the one that was used.
    if (found === undefined || (row !== undefined && row.savedAt > startedAt)) return;
    const hash = row?.hash ?? toSkillHash(found.files);
    const tokensSaved = Math.max(
      0,
      toTokens(textOf(found.files, "index.ts") ?? "") - toTokens(`import { } from "./skills/" ${name} ${name}`),
    );
    table.addUse({
      name,
      ...{ hash, uses },
      successes: isCompleted ? 1 : 0,
      tokensSaved: isCompleted ? tokensSaved : 0,
      lastAt: Date.now(),
    });
    const use = table.use(name, hash);
    const rule = config.skills.trustAfter;
    if (use === undefined || rule === undefined || found.isShared) return;
    if (row === undefined || row.trust === "trusted" || !row.isTested) return;
    if (use.uses >= rule.runs && use.successes / use.uses >= rule.successRate)
      void skills.trust(name, `rule skills.trustAfter`).catch(() => undefined);
  }

  return { skills, table, growth, program, findPrivate };
}

/** A skill that can be read; why one cannot is said where it is imported or saved. */
function findQuietly(skills: Skills, name: string): FoundSkill | undefined {
  try {
    return skills.find(name);
  } catch {
    return undefined;
  }
}

/** Estimated: exact counts are made of whole executions only. */
function toTokens(text: string): number {
  return Math.ceil(text.length / charsPerToken);
}

function toUntested(name: string, why: string): OutcomeWarning {
  return {
    code: "skill_untested",
    message: `The skill "${name}" is saved, and did not pass with what the tools answered this program: ${why}`,
  };
}

function toSuggestion(executionId: string, like: readonly string[]): OutcomeWarning {
  return {
    code: "promote_suggested",
    message:
      `This program is much like ${like.slice(0, 3).join(" and ")}. Save what they share with saveSkill from "sluice", ` +
      `or tell the user of \`sluice skills promote ${executionId}\`; then call it instead of writing it again`,
  };
}
