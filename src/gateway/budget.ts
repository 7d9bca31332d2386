import { type ErrorCode, SluiceError } from "../base/errors.ts";
import type { Amounts, BudgetConfig } from "../config/config.ts";
import { toArgumentText } from "./argument-text.ts";
import type { CallOutcome, Step, ToolCall } from "./call.ts";
import { createRules } from "./pattern.ts";
import { createPerExecution } from "./per-execution.ts";

/** What was used of everything that a budget counts. */
export type Spent = Record<keyof Amounts, number>;

/** What was used today, by every process of the state directory. */
export interface DaySpent {
  get(): Spent;
  add(spent: Spent): void;
  /** Nobody else counts meanwhile. */
  atomically<Result>(act: () => Result): Result;
}

/** What the calls of one tool in one execution came to. */
export interface ToolUse {
  calls: number;
  failed: number;
  bytes: number;
  usd: number;
  durationMs: number;
}

/** What executions may still use. */
export interface Budget {
  /** Counts a call before it leaves and what it moved after it; a call that a budget has no room for ends its execution. */
  readonly step: Step;
  /** Throws where the session's or the day's budget is used up already. */
  check(): void;
  /** Tokens that were written and answered, in money and number; never refuses, what is used is used. */
  addTokens(executionId: string, used: Pick<Spent, "outputTokens" | "usd">): void;
  /** The budget that has no room for so many tokens more in an answer. */
  refuseTokens(executionId: string, tokens: number): SluiceError | undefined;
  /** How many tokens an execution may still answer. */
  tokensLeft(executionId: string): number;
  /** What the tools of an execution were used for; it is forgotten then. */
  end(executionId: string): ReadonlyMap<string, ToolUse>;
  /** The price of one call in US dollars. */
  priceOf(address: string): number;
}

interface Execution {
  spent: Spent;
  tools: Map<string, ToolUse>;
  /** Calls that have their share and have not ended. */
  underWay: number;
  /** Ends it, once those have ended: what they do is done. */
  end?: () => void;
}

type Level = "perExecution" | "perSession" | "perDay";

const codes: Readonly<Record<Level, ErrorCode>> = {
  perExecution: "budgetPerExecution",
  perSession: "budgetPerSession",
  perDay: "budgetPerDay",
};

export const nothingSpent = (): Spent => ({ calls: 0, bytes: 0, outputTokens: 0, usd: 0 });

export function createBudget(config: BudgetConfig, day: DaySpent): Budget {
  const session = nothingSpent();
  const executions = createPerExecution<Execution>(() => ({ spent: nothingSpent(), tools: new Map(), underWay: 0 }));
  const hasDay = Object.keys(config.perDay).length > 0;
  const findPrice = createRules(Object.entries(config.tools));
  const priceOf = (address: string): number => findPrice(address)?.rule ?? 0;

  const executionOf = (executionId: string): Execution => executions.of(executionId);

  function note(executionId: string, tool: string, more: Partial<ToolUse>): void {
    const { tools } = executionOf(executionId);
    const use = tools.get(tool) ?? { calls: 0, failed: 0, bytes: 0, usd: 0, durationMs: 0 };
    for (const [name, amount] of Object.entries(more) as [keyof ToolUse, number][]) use[name] += amount;
    tools.set(tool, use);
  }

  function* levelsOf(executionId: string | undefined): Generator<[Level, Amounts, Spent]> {
    if (executionId !== undefined) yield ["perExecution", config.perExecution, executionOf(executionId).spent];
    yield ["perSession", config.perSession, session];
    if (hasDay) yield ["perDay", config.perDay, day.get()];
  }

  /** The budget that has no room for so much more; of nothing more: the one that is used up or crossed. */
  function findCrossed(executionId: string | undefined, more: Partial<Spent>): SluiceError | undefined {
    for (const [level, max, spent] of levelsOf(executionId))
      for (const [name, bound] of Object.entries(max) as [keyof Amounts, number][]) {
        const after = spent[name] + (more[name] ?? 0);
        if (after > bound) return toError(level, name, name === "outputTokens" ? after : spent[name], bound);
      }
    return undefined;
  }

  function add(executionId: string, more: Partial<Spent>): void {
    const whole = { ...nothingSpent(), ...more };
    for (const spent of [executionOf(executionId).spent, session])
      for (const name of Object.keys(whole) as (keyof Spent)[]) spent[name] += whole[name];
    if (hasDay) day.add(whole);
  }

  /** Nothing comes between the look and the count: calls that are made together cannot cross it together. */
  function take(executionId: string, more: Partial<Spent>): SluiceError | undefined {
    const act = (): SluiceError | undefined => {
      const crossed = findCrossed(executionId, more);
      if (crossed === undefined) add(executionId, more);
      return crossed;
    };
    return hasDay ? day.atomically(act) : act();
  }

  async function around(call: ToolCall, next: (call: ToolCall) => Promise<CallOutcome>): Promise<CallOutcome> {
    const { executionId, tool } = call;
    const price = priceOf(tool.address);
    const before = { calls: 1, usd: price, bytes: toArgumentText(call.arguments).length };
    const execution = executionOf(executionId);
    const crossed = take(executionId, before);
    if (crossed !== undefined) return refuse(call, execution, crossed);
    const since = performance.now();
    let hasLeft = false;
    execution.underWay += 1;
    const outcome = await next({
      ...call,
      onLeave() {
        hasLeft = true;
      },
    });
    execution.underWay -= 1;
    // What never left costs nothing.
    if (!hasLeft) add(executionId, { calls: -1, usd: -price, bytes: -before.bytes });
    else {
      const bytes = outcome.kind === "error" ? outcome.message.length : (outcome.bytes ?? 0);
      add(executionId, { bytes });
      note(executionId, tool.address, {
        ...{ calls: 1, failed: outcome.kind === "error" ? 1 : 0, bytes: bytes + before.bytes, usd: price },
        durationMs: performance.now() - since,
      });
      const over = findCrossed(executionId, {});
      if (over !== undefined) execution.end ??= () => call.endExecution?.(over.code, over.message);
    }
    endIfDone(execution);
    return outcome;
  }

  /** After the last answer has gone to the program. */
  function endIfDone(execution: Execution): void {
    if (execution.underWay === 0 && execution.end !== undefined) setImmediate(execution.end);
  }

  function refuse({ tool, endExecution }: ToolCall, execution: Execution, error: SluiceError): CallOutcome {
    const { code, message, hint } = error;
    execution.end ??= () => endExecution?.(code, message);
    endIfDone(execution);
    return {
      kind: "error",
      code,
      message: `Cannot call ${tool.address}: ${message}`,
      ...(hint === undefined ? {} : { hint }),
    };
  }

  return {
    step: around,
    check() {
      for (const [level, max, spent] of levelsOf(undefined))
        for (const [name, bound] of Object.entries(max) as [keyof Amounts, number][])
          if (spent[name] >= bound) throw toError(level, name, spent[name], bound);
    },
    addTokens: (executionId, used) => add(executionId, used),
    tokensLeft(executionId) {
      let left = Number.POSITIVE_INFINITY;
      for (const [, max, spent] of levelsOf(executionId))
        if (max.outputTokens !== undefined) left = Math.min(left, max.outputTokens - spent.outputTokens);
      return Math.max(0, left);
    },
    refuseTokens: (executionId, tokens) => findCrossed(executionId, { outputTokens: tokens }),
    end(executionId) {
      const { tools } = executionOf(executionId);
      executions.end(executionId);
      return tools;
    },
    priceOf,
  };
}

const units: Readonly<Record<keyof Amounts, string>> = {
  calls: "tool calls",
  bytes: "bytes of arguments and results",
  outputTokens: "tokens of answers",
  usd: "US dollars",
};

function toError(level: Level, name: keyof Amounts, spent: number, bound: number): SluiceError {
  const text = (amount: number): string => (name === "usd" ? amount.toFixed(4) : String(Math.ceil(amount)));
  return new SluiceError(
    codes[level],
    `The budget of ${text(bound)} ${units[name]} is used up: ${text(spent)} so far (policy.budget.${level}.${name})`,
    { hint: level === "perExecution" ? "Do the work in smaller programs" : "Tell the user; only the config raises it" },
  );
}
