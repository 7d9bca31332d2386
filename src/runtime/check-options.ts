import { SluiceError } from "../base/errors.ts";
import { isJsonObject } from "../base/json.ts";
import { toNearest } from "../base/nearest.ts";
import { toShown } from "./search-options.ts";
import type { CallOptions, ExecuteOptions } from "./sluice.ts";

const names = ["signal", "answerMs", "onProgress", "timeoutMs", "grant", "limits"] satisfies (keyof ExecuteOptions)[];
const grantNames = ["tools", "workspace"];

/**
 * What a request of the library was given: a text, and options, which JavaScript may have given as anything. A grant that is
 * not understood would be a wider one, so nothing unknown is passed over. Throws `invalid_input`.
 */
export function checkRequest(what: "code" | "tool", text: unknown, options: ExecuteOptions | CallOptions): void {
  if (typeof text !== "string") throw wrong(`${what} must be a string`, text);
  checkNames("options", options, names);
  const { signal, answerMs, onProgress, timeoutMs, grant, limits }: ExecuteOptions = options;
  if (signal !== undefined && typeof (signal as AbortSignal | null)?.addEventListener !== "function")
    throw wrong("options.signal must be an AbortSignal", signal);
  for (const [name, ms] of Object.entries({ answerMs, timeoutMs }))
    if (ms !== undefined && !(typeof ms === "number" && ms >= 0))
      throw wrong(`options.${name} must be a number of milliseconds from 0`, ms);
  if (onProgress !== undefined && typeof onProgress !== "function")
    throw wrong("options.onProgress must be a function", onProgress);
  if (limits !== undefined && !isJsonObject(limits)) throw wrong("options.limits must be an object", limits);
  if (limits?.network !== undefined && !isJsonObject(limits.network))
    throw wrong("options.limits.network must be an object", limits.network);
  if (grant === undefined) return;
  checkNames("options.grant", grant, grantNames);
  const { tools, workspace } = grant;
  if (tools !== undefined && !(Array.isArray(tools) && tools.every((pattern) => typeof pattern === "string")))
    throw wrong('options.grant.tools must be a list of patterns over addresses, such as ["crm.*"]', tools);
  if (workspace !== undefined && workspace !== "read-only" && workspace !== "read-write")
    throw wrong('options.grant.workspace must be "read-only" or "read-write"', workspace);
}

function checkNames(where: string, value: unknown, known: readonly string[]): void {
  if (!isJsonObject(value)) throw wrong(`${where} must be an object`, value);
  for (const name of Object.keys(value)) {
    if (known.includes(name)) continue;
    const near = toNearest(name, known);
    throw new SluiceError(
      "invalid_input",
      `There is no ${where}.${name.slice(0, 60)}: ${near === undefined ? `there are ${known.join(", ")}` : `did you mean ${near}?`}`,
    );
  }
}

function wrong(what: string, given: unknown): SluiceError {
  return new SluiceError("invalid_input", `${what}, got ${toShown(given)}`);
}
