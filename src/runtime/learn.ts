import type { Json } from "../base/json.ts";
import type { Learned } from "../catalogue/learned.ts";
import type { Tool } from "../catalogue/tool.ts";
import type { StepParts } from "../gateway/steps.ts";
import { validateValue } from "../gateway/validate-value.ts";
import type { Parts } from "./parts.ts";

/**
 * Learns from one result what its tool's output looks like, after whoever waits for the result has it. A tool that
 * declares its output teaches nothing but where its results are not what it declared.
 */
export function createLearn(
  learned: Learned,
  events: Parts["events"],
  sealed: StepParts["sealed"],
): (tool: Tool, result: Json) => void {
  function learn(tool: Tool, result: Json): void {
    const changes = tool.outputSchema === undefined ? learned.observe(tool, result) : contradict(tool, result);
    if (changes.length > 0) events.emit({ kind: "output-type-changed", tool: tool.address, changes });
  }

  function contradict(tool: Tool, result: Json): string[] {
    const schema = tool.outputSchema ?? true;
    const [violation] = validateValue(schema, result, sealed === undefined ? {} : { sealed });
    // What was there instead may hold a value: it is not kept.
    if (violation !== undefined) return say(tool, violation.path, `not ${violation.expected}, as its schema declares`);
    // A token is a text; where the schema declares a number, that is worth knowing.
    const [replaced] = sealed === undefined ? [] : validateValue(schema, result);
    if (replaced === undefined || !/number/.test(replaced.expected)) return [];
    return say(tool, replaced.path, "number | string, because it was sealed");
  }

  function say(tool: Tool, path: string, problem: string): string[] {
    const what = `${path === "" ? "the result" : path.replace(/\[\d+\]/g, "[]")}: ${problem}`;
    return learned.contradict(tool, what) ? [what] : [];
  }

  return (tool, result) => void setImmediate(learn, tool, result);
}
