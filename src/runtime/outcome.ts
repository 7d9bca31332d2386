import type { Json } from "../base/json.ts";

/** How an execution stands (DESIGN 2.2). */
export type OutcomeStatus = "completed" | "failed" | "killed" | "paused" | "denied" | "running";

/** One piece of console output, in the order it was printed. */
export interface LogEntry {
  stream: "stdout" | "stderr";
  text: string;
}

/** How far a program says it is: what it gave to `progress()`. */
export interface RunProgress {
  done?: number;
  total?: number;
  note?: string;
}

/** What went wrong, for the model: the code is a heading of `docs/errors.md`. */
export interface OutcomeError {
  code: string;
  message: string;
  /** Line of the agent's own code, from 1. */
  line?: number;
  /** Column, from 1. */
  column?: number;
  /** The source line itself. */
  source?: string;
  hint?: string;
  /** Address of the tool, when a tool call failed. */
  tool?: string;
}

export interface OutcomeWarning {
  code: string;
  message: string;
  line?: number;
}

/** What the model gets back; ids, durations and counts that are not for it are in {@link OutcomeStats}. */
export interface Outcome {
  executionId: string;
  status: OutcomeStatus;
  /** The returned (or default-exported) value; a preview where it was too large (then `spilled` names the file). */
  result?: Json;
  logs: LogEntry[];
  logsTruncated?: boolean;
  error?: OutcomeError;
  warnings?: OutcomeWarning[];
  /** What waits for a person's word (`paused`). */
  pending?: { id: string; kind: string; tool: string; question: string; expiresAt: string }[];
  /** Tool calls of this execution: ended well, ended with an error, still open. */
  calls: { done: number; failed: number; open: number };
  /** Files under `./workspace` that hold in full what is previewed here. */
  spilled?: string[];
}

/** What an execution cost; for people and programs, not for the model (`_meta["sluice/stats"]`). */
export interface OutcomeStats {
  toolCalls: number;
  durationMs: number;
  cpuMs: number;
  memoryPeakBytes: number;
  engine: string;
  wall: string;
  /** Of a container: `runc`, or `runsc`, which is gVisor. */
  runtime?: string;
  /**
   * o200k tokens: `in` the code, `out` the outcome's text, `avoided` what direct calling would have cost more
   * for the same work. `approximate` when a value over 256 KB was counted by samples.
   */
  tokens: { in: number; out: number; avoided: number; approximate?: boolean };
  /** US dollars: what code, answer and priced calls cost, and what direct calling would have cost more; by estimate. */
  usd?: { spent: number; avoided: number };
  /** Tries of calls beyond the first, if there were any. */
  retries?: number;
  /** Servers that are left alone because their calls failed: milliseconds since the epoch of the next try. */
  breakers?: Record<string, { state: string; retryAt: number }>;
}

/** An outcome with its stats: what the library returns. */
export interface ExecutionResult extends Outcome {
  stats: OutcomeStats;
}

/** One answer of search (DESIGN 2.2). */
export interface SearchAnswer {
  results: SearchResult[];
  total: number;
  truncated: boolean;
  hint?: string;
}

export interface SearchResult {
  kind: "tool" | "skill";
  /** The address; of a skill, its folder: `skills/to-csv`. */
  id: string;
  /** The server; of a skill, `skills`. */
  server: string;
  /** What a program writes: `gdrive.getDocument`; of a skill, the line that imports and calls it, or reads its SKILL.md. */
  call: string;
  /** One sentence (`detail` summary and full). */
  summary?: string;
  /** `getDocument({ documentId: string }): Promise<unknown>` (`detail` summary and full). */
  signature?: string;
  /** The module's text; of a skill, its SKILL.md (`detail` full). */
  module?: string;
}

export type SearchDetail = "name" | "summary" | "full";
