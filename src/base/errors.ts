import type { Transient } from "./transient.ts";

/**
 * Whose fault an error is: the caller's (usage, config, a bad request), the guest's (its program), the policy's
 * (refused on purpose), the upstream's (a tool or server failed), or ours.
 */
export type Fault = "caller" | "guest" | "policy" | "upstream" | "internal";

/** Every error code, with whose fault it is. Each has a heading of the same name in `docs/errors.md` (a test holds this). */
export const errorCodes = {
  // config and usage
  config_not_found: "caller",
  config_invalid: "caller",
  config_not_enforced: "caller",
  usage: "caller",
  // the program
  syntax_error: "guest",
  program_error: "guest",
  never_settles: "guest",
  import_not_found: "guest",
  invalid_input: "caller",
  unknown_execution: "caller",
  workspace_path: "caller",
  not_resumable: "caller",
  interrupted: "upstream",
  replay_diverged: "guest",
  journal_ended: "caller",
  journal_damaged: "internal",
  journal_unavailable: "internal",
  // skills
  skill_invalid: "caller",
  skill_not_found: "caller",
  skill_outdated: "policy",
  skill_untrusted: "policy",
  skill_test_failed: "guest",
  skills_read_only: "policy",
  // tools
  tool_not_found: "caller",
  tool_ambiguous: "caller",
  tool_not_granted: "policy",
  tool_denied: "policy",
  approval_unavailable: "policy",
  approval_denied: "policy",
  questionsPerExecutionMax: "policy",
  unknown_question: "caller",
  definition_changed: "policy",
  flow_denied: "policy",
  alert: "policy",
  arguments_invalid: "caller",
  rate_limited: "policy",
  callsQueuedMax: "policy",
  circuit_open: "upstream",
  budgetPerExecution: "policy",
  budgetPerSession: "policy",
  budgetPerDay: "policy",
  tool_error: "upstream",
  upstream_error: "upstream",
  upstream_unavailable: "upstream",
  upstream_disconnected: "upstream",
  upstream_timeout: "upstream",
  result_too_large: "upstream",
  cancelled: "caller",
  audit_unavailable: "internal",
  // personal data
  unknown_token: "guest",
  malformed_token: "guest",
  tokensPerCallMax: "guest",
  restoredCharsMax: "guest",
  release_denied: "policy",
  pii_budget_exceeded: "policy",
  pii_question_denied: "policy",
  vault_key_lost: "caller",
  vault_unavailable: "internal",
  privacy_unavailable: "internal",
  // limits of an execution: code = the name of the limit
  timeoutMs: "guest",
  cpuMs: "guest",
  memoryMb: "guest",
  frameBytesMax: "guest",
  codeBytesMax: "guest",
  logBytesMax: "guest",
  logEntriesMax: "guest",
  resultBytesMax: "guest",
  callsMax: "guest",
  callsInFlightMax: "guest",
  timersMax: "guest",
  hostCallsMax: "guest",
  callsPendingMax: "guest",
  sendBytesPerSecond: "guest",
  writeBytesPerSecond: "guest",
  networkBytesMax: "guest",
  networkRequestsMax: "guest",
  networkMs: "guest",
  networkHeldBytesMax: "guest",
  // the network
  network_denied: "policy",
  network_invalid: "guest",
  network_error: "upstream",
  queuedExecutionsMax: "policy",
  parkedMax: "policy",
  parkMs: "policy",
  guest_crashed: "guest",
  command_not_found: "caller",
  child_not_started: "internal",
  tree_not_empty: "caller",
  tree_not_written: "internal",
  engine_unavailable: "internal",
  engine_untrusted: "caller",
  wall_unavailable: "internal",
  wall_below_floor: "internal",
  store_unavailable: "internal",
  lock_unavailable: "internal",
  internal: "internal",
} as const;

export type ErrorCode = keyof typeof errorCodes;

/** Codes of what policy or a person has refused: a tool call, or a request to the network. */
const denials: ReadonlySet<string> = new Set<ErrorCode>([
  ...(["tool_denied", "tool_not_granted", "approval_unavailable", "approval_denied"] as const),
  ...(["release_denied", "definition_changed", "flow_denied", "network_denied"] as const),
]);

export function isDenial(code: string): boolean {
  return denials.has(code);
}

/** The one error class. `code` is stable and documented; `message` names what was wrong, where, and what to do. */
export class SluiceError extends Error {
  readonly code: ErrorCode;
  readonly fault: Fault;
  /** What to do about it, in one sentence, where the message does not say. */
  readonly hint?: string;
  /** Set where trying again may help. */
  readonly transient?: Transient;
  /** A server said that the fault is its own, and not that of what it was asked. */
  readonly isServerFault: boolean;

  constructor(
    code: ErrorCode,
    message: string,
    options: { cause?: unknown; hint?: string; transient?: Transient; isServerFault?: boolean } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "SluiceError";
    this.code = code;
    // The annotation is the check that every code names a fault (`satisfies` cannot stand in a declaration).
    const faults: Readonly<Record<ErrorCode, Fault>> = errorCodes;
    this.fault = faults[code];
    if (options.hint !== undefined) this.hint = options.hint;
    if (options.transient !== undefined) this.transient = options.transient;
    this.isServerFault = options.isServerFault ?? false;
  }
}

/** The message of anything that was thrown. */
export function toMessage(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
