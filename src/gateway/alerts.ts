import { hash as digest } from "node:crypto";
import { isDenial } from "../base/errors.ts";
import { isJsonObject, type Json } from "../base/json.ts";
import { limits } from "../base/limits.ts";
import type { AlertMode, AlertRule } from "../config/config.ts";
import { toArgumentText } from "../base/argument-text.ts";
import { createServerTexts, type ServerTexts } from "./built-text.ts";
import type { CallOutcome, Step, ToolCall } from "./call.ts";
import { createPerExecution } from "./per-execution.ts";

/** Something that a person should know of, with what it was seen by. */
export interface Alert {
  rule: AlertRule;
  executionId?: string;
  tool?: string;
  /** What was seen, in a sentence; no value in it. */
  evidence: string;
  /** Whether the execution was ended for it. */
  ended: boolean;
}

export interface AlertParts {
  /** What each rule does. */
  modes: Readonly<Record<AlertRule, AlertMode>>;
  raise: (alert: Alert) => void;
  /** Whether what is sent to a tool goes outside. */
  isOutside: (tool: ToolCall["tool"]) => boolean;
  /** Whether a tool was called here before this execution. */
  isKnown: (tool: string) => boolean;
  /** Whether a tool only reads, by what counts of its hints. */
  isRead: (tool: ToolCall["tool"]) => boolean;
}

/** Rules over what executions do; each is told once for an execution (and a tool, where it is about one). */
export interface Alerts {
  /** Looks at each call and its answer, as the program sees them. */
  readonly step: Step;
  /** Something that other parts have noticed. */
  note(rule: AlertRule, about: { executionId?: string; tool?: string; evidence: string }): void;
  /** A program has read a text from elsewhere that a server's may be in: a file. */
  noteText(executionId: string, text: string): void;
  /** An execution has ended by a limit. */
  noteLimit(executionId: string, code: string): void;
  /** Calls of an execution whose text was built from text of a server: what a program should do instead. */
  warningsOf(executionId: string): string[];
  end(executionId: string): void;
  /** What was counted of an execution, for one that goes on after its process has ended. */
  countsOf(executionId: string): AlertCounts;
  restore(executionId: string, counts: AlertCounts): void;
}

/** Refused calls, and records that were read. */
export interface AlertCounts {
  denials?: number;
  records?: number;
}

interface Seen {
  denials: number;
  /** Failures in a row of one call, by its hash. */
  failures: Map<string, number>;
  /** Items of lists that tools have answered. */
  records: number;
  /** Texts that servers have answered. */
  texts: ServerTexts;
  told: Set<string>;
  warnings: string[];
}

const DENIALS = 10;
const FAILURES = 10;
const RECORDS = 100;
const LIMITS = 3;
const LIMITS_WITHIN_MS = 600_000;
const KEPT_MAX = 2_000;
const NODES_MAX = 5_000;

const token = /\[[A-Z][A-Z0-9_]*_\d+(?:\.\d+)?\]/;
/** Arguments that somebody else reads as a language: text from outside in them is code. */
const language = /^(?:sql|query|statement|command|cmd|script|shell|where|expression|url|uri|href)$/i;
/** Two addresses of one place are like each other by themselves. */
const address = /^(?:url|uri|href)$/i;
/** What takes the values beside such a text. */
const parameters = /^(?:params?|parameters|args|arguments|values|bindings|variables|query_?params)$/i;

export function createAlerts({ modes, raise, isOutside, isKnown, isRead }: AlertParts): Alerts {
  const executions = createPerExecution<Seen>(() => ({
    ...{ denials: 0, failures: new Map(), records: 0 },
    ...{ texts: createServerTexts(), told: new Set(), warnings: [] },
  }));
  const endedByLimit: number[] = [];
  /** Tools whose first use with personal data was told: what was used is written a moment later. */
  const toldNew = new Set<string>();

  const seenOf = (executionId: string): Seen => executions.of(executionId);

  function tell(rule: AlertRule, call: ToolCall, evidence: string): void {
    const { executionId, tool, endExecution } = call;
    const { told } = seenOf(executionId);
    const key = `${rule} ${tool.address}`;
    if (modes[rule] === "off" || told.has(key)) return;
    told.add(key);
    const ended = modes[rule] === "end";
    raise({ rule, executionId, tool: tool.address, evidence, ended });
    if (ended) endExecution?.("alert", `The execution was ended by policy.alerts "${rule}": ${evidence}`);
  }

  function before(call: ToolCall): void {
    const { tool } = call;
    const seen = seenOf(call.executionId);
    if (token.test(toArgumentText(call.arguments)) && !toldNew.has(tool.address) && !isKnown(tool.address)) {
      if (toldNew.size < KEPT_MAX) toldNew.add(tool.address);
      tell(
        "first-use-with-personal-data",
        call,
        `${tool.address} was never called here before, and gets personal data`,
      );
    }
    if (seen.records >= RECORDS && isOutside(tool))
      tell(
        "bulk-outside",
        call,
        `${seen.records} records were read before ${tool.address}, which sends outside, was called`,
      );
    if (isRead(tool)) return;
    const found = findBuilt(call.arguments, seen.texts);
    if (found === undefined) return;
    const beside = Object.keys(propertiesOf(call)).find((name) => parameters.test(name));
    const instead =
      beside === undefined
        ? "give the values as arguments of their own where the tool takes them"
        : `give the values in "${beside}"`;
    tell("built-from-text", call, `"${found}" of ${tool.address} holds text that a server answered`);
    if (seen.warnings.length < limits.typeProblemsMax && modes["built-from-text"] !== "off")
      seen.warnings.push(
        `The argument "${found}" of ${tool.address} was built from text that a server answered, which can change what it means: ${instead}`,
      );
  }

  function after(call: ToolCall, outcome: CallOutcome): void {
    const seen = seenOf(call.executionId);
    const { address } = call.tool;
    const toKey = (): string => digest("sha256", `${address} ${toArgumentText(call.arguments)}`).slice(0, 24);
    if (outcome.kind !== "error") {
      if (seen.failures.size > 0) seen.failures.delete(toKey());
      if (outcome.kind === "large") seen.records += RECORDS;
      else {
        seen.records += countRecords(outcome.data);
        gatherTexts(outcome.data, seen.texts);
      }
      return;
    }
    if (isDenial(outcome.code)) {
      seen.denials += 1;
      if (seen.denials >= DENIALS)
        tell("denials", call, `${seen.denials} calls were refused, the last one of ${address} (${outcome.code})`);
    }
    const key = toKey();
    const failures = (seen.failures.get(key) ?? 0) + 1;
    if (seen.failures.size < KEPT_MAX || seen.failures.has(key)) seen.failures.set(key, failures);
    if (failures >= FAILURES)
      tell("failing-loop", call, `the same call of ${address} has failed ${failures} times (${outcome.code})`);
  }

  return {
    async step(call, next) {
      before(call);
      const outcome = await next(call);
      after(call, outcome);
      return outcome;
    },
    note(rule, about) {
      if (modes[rule] !== "off") raise({ rule, ...about, ended: false });
    },
    noteText(executionId, text) {
      if (modes["built-from-text"] !== "off") gatherTexts(toValues(text), seenOf(executionId).texts);
    },
    noteLimit(executionId, code) {
      const now = Date.now();
      endedByLimit.push(now);
      while ((endedByLimit[0] ?? now) < now - LIMITS_WITHIN_MS) endedByLimit.shift();
      if (endedByLimit.length < LIMITS || modes.limits === "off") return;
      const evidence = `${endedByLimit.length} executions ended by a limit within ten minutes, the last one by ${code}`;
      endedByLimit.length = 0;
      raise({ rule: "limits", executionId, evidence, ended: false });
    },
    warningsOf: (executionId) => executions.peek(executionId)?.warnings ?? [],
    countsOf(executionId) {
      const { denials = 0, records = 0 } = executions.peek(executionId) ?? {};
      return { denials, records };
    },
    restore(executionId, counts) {
      executions.begin(executionId);
      Object.assign(seenOf(executionId), counts);
    },
    end: (executionId) => executions.end(executionId),
  };
}

/**
 * Objects, lists in lists and lines, of at most so many values; what lies deeper counts as one. What holds records is none
 * beside them: the answer around a list, a row of lists.
 */
function countRecords(value: Json, room = { nodes: NODES_MAX }, isRow = false, depth = 0): number {
  if (typeof value === "string") {
    const lines = value.split("\n").length - (value.endsWith("\n") ? 1 : 0);
    return lines > 1 ? lines : 0;
  }
  if (typeof value !== "object" || value === null) return 0;
  let records = 0;
  const isList = Array.isArray(value);
  if (room.nodes > 0 && depth < limits.sealDepthMax)
    for (const member of isList ? value : Object.values(value)) {
      room.nodes -= 1;
      records += countRecords(member, room, isList, depth + 1);
    }
  return isList && !isRow ? records : Math.max(1, records);
}

/** Keeps the texts of at most so many values. */
function gatherTexts(data: Json, texts: ServerTexts): void {
  const open: Json[] = [data];
  for (let nodes = 0; open.length > 0 && nodes < NODES_MAX; nodes += 1) {
    const value = open.pop() as Json;
    if (typeof value === "string") texts.add(value);
    else if (typeof value === "object" && value !== null) open.push(...Object.values(value).slice(0, NODES_MAX));
  }
}

/** What a program may take out of a text: the values of JSON, or lines and what stands between their separators. */
function toValues(text: string): Json {
  const trimmed = text.trim();
  if (/^[[{"]/.test(trimmed))
    try {
      return JSON.parse(trimmed) as Json;
    } catch {
      // Its lines may be.
    }
  const lines = trimmed.split(/\r?\n/, KEPT_MAX);
  if (lines.length > 1) return [trimmed, ...lines.map(toValues)];
  const fields = trimmed.split(/[,;\t]/, KEPT_MAX).map((field) => field.trim().replace(/^"(.*)"$/, "$1"));
  return fields.length > 1 ? [trimmed, ...fields] : trimmed;
}

/** The argument whose text has a server's text as a part, also a little changed. */
function findBuilt(args: Json, texts: ServerTexts, name = "", depth = 0): string | undefined {
  if (texts.isEmpty || depth > limits.sealDepthMax) return undefined;
  if (typeof args === "string") return language.test(name) && texts.areIn(args, !address.test(name)) ? name : undefined;
  const members: [string, Json][] = Array.isArray(args)
    ? args.map((item) => [name, item])
    : isJsonObject(args)
      ? Object.entries(args)
      : [];
  for (const [key, value] of members) {
    const found = findBuilt(value, texts, key, depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

function propertiesOf({ tool }: ToolCall): Record<string, unknown> {
  const { inputSchema } = tool;
  const properties = isJsonObject(inputSchema) ? inputSchema["properties"] : undefined;
  return isJsonObject(properties) ? properties : {};
}
