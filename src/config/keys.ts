import { limits } from "../base/limits.ts";
import type { BreakerConfig, NetworkConfig, PolicyVerdict, RetryConfig, SandboxConfig } from "./config.ts";
import { budgetKeys } from "./budget.ts";
import { flowsKey } from "./flows.ts";
import { type IntegerKey, integer } from "./integer.ts";
import { journalKeys } from "./journal.ts";
import { skillKeys } from "./skills.ts";
import { workspaceKeys } from "./workspaces.ts";
import { policyKeys } from "./policy.ts";
import { type CustomKey, privacyKeys } from "./privacy.ts";

/** One key of Sluice's own sections: what it takes, its default, and the sentence the published schema shows. */
export type Key =
  | IntegerKey
  | { kind: "choice"; about: string; default: string; choices: readonly string[]; later: readonly string[] }
  | { kind: "flag"; about: string; default: boolean }
  | { kind: "path"; about: string; default: string }
  | { kind: "text"; about: string }
  | { kind: "patterns"; about: string }
  | { kind: "hosts"; about: string }
  | { kind: "methods"; about: string; default: readonly string[]; choices: readonly string[] }
  | { kind: "verdicts"; about: string }
  | { kind: "servers"; about: string }
  | { kind: "ignored"; about: string }
  | CustomKey
  | SectionKey;

/** A section: its keys, and the names that later versions will enforce (until then they are errors). */
export interface SectionKey {
  kind: "section";
  about: string;
  members: Readonly<Record<string, Key>>;
  later: readonly string[];
}

const dayMs = 86_400_000;

/** The integer keys of `sandbox`; the type makes sure that none of {@link SandboxConfig} is missing. */
export const sandboxIntegers: Readonly<
  Record<Exclude<keyof SandboxConfig, "engine" | "trusted" | "network" | "wall" | "floor" | "container">, IntegerKey>
> = {
  timeoutMs: integer(limits.timeoutMs, 100, dayMs, "Wall clock of one program, in milliseconds."),
  answerMs: integer(
    limits.answerMs,
    100,
    dayMs,
    "After this many milliseconds a running program is answered as `running`.",
  ),
  cpuMs: integer(limits.cpuMs, 10, dayMs, "Processor time of one program, in milliseconds."),
  memoryMb: integer(limits.memoryMb, 64, 65_536, "Resident memory of one program, in mebibytes."),
  parkMs: integer(limits.parkMs, 0, dayMs, "How long an execution waits for `resume`, in milliseconds."),
  parkedMax: integer(limits.parkedMax, 1, 64, "Executions that may wait for `resume` at once."),
  logBytesMax: integer(limits.logBytesMax, 1_024, 67_108_864, "Console output kept of one program, in bytes."),
  resultBytesMax: integer(
    limits.resultBytesMax,
    1_024,
    limits.resultBytesMax,
    "One tool result or returned value, in bytes.",
  ),
  previewBytes: integer(
    limits.previewBytes,
    256,
    1_048_576,
    "Above this many bytes an answer is saved to a file and previewed.",
  ),
  callsMax: integer(limits.callsMax, 1, 1_000_000, "Tool calls of one program."),
  callsInFlightMax: integer(limits.callsInFlightMax, 1, 4_096, "Host calls of one program that wait at once."),
  callsPendingMax: integer(
    limits.callsPendingMax,
    1,
    1_000_000,
    "Host calls of one program without an answer, those that wait in it included.",
  ),
  sendBytesPerSecond: integer(
    limits.sendBytesPerSecond,
    1_024,
    10_737_418_240,
    "Bytes per second that one program sends to tools and the network, on average.",
  ),
  writeBytesPerSecond: integer(
    limits.writeBytesPerSecond,
    1_024,
    10_737_418_240,
    "Bytes per second that one program writes to the workspace, on average.",
  ),
  guestsWarm: integer(limits.guestsWarm, 0, 16, "Sandboxes started ahead of need."),
  executionsMax: integer(limits.executionsMax, 1, 64, "Programs that run at once."),
  workspaceBytesMax: integer(limits.workspaceBytesMax, 0, 1_099_511_627_776, "Size of the workspace, in bytes."),
  workspaceFilesMax: integer(limits.workspaceFilesMax, 0, 1_000_000, "Files in the workspace."),
  fileBytesMax: integer(limits.fileBytesMax, 0, limits.fileBytesMax, "One file that a program writes, in bytes."),
};

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/** The keys of `sandbox.network`; the type makes sure that none of {@link NetworkConfig} is missing. */
export const networkKeys: Readonly<Record<keyof NetworkConfig, Exclude<Key, SectionKey>>> = {
  allow: {
    kind: "hosts",
    about:
      "Hosts: `api.example.com`, `*.example.org` (every name below it), `api.example.org:8443`. Without a port, the usual one of http or https.",
  },
  methods: { kind: "methods", default: METHODS, choices: METHODS, about: "HTTP methods that programs may use." },
  bytesMax: integer(
    limits.networkBytesMax,
    1_024,
    67_108_864,
    "One request body, and one response body after decompression, in bytes.",
  ),
  timeoutMs: integer(limits.networkMs, 100, 600_000, "One request with its redirects and its body, in milliseconds."),
  requestsMax: integer(limits.networkRequestsMax, 1, 1_000_000, "Requests of one program, redirects included."),
};

/** The integer keys of `policy.retry` and `policy.breaker`. */
export const retryIntegers: Readonly<Record<Exclude<keyof RetryConfig, "tools">, IntegerKey>> = {
  attempts: integer(limits.attemptsMax, 1, 10, "Tries of one call, the first included."),
  maxMs: integer(
    limits.retryMs,
    0,
    600_000,
    "After this many milliseconds from the first try there is no further one.",
  ),
};
export const breakerIntegers: Readonly<Record<keyof BreakerConfig, IntegerKey>> = {
  errorPercent: integer(
    limits.breakerErrorPercent,
    1,
    100,
    "Share of failed calls in the window at which the server is left alone, in percent.",
  ),
  windowMs: integer(limits.breakerWindowMs, 1_000, 3_600_000, "The window, in milliseconds."),
  callsMin: integer(limits.breakerCallsMin, 1, 100_000, "Fewer calls in the window say nothing."),
  openMs: integer(
    limits.breakerOpenMs,
    100,
    3_600_000,
    "How long it is left alone the first time, in milliseconds; doubles with each failed try.",
  ),
};

/** What a rule of `policy.tools` may say, the strictest last. */
export const verdicts: readonly PolicyVerdict[] = ["allow", "approve", "deny"];

/** Every key of the config: what is checked, what the defaults are and what the published schema says come from here. */
export const configKeys: SectionKey = {
  kind: "section",
  about: "Configuration of Sluice.",
  later: ["trust", "vault", "http"],
  members: {
    $schema: { kind: "ignored", about: "Where this schema is, for editors." },
    mcpServers: {
      kind: "servers",
      about: "The MCP servers, as Claude Desktop, Claude Code and Cursor write them.",
    },
    stateDir: {
      kind: "path",
      default: "./.sluice",
      about: "Folder of workspaces, catalogue and audit; relative to this file.",
    },
    ...workspaceKeys,
    sandbox: {
      kind: "section",
      about: "Where programs run, and their limits.",
      later: [],
      members: {
        engine: {
          kind: "choice",
          default: "auto",
          choices: ["auto", "deno", "quickjs", "worker"],
          later: [],
          about:
            "What runs the programs; `auto` is `deno` where it is installed, else `quickjs`. `worker` is no boundary and needs `trusted`.",
        },
        trusted: {
          kind: "flag",
          default: false,
          about: "True: every program is trusted like your own code, so that an engine without a boundary may run it.",
        },
        wall: {
          kind: "choice",
          default: "auto",
          choices: ["auto", "none", "bwrap", "container"],
          later: [],
          about: "What the operating system puts around a program; `auto` is `bwrap` where that works, else `none`.",
        },
        floor: {
          kind: "choice",
          default: "none",
          choices: ["none", "bwrap", "container"],
          later: [],
          about: "The weakest wall that is accepted: below it nothing starts.",
        },
        container: {
          kind: "section",
          about: "What runs the containers of the wall `container`.",
          later: [],
          members: {
            command: {
              kind: "choice",
              default: "podman",
              choices: ["podman", "docker"],
              later: [],
              about: "The program that runs them.",
            },
            runtime: {
              kind: "choice",
              default: "runc",
              choices: ["runc", "runsc"],
              later: [],
              about: "What they run in; `runsc` is gVisor.",
            },
          },
        },
        ...sandboxIntegers,
        network: {
          kind: "section",
          about: "What programs may reach by `fetch`: nothing, unless hosts are named.",
          later: [],
          members: networkKeys,
        },
      },
    },
    policy: {
      kind: "section",
      about: "What programs may call.",
      later: [],
      members: {
        tools: {
          kind: "verdicts",
          about:
            "Address pattern (`*` is any characters) to verdict. The rule with the most literal characters wins, on a tie the stricter; without a rule `preset` decides.",
        },
        preset: {
          kind: "choice",
          default: "open",
          choices: ["open", "balanced", "strict"],
          later: [],
          about:
            "What holds for tools without a rule: `open` allows them; `balanced` asks a person about those that say that they destroy something or whose name says so; `strict` asks about all but reads of servers trusted as internal.",
        },
        programs: {
          kind: "choice",
          default: "allow",
          choices: ["allow", "approve"],
          later: [],
          about: "`approve`: a person is shown each program before it runs.",
        },
        definitions: {
          kind: "choice",
          default: "warn",
          choices: ["warn", "pinned"],
          later: [],
          about:
            "What happens when a tool's definition is no longer the one in sluice.lock.json: `warn` says so, `pinned` refuses the tool until it is accepted.",
        },
        limits: policyKeys.limits,
        flows: flowsKey,
        alerts: policyKeys.alerts,
        retry: {
          kind: "section",
          about: "Calls that failed for a passing reason are made again where that is safe.",
          later: [],
          members: { ...retryIntegers, tools: policyKeys.retryTools },
        },
        budget: {
          kind: "section",
          about: "What programs may use: calls, bytes, tokens and money.",
          later: [],
          members: budgetKeys,
        },
        breaker: {
          kind: "section",
          about: "A server that fails is left alone for a while.",
          later: [],
          members: breakerIntegers,
        },
      },
    },
    privacy: {
      kind: "section",
      about: "Personal data: what is replaced by tokens before a program or a model sees it, and where it may go.",
      later: [],
      members: {
        mode: {
          kind: "choice",
          default: "seal",
          choices: ["seal", "strict", "off"],
          later: [],
          about:
            "`seal` replaces personal data in everything that servers answer; `strict` replaces every string; `off` nothing.",
        },
        servers: privacyKeys.servers,
        classes: privacyKeys.classes,
        prose: {
          kind: "flag",
          default: false,
          about: "True: names in running text too, where no field says that they are names. Costs time.",
        },
        consent: {
          kind: "choice",
          default: "matching",
          choices: ["matching", "ask", "open"],
          later: [],
          about:
            "What goes to another server without a rule: `matching` is data in an argument made for it (an e-mail address in `to`) of a server trusted as internal; `ask` nothing; `open` everything but secrets, cards and government ids.",
        },
        fields: privacyKeys.fields,
        release: privacyKeys.release,
        vault: {
          kind: "choice",
          default: "workspace",
          choices: ["workspace", "session"],
          later: [],
          about: "How long a token means something: as long as the workspace, or as one session.",
        },
        own: privacyKeys.own,
        matches: {
          kind: "flag",
          default: false,
          about: "True: programs may ask `pii.matches`, which tells anything about a value.",
        },
      },
    },
    approvals: {
      kind: "section",
      about: "How a person is asked.",
      later: [],
      members: {
        waitMs: integer(
          limits.questionMs,
          100,
          dayMs,
          "How long a program waits for a person who is shown its question, before it is answered as `paused`, in milliseconds.",
        ),
        notify: {
          kind: "section",
          about: "A webhook that is told of questions and alerts.",
          later: [],
          members: {
            url: { kind: "text", about: "Where to: https, or http on this machine." },
            secret: {
              kind: "text",
              about: "Signs each request (HMAC-SHA256); at least 16 characters, best a variable.",
            },
          },
        },
      },
    },
    audit: {
      kind: "section",
      about: "The record of what was done.",
      later: [],
      members: {
        content: {
          kind: "choice",
          default: "hashes",
          choices: ["hashes", "full"],
          later: [],
          about: "Arguments and results as size and hash, or in full, with tokens in place of personal data.",
        },
        keepBytes: integer(
          limits.auditKeepBytes,
          1_048_576,
          1_099_511_627_776,
          "Bytes of all segments together, above which the oldest closed ones are removed.",
        ),
      },
    },
    journal: {
      kind: "section",
      about: "What runs did, so that they can be continued after an interruption.",
      later: [],
      members: journalKeys,
    },
    skills: {
      kind: "section",
      about: "Saved programs.",
      later: [],
      members: {
        dir: { kind: "path", default: "./.sluice/skills", about: "Folder of the skills; relative to this file." },
        ...skillKeys,
      },
    },
    expose: {
      kind: "patterns",
      about: "Address patterns of tools that also appear as direct MCP tools; `skill:*` for trusted skills.",
    },
  },
};
