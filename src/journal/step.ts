import { SluiceError } from "../base/errors.ts";
import { isJsonObject, type JsonObject } from "../base/json.ts";

/**
 * One entry of a run's journal. `told`: a frame that the guest was given, in order, and the ask it answers. `left`:
 * something with an effect began, before it did. `missed`: what began last under this number is known to have had none.
 * `state`: what the policy remembers of the execution since.
 */
export type Step =
  | {
      kind: "told";
      /** The guest's number of the ask that it answers. */
      id: number;
      /** The operation and a hash of what was asked: the same program asks the same again. */
      key: string;
      /** The frame, as JSON text. */
      frame: string;
      /** The digest of the large value that follows the frame. */
      value?: string;
      /** The highest number that the guest had asked under by then. */
      asked: number;
    }
  | { kind: "left"; id: number; facts: JsonObject }
  | { kind: "missed"; id: number }
  | { kind: "state"; state: JsonObject };

/** One line per step; JSON text has no line ends of its own. */
export function toLine(step: Step): string {
  switch (step.kind) {
    case "told":
      return `told ${step.id} ${step.asked} ${step.value ?? "-"} ${step.key} ${step.frame}`;
    case "left":
      return `left ${step.id} ${JSON.stringify(step.facts)}`;
    case "missed":
      return `missed ${step.id}`;
    case "state":
      return `state ${JSON.stringify(step.state)}`;
  }
}

/** Throws `journal_damaged` for what `toLine` did not write. */
export function parseLine(line: string): Step {
  const told = /^told (\d+) (\d+) (\S+) (\S+) /.exec(line);
  if (told !== null) {
    const [head, id = "", asked = "", value = "-", key = ""] = told;
    const frame = line.slice(head.length);
    return { kind: "told", id: Number(id), asked: Number(asked), key, frame, ...(value === "-" ? {} : { value }) };
  }
  const left = /^left (\d+) /.exec(line);
  if (left !== null) return { kind: "left", id: Number(left[1]), facts: parseObject(line.slice(left[0].length)) };
  const missed = /^missed (\d+)$/.exec(line);
  if (missed !== null) return { kind: "missed", id: Number(missed[1]) };
  if (line.startsWith("state ")) return { kind: "state", state: parseObject(line.slice("state ".length)) };
  throw new SluiceError("journal_damaged", "The journal holds a step that cannot be read");
}

function parseObject(text: string): JsonObject {
  const value: unknown = JSON.parse(text);
  return isJsonObject(value) ? value : {};
}
