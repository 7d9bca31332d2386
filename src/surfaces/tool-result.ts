import type { Json, JsonObject } from "../base/json.ts";
import type { ExecutionResult, Outcome, OutcomeError, OutcomeStats, SearchAnswer } from "../runtime/outcome.ts";

/** The result of `tools/call` as it goes over the wire. */
export interface ToolResult {
  content: { type: "text"; text: string }[];
  structuredContent?: JsonObject;
  isError?: boolean;
  _meta?: { "sluice/stats": OutcomeStats };
  // The protocol library's result type is open.
  [key: string]: unknown;
}

/** Whether the client reads `structuredContent`: revisions before 2025-06-18 have only text. */
export type ResultForm = "structured" | "text";

/** What a field may weigh to stand both in the structured answer and in the text. */
const repeatedBytesMax = 2_048;

/** An execution's outcome for the model: stats go beside it, in `_meta`. */
export function toOutcomeResult(result: ExecutionResult, form: ResultForm): ToolResult {
  const { stats, ...outcome } = result;
  return { ...toPlainResult(outcome, form), _meta: { "sluice/stats": stats } };
}

/** The outcome of a request that was refused before anything ran; it has no execution, so no id to resume. */
export function toRefusal(error: OutcomeError, form: ResultForm): ToolResult {
  const outcome: Outcome = {
    executionId: "",
    status: "failed",
    logs: [],
    error,
    calls: { done: 0, failed: 0, open: 0 },
  };
  return toPlainResult(outcome, form);
}

/** The answer of a search. */
export function toSearchResult(answer: SearchAnswer, form: ResultForm): ToolResult {
  const structured = toJson(answer);
  return form === "text"
    ? { content: [{ type: "text", text: JSON.stringify(structured) }] }
    : { content: [{ type: "text", text: toText(structured) }], structuredContent: structured };
}

/** A search that was refused. An error carries no structured content, since it would have to match the output schema. */
export function toSearchRefusal({ code, message }: OutcomeError): ToolResult {
  return { content: [{ type: "text", text: `${code}: ${message}` }], isError: true };
}

/** The result of an exposed tool: its data as the tool's own server would give it, without the envelope of an outcome. */
export function toExposedResult(result: ExecutionResult): ToolResult {
  const { error, executionId, pending, spilled, stats } = result;
  const lines =
    pending !== undefined
      ? [
          ...pending.map(({ question }) => `Waits for a person: ${question}`),
          `Go on with execute_code { "resume": "${executionId}" }`,
        ]
      : error === undefined
        ? [typeof result.result === "string" ? result.result : JSON.stringify(result.result ?? null)]
        : [`${error.code}: ${error.message}`, ...(error.hint === undefined ? [] : [error.hint])];
  if (spilled !== undefined) lines.push(`In full: ${spilled.join(", ")}`);
  return {
    content: lines.map((text) => ({ type: "text", text })),
    ...(isErrorStatus(result) && { isError: true }),
    _meta: { "sluice/stats": stats },
  };
}

function toPlainResult(outcome: Outcome, form: ResultForm): ToolResult {
  const structured = toJson(outcome);
  return {
    content: [{ type: "text", text: form === "text" ? JSON.stringify(structured) : toText(structured) }],
    ...(form === "structured" && { structuredContent: structured }),
    ...(isErrorStatus(outcome) && { isError: true }),
  };
}

function isErrorStatus({ status }: Outcome): boolean {
  return status === "failed" || status === "killed" || status === "denied";
}

/** The members as compact JSON; a heavy one is only named, because the structured answer beside it holds it. */
function toText(structured: JsonObject): string {
  return JSON.stringify(toShortened(structured, "structuredContent"));
}

function toShortened(value: JsonObject, path: string): JsonObject {
  const entries = Object.entries(value).map(([key, member]): [string, Json] => {
    const bytes = Buffer.byteLength(JSON.stringify(member) ?? "");
    if (bytes <= repeatedBytesMax) return [key, member];
    // An error keeps its code, line and hint in the text even when its message is long.
    if (key === "error") return [key, toShortened(member as JsonObject, `${path}.error`)];
    return [key, `(${bytes} bytes: see ${path}.${key})`];
  });
  return Object.fromEntries(entries);
}

/** The value without its `undefined` members, as a client will read it. */
function toJson(value: Outcome | SearchAnswer): JsonObject {
  const members = Object.entries(value as unknown as JsonObject).filter(([, member]) => member !== undefined);
  return Object.fromEntries(members);
}
