import { hash } from "node:crypto";
import { toMessage } from "../base/errors.ts";
import { type Json, toCanonicalJson } from "../base/json.ts";
import type { RecordedCall } from "../skills/skill-table.ts";
import type { CallOutcome } from "../gateway/call.ts";
import { readAudit } from "./audit-query.ts";
import type { NamedCall, Parts } from "./parts.ts";

type Invoke = Parts["invoke"];

/** A gateway that really calls, and keeps what was answered; `problem` says what could not be kept. */
export function createRecording(parts: Pick<Parts, "catalogue" | "invoke">): {
  invoke: Invoke;
  calls: RecordedCall[];
  problem(): string | undefined;
} {
  const calls: RecordedCall[] = [];
  let problem: string | undefined;
  return {
    calls,
    problem: () => problem,
    async invoke(call) {
      const outcome = await parts.invoke(call);
      const { address, ...ended } = outcome;
      const found = parts.catalogue.resolve(address);
      if (outcome.kind === "large") problem = `The result of ${address} is too large to be recorded`;
      else if (found.kind === "found")
        calls.push({
          ...{ tool: address, definitionHash: found.tool.hash, arguments: toArgumentsText(call.arguments) },
          outcome: JSON.stringify(ended),
        });
      return outcome;
    },
  };
}

/**
 * What tools answered a past run, from running it once more against its journal: what a skill made of it can be tested
 * against. `problem` says why there is nothing. Large results, and tools whose definition has changed since, are left out.
 */
export async function readRecordedCalls(
  { catalogue, runs, config }: Pick<Parts, "catalogue" | "runs" | "config">,
  executionId: string,
): Promise<{ calls: RecordedCall[]; problem?: string }> {
  const calls: RecordedCall[] = [];
  try {
    const since = Date.parse(runs.show(executionId).createdAt);
    const changed = new Set<unknown>();
    for await (const { kind, tool } of readAudit(config.stateDir, { since }))
      if (kind === "definition-changed") changed.add(tool);
    const { status, error } = await runs.replay(executionId, (name, args, { value, error: failure }) => {
      const found = catalogue.resolve(name);
      if (found.kind !== "found" || changed.has(found.tool.address)) return;
      const about = { tool: found.tool.address, definitionHash: found.tool.hash, arguments: toArgumentsText(args) };
      if (failure !== undefined) {
        const { code, message, hint } = failure;
        calls.push({ ...about, outcome: JSON.stringify({ kind: "error", code, message, hint }) });
      } else if (value !== undefined) calls.push({ ...about, outcome: JSON.stringify({ kind: "data", data: value }) });
    }).result;
    if (status === "completed") return { calls };
    return { calls: [], problem: `Its replay ended with ${error?.code ?? status}: ${error?.message ?? ""}` };
  } catch (error) {
    return { calls: [], problem: toMessage(error) };
  }
}

/**
 * A gateway that only answers what was recorded, each call once in its order, and then the last one like it again;
 * `calls`: what was asked for; `lacks`: something was of which there is no record.
 */
export function createReplay(
  { catalogue }: Pick<Parts, "catalogue">,
  recorded: readonly RecordedCall[],
): { invoke: Invoke; calls: RecordedCall[]; lacks(): boolean } {
  const waiting = [...recorded];
  const used = new Map<string, RecordedCall>();
  const calls: RecordedCall[] = [];
  let lacks = false;
  return {
    calls,
    lacks: () => lacks,
    invoke(call: NamedCall) {
      const found = catalogue.resolve(call.name);
      const address = found.kind === "found" ? found.tool.address : call.name.slice(0, 200);
      const args = toArgumentsText(call.arguments);
      const key = `${address}\n${args}`;
      const at = waiting.findIndex((one) => one.tool === address && one.arguments === args);
      const [next] = at === -1 ? [] : waiting.splice(at, 1);
      if (next !== undefined) calls.push(next);
      const record = next ?? used.get(key);
      lacks ||= record === undefined;
      if (record === undefined)
        return Promise.resolve({
          ...({ kind: "error", code: "skill_test_failed", address } as const),
          message: `No result of ${address} is recorded for these arguments, or its definition has changed since`,
          hint: "Record it with `sluice skills test NAME --live`, which really calls the tools",
        });
      used.set(key, record);
      return Promise.resolve({ ...(JSON.parse(record.outcome) as CallOutcome), address });
    },
  };
}

/** The same text for the same arguments, in whatever order their keys were written; of long ones a hash. */
function toArgumentsText(args: Json): string {
  const text = toCanonicalJson(args);
  return text.length <= 2_000 ? text : `sha256:${hash("sha256", text)}`;
}
