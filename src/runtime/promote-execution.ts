import { SluiceError } from "../base/errors.ts";
import { outlineModule } from "../sandbox/link.ts";
import { promoteProgram, textsOf } from "../skills/promote.ts";
import { checkSkillName } from "../skills/skill-name.ts";
import type { RecordedCall } from "../skills/skill-table.ts";
import type { RecordedProgram } from "./recorded-program.ts";
import type { SavedSkill, Skills, SkillTestReport } from "../skills/skills.ts";

/** What a person says of a program that becomes a skill. */
export interface Promotion {
  name: string;
  description: string;
  /** Who, for the audit. */
  by: string;
}

/** A skill that was made of a program. */
export interface PromotedSkill extends SavedSkill {
  /** Somebody should look at it. */
  code: string;
  parameters: string[];
  /** Its example, run against what the execution was told by its tools. */
  test: SkillTestReport;
}

/**
 * Saves the program of a past execution as a skill, and tries it: with the same inputs it has to come to an end with what
 * the tools answered then.
 */
export async function promoteExecution(
  executionId: string,
  { name, description, by }: Promotion,
  {
    skills,
    findProgram,
    findPrivate,
    readCalls,
  }: {
    skills: Skills;
    /** An execution's program, with tokens in its text, and how it ended. */
    findProgram: (executionId: string) => Promise<RecordedProgram | undefined>;
    findPrivate: (text: string) => Promise<string[]>;
    /** What its tools answered. */
    readCalls: (executionId: string) => Promise<{ calls: RecordedCall[]; problem?: string }>;
  },
): Promise<PromotedSkill> {
  checkSkillName(name);
  const program = await findProgram(executionId);
  if (program === undefined)
    throw new SluiceError("unknown_execution", `No program of an execution "${executionId.slice(0, 100)}" is kept`, {
      hint: "`sluice audit export` shows which there are",
    });
  const { code, status = "its end is not on record" } = program;
  if (status !== "completed")
    throw new SluiceError("skill_invalid", `The execution ${executionId} did not complete: ${status}`, {
      hint: "Only a program that has done its work becomes a skill: run it until it completes, then promote that",
    });
  const outline = await outlineModule("program.ts", code);
  const texts = [
    ...outline.literals.flatMap(({ value }) => (typeof value === "number" ? String(value) : textsOf(value))),
    ...outline.comments.map(({ start, end }) => outline.text.slice(start, end)),
  ];
  const found = new Set<string>();
  for (const text of new Set(texts)) if ((await findPrivate(text)).length > 0) found.add(text);
  const promoted = promoteProgram(name, outline, (text) => found.has(text));
  const saved = await skills.save({ name, description, code: promoted.code, example: promoted.example }, by);
  const { calls, problem } = await readCalls(executionId);
  const test: SkillTestReport =
    problem === undefined
      ? await skills.test(name, { recorded: calls })
      : { name, ran: "example", calls: 0, ok: false, message: problem };
  return { ...saved, code: promoted.code, parameters: promoted.parameters.map((one) => one.name), test };
}
