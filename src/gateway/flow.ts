import { SluiceError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { FlowRule, PolicyConfig, ReadLabel, ServerConfig, Trust } from "../config/config.ts";
import { type DecidedTool, isDestructive } from "./access.ts";
import type { CallOutcome, Step, ToolCall } from "./call.ts";
import { matchesPattern } from "./pattern.ts";
import { createPerExecution } from "./per-execution.ts";
import { isTrusted } from "./trust.ts";

/** What a server's answers are, and where what is sent to it goes. */
export type ServerFlow = Pick<ServerConfig, "trust" | "reads" | "sends">;

export interface FlowParts {
  policy: Pick<PolicyConfig, "flows" | "preset">;
  serverOf: (server: string) => ServerFlow | undefined;
}

/** What executions have read, and what they may do after it. */
export interface Flow {
  /** Decides on each call by what its execution has read, and adds what the call reads. */
  readonly step: Step;
  /** A rule about what goes outside, for what is no tool: a request of `fetch`. */
  findOutside(executionId: string): FlowRule | undefined;
  labelsOf(executionId: string): ReadonlySet<ReadLabel>;
  /** What a person says about one thing in an execution: asked the first time. Rejects after too many questions. */
  once(executionId: string, thing: string, ask: () => Promise<boolean>): Promise<boolean>;
  /** Whether what is sent to a tool goes outside. */
  isOutside(tool: DecidedTool): boolean;
  add(executionId: string, labels: Iterable<ReadLabel>): void;
  /** An execution goes on that had read these. */
  restore(executionId: string, labels: Iterable<ReadLabel>): void;
  end(executionId: string): void;
}

/** Where private data, untrusted content and a way out meet, a person is asked, unless the config says otherwise. */
const standing: FlowRule = { read: ["private", "untrusted"], to: "outside", verdict: "approve" };

export function createFlow({ policy, serverOf }: FlowParts): Flow {
  const executions = createPerExecution(() => new Set<ReadLabel>());
  const answers = createPerExecution(() => new Map<string, Promise<boolean>>());
  const hasOwn = policy.flows.some(({ read, to }) => to === standing.to && toKey(read) === toKey(standing.read));
  const rules = policy.preset === "open" || hasOwn ? policy.flows : [...policy.flows, standing];

  const labelsOf = (executionId: string): Set<ReadLabel> => executions.of(executionId);

  function trustOf(server: string): Trust {
    return serverOf(server)?.trust ?? "untrusted";
  }

  /** A tool of the open world answers what anybody wrote, and tells what it is asked to whoever is there. */
  function isOpenWorld({ annotations }: DecidedTool): boolean {
    return annotations?.openWorldHint === true;
  }

  function readsOf(tool: DecidedTool): ReadLabel[] {
    const said = serverOf(tool.server)?.reads;
    const reads = said ?? (isTrusted(trustOf(tool.server)) ? "private" : "untrusted");
    const labels: ReadLabel[] = reads === "ordinary" ? [] : [reads];
    return isOpenWorld(tool) && said === undefined && reads !== "untrusted" ? ["untrusted"] : labels;
  }

  function isOutside(tool: DecidedTool): boolean {
    const said = serverOf(tool.server)?.sends;
    return said === undefined ? !isTrusted(trustOf(tool.server)) || isOpenWorld(tool) : said === "outside";
  }

  function applies({ read, to }: FlowRule, tool: DecidedTool, labels: ReadonlySet<ReadLabel>): boolean {
    if (!read.every((label) => labels.has(label))) return false;
    if (to === "outside") return isOutside(tool);
    if (to === "destructive") return isDestructive(tool, isTrusted(trustOf(tool.server)));
    return matchesPattern(to, tool.address);
  }

  /** The strictest of what applies, unless a rule that allows applies too: what was allowed by name is allowed. */
  function decide(found: readonly FlowRule[]): FlowRule | undefined {
    if (found.some(({ verdict }) => verdict === "allow")) return undefined;
    return found.find(({ verdict }) => verdict === "deny") ?? found[0];
  }

  async function around(call: ToolCall, next: (call: ToolCall) => Promise<CallOutcome>): Promise<CallOutcome> {
    const labels = labelsOf(call.executionId);
    const rule = decide(rules.filter((each) => applies(each, call.tool, labels)));
    if (rule?.verdict === "deny") return refuse(call, rule);
    const outcome = await next(rule === undefined ? call : { ...call, flow: rule });
    // What an error says is read too.
    for (const label of readsOf(call.tool)) labels.add(label);
    return outcome;
  }

  return {
    step: around,
    findOutside: (executionId) =>
      decide(
        rules.filter(({ read, to }) => to === "outside" && read.every((label) => labelsOf(executionId).has(label))),
      ),
    labelsOf,
    isOutside,
    once(executionId, thing, ask) {
      const own = answers.of(executionId);
      const known = own.get(thing);
      if (known !== undefined) return known;
      if (own.size >= limits.questionsPerExecutionMax) return Promise.reject(tooMany());
      const answer = ask();
      own.set(thing, answer);
      return answer;
    },
    add(executionId, labels) {
      const known = labelsOf(executionId);
      for (const label of labels) known.add(label);
    },
    restore(executionId, labels) {
      executions.begin(executionId);
      answers.begin(executionId);
      for (const label of labels) labelsOf(executionId).add(label);
    },
    end(executionId) {
      executions.end(executionId);
      answers.end(executionId);
    },
  };
}

function tooMany(): SluiceError {
  return new SluiceError(
    "questionsPerExecutionMax",
    `The execution asked a person ${limits.questionsPerExecutionMax} questions about requests, and asks no more (questionsPerExecutionMax)`,
  );
}

function toKey(labels: readonly ReadLabel[]): string {
  return [...labels].sort().join();
}

/** `private + untrusted -> outside`: as the config has it. */
export function toRuleText({ read, to }: FlowRule): string {
  return `${read.join(" + ")} -> ${to}`;
}

function refuse({ tool }: ToolCall, rule: FlowRule): CallOutcome {
  return {
    kind: "error",
    code: "flow_denied",
    message: `Cannot call ${tool.address}: the program has read ${rule.read.join(" and ")} content, and policy.flows "${toRuleText(rule)}" denies it`,
    hint: "Do it in another program that has not read that, or tell the user; trying again changes nothing",
  };
}
