import { type ErrorCode, SluiceError } from "../base/errors.ts";
import type { Amounts, BudgetConfig, ModelPrice } from "../config/config.ts";
import { createAnswerRoom } from "./answer-room.ts";
import { toArgumentText } from "../base/argument-text.ts";
import type { CallOutcome, Step, ToolCall } from "./call.ts";
import { createRules } from "./pattern.ts";
import { createPerExecution } from "./per-execution.ts";

/** What was used of everything that a budget counts. */
export type Spent = Record<keyof Amounts, number>;

/** What was used today, by every process of the state directory. */
export interface DaySpent {
  get(): Spent;
  add(spent: Spent): void;
  /** Counts `more` if nothing comes above `max` by it, whoever else counts meanwhile; else what was used so far. */
  take(more: Spent, max: Amounts): Spent | undefined;
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
export interface Budget extends Disposable {
  /** Counts a call before it leaves and what it moved after it; a call that a budget has no room for ends its execution. */
  readonly step: Step;
  /** Before a call leaves: waits, under a budget of bytes, for room for its answer. */
  readonly room: Step;
  /** Throws where the session's or the day's budget is used up already. */
  check(): void;
  /**
   * Tokens of code and answer of a running execution so far, by estimate: held against every budget until `addTokens` says
   * what they were. The budget that has no room for them.
   */
  holdTokens(executionId: string, tokens: Partial<HeldTokens>): SluiceError | undefined;
  /**
   * Tokens that were written and answered, in money and number; never refuses, what is used is used. Why the day's could
   * not be counted, if so: no call leaves until they are.
   */
  addTokens(executionId: string, used: Pick<Spent, "outputTokens" | "usd">): SluiceError | undefined;
  /** How many tokens the whole answer of an execution may have. */
  tokensLeft(executionId: string): number;
  /** US dollars for so many tokens. */
  costOf(tokens: HeldTokens): number;
  /** What an execution has used so far; `restore` begins one with that, which was counted to the session and the day before. */
  spentBy(executionId: string): Spent;
  restore(executionId: string, spent: Partial<Spent>): void;
  /** What the tools of an execution were used for; it is forgotten then. */
  end(executionId: string): ReadonlyMap<string, ToolUse>;
  /** The price of one call in US dollars. */
  priceOf(address: string): number;
}

/** What the model has written, the code, and what it will read. */
export interface HeldTokens {
  code: number;
  answer: number;
}

interface Execution {
  spent: Spent;
  held: HeldTokens;
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

const MILLION = 1_000_000;
const free: ModelPrice = { input: 0, output: 0 };

/** `price`: of the model that writes the code and reads the answers; `log` is told what is never counted. */
export function createBudget(
  config: BudgetConfig,
  day: DaySpent,
  price: ModelPrice = free,
  log: (line: string) => void = () => undefined,
): Budget {
  const session = nothingSpent();
  /** Of all executions that run. */
  const held: HeldTokens = { code: 0, answer: 0 };
  const executions = createPerExecution<Execution>(() => ({
    ...{ spent: nothingSpent(), held: { code: 0, answer: 0 }, tools: new Map(), underWay: 0 },
  }));
  const hasDay = Object.keys(config.perDay).length > 0;
  const countsBytesOfDay = config.perDay.bytes !== undefined;
  /** What of today is not in the store: bytes that no budget here waits for, and what it could not take. It goes there with what comes next. */
  let owed = nothingSpent();
  /** The day's as it was read last: what is under way goes on by it where it cannot be read. */
  let known = nothingSpent();
  const countsBytes = [config.perExecution, config.perSession, config.perDay].some(({ bytes }) => bytes !== undefined);
  const answers = createAnswerRoom();
  const findPrice = createRules(Object.entries(config.tools));
  const priceOf = (address: string): number => findPrice(address)?.rule ?? 0;

  const executionOf = (executionId: string): Execution => executions.of(executionId);

  function note(executionId: string, tool: string, more: Partial<ToolUse>): void {
    const { tools } = executionOf(executionId);
    const use = tools.get(tool) ?? { calls: 0, failed: 0, bytes: 0, usd: 0, durationMs: 0 };
    for (const [name, amount] of Object.entries(more) as [keyof ToolUse, number][]) use[name] += amount;
    tools.set(tool, use);
  }

  /** What was spent together with what is held. */
  function* levelsOf(executionId: string | undefined): Generator<[Level, Amounts, Spent]> {
    yield* levelsHere(executionId);
    if (hasDay) yield ["perDay", config.perDay, plus(sum(known, owed), held)];
  }

  function readDay(): void {
    if (hasDay) known = day.get();
  }

  function tryReadDay(): void {
    try {
      readDay();
    } catch (error) {
      if (!(error instanceof SluiceError)) throw error;
    }
  }

  /** Those that only this process counts to. */
  function* levelsHere(executionId: string | undefined): Generator<[Level, Amounts, Spent]> {
    if (executionId !== undefined) {
      const own = executionOf(executionId);
      yield ["perExecution", config.perExecution, plus(own.spent, own.held)];
    }
    yield ["perSession", config.perSession, plus(session, held)];
  }

  const costOf = ({ code, answer }: HeldTokens): number => (code * price.output + answer * price.input) / MILLION;

  function plus(spent: Spent, tokens: HeldTokens): Spent {
    return { ...spent, outputTokens: spent.outputTokens + tokens.answer, usd: spent.usd + costOf(tokens) };
  }

  function hold(executionId: string, tokens: Partial<HeldTokens>): void {
    const own = executionOf(executionId).held;
    // What has ended would hold it for ever.
    if (executions.peek(executionId) === undefined) return;
    for (const [name, count] of Object.entries(tokens) as [keyof HeldTokens, number][]) {
      held[name] += count - own[name];
      own[name] = count;
    }
  }

  /** What has happened is counted, now or later: `take` counts it before another call leaves. */
  function add(executionId: string, more: Partial<Spent>): SluiceError | undefined {
    const whole = addHere(executionId, more);
    if (!hasDay) return undefined;
    owed = sum(owed, whole);
    const { bytes, ...others } = more;
    if (bytes !== undefined && Object.keys(others).length === 0 && !countsBytesOfDay) return undefined;
    return pay();
  }

  function pay(): SluiceError | undefined {
    try {
      day.add(owed);
    } catch (error) {
      if (error instanceof SluiceError) return error;
      throw error;
    }
    owed = nothingSpent();
    return undefined;
  }

  function addHere(executionId: string, more: Partial<Spent>): Spent {
    const whole = { ...nothingSpent(), ...more };
    for (const spent of [executionOf(executionId).spent, session])
      for (const name of Object.keys(whole) as (keyof Spent)[]) spent[name] += whole[name];
    return whole;
  }

  /** Nothing comes between the look and the count: calls that are made together cannot cross it together. */
  function take(executionId: string, more: Partial<Spent>): SluiceError | undefined {
    const crossed = findCrossed(levelsHere(executionId), more);
    if (crossed !== undefined) return crossed;
    if (hasDay) {
      const whole = sum({ ...nothingSpent(), ...more }, owed);
      // What is held is not in the store: there is so much less room.
      const room = plus(nothingSpent(), held);
      const max = Object.fromEntries(amountsOf(config.perDay).map(([name, bound]) => [name, bound - room[name]]));
      const spent = day.take(whole, max);
      if (spent !== undefined) return findCrossed([["perDay", config.perDay, plus(sum(spent, owed), held)]], more);
      owed = nothingSpent();
    }
    addHere(executionId, more);
    return undefined;
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
      onLeave(isRepeatable) {
        call.onLeave?.(isRepeatable);
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
      // Of the day's amounts only bytes grow by an answer.
      if (countsBytesOfDay) tryReadDay();
      const over = findCrossed(countsBytesOfDay ? levelsOf(executionId) : levelsHere(executionId));
      if (over !== undefined) execution.end ??= () => call.endExecution?.(over.code, over.message);
    }
    endIfDone(execution);
    return outcome;
  }

  async function withRoom(call: ToolCall, next: (call: ToolCall) => Promise<CallOutcome>): Promise<CallOutcome> {
    if (!countsBytes) return await next(call);
    const leave = await answers.enter(call, () => {
      const left = { own: Number.POSITIVE_INFINITY, shared: Number.POSITIVE_INFINITY };
      for (const [level, { bytes }, spent] of levelsOf(call.executionId)) {
        const kind = level === "perExecution" ? "own" : "shared";
        if (bytes !== undefined) left[kind] = Math.min(left[kind], bytes - spent.bytes);
      }
      return left;
    });
    let bytes: number | undefined;
    try {
      // An answer that came meanwhile may have been the last one.
      const crossed = findCrossed(levelsOf(call.executionId));
      if (crossed !== undefined) return refuse(call, executionOf(call.executionId), crossed);
      const outcome = await next(call);
      if (outcome.kind !== "error") bytes = outcome.bytes;
      return outcome;
    } finally {
      // Once the steps around have counted it.
      setImmediate(() => leave(bytes));
    }
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
    room: withRoom,
    check() {
      readDay();
      for (const [level, max, spent] of levelsOf(undefined))
        for (const [name, bound] of amountsOf(max))
          if (spent[name] >= bound) throw toError(level, name, spent[name], bound);
    },
    holdTokens(executionId, tokens) {
      hold(executionId, tokens);
      tryReadDay();
      return findCrossed(levelsOf(executionId));
    },
    addTokens(executionId, used) {
      hold(executionId, { code: 0, answer: 0 });
      return add(executionId, used);
    },
    tokensLeft(executionId) {
      tryReadDay();
      let left = Number.POSITIVE_INFINITY;
      for (const [, max, spent] of levelsOf(executionId)) {
        if (max.outputTokens !== undefined) left = Math.min(left, max.outputTokens - spent.outputTokens);
        if (max.usd !== undefined && price.input > 0)
          left = Math.min(left, ((max.usd - spent.usd) * MILLION) / price.input);
      }
      // What is held of the answer is a part of it.
      return Math.max(0, left + executionOf(executionId).held.answer);
    },
    costOf,
    spentBy: (executionId) => ({ ...executionOf(executionId).spent }),
    restore(executionId, spent) {
      executions.begin(executionId);
      Object.assign(executionOf(executionId).spent, spent);
    },
    end(executionId) {
      const { tools } = executionOf(executionId);
      hold(executionId, { code: 0, answer: 0 });
      executions.end(executionId);
      return tools;
    },
    priceOf,
    [Symbol.dispose]() {
      const error = Object.values(owed).some((amount) => amount !== 0) ? pay() : undefined;
      if (error !== undefined)
        log(`policy.budget.perDay: ${JSON.stringify(owed)} of today is not counted: ${error.message}`);
    },
  };
}

function sum(one: Spent, other: Spent): Spent {
  const whole = { ...one };
  for (const name of Object.keys(whole) as (keyof Spent)[]) whole[name] += other[name];
  return whole;
}

const amountsOf = (amounts: Amounts) => Object.entries(amounts) as [keyof Amounts, number][];

/** The budget that has no room for so much more; of nothing more: the one that is used up or crossed. */
function findCrossed(levels: Iterable<[Level, Amounts, Spent]>, more: Partial<Spent> = {}): SluiceError | undefined {
  for (const [level, max, spent] of levels)
    for (const [name, bound] of amountsOf(max))
      if (spent[name] + (more[name] ?? 0) > bound) return toError(level, name, spent[name], bound);
  return undefined;
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
