import type { JsonObject } from "../base/json.ts";
import { isJsonObject } from "../base/json.ts";
import { toNearest } from "../base/nearest.ts";
import type { SearchDetail } from "../runtime/outcome.ts";

/** What a model passed to one of our tools: the typed input, or one sentence that says what is wrong with it. */
export type ToolInput<T> = { kind: "input"; input: T } | { kind: "problem"; problem: string };

/** The input of `execute_code`: exactly one of a program and an execution to wait for. */
export type ExecuteInput = { kind: "run"; code: string; timeoutMs?: number } | { kind: "resume"; executionId: string };

/** The input of `search_tools`. */
export interface SearchInput {
  query: string;
  detail: SearchDetail;
  limit?: number;
  server?: string;
}

/** The input of `call_tool`. */
export interface CallInput {
  tool: string;
  arguments: JsonObject;
}

/** A model may ask for this many results at once; people are not bounded. */
const searchResultsMax = 50;
const details: readonly string[] = ["name", "summary", "full"] satisfies SearchDetail[];

/** Reads the arguments of `execute_code`; `null` and an empty string count as absent, since models fill in every field. */
export function parseExecuteInput(args: JsonObject): ToolInput<ExecuteInput> {
  const problem =
    toUnknownKey(args, ["code", "timeoutMs", "resume"]) ?? toWrongString(args, "code") ?? toWrongString(args, "resume");
  if (problem !== undefined) return { kind: "problem", problem };
  const code = toText(args.code);
  const resume = toText(args.resume);
  if (code !== undefined && resume !== undefined) {
    return {
      kind: "problem",
      problem: "Both code and resume were given: pass code to run a program, or resume to wait for one",
    };
  }
  const timeoutMs = args.timeoutMs ?? undefined;
  if (timeoutMs !== undefined && (typeof timeoutMs !== "number" || !Number.isInteger(timeoutMs) || timeoutMs < 1)) {
    return {
      kind: "problem",
      problem: `timeoutMs must be a whole number of milliseconds above 0, got ${toBrief(timeoutMs)}`,
    };
  }
  if (resume !== undefined) return { kind: "input", input: { kind: "resume", executionId: resume } };
  if (code === undefined) {
    return {
      kind: "problem",
      problem: "Neither code nor resume was given: pass the program as code, or an executionId as resume",
    };
  }
  return { kind: "input", input: { kind: "run", code, ...(timeoutMs !== undefined && { timeoutMs }) } };
}

/** Reads the arguments of `search_tools`. */
export function parseSearchInput(args: JsonObject): ToolInput<SearchInput> {
  const problem =
    toUnknownKey(args, ["query", "detail", "limit", "server"]) ??
    toWrongString(args, "query") ??
    toWrongString(args, "server");
  if (problem !== undefined) return { kind: "problem", problem };
  const detail = args.detail ?? "summary";
  if (typeof detail !== "string" || !details.includes(detail)) {
    return { kind: "problem", problem: `detail must be "name", "summary" or "full", got ${toBrief(detail)}` };
  }
  const limit = args.limit ?? undefined;
  if (
    limit !== undefined &&
    (typeof limit !== "number" || !Number.isInteger(limit) || limit < 1 || limit > searchResultsMax)
  ) {
    return {
      kind: "problem",
      problem: `limit must be a whole number from 1 to ${searchResultsMax}, got ${toBrief(limit)}`,
    };
  }
  const server = toText(args.server);
  return {
    kind: "input",
    input: {
      query: toText(args.query) ?? "",
      detail: detail as SearchDetail,
      ...(limit !== undefined && { limit }),
      ...(server !== undefined && { server }),
    },
  };
}

/** Reads the arguments of `call_tool`. */
export function parseCallInput(args: JsonObject): ToolInput<CallInput> {
  const problem = toUnknownKey(args, ["tool", "arguments"]) ?? toWrongString(args, "tool");
  if (problem !== undefined) return { kind: "problem", problem };
  const tool = toText(args.tool);
  if (tool === undefined)
    return { kind: "problem", problem: "tool is missing: pass an id from search_tools, such as gdrive.getDocument" };
  const toolArguments = args.arguments ?? {};
  if (!isJsonObject(toolArguments)) {
    return {
      kind: "problem",
      problem: `arguments must be an object with the tool's input, got ${toBrief(toolArguments)}`,
    };
  }
  return { kind: "input", input: { tool, arguments: toolArguments } };
}

function toText(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function toWrongString(args: JsonObject, key: string): string | undefined {
  const value = args[key] ?? undefined;
  return value === undefined || typeof value === "string"
    ? undefined
    : `${key} must be a string, got ${toBrief(value)}`;
}

function toUnknownKey(args: JsonObject, known: readonly string[]): string | undefined {
  const unknown = Object.keys(args).find((key) => !known.includes(key));
  if (unknown === undefined) return undefined;
  const nearest = toNearest(unknown, known);
  const remedy = nearest === undefined ? `known are ${known.join(", ")}` : `did you mean ${nearest}?`;
  return `Unknown input ${toBrief(unknown)}: ${remedy}`;
}

/** What was found, short enough for a message: the type of a structure, the beginning of a text. */
function toBrief(value: unknown): string {
  if (Array.isArray(value)) return "an array";
  if (isJsonObject(value)) return "an object";
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
