import { errorCodes, SluiceError } from "../base/errors.ts";
import { asText, isJsonObject, type JsonObject } from "../base/json.ts";
import type { LargeValue } from "../base/large-json.ts";
import { limits as bounds } from "../base/limits.ts";
import type { ExecutionEnd, ExecutionLimits } from "./execution.ts";
import type { ReplyError } from "./execution-frames.ts";
import type { Frame } from "./frames.ts";
import { PROGRAM_NAME } from "./module-syntax.ts";

/** The part of an end that the guest's last frame, or what killed it, decides. */
export type Ending = Pick<ExecutionEnd, "status" | "value" | "large" | "error" | "warnings">;

/** Code and message of a guest that ended by itself: out of its own heap, or crashed. */
export function toCrash(error: SluiceError, limits: ExecutionLimits): [string, string] {
  if (/out of memory|Last few GCs/i.test(error.message))
    return ["memoryMb", `The program ran out of memory; memoryMb is ${limits.memoryMb}`];
  const code = error.code === "frameBytesMax" ? "frameBytesMax" : "guest_crashed";
  // What an engine says after its first line is about its own files.
  const [first = ""] = error.message.split("\n");
  return [code, first.slice(0, 500)];
}

/** What a program is told of an act that failed. */
export function toReplyError(error: unknown): ReplyError {
  if (error instanceof SluiceError)
    return { code: error.code, message: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) };
  return { code: "internal", message: error instanceof Error ? error.message : String(error) };
}

/** The end that a result frame describes: its value is bounded, its error is the program's own word. */
export function toEnd(
  frame: Frame,
  bytes: number,
  large: LargeValue | undefined,
  source: string,
  limits: ExecutionLimits,
): Ending {
  const warnings = toWarnings(frame);
  if (isJsonObject(frame["error"])) {
    const error = toProgramError(frame["error"], source);
    if (frame["unhandled"] === true)
      error.hint ??= "A promise was rejected and nothing handled it: await it, or catch it";
    return error.code === "resultBytesMax" ? toTooLarge(limits, warnings) : { status: "failed", error, warnings };
  }
  if (large !== undefined)
    return large.bytes > limits.resultBytesMax
      ? toTooLarge(limits, warnings)
      : { status: "completed", large, warnings };
  const value = frame["value"];
  if (value === undefined) return { status: "completed", warnings };
  // Only a frame that is too large can hold a value that is.
  const isTooLarge = bytes > limits.resultBytesMax && Buffer.byteLength(JSON.stringify(value)) > limits.resultBytesMax;
  return isTooLarge ? toTooLarge(limits, warnings) : { status: "completed", value, warnings };
}

function toTooLarge(
  { resultBytesMax }: ExecutionLimits,
  warnings: ExecutionEnd["warnings"],
): Pick<ExecutionEnd, "status" | "error" | "warnings"> {
  const message = `The returned value is over resultBytesMax (${resultBytesMax} bytes)`;
  return { status: "killed", error: { code: "resultBytesMax", message }, warnings };
}

function toWarnings(frame: Frame): ExecutionEnd["warnings"] {
  const warnings: ExecutionEnd["warnings"] = [];
  // What was open when the program threw may well have been awaited: it is no mistake, but its effects happened.
  const threw = isJsonObject(frame["error"]) && frame["unhandled"] !== true;
  if (Array.isArray(frame["changes"])) {
    for (const change of frame["changes"].slice(0, 10))
      warnings.push({
        code: "result_converted",
        message: `The returned value is not JSON: ${asText(change).slice(0, 200)}`,
      });
  }
  if (Array.isArray(frame["unawaited"])) {
    for (const call of frame["unawaited"].slice(0, 20)) {
      if (!isJsonObject(call)) continue;
      const line = toStackPlace(asText(call["stack"]))?.line;
      const tool = asText(call["tool"]).slice(0, 200);
      warnings.push({
        code: threw ? "open_call" : "unawaited_call",
        message: threw
          ? `${tool} was still running when the program failed; it was waited for, and what it did is done`
          : `${tool} was called without await; the program waited for it at its end`,
        ...(line === undefined ? {} : { line }),
      });
    }
  }
  const timers = Number(frame["timers"]);
  if (timers > 0 && !threw)
    warnings.push({
      code: "timer_dropped",
      message: `${timers} timer${timers === 1 ? " was" : "s were"} still running when the program ended: await what they wait for`,
    });
  return warnings;
}

function toStackPlace(stack: string): { line: number; column: number } | undefined {
  const match = new RegExp(`${PROGRAM_NAME.replace(".", "\\.")}:(\\d{1,7}):(\\d{1,7})`).exec(stack.slice(0, 10_000));
  return match === null ? undefined : { line: Number(match[1]), column: Number(match[2]) };
}

/** Codes of errors that the runner itself throws, or that the host refuses a program with. */
const OWN_CODES =
  /^(never_settles|skill_(?:invalid|outdated|untrusted)|skills_read_only|syntax_error|import_not_found|resultBytesMax|callsPendingMax|sendBytesPerSecond|network\w*)$/;
/** What a program may say of itself: that Sluice is at fault is not its to say. */
const KNOWN_CODES: ReadonlySet<string> = new Set(
  Object.entries(errorCodes).flatMap(([code, fault]) => (fault === "internal" ? [] : [code])),
);

function toProgramError(error: JsonObject, source: string): NonNullable<ExecutionEnd["error"]> {
  const name = asText(error["name"]).slice(0, 100);
  const message = asText(error["message"]).slice(0, bounds.errorMessageBytesMax);
  const at = toStackPlace(asText(error["stack"]));
  const isOwn = error["toolError"] === true || OWN_CODES.test(asText(error["code"]));
  const code = isOwn && KNOWN_CODES.has(asText(error["code"])) ? asText(error["code"]) : "program_error";
  const line = at === undefined ? undefined : source.split("\n")[at.line - 1];
  return {
    code,
    message: name === "" || name === "Error" || name === "ToolError" ? message : `${name}: ${message}`,
    ...(at === undefined || line === undefined ? {} : { place: { ...at, source: line.trimEnd().slice(0, 300) } }),
    ...(error["toolError"] === true && typeof error["tool"] === "string" ? { tool: error["tool"].slice(0, 300) } : {}),
    ...(typeof error["hint"] === "string" ? { hint: error["hint"].slice(0, 1_000) } : {}),
  };
}
