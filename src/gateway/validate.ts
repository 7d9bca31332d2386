import { isJsonObject } from "../base/json.ts";
import { limits } from "../base/limits.ts";
import type { Step } from "./call.ts";
import { validateValue, type Violation } from "./validate-value.ts";

/** What to do about schemas that are not fully enforced. */
export interface ValidateOptions {
  /** Called once per tool and reason, for the log. */
  onUnenforced?: ((address: string, reason: string) => void) | undefined;
  /** Whether a text has a token in it, or is one. */
  sealed?: ((text: string) => "whole" | "part" | undefined) | undefined;
}

/** Refuses calls whose arguments are not what the tool's input schema asks for, and says what is wrong where. */
export function validate({ onUnenforced, sealed }: ValidateOptions = {}): Step {
  const said = new Set<string>();
  const say = (address: string, reason: string): void => {
    const line = `${address}\n${reason}`;
    if (said.has(line) || said.size >= limits.unenforcedMax) return;
    said.add(line);
    onUnenforced?.(address, reason);
  };
  return async (call, next) => {
    const { tool } = call;
    const given: unknown = call.arguments;
    const violations: Violation[] = isJsonObject(given)
      ? validateValue(tool.inputSchema, given, {
          onUnenforced: (reason) => say(tool.address, reason),
          ...(sealed === undefined ? {} : { sealed }),
        })
      : [
          {
            path: "",
            expected: "one object with the tool's arguments",
            got: Array.isArray(given) ? "an array" : typeof given,
          },
        ];
    if (violations.length === 0) return next(call);
    return {
      kind: "error",
      code: "arguments_invalid",
      message: `Cannot call ${tool.address}: ${toViolationsText(violations)}`,
      hint: `Its arguments are described in ./servers/${tool.server}/${tool.callName}.ts`,
    };
  };
}

/** What is wrong with arguments, for who has given them. */
export function toViolationsText(violations: readonly Violation[]): string {
  const lines = violations.map(
    ({ path, expected, got }) => `${path === "" ? "the arguments" : path}: expected ${expected}, got ${got}`,
  );
  if (violations.length >= limits.violationsMax) lines.push("and perhaps more");
  return lines.length === 1 ? (lines[0] ?? "") : `the arguments do not fit\n  ${lines.join("\n  ")}`;
}
