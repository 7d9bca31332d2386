import { createQuietly } from "../base/background.ts";
import type { Json, JsonSchema } from "../base/json.ts";
import { limits } from "../base/limits.ts";
import type { Learned } from "../catalogue/learned.ts";
import { toNames, toShape } from "../catalogue/shape.ts";
import { SEALED_NUMBER, toNote } from "../catalogue/sealed-numbers.ts";
import type { Tool } from "../catalogue/tool.ts";
import { findContradictions } from "../gateway/validate-value.ts";
import type { Parts } from "./parts.ts";

/** What results teach; what still waits to be looked through is waited for at the end. */
export interface Learning extends AsyncDisposable {
  /**
   * Learns from one result what its tool's output looks like, after whoever waits for the result has it. A tool that
   * declares its output teaches nothing but where its results are not what it declared.
   */
  learn: (tool: Tool, result: Json) => void;
}

export function createLearning(
  learned: Learned,
  { events, privacy, log }: Pick<Parts, "events" | "privacy"> & { log: (line: string) => void },
): Learning {
  const quietly = createQuietly("learned types", log);
  const { sealed } = privacy.steps;
  /** Keys that have passed the second net. */
  const passed = new Set<string>();
  const waiting = new Set<Promise<void>>();
  let isOver = false;

  function take(tool: Tool, result: Json): void {
    if (isOver) return;
    if (tool.outputSchema !== undefined) return tell(tool, contradict(tool, tool.outputSchema, result));
    const shape = toShape(result);
    const names = privacy.isOn ? [...toNames(shape)].filter((name) => !passed.has(name)) : [];
    if (names.length === 0) return tell(tool, learned.observe(tool, shape));
    if (waiting.size >= limits.learnedWaitingMax) return;
    const taken = findData(names)
      .then((data) =>
        tell(tool, learned.observe(tool, data.size === 0 ? shape : toShape(result, (key) => data.has(key)))),
      )
      // What could not be looked through teaches nothing.
      .catch(() => undefined)
      .finally(() => waiting.delete(taken));
    waiting.add(taken);
  }

  /** The keys in which the second net finds something. All that is kept and shown of a result are keys, and none is before this. */
  async function findData(names: readonly string[]): Promise<Set<string>> {
    const { value } = await privacy.need().clean([...names], []);
    const data = new Set(names.filter((name, at) => !Array.isArray(value) || value[at] !== name));
    if (passed.size > limits.learnedNamesMax) passed.clear();
    for (const name of names) if (!data.has(name)) passed.add(name);
    return data;
  }

  function contradict(tool: Tool, schema: JsonSchema, result: Json): string[] {
    let hasTokens = false;
    const noted = (text: string): ReturnType<NonNullable<typeof sealed>> => {
      const how = sealed?.(text);
      hasTokens ||= how !== undefined;
      return how;
    };
    const found = findContradictions(schema, result, { sealed: noted });
    const notes = found.map((one) => toNote(one.path, toProblem(one)));
    // A token is a text; where the schema declares a number, that is worth knowing.
    const wrong = new Set(found.map(({ path }) => path));
    const replaced = hasTokens ? findContradictions(schema, result) : [];
    for (const { path, expected } of replaced)
      if (!wrong.has(path) && /number/.test(expected)) notes.push(toNote(path, SEALED_NUMBER));
    return notes.length === 0 ? [] : learned.contradict(tool, notes);
  }

  function tell(tool: Tool, changes: string[]): void {
    if (changes.length > 0) events.emit({ kind: "output-type-changed", tool: tool.address, changes });
  }

  return {
    learn: (tool, result) => void setImmediate(() => void quietly(() => take(tool, result))),
    async [Symbol.asyncDispose]() {
      await Promise.all(waiting);
      isOver = true;
    },
  };
}

function toProblem({ expected, mistake }: { expected: string; mistake: string }): string {
  if (mistake === "absent") return "absent, though its schema requires it";
  if (mistake === "undeclared") return "a member that its schema does not declare";
  return `not ${expected}, as its schema declares`;
}
