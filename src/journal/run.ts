import type { JsonObject } from "../base/json.ts";

export type RunStatus = "running" | "paused" | "completed" | "failed" | "killed" | "denied" | "cancelled";

/** Whether a run, or what is told of it, is not over. */
export function isOpen(status: string): boolean {
  return status === "running" || status === "paused";
}

/** One run as a list shows it. */
export interface Run {
  id: string;
  /** Milliseconds since the epoch. */
  createdAt: number;
  touchedAt: number;
  /** The workspace that it is of. */
  workspace: string;
  /** `running` and `paused` also where nobody runs it any more: `isAlive` says that. */
  status: RunStatus;
  /** Whether a process that lives has it. */
  isAlive: boolean;
  owner: string;
  codeSha256: string;
  errorCode?: string;
  /** What `progress()` said last. */
  progress?: JsonObject;
  /** Why it is not recorded to its end. */
  unrecorded?: string;
  calls: number;
  resumes: number;
  /** Of its steps and large values. */
  bytes: number;
  /** What ran it: the engine, and a hash of the runner. */
  engine?: string;
}

/** A line of the table. */
export interface RunRow {
  id: string;
  created_at: number;
  touched_at: number;
  owner: string;
  workspace: string;
  status: RunStatus;
  is_over: number;
  code_sha256: string;
  engine: string | null;
  error_code: string | null;
  progress: string | null;
  unrecorded: string | null;
  calls: number;
  resumes: number;
  bytes: number;
}

export const runColumns =
  "id, created_at, touched_at, owner, workspace, status, outcome IS NOT NULL AS is_over, code_sha256, engine, error_code, progress, unrecorded, calls, resumes, bytes";

/** What a list shows of a line; `open` opens what is sealed of it. */
export function toListed(
  row: RunRow,
  {
    isAlive,
    open,
  }: {
    isAlive: (owner: string, touchedAt: number) => boolean;
    open: (id: string, sealed: string, about: string) => string;
  },
): Run {
  return {
    ...{ id: row.id, status: row.status, owner: row.owner },
    ...{ createdAt: toMoment(row.created_at), touchedAt: toMoment(row.touched_at) },
    // One that ended while it waited for a person still does, and nobody runs it.
    isAlive: isOpen(row.status) && row.is_over === 0 && isAlive(row.owner, row.touched_at),
    workspace: row.workspace,
    ...{ codeSha256: row.code_sha256, calls: row.calls, resumes: row.resumes, bytes: row.bytes },
    ...(row.error_code === null ? {} : { errorCode: row.error_code }),
    ...(row.progress === null ? {} : { progress: openProgress(row.progress) }),
    ...(row.unrecorded === null ? {} : { unrecorded: row.unrecorded }),
    ...(row.engine === null ? {} : { engine: row.engine }),
  };

  // A list is not to fail for one of its lines.
  function openProgress(sealed: string): JsonObject {
    try {
      return JSON.parse(open(row.id, sealed, "progress")) as JsonObject;
    } catch {
      return {};
    }
  }
}

/** The last day that a date can be is 275,760 years away. */
const MOMENT_MAX = 8.64e15;

function toMoment(value: unknown): number {
  return typeof value === "number" && Math.abs(value) <= MOMENT_MAX ? value : 0;
}
