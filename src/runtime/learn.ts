import type { Json } from "../base/json.ts";
import type { Learned } from "../catalogue/learned.ts";
import type { Tool } from "../catalogue/tool.ts";
import { validateValue } from "../gateway/validate-value.ts";
import type { Parts } from "./parts.ts";

/**
 * Learns from one result what its tool's output looks like, after whoever waits for the result has it. A tool that
 * declares its output teaches nothing but where its results are not what it declared.
 */
export function createLearn(learned: Learned, events: Parts["events"]): (tool: Tool, result: Json) => void {
  function learn(tool: Tool, result: Json): void {
    const changes = tool.outputSchema === undefined ? learned.observe(tool, result) : contradict(tool, result);
    if (changes.length > 0) events.emit({ kind: "output-type-changed", tool: tool.address, changes });
  }

  function contradict(tool: Tool, result: Json): string[] {
    const [violation] = validateValue(tool.outputSchema ?? true, result);
    if (violation === undefined) return [];
    const { path, expected } = violation;
    // What was there instead may hold a value: it is not kept.
    const what = `${path === "" ? "the result" : path.replace(/\[\d+\]/g, "[]")}: not ${expected}, as its schema declares`;
    return learned.contradict(tool, what) ? [what] : [];
  }

  return (tool, result) => void setImmediate(learn, tool, result);
}
