import type { NetworkRecord } from "../base/network-record.ts";
import type { QuestionKind } from "./broker.ts";
import type { Edge } from "./edge.ts";

/** What is recorded; arguments and results only as size and hash, so that the audit holds no data of the user. */
export type AuditRecord =
  | {
      kind: "execution-started";
      executionId: string;
      codeSha256: string;
      codeBytes: number;
      engine: string;
      wall: string;
      runtime?: string;
    }
  /** An execution goes on that ended, or was interrupted; `after`: by what. */
  | { kind: "execution-resumed"; executionId: string; after: string }
  /** The text of a program, without what the second net takes out; once for each segment that names its hash. */
  | { kind: "program"; executionId: string; codeSha256: string; code: string }
  | { kind: "execution-ended"; executionId: string; status: string; code?: string; ms: number }
  | {
      kind: "call-started";
      executionId: string;
      callId: number;
      origin: string;
      tool: string;
      argumentBytes: number;
      argumentSha256: string;
      /** JSON with tokens, where `audit.content` is `full`. */
      arguments?: string;
    }
  | {
      kind: "call-ended";
      executionId: string;
      callId: number;
      tool: string;
      ok: boolean;
      code?: string;
      bytes?: number;
      ms: number;
      /** JSON with tokens, or the error's message, where `audit.content` is `full`. */
      result?: string;
    }
  /** A file of the workspace was written; what was in it only as a hash. */
  | { kind: "file-written"; executionId: string; path: string; bytes: number; sha256?: string }
  /** A skill was saved, trusted or removed; `by`: the execution, the person, or the rule. */
  | { kind: "skill-changed"; change: "saved" | "trusted" | "removed"; skill: string; version: number; by: string }
  /** A call is made again, and one that will be made again has failed; attempts count from 1. */
  | { kind: "attempt-started"; executionId: string; callId: number; tool: string; attempt: number }
  | {
      kind: "attempt-failed";
      executionId: string;
      callId: number;
      tool: string;
      attempt: number;
      code: string;
      pauseMs: number;
    }
  /** A tool is no longer defined as it was pinned, or was accepted as it is now; hashes of definitions. */
  | { kind: "definition-changed" | "definition-accepted"; tool: string; from: string; to: string }
  /** Personal data of a class on its way to a tool, and what was decided; never a value. */
  | (Edge & { kind: "edge"; executionId: string; callId: number; tool: string })
  /** What was sealed in an answer: class to count; `withheld`: blocks that could not be looked through. */
  | {
      kind: "sealed";
      executionId: string;
      callId: number;
      tool: string;
      counts: Record<string, number>;
      withheld: number;
    }
  /** Personal data was about to leave for the model: the classes that were taken out of it. */
  | { kind: "leak-caught"; executionId: string; classes: string[] }
  | { kind: "question-asked"; executionId: string; questionId: string; about: QuestionKind; tool: string }
  | { kind: "question-answered"; questionId: string; answer: string; by: string }
  /** What a person had said for always was taken back. */
  | { kind: "answer-forgotten"; about: QuestionKind; from: string[]; tool: string; answer: string; by: string }
  /** A program asked about a value, or a person looked at it. */
  | { kind: "value-questioned"; executionId: string; question: string; token: string }
  | { kind: "value-shown"; token: string; by: string }
  | { kind: "values-forgotten"; records: number; by: string }
  /** A rule of `policy.alerts` has seen something. */
  | { kind: "alert"; rule: string; executionId?: string; tool?: string; evidence: string; ended: boolean }
  /** A process has begun with settings that let through more than those of the one before it. */
  | { kind: "config-widened"; changes: string[] }
  /** The first line of a segment: the last hashes of the segments that were open then, by name. */
  | { kind: "segment-started"; open: Record<string, string>; previous?: string }
  /** A segment made room for others: how it ended. */
  | { kind: "segment-removed"; file: string; records: number; lastHash: string }
  | (NetworkRecord & { executionId: string });
