import type { JsonObject } from "../base/json.ts";
import type { NetworkConfig, SandboxConfig } from "../config/config.ts";
import type { Flag } from "../catalogue/flags.ts";
import type { LearnedOutput } from "../catalogue/learned.ts";
import type { Answer, Asker, Question, RememberedAnswer } from "../gateway/broker.ts";
import type { AuditVerification } from "../gateway/audit-verify.ts";
import type { Alert } from "../gateway/alerts.ts";
import type { Grant } from "../gateway/call.ts";
import type { AnswerSource, ApprovalSecret } from "./approval-secret.ts";
import type { AuditFilter } from "./audit-query.ts";
import type { EdgeReport } from "./edges.ts";
import type { SkillAccess } from "./skill-access.ts";
import type { UsageRow } from "./usage.ts";
import type { WorkspaceAccess } from "./workspace-access.ts";
import type { ExecutionResult, RunProgress, SearchAnswer, SearchDetail } from "./outcome.ts";

export { answersTo } from "../gateway/broker.ts";
export type { SavedSkill, SkillReport, SkillStats, SkillTestReport } from "./skill-access.ts";
export type { Answer, Asker, AuditFilter, AuditVerification, EdgeReport, Question, UsageRow };

/** A running Sluice: what `createSluice(config)` gives, and all that a surface may use. Dispose it to stop every child. */
export interface Sluice extends AsyncDisposable {
  /** Runs a program to its end, or until `answerMs` (then `running`: resume it). Never rejects for what a program does. */
  executeCode(code: string, options?: ExecuteOptions): Promise<ExecutionResult>;
  /**
   * Waits again for an execution that answered `running`, continues one that was interrupted (of an earlier process
   * too), or gives the outcome of one that has ended.
   */
  resume(executionId: string, options?: WaitOptions): Promise<ExecutionResult>;
  /** The files of the workspace in force. */
  readonly workspace: WorkspaceAccess;
  /** Runs of programs, of this and earlier processes on the state directory. */
  readonly runs: {
    /** Newest first. */
    list(options?: { limit?: number }): RunReport[];
    /** Throws `unknown_execution`. */
    show(id: string): RunSteps;
    /** Ends it for good, whoever has it. */
    cancel(id: string): RunReport;
    /** Runs it once more from what was recorded: no server is called, no file written. */
    replay(id: string, options?: WaitOptions): Promise<ExecutionResult>;
    remove(id: string): Promise<void>;
  };
  /** One direct call through the same gateway, with the same outcome. `tool` is an address or another accepted name. */
  callTool(tool: string, args?: JsonObject, options?: CallOptions): Promise<ExecutionResult>;
  /** Ranked tools; an empty query with `server` lists that server completely. */
  searchTools(query: string, options?: SearchOptions): Promise<SearchAnswer>;
  /** The output types that results have taught, and what contradicted a declared one; by address. */
  learnedTypes(options?: { tools?: readonly string[] }): Promise<LearnedType[]>;
  /** Forgets what was learned of the tools that match the patterns (default: of all); answers how many there were. */
  forgetLearnedTypes(options?: { tools?: readonly string[] }): Promise<number>;
  /** The tools whose definition is no longer the pinned one, with what has changed. Rejects with `lock_unavailable`. */
  changedDefinitions(options?: { tools?: readonly string[] }): Promise<DefinitionChange[]>;
  /** Pins the tools that match the patterns as they are now; answers those that had changed. Rejects with `lock_unavailable`. */
  acceptDefinitions(options: { tools: readonly string[] }): Promise<DefinitionChange[]>;
  /** Where the text of a definition or of a server's instructions addresses the model. */
  flaggedDefinitions(): Promise<DefinitionFlag[]>;
  /** Writes the module tree under a folder; answers the paths written, relative to it. */
  writeTree(directory: string, options?: { signal?: AbortSignal }): Promise<string[]>;
  /** The tools named in `expose`, as MCP definitions under the name `server__tool`. */
  exposedTools(): Promise<ExposedTool[]>;
  /** Fetches the tool list of every enabled server again, or of those named; answers what each one said. */
  refresh(options?: { servers?: readonly string[]; signal?: AbortSignal }): Promise<ServerReport[]>;
  /** What is known of every configured server, without connecting. */
  servers(): ServerReport[];
  /** Checks what programs need of this machine (engine, reaper, state directory, store), each by really using it. */
  health?(): Promise<HealthCheck[]>;
  /** What waits for a person's word, of any process on this state directory. */
  questions(options?: { all?: boolean }): Question[];
  /**
   * Answers a question for a person; `by` says who, for the audit. Where a secret of the approvals is set a yes needs it,
   * but one for once from a `dialog`. Throws `unknown_question`, and `approval_denied` without the secret.
   */
  answer(id: string, answer: Answer, by: string, proof?: { from?: AnswerSource; secret?: string }): Question;
  /** What was answered for always, newest first. */
  rememberedAnswers(): RememberedAnswer[];
  /**
   * Takes back what was answered for always about tools whose address fits the pattern (`crm.*`), at once and in every
   * process; gives back what that was. `by` says who, for the audit. Throws `approval_denied` where a secret of the
   * approvals is set and this is not it: a no that is taken back may open what a wider config lets through.
   */
  forgetAnswers(pattern: string, by: string, secret?: string): RememberedAnswer[];
  /** Called with each question of this process; true: a person sees it here, so that nobody is told `paused` meanwhile. */
  onQuestion(listener: Asker): () => void;
  /** Which personal data went to which tool, from the audit of every process on this state directory. */
  edges(): Promise<EdgeReport[]>;
  /** What was used, by day and tool, over all processes of the state directory. */
  usage(): UsageRow[];
  /** The word that a yes at a terminal needs. */
  approvalSecret: ApprovalSecret;
  /** Whether the audit is as it was written, and what of it is not. */
  verifyAudit(): AuditVerification;
  /** Records of the audit, each with the name of its segment. */
  auditRecords(filter?: AuditFilter): AsyncGenerator<JsonObject>;
  /** The values behind tokens, for a person; `by` says who, for the audit. */
  readonly vault: {
    stats(): Promise<{ class: string; values: number; tokens: number }[]>;
    show(token: string, by: string): Promise<{ value: string; class: string; origins: string[] } | null>;
    /** Answers how many records went. */
    forget(value: string, by: string): Promise<number>;
    purge(by: string): Promise<number>;
  };
  /** Saved programs. */
  readonly skills: SkillAccess;
  readonly events: Events;
  /** What runs every program, and why it is not the first choice of `auto`. */
  readonly engine: { name: string; reason?: string };
  /** The wall in force around every program, what runs it if it is a container, and why it is none where a stronger one was wanted. */
  readonly wall: { name: string; runtime?: string; reason?: string };
}

/** One run as a list shows it. */
export interface RunReport {
  id: string;
  /** ISO 8601. */
  createdAt: string;
  /** When it ended, or was last heard of. */
  endedAt: string;
  /** `interrupted`: its process is gone; `paused`: it waits for a person. */
  status: "running" | "paused" | "interrupted" | "completed" | "failed" | "killed" | "denied" | "cancelled";
  isAlive: boolean;
  /** `resume` goes on with it where it was. */
  isResumable: boolean;
  errorCode?: string;
  /** What `progress()` said last. */
  progress?: RunProgress;
  /** Why it was not recorded to its end. */
  unrecorded?: string;
  /** Tool calls that ended; of one that was interrupted, unknown. */
  calls: number;
  /** How often it was continued. */
  resumes: number;
  /** Of what was recorded. */
  bytes: number;
}

/** One run with its program, its outcome, and what it was told, in order. */
export interface RunSteps extends RunReport {
  code: string;
  outcome?: ExecutionResult;
  /** `tool` is the name that the program used. */
  steps: { at: string; op: string; tool?: string; errorCode?: string }[];
}

/** A learned output; `type` is its TypeScript on one line. */
export interface LearnedType extends LearnedOutput {
  type: string;
}

/** A tool whose definition is no longer the pinned one. */
export interface DefinitionChange {
  address: string;
  /** SHA-256 of the pinned definition, and of the one that it has now. */
  pinned: string;
  hash: string;
  /** What was and what is, a line each: lines of the description, paths of the schemas. */
  diff: string[];
}

/** A flag of a tool, or of a server's instructions (the address is then the server's key). */
export interface DefinitionFlag extends Flag {
  address: string;
}

/** One thing that programs need, and whether it works here. */
export interface HealthCheck {
  /** `engine`, `reaper`, `store`, … */
  name: string;
  ok: boolean;
  /** False for what works nowhere here and is not needed: a wall that nothing asks for. */
  isUsable?: false;
  /** What was found: path, version. */
  detail: string;
  /** What to do about it, when it is not ok. */
  remedy?: string;
}

export interface WaitOptions {
  signal?: AbortSignal;
  /** Answer `running` after this many milliseconds; default: wait to the end. */
  answerMs?: number;
  /** Called with what the program prints and reports, as it comes; with the numbers, where it is `progress()`. */
  onProgress?: (message: string, progress?: RunProgress) => void;
}

export interface ExecuteOptions extends WaitOptions {
  /** Wall clock of the program in milliseconds; lowers the config's, never raises it. */
  timeoutMs?: number;
  grant?: Grant;
  /** Lower limits for this execution; what is over the config's has no effect. */
  limits?: CallerLimits;
}

/** Limits that a caller may lower, never raise; names, units and reasons are in `docs/limits.md`. */
export type CallerLimits = Partial<
  Pick<
    SandboxConfig,
    | "timeoutMs"
    | "cpuMs"
    | "memoryMb"
    | "logBytesMax"
    | "resultBytesMax"
    | "callsMax"
    | "callsInFlightMax"
    | "callsPendingMax"
    | "sendBytesPerSecond"
    | "writeBytesPerSecond"
    | "workspaceBytesMax"
    | "workspaceFilesMax"
    | "fileBytesMax"
  >
> & { network?: Partial<Pick<NetworkConfig, "bytesMax" | "timeoutMs" | "requestsMax">> };

export interface CallOptions extends Pick<WaitOptions, "signal" | "answerMs"> {
  grant?: Grant;
  timeoutMs?: number;
}

export interface SearchOptions {
  detail?: SearchDetail;
  /** 1–50 for models; the CLI and the library may ask for more. Default 10 (`full`: 3). */
  limit?: number;
  /** Only this server (its key or identifier). */
  server?: string;
}

export interface ExposedTool {
  name: string;
  address: string;
  description?: string;
  inputSchema: JsonObject;
  annotations?: JsonObject;
}

export interface ServerReport {
  key: string;
  /** `ready`: connected; `known`: in the catalogue, not connected; `unknown`: never reached; `failed`; `disabled`. */
  state: "ready" | "known" | "unknown" | "failed" | "disabled";
  tools: number;
  /** Why it failed or is disabled. */
  reason?: string;
  /** Of a disabled one: whether that is a fault to be mended, not somebody's wish. */
  isBroken?: boolean;
  problems: readonly string[];
  /** Protocol revision that was negotiated, once it was reached. */
  protocol?: string;
  /** It is left alone until `retryAt` (milliseconds since the epoch), because its calls failed. */
  breaker?: { state: string; retryAt: number };
  /** Milliseconds that starting it and fetching its list took, in `refresh`. */
  ms?: number;
}

/** Everything that happens, in the past tense; every surface reads this one union. */
export type SluiceEvent =
  | { kind: "execution-started"; executionId: string }
  | { kind: "execution-ended"; executionId: string; status: string }
  | { kind: "tool-call-started"; executionId: string; callId: number; tool: string }
  /** One try of a call; `code`: of its error. */
  | {
      kind: "tool-call-ended";
      executionId: string;
      callId: number;
      tool: string;
      ok: boolean;
      code?: string;
      durationMs: number;
    }
  | { kind: "progress-reported"; executionId: string; message: string; progress: RunProgress }
  | { kind: "server-connected"; server: string }
  | { kind: "server-failed"; server: string; reason: string }
  | { kind: "tools-changed"; server: string }
  /** Somebody has waited for the tools of these servers, and goes on waiting (with `alone` only). */
  | { kind: "servers-awaited"; servers: string[] }
  /** A tool is no longer defined as it was pinned; told once of each definition. */
  | { kind: "definition-changed"; tool: string; diff: string[] }
  /** A learned output type was widened, or a result was not what its tool declares. */
  | { kind: "output-type-changed"; tool: string; changes: string[] }
  /** Personal data was taken out of what leaves for the model: somewhere it was not recognised before. */
  | { kind: "leak-caught"; executionId: string; classes: string[] }
  /** A rule of `policy.alerts` has seen something; the evidence has no value in it. */
  | ({ kind: "alert" } & Alert)
  | { kind: "question-asked"; question: Question }
  | { kind: "question-answered"; questionId: string; answer: string };

export interface Events {
  /** Calls the listener for every event until the returned function is called. */
  on(listener: (event: SluiceEvent) => void): () => void;
}
