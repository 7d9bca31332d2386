import type { LargeValue } from "../base/large-json.ts";
import type { Json, JsonObject } from "../base/json.ts";
import type { ErrorCode } from "../base/errors.ts";
import type { Transient } from "../base/transient.ts";
import type { Tool } from "../catalogue/tool.ts";
import type { FlowRule } from "../config/config.ts";
import type { Edge } from "./edge.ts";

/** What one execution may call and write; given by the library or the operator, never by the program. */
export interface Grant {
  /** Patterns over addresses (`*` is any characters); absent = every tool that the policy allows. */
  tools?: readonly string[];
  /** Whether `./workspace` may be written; default `"read-write"`. */
  workspace?: "read-only" | "read-write";
}

/** One tool call on its way through the steps. */
export interface ToolCall {
  executionId: string;
  /** Unique within the execution, in order of dispatch, from 1. */
  callId: number;
  /** `program`: made by a running program; `direct`: `call_tool`, the CLI or an exposed tool. */
  origin: "program" | "direct";
  tool: Tool;
  arguments: JsonObject;
  grant: Grant;
  signal: AbortSignal;
  /** Where the program calls from: a line of its source, as the program says. */
  site?: { line: number; text: string };
  /** Ends the execution that makes the call, with this as its error. */
  endExecution?: (code: ErrorCode, message: string) => void;
  /** Called when the call leaves for its server; what it throws, the call ends with. `isRepeatable`: it can do no harm twice. */
  onLeave?: (isRepeatable: boolean) => void;
  /** Called when what left last was not carried out, which is sure. */
  onMissed?: (isRepeatable: boolean) => void;
  /** How often it left before, in an execution that was interrupted: whether it was carried out is not known. */
  timesLeft?: number;
  /** What is left of the execution's wall clock; absent: no bound. */
  remainingMs?: () => number;
  /** A rule about what was read before that wants a person. */
  flow?: FlowRule;
  /** Flows of personal data that wait for a person's word. */
  edges?: readonly Edge[];
}

/** What was replaced in an answer: class to count; `withheld`: blocks that could not be looked through, each replaced as a whole. */
export interface SealedCounts {
  counts: Record<string, number>;
  withheld: number;
}

/** How a call ended: its data, or an error with the upstream's words. Expected failures are values, not exceptions. */
export type CallOutcome = (
  | { kind: "data"; data: Json; bytes?: number; mediaBytes?: number; sealed?: SealedCounts }
  /** Data that is too large for the event loop. */
  | {
      kind: "large";
      value: LargeValue;
      bytes: number;
      /** Of the files beside it. */
      mediaBytes?: number;
      sealed?: SealedCounts;
      /** Of what was sealed, see `base/skeleton.ts`: what it teaches about its tool. */
      skeleton?: Json;
    }
  | { kind: "error"; code: ErrorCode; message: string; hint?: string; transient?: Transient; isServerFault?: boolean }
) & {
  /** How often it was tried, if more than once. */
  tries?: number;
};

/** One policy step around a call: pass it on with `next(call)`, or answer instead. Composed once at start. */
export type Step = (call: ToolCall, next: (call: ToolCall) => Promise<CallOutcome>) => Promise<CallOutcome>;
