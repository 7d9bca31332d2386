import type { GrowthStage } from "../skills/growth.ts";
import type { SavedSkill, ShownSkill, SkillTestReport } from "../skills/skills.ts";
import type { SkillReport } from "../skills/skill-lookup.ts";
import type { OpenSkills } from "./open-skills.ts";
import type { Parts } from "./parts.ts";
import { promoteExecution, type PromotedSkill, type Promotion } from "./promote-execution.ts";
import { findRecordedProgram } from "./recorded-program.ts";
import { readRecordedCalls } from "./skill-records.ts";

export type { GrowthStage, SavedSkill, ShownSkill, SkillReport, SkillTestReport };

/** What was used of the skills, and what that spared; tokens and time are estimates. */
export interface SkillStats {
  skills: {
    name: string;
    uses: number;
    /** Share of the uses whose program completed; 0 to 1. */
    successRate: number;
    tokensSaved: number;
    /** Seconds that a model would have taken to write them. */
    secondsSaved: number;
  }[];
  growth: (GrowthStage & {
    /** Share of the executions that called at least one skill; 0 to 1. */
    share: number;
    /** Estimated tokens that one program was written in, on average. */
    codeTokensEach: number;
  })[];
}

/** Skills for a person; `by` says who, for the audit. All that can reject does so with a `SluiceError`. */
export interface SkillAccess {
  list(): Promise<SkillReport[]>;
  show(name: string): Promise<ShownSkill>;
  /** `{ name, description, code, example?, tests?, license?, compatibility? }`, all texts. */
  save(skill: Readonly<Record<string, unknown>>, by: string): Promise<SavedSkill>;
  /** Takes a folder in the Agent Skills layout. */
  add(folder: string, by: string): Promise<SavedSkill>;
  /** Makes a version that is kept (`show` names them) the next one: a draft, also of a skill that was removed. */
  restore(name: string, version: number, by: string): Promise<SavedSkill>;
  /** Runs its tests in the sandbox against what was recorded; `live` really calls its tools, and records. */
  test(name: string, options?: { live?: boolean }): Promise<SkillTestReport>;
  trust(name: string, by: string): Promise<SkillReport>;
  rename(name: string, to: string, by: string): Promise<SavedSkill>;
  remove(name: string, by: string): Promise<void>;
  /** Writes the skill's folder below another; gives its path. */
  export(name: string, directory: string): Promise<string>;
  stats(): SkillStats;
  /** Saves the program of a past execution: its inputs become parameters, its tokens never stay. */
  promote(executionId: string, promotion: Promotion): Promise<PromotedSkill>;
}

/** Output tokens that a model writes in a second: what makes time of tokens, and no more than a rule of thumb. */
const TOKENS_PER_SECOND = 50;

/** `ready` is waited for before anything that compares definitions. */
export function createSkillAccess(
  { skills, table, growth, findPrivate }: OpenSkills,
  parts: Pick<Parts, "catalogue" | "runs" | "config">,
  ready: () => Promise<void>,
): SkillAccess {
  const after =
    <Args extends unknown[], Result>(act: (...args: Args) => Promise<Result> | Result) =>
    async (...args: Args): Promise<Result> => {
      await ready();
      return await act(...args);
    };
  return {
    list: after(skills.list),
    show: after(skills.show),
    save: after((skill: Readonly<Record<string, unknown>>, by: string) => skills.save(skill, by)),
    add: after(skills.add),
    restore: after(skills.restore),
    test: after(skills.test),
    trust: after(skills.trust),
    rename: after(skills.rename),
    remove: async (name, by) => skills.remove(name, by),
    export: async (name, directory) => skills.export(name, directory),
    promote: after((executionId: string, promotion: Promotion) =>
      promoteExecution(executionId, promotion, {
        ...{ skills, findPrivate },
        findProgram: (id) => findRecordedProgram(parts, id),
        readCalls: (id) => readRecordedCalls(parts, id),
      }),
    ),
    stats: () => ({
      skills: toUses(table.uses()),
      growth: growth.stages().map((stage) => ({
        ...stage,
        share: toShare(stage.withSkill, stage.executions),
        codeTokensEach: Math.round(toShare(stage.codeTokens, stage.executions)),
      })),
    }),
  };
}

/** All versions of one skill together. */
function toUses(uses: ReturnType<OpenSkills["table"]["uses"]>): SkillStats["skills"] {
  const byName = new Map<string, { uses: number; successes: number; tokensSaved: number }>();
  for (const { name, uses: count, successes, tokensSaved } of uses) {
    const known = byName.get(name) ?? { uses: 0, successes: 0, tokensSaved: 0 };
    byName.set(name, {
      uses: known.uses + count,
      successes: known.successes + successes,
      tokensSaved: known.tokensSaved + tokensSaved,
    });
  }
  return [...byName].map(([name, { uses: count, successes, tokensSaved }]) => ({
    ...{ name, uses: count, successRate: toShare(successes, count), tokensSaved },
    secondsSaved: Math.round(tokensSaved / TOKENS_PER_SECOND),
  }));
}

function toShare(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
