import { hash as digest } from "node:crypto";
import { SluiceError } from "../base/errors.ts";
import { toCanonicalJson } from "../base/json.ts";
import { limits } from "../base/limits.ts";
import type { DecidedTool, Decision } from "./access.ts";
import { toArgumentText } from "../base/argument-text.ts";
import type { Broker, QuestionBody, QuestionKind } from "./broker.ts";
import type { CallOutcome, Step, ToolCall } from "./call.ts";
import { cutText } from "./cut-text.ts";
import type { FlowRule } from "../config/config.ts";
import type { Repeatable } from "./repeatable.ts";
import type { Edge } from "./edge.ts";
import { toRuleText } from "./flow.ts";

export interface ApproveParts {
  broker: Pick<Broker, "ask" | "remembered">;
  decide: (tool: DecidedTool) => Decision;
  isRepeatable: Repeatable;
  /** What a person may see of a value. */
  masked: (token: string) => Promise<string>;
  /** Texts without personal data that a model wrote into them. */
  clean: (texts: readonly string[]) => Promise<string[]>;
  /** Resolves when what was recorded is on the disk. */
  flush: () => Promise<void>;
}

/** Calls that are asked about with one question. */
interface Batch {
  calls: ToolCall[];
  /** It is not being asked about yet: what comes now is in the question. */
  isOpen: boolean;
  /** Of the arguments that are shown. */
  chars: number;
  answer: Promise<boolean>;
}

/** What was answered in one execution. */
interface Answered {
  /** By hash of the call. */
  calls: Map<string, Batch>;
  /** By class, origins and tool. */
  flows: Map<string, boolean>;
  questions: number;
  /** Calls that were asked about because they had left before. */
  repeats: number;
}

const SAMPLES_MAX = 3;

/**
 * Asks a person about a call that wants one: because the policy says so, or because of where personal data would go.
 * One question covers everything about the call, and every call like it that waits at the same time. An answer stands
 * until the execution ends: for a flow of data whatever the call, for a tool that needs approval for this very call.
 */
export function approve({ broker, decide, isRepeatable, masked, clean, flush }: ApproveParts): Step {
  const batches = new Map<string, Batch>();
  const executions = new Map<string, Answered>();

  /** What is known of an execution; the oldest are forgotten. */
  function executionOf(executionId: string): Answered {
    const known = executions.get(executionId);
    if (known !== undefined) return known;
    const made: Answered = { calls: new Map(), flows: new Map(), questions: 0, repeats: 0 };
    executions.set(executionId, made);
    const [oldest] = executions.keys();
    if (executions.size > limits.outcomesKeptMax && oldest !== undefined) executions.delete(oldest);
    return made;
  }

  async function gather(kind: QuestionKind, origins: string[], { calls }: Batch, close: () => void): Promise<boolean> {
    // Calls that are made together come together; what comes later is not in the question, so not in its answer.
    await new Promise((resolve) => setTimeout(resolve, limits.questionGatherMs));
    close();
    const [first] = calls;
    if (first === undefined) return false;
    const own = executionOf(first.executionId);
    own.questions += 1;
    if (own.questions > limits.questionsPerExecutionMax) return flood(first);
    const body = await toBody(kind, origins, calls);
    const about = { kind, executionId: first.executionId, tool: first.tool.address, origins, body };
    const isAllowed = await broker.ask(about, first.signal);
    // What a person has allowed is on record for good before it happens.
    if (isAllowed) await flush();
    return isAllowed;
  }

  /** Who asks for ever wears a person down until the answer is yes. */
  function flood({ executionId, endExecution }: ToolCall): never {
    const message = `The execution asked a person more than ${limits.questionsPerExecutionMax} questions (questionsPerExecutionMax)`;
    endExecution?.("questionsPerExecutionMax", message);
    throw new SluiceError("questionsPerExecutionMax", `${message}: ${executionId} ends`);
  }

  async function toBody(kind: QuestionKind, origins: string[], calls: ToolCall[]): Promise<QuestionBody> {
    const { tool } = calls[0] as ToolCall;
    const edges = calls.flatMap((call) => call.edges ?? []);
    const data = await Promise.all(
      [...new Set(edges.map((edge) => edge.class))].map(async (name) => {
        const flows = edges.filter((edge) => edge.class === name);
        const tokens = [...new Set(flows.flatMap((flow) => flow.tokens))];
        const paths = [...new Set(flows.flatMap((flow) => flow.paths))].slice(0, 10);
        const samples = await Promise.all(tokens.slice(0, SAMPLES_MAX).map(masked));
        return { class: name, values: tokens.length, samples, paths };
      }),
    );
    const from = [...new Set(edges.flatMap((edge) => edge.from))].filter((origin) => origin !== tool.server);
    const what = data.map(({ class: name, values }) => `${values} × ${name}`).join(", ");
    const count = calls.length === 1 ? "" : ` (${calls.length} calls)`;
    const flow = (calls[0] as ToolCall).flow;
    const because =
      flow === undefined ? "" : ` The program has read ${flow.read.join(" and ")} content (${toFlowWhy(flow)}).`;
    const text =
      kind === "edge"
        ? `May ${what} from ${from.join(", ")} go to ${tool.address}${count}?`
        : kind === "repeat"
          ? `May ${tool.address} be called again${count}? It had been called when the run was interrupted, and whether that was carried out is not known.`
          : `May ${tool.address} be called${count}?${what === "" ? "" : ` It would get ${what} from ${from.join(", ")}.`}${because}`;
    // Of a flow of data the values are what matters; of calls every one, so that none hides behind others.
    // By the whole of them: what is cut off may differ.
    const times = new Map<string, number>();
    for (const call of calls.map(toWholeArguments)) times.set(call, (times.get(call) ?? 0) + 1);
    const whole = [...times.keys()].slice(0, kind === "edge" ? SAMPLES_MAX : times.size);
    const shown = whole.map(toShown);
    const site = (calls[0] as ToolCall).site;
    const [line = "", ...cleaned] = await clean([site?.text ?? "", ...shown]);
    const where = site === undefined ? {} : { site: { line: site.line, text: line } };
    const about = [...new Set(calls.flatMap((call) => toAbout(kind, origins, call)))].map((one) =>
      digest("sha256", one),
    );
    const counts = whole.map((each) => times.get(each) ?? 1);
    const more = calls.length - counts.reduce((sum, count) => sum + count, 0);
    const lines = cleaned.map((each, index) => ((counts[index] ?? 1) === 1 ? each : `${each} × ${counts[index]}`));
    if (more > 0) lines.push(`and ${more} more calls`);
    return { text, arguments: lines, calls: calls.length, data, about, ...where };
  }

  /** `apart`: what is asked about by itself, and not together with other calls. */
  function join(kind: QuestionKind, origins: string[], call: ToolCall, apart?: number): Batch {
    const key = JSON.stringify([call.executionId, kind, origins, call.tool.address, apart]);
    const open = batches.get(key);
    const chars = kind === "edge" ? 0 : toShown(toWholeArguments(call)).length;
    if (open !== undefined && open.chars + chars <= limits.questionCharsMax) {
      open.calls.push(call);
      open.chars += chars;
      return open;
    }
    // What does not fit where a person sees it is asked about by itself.
    const batch: Batch = { calls: [call], isOpen: true, chars, answer: Promise.resolve(false) };
    batches.set(key, batch);
    batch.answer = gather(kind, origins, batch, () => {
      batch.isOpen = false;
      if (batches.get(key) === batch) batches.delete(key);
    });
    // Another call may be the one that looks at it.
    batch.answer.catch(() => undefined);
    return batch;
  }

  /** What was answered about this very call in this execution: nobody is asked twice about one thing. */
  async function answered(call: ToolCall, origins: string[]): Promise<boolean> {
    const said = broker.remembered("approval", origins, call.tool.address);
    if (said !== undefined) return said === "allow";
    const key = digest("sha256", toCallText(origins, call));
    const own = executionOf(call.executionId).calls;
    const known = own.get(key);
    if (known !== undefined) {
      // A person is told how many calls a yes lets out.
      if (known.isOpen) known.calls.push(call);
      return known.answer;
    }
    const batch = join("approval", origins, call);
    own.set(key, batch);
    // What nobody has answered is asked again when the execution goes on.
    batch.answer.catch(() => own.delete(key));
    return batch.answer;
  }

  /** What was answered about this rule and this tool in this execution. */
  async function flowAnswered(call: ToolCall, rule: FlowRule, origins: string[]): Promise<boolean> {
    const about = [...rule.read, ...origins];
    const said = broker.remembered("flow", about, call.tool.address);
    if (said !== undefined) return said === "allow";
    const key = JSON.stringify([toRuleText(rule), call.tool.address]);
    const { flows } = executionOf(call.executionId);
    const known = flows.get(key);
    if (known !== undefined) return known;
    const isAllowed = await join("flow", about, call).answer;
    flows.set(key, isAllowed);
    // It was about everything that the call would take with it.
    for (const edge of call.edges ?? []) flows.set(JSON.stringify([edge.class, origins, call.tool.address]), isAllowed);
    return isAllowed;
  }

  /**
   * Whether a call that may have been carried out already may be made again: of calls that were under way together some
   * were carried out and some not, so each is asked about by itself as long as they are few.
   */
  async function mayRepeat(call: ToolCall): Promise<boolean> {
    if ((call.timesLeft ?? 0) === 0 || isRepeatable(call.tool, true)) return true;
    const own = executionOf(call.executionId);
    own.repeats += 1;
    const apart = own.repeats <= limits.repeatQuestionsMax ? call.callId : undefined;
    return join("repeat", toOrigins(call.edges ?? [], call.tool.server), call, apart).answer;
  }

  async function decideOn(call: ToolCall, next: (call: ToolCall) => Promise<CallOutcome>): Promise<CallOutcome> {
    const { executionId, tool, edges = [] } = call;
    const { verdict, why } = decide(tool);
    const origins = toOrigins(edges, tool.server);
    if (verdict === "approve") return (await answered(call, origins)) ? next(call) : refuse(call, why);
    if (call.flow !== undefined && !(await flowAnswered(call, call.flow, origins)))
      return refuse(call, toFlowWhy(call.flow));
    const flows = edges.map((edge) => JSON.stringify([edge.class, origins, tool.address]));
    const known = executionOf(executionId).flows;
    if (flows.some((flow) => known.get(flow) === false)) return refuse(call);
    if (!flows.every((flow) => known.has(flow))) {
      const isAllowed = await join("edge", origins, call).answer;
      for (const flow of flows) known.set(flow, isAllowed);
      if (!isAllowed) return refuse(call);
    }
    return next(call);
  }

  return (call, next) =>
    decideOn(call, async (allowed) => ((await mayRepeat(allowed)) ? next(allowed) : toInterrupted(allowed)));
}

/** What the answer to a question about a call holds for; what is asked again about the same gets the same answer. */
function toAbout(kind: QuestionKind, origins: readonly string[], call: ToolCall): string[] {
  const { tool, edges = [], flow } = call;
  const carried = edges.map((edge) => JSON.stringify([edge.class, origins, tool.address]));
  if (kind === "edge") return carried;
  // It is about everything that the call takes with it, too.
  if (kind === "flow" && flow !== undefined)
    return [JSON.stringify([toRuleText(flow), origins, tool.address]), ...carried];
  // One yes is for one more time of this one call.
  if (kind === "repeat") return [JSON.stringify([toCallText(origins, call), call.callId, call.timesLeft])];
  return [toCallText(origins, call)];
}

function toCallText(origins: readonly string[], { tool, arguments: args }: ToolCall): string {
  return toCanonicalJson([tool.address, [...origins], args]);
}

function toInterrupted({ tool }: ToolCall): CallOutcome {
  return {
    kind: "error",
    code: "interrupted",
    message: `${tool.address} had been called when the run was interrupted: whether that was carried out is not known, and a person has not allowed to call it again`,
    hint: "Look with a tool that reads whether it was done",
  };
}

function toWholeArguments(call: ToolCall): string {
  return toArgumentText(call.arguments);
}

function toShown(text: string): string {
  return cutText(text, limits.questionBodyChars);
}

function toOrigins(edges: readonly Edge[], server: string): string[] {
  return [...new Set(edges.flatMap(({ from }) => from))].filter((origin) => origin !== server).sort();
}

function toFlowWhy(flow: FlowRule): string {
  return `policy.flows "${toRuleText(flow)}"`;
}

function refuse({ tool, edges = [] }: ToolCall, why?: string): CallOutcome {
  const reason =
    why !== undefined
      ? `${why} asks for a person's approval, and it was not given`
      : `personal data (${edges.map((edge) => edge.class).join(", ")}) would go to it, and a person has not allowed that`;
  return {
    kind: "error",
    code: "approval_denied",
    message: `Cannot call ${tool.address}: ${reason}`,
    hint: "Do the work without this call, or tell the user what it was for; the same call is not asked about again",
  };
}
