import { limits } from "../base/limits.ts";
import type { Decision } from "./access.ts";
import type { Broker, QuestionBody, QuestionKind } from "./broker.ts";
import type { CallOutcome, Step, ToolCall } from "./call.ts";
import type { Edge } from "./edge.ts";

export interface ApproveParts {
  broker: Pick<Broker, "ask" | "remembered">;
  decide: (address: string) => Decision;
  /** What a person may see of a value. */
  masked: (token: string) => Promise<string>;
}

/** Calls that are asked about with one question. */
interface Batch {
  calls: ToolCall[];
  answer: Promise<boolean>;
}

const SAMPLES_MAX = 3;

/**
 * Asks a person about a call that wants one: because the policy says so, or because of where personal data would go.
 * One question covers everything about the call, and every call like it that waits at the same time. What was allowed
 * to flow stays allowed until the execution ends; a tool that needs approval needs it for each batch of calls.
 */
export function approve({ broker, decide, masked }: ApproveParts): Step {
  const batches = new Map<string, Batch>();
  /** Flows that were allowed, by execution; the oldest executions are forgotten. */
  const allowed = new Map<string, Set<string>>();

  async function gather(kind: QuestionKind, origins: string[], { calls }: Batch, close: () => void): Promise<boolean> {
    // Calls that are made together come together; what comes later is not in the question, so not in its answer.
    await new Promise((resolve) => setTimeout(resolve, limits.questionGatherMs));
    close();
    const [first] = calls;
    if (first === undefined) return false;
    const body = await toBody(kind, calls);
    return broker.ask({ kind, executionId: first.executionId, tool: first.tool.address, origins, body }, first.signal);
  }

  async function toBody(kind: QuestionKind, calls: ToolCall[]): Promise<QuestionBody> {
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
    const text =
      kind === "edge"
        ? `May ${what} from ${from.join(", ")} go to ${tool.address}${count}?`
        : `May ${tool.address} be called${count}?${what === "" ? "" : ` It would get ${what} from ${from.join(", ")}.`}`;
    const shown = calls
      .slice(0, SAMPLES_MAX)
      .map((call) => JSON.stringify(call.arguments).slice(0, limits.questionBodyChars));
    return { text, arguments: shown, calls: calls.length, data };
  }

  function join(kind: QuestionKind, origins: string[], call: ToolCall): Batch {
    const key = JSON.stringify([call.executionId, kind, origins, call.tool.address]);
    const open = batches.get(key);
    if (open !== undefined) {
      open.calls.push(call);
      return open;
    }
    const batch: Batch = { calls: [call], answer: Promise.resolve(false) };
    batches.set(key, batch);
    batch.answer = gather(kind, origins, batch, () => batches.delete(key));
    // Another call may be the one that looks at it.
    batch.answer.catch(() => undefined);
    return batch;
  }

  return async (call, next) => {
    const { executionId, tool, edges = [] } = call;
    const { verdict, rule } = decide(tool.address);
    const origins = toOrigins(edges, tool.server);
    if (verdict === "approve") {
      const said = broker.remembered("approval", origins, tool.address);
      const isAllowed = said === undefined ? await join("approval", origins, call).answer : said === "allow";
      return isAllowed ? next(call) : refuse(call, rule);
    }
    const flows = edges.map((edge) => JSON.stringify([edge.class, origins, tool.address]));
    if (!flows.every((flow) => allowed.get(executionId)?.has(flow) === true)) {
      if (!(await join("edge", origins, call).answer)) return refuse(call, rule);
      remember(allowed, executionId, flows);
    }
    return next(call);
  };
}

function toOrigins(edges: readonly Edge[], server: string): string[] {
  return [...new Set(edges.flatMap(({ from }) => from))].filter((origin) => origin !== server).sort();
}

function remember(allowed: Map<string, Set<string>>, executionId: string, flows: readonly string[]): void {
  allowed.set(executionId, new Set([...(allowed.get(executionId) ?? []), ...flows]));
  const [oldest] = allowed.keys();
  if (allowed.size > limits.outcomesKeptMax && oldest !== undefined) allowed.delete(oldest);
}

function refuse({ tool, edges = [] }: ToolCall, rule: string | undefined): CallOutcome {
  const why =
    edges.length === 0
      ? `the rule "${rule}" of policy.tools asks for a person's approval, and it was not given`
      : `personal data (${edges.map((edge) => edge.class).join(", ")}) would go to it, and a person has not allowed that`;
  return {
    kind: "error",
    code: "approval_denied",
    message: `Cannot call ${tool.address}: ${why}`,
    hint: "Do the work without this call, or tell the user what it was for; trying again asks again",
  };
}
