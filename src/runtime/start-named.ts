import { toArgumentProblem } from "../base/argument-problem.js";
import { SluiceError } from "../base/errors.ts";
import type { JsonObject } from "../base/json.ts";
import { limits } from "../base/limits.ts";
import { toNearest } from "../base/nearest.ts";
import type { ValidateValueOptions } from "../gateway/validate-value.ts";
import { checkSkillName, isSkillName } from "../skills/skill-name.ts";
import { needCode } from "../skills/skill-lookup.ts";
import type { Skills } from "../skills/skills.ts";
import type { RunningExecution } from "./executions.ts";
import type { Parts } from "./parts.ts";
import { toFailedResult } from "./program-end.ts";
import { createExecutionId, startProgram } from "./run-program.ts";
import { toSkillName, toSkillProgram } from "./skill-program.ts";
import type { CallOptions } from "./sluice.ts";
import { startCall } from "./start-call.ts";

/** Starts what `call_tool` names: a tool, or a skill (`skill:NAME`), which is a program of one call. */
export async function startNamed(
  parts: Parts,
  skills: Skills,
  tool: string,
  args: JsonObject,
  options: CallOptions,
): Promise<RunningExecution> {
  const wrong = toArgumentProblem(args, 0, { ...limits, argumentValuesMax: Number.POSITIVE_INFINITY });
  if (wrong !== undefined)
    return toFailed(new SluiceError("arguments_invalid", `The arguments of ${tool.slice(0, 200)} ${wrong}`));
  const name = toSkillName(tool);
  if (name === undefined) return startCall(parts, tool, args, options);
  const { grant, timeoutMs } = options;
  try {
    return startProgram(parts, await toProgram(skills, name, args, parts.privacy.steps.sealed), {
      ...(grant === undefined ? {} : { grant }),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    });
  } catch (error) {
    return toFailed(error);
  }
}

async function toProgram(
  skills: Skills,
  name: string,
  args: JsonObject,
  sealed: ValidateValueOptions["sealed"],
): Promise<string> {
  const files = skills.find(name)?.files;
  // Refused before anything is said of it.
  if (skills.foreignOf(name) !== undefined) await skills.admit(name);
  if (files === undefined) {
    const names = skills.names();
    if (names.includes(name)) checkSkillName(name);
    const here = names.filter((one) => isSkillName(one) && skills.foreignOf(one) === undefined);
    const near = toNearest(name, here);
    throw new SluiceError("skill_not_found", `There is no skill "${name.slice(0, 100)}"`, {
      hint: near === undefined ? "Find one with search_tools" : `Did you mean "skill:${near}"?`,
    });
  }
  needCode(name, files);
  const call = await skills.callOf(name, files);
  if (call === undefined)
    throw new SluiceError("skill_invalid", `The skill "${name}" cannot be called: it exports no function of its name`, {
      hint: `Read ./skills/${name}/SKILL.md in a program`,
    });
  return toSkillProgram(name, call, args, sealed);
}

/** An execution that has ended before it began. */
function toFailed(thrown: unknown): RunningExecution {
  const id = createExecutionId();
  const settled = Promise.resolve(toFailedResult(id, thrown));
  return {
    id,
    result: settled,
    snapshot: () => settled,
    paused: () => new Promise(() => undefined),
    settled: () => Promise.resolve(),
    cancel: () => undefined,
    listen: () => () => undefined,
  };
}
