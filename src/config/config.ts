/** The configuration, read and resolved: absolute paths, variables substituted, defaults filled in. */
export interface Config {
  /** Absolute path of the file it came from; absent when it was given as an object. */
  file?: string;
  servers: readonly ServerConfig[];
  /** Absolute. */
  stateDir: string;
  /** The workspace that programs see: `default`, or one of `workspaces`. */
  workspace: string;
  /** By name: its quotas, where lower than `sandbox` says. */
  workspaces: Readonly<Record<string, WorkspaceQuota>>;
  sandbox: SandboxConfig;
  policy: PolicyConfig;
  privacy: PrivacyConfig;
  journal: JournalConfig;
  skills: SkillsConfig;
  audit: AuditConfig;
  approvals: ApprovalsConfig;
  /** Address patterns of tools that appear as direct MCP tools too. */
  expose: readonly string[];
  /** One sentence each, for the log: keys that were ignored, servers that are disabled and why. */
  notes: readonly string[];
}

export interface SkillsConfig {
  /** Where skills are saved. */
  dir: string;
  /** Folders whose skills can be used too, and are never written; absolute. */
  shared: readonly string[];
  /** A tested skill becomes trusted after so many runs, of which this share succeeded; absent: a person says so. */
  trustAfter?: { runs: number; successRate: number };
}

export interface ApprovalsConfig {
  /** How long a program waits for a person who is shown its question here, before it is answered as `paused`; milliseconds. */
  waitMs: number;
  /** A webhook that is told of questions and alerts. */
  notify?: NotifyConfig;
}

export interface NotifyConfig {
  url: string;
  /** Signs each request. */
  secret: string;
}

export interface AuditConfig {
  /** Whether arguments and results are recorded as size and hash, or as they are, with tokens. */
  content: "hashes" | "full";
  /** Bytes of all segments together, above which the oldest are removed. */
  keepBytes: number;
}

/** What one workspace may hold. */
export type WorkspaceQuota = Partial<Pick<SandboxConfig, "workspaceBytesMax" | "workspaceFilesMax" | "fileBytesMax">>;

/** What is kept of runs, so that they can be continued. */
export interface JournalConfig {
  /** Bytes of one run; 0: nothing is recorded. */
  bytesMax: number;
  /** Bytes of ended runs together. */
  keepBytes: number;
  keepRuns: number;
  keepMs: number;
}

export interface ServerConfig {
  /** The key under `mcpServers`, verbatim. */
  key: string;
  /** Why it is not used, if so: `"disabled": true`, or the variable that is missing. */
  disabledReason?: string;
  /** Whether that is a fault to be mended (a missing variable), not somebody's wish. */
  isBroken?: boolean;
  transport: StdioConfig | HttpConfig;
  /** How far it is trusted; default `internal` for a program started here, `public` for an address. */
  trust: Trust;
  /** What its answers are; default by its trust, and by each tool's explicit `openWorldHint`. */
  reads?: ReadLabel | "ordinary";
  /** Where what is sent to it goes; default likewise. */
  sends?: "inside" | "outside";
  /** Deadline of one call in milliseconds (`timeout` in some clients); default `limits.callMs`. */
  callMs: number;
  /** Deadline of its start in milliseconds; default `limits.connectMs`. */
  connectMs: number;
  /** sha256 over what decides which tools it has (command, arguments, URL, names of variables): keys the cached catalogue. */
  hash: string;
}

export interface StdioConfig {
  kind: "stdio";
  command: string;
  args: readonly string[];
  /** What the config adds (`envFile`, then `env`) to the small environment that every server inherits. */
  env: Readonly<Record<string, string>>;
  /** Absolute. */
  cwd: string;
}

export interface HttpConfig {
  /** `http`: Streamable HTTP, falling back to SSE; `sse`: SSE only. */
  kind: "http" | "sse";
  url: string;
  headers: Readonly<Record<string, string>>;
}

/** One entry of `sandbox.network.allow`, normalised as the host of a URL is. */
export interface HostRule {
  /** Lower case, punycode, without a trailing dot; an IPv6 address in brackets. */
  host: string;
  /** Matches every name below the host, and not the host itself. */
  anyBelow: boolean;
  /** Only this port; absent: the usual one of the URL's scheme. */
  port?: number;
}

/** What programs may reach by `fetch`. */
export interface NetworkConfig {
  /** Empty: nothing. */
  allow: readonly HostRule[];
  /** Upper case. */
  methods: readonly string[];
  /** Bytes of one request body, and of one response body after decompression. */
  bytesMax: number;
  /** Of one request, redirects and body included. */
  timeoutMs: number;
  requestsMax: number;
}

/** What runs the containers of the container wall. */
export interface ContainerConfig {
  command: "podman" | "docker";
  /** `runsc` is gVisor. */
  runtime: "runc" | "runsc";
}

/** Limits of executions; names, units and reasons in `base/limits.ts`. */
export interface SandboxConfig {
  /** `auto`: deno where it is installed, else quickjs. */
  engine: "auto" | "deno" | "quickjs" | "worker";
  /** Programs are trusted like one's own code: the engine `worker`, which is no boundary, may run them. */
  trusted: boolean;
  /** `auto`: bwrap where it works, else none. */
  wall: "auto" | "none" | "bwrap" | "container";
  /** Below this wall Sluice refuses to start. */
  floor: "none" | "bwrap" | "container";
  container: ContainerConfig;
  timeoutMs: number;
  answerMs: number;
  cpuMs: number;
  memoryMb: number;
  parkMs: number;
  parkedMax: number;
  logBytesMax: number;
  resultBytesMax: number;
  previewBytes: number;
  callsMax: number;
  callsInFlightMax: number;
  callsPendingMax: number;
  sendBytesPerSecond: number;
  writeBytesPerSecond: number;
  guestsWarm: number;
  executionsMax: number;
  workspaceBytesMax: number;
  workspaceFilesMax: number;
  fileBytesMax: number;
  network: NetworkConfig;
}

export type PolicyVerdict = "allow" | "deny" | "approve";

export interface PolicyConfig {
  /** Address pattern (`*` is any characters) → verdict; the most literal characters win, on a tie the stricter. */
  tools: Readonly<Record<string, PolicyVerdict>>;
  /** What holds for tools without a rule. */
  preset: "open" | "balanced" | "strict";
  flows: readonly FlowRule[];
  alerts: Readonly<Record<AlertRule, AlertMode>>;
  /** Whether a person is shown each program before it runs. */
  programs: "allow" | "approve";
  /** What happens when a tool's definition is no longer the pinned one; `pinned` refuses it until it is accepted. */
  definitions: "warn" | "pinned";
  /** By server (`*`: each without a rule of its own) or by address pattern (a dot in it), each tool for itself. */
  limits: Readonly<Record<string, LimitRule>>;
  retry: RetryConfig;
  breaker: BreakerConfig;
  budget: BudgetConfig;
}

/** What a budget counts; what is absent is not bounded. */
export interface Amounts {
  calls?: number;
  /** Of arguments and results. */
  bytes?: number;
  /** o200k tokens of what is answered to the model. */
  outputTokens?: number;
  /** US dollars. */
  usd?: number;
}

/** US dollars for a million tokens. */
export interface ModelPrice {
  input: number;
  output: number;
}

export interface BudgetConfig {
  perExecution: Amounts;
  perSession: Amounts;
  perDay: Amounts;
  /** Above this estimate a person is asked before a program runs. */
  approveAbove: Amounts;
  model: string;
  prices: Readonly<Record<string, ModelPrice>>;
  /** Address pattern → US dollars for one call. */
  tools: Readonly<Record<string, number>>;
}

/** Rules over what executions do: docs/alerts.md. */
export type AlertRule =
  | "leak-caught"
  | "denials"
  | "first-use-with-personal-data"
  | "bulk-outside"
  | "failing-loop"
  | "limits"
  | "definition-changed"
  | "built-from-text";

/** `end`: the execution is ended too, where the rule is about one that runs. */
export type AlertMode = "off" | "note" | "end";

/** What content is: somebody's own, or written by anybody. */
export type ReadLabel = "private" | "untrusted";

/** What holds once an execution has read all of `read`. */
export interface FlowRule {
  read: readonly ReadLabel[];
  /** `outside`, `destructive` or an address pattern. */
  to: string;
  verdict: "allow" | "approve" | "deny";
}

/** How often a server or a tool is called. */
export interface LimitRule {
  perSecond?: number;
  burst?: number;
  inFlight?: number;
}

export interface RetryConfig {
  /** Tries of one call, the first included. */
  attempts: number;
  /** Milliseconds from the first try, past which there is no further one. */
  maxMs: number;
  /** Address pattern → whether a second try does no harm; the most literal characters win. */
  tools: Readonly<Record<string, "always" | "never">>;
}

export interface BreakerConfig {
  /** Share of failed calls in the window at which a server is left alone, in percent. */
  errorPercent: number;
  windowMs: number;
  /** Fewer calls in the window say nothing. */
  callsMin: number;
  /** How long it is left alone the first time. */
  openMs: number;
}

/** From this machine's own to nobody's: what a server claims counts, and what it may be given, from `internal` up. */
export type Trust = "local" | "internal" | "public" | "untrusted";

/** `seal`: personal data is replaced by tokens; `strict`: every string is; `off`: nothing is. */
export type PrivacyMode = "seal" | "strict" | "off";

export interface PrivacyConfig {
  mode: PrivacyMode;
  /** Pattern over server keys → mode; the most literal characters win. */
  servers: readonly { server: string; mode: PrivacyMode }[];
  classes: readonly string[];
  /** Names in running text too. */
  prose: boolean;
  /** What flows without a rule: into arguments that are made for it, nothing, everything. */
  consent: "matching" | "ask" | "open";
  /** Address pattern → places in results (`rows[*].note`) → class. */
  fields: readonly { tools: string; places: Readonly<Record<string, string>> }[];
  release: readonly ReleaseRule[];
  /** How long tokens mean something: as long as the workspace, or one session. */
  vault: "workspace" | "session";
  own: readonly OwnClassConfig[];
  /** Programs may ask `pii.matches`. */
  matches: boolean;
}

/** Personal data of these classes may go from servers to tools. */
export interface ReleaseRule {
  /** Pattern over server keys. */
  from: string;
  /** Pattern over addresses. */
  to: string;
  /** `*`: every class. */
  classes: readonly string[];
}

/** A class of the user's own: texts like a pattern, or given values. */
export interface OwnClassConfig {
  class: string;
  /** In RE2's syntax: no back-references and no look-around, so that it is matched in linear time. */
  pattern?: string;
  values?: readonly string[];
}
