import { SluiceError, toMessage } from "../base/errors.ts";
import { isJsonObject, type Json } from "../base/json.ts";
import type { Tool } from "../catalogue/tool.ts";
import type { ReadLabel } from "../config/config.ts";
import type { Audit } from "../gateway/audit.ts";
import type { CallOutcome, ToolCall } from "../gateway/call.ts";
import { toErrorValue } from "../gateway/compose.ts";
import type { DefinitionCheck } from "../gateway/definitions.ts";
import { createRepeatable } from "../gateway/repeatable.ts";
import { createGateway } from "../gateway/steps.ts";
import { unwrapResult, withBoundedWords } from "../gateway/unwrap.ts";
import type { Upstreams } from "../upstream/upstreams.ts";
import { cleanTexts } from "./clean-texts.ts";
import { learnedPath } from "./flow-hooks.ts";
import type { Learning } from "./learning.ts";
import { createMedia } from "./media.ts";
import type { NamedCall, Parts } from "./parts.ts";

/** The gateway over the upstreams: every tool call of every surface and program passes here. */
export function createInvoke(
  parts: Parts,
  {
    audit,
    upstreams,
    log,
    learn,
    checkDefinition,
  }: {
    audit: Audit;
    upstreams: Upstreams;
    log: (line: string) => void;
    /** Told of every result, as the caller gets it. */
    learn: Learning["learn"];
    checkDefinition: DefinitionCheck;
  },
): Parts["invoke"] {
  const isRepeatable = createRepeatable({ retry: parts.config.policy.retry, trustOf: parts.gate.trustOf });
  const saveMedia = createMedia(parts.workspace);
  const { resultBytesMax } = parts.config.sandbox;

  /** What learned types were made of: what a program that reads them has read. */
  const noted = new Set<ReadLabel>();
  function noteLearned(labels: ReadonlySet<ReadLabel>): void {
    if ([...labels].every((label) => noted.has(label))) return;
    const all = new Set([...noted, ...labels]);
    parts.gate.fileLabels.set(learnedPath, all, true);
    for (const label of all) noted.add(label);
  }

  /** The call has happened, and its result is told whatever becomes of this. Nothing is learned whose label cannot be kept. */
  function learnFrom(executionId: string, tool: Tool, data: Json): void {
    try {
      noteLearned(parts.gate.flow.labelsOf(executionId));
    } catch (error) {
      return log(`learned types: ${tool.address} taught nothing: ${toMessage(error)}`);
    }
    learn(tool, data);
  }

  async function callUpstream(call: ToolCall): Promise<CallOutcome> {
    const started = performance.now();
    const { executionId, callId, tool, signal } = call;
    const about = { executionId, callId, tool: tool.address };
    parts.events.emit({ kind: "tool-call-started", ...about });
    const outcome = await request(call, signal);
    parts.events.emit({
      kind: "tool-call-ended",
      ...about,
      ...(outcome.kind === "error" ? { ok: false, code: outcome.code } : { ok: true }),
      durationMs: performance.now() - started,
    });
    return outcome;
  }

  async function request(call: ToolCall, signal: AbortSignal): Promise<CallOutcome> {
    const { tool, arguments: args } = call;
    const isSafeTwice = isRepeatable(tool, true);
    let hasLeft = false;
    const onLeave = (): void => {
      call.onLeave?.(isSafeTwice);
      hasLeft = true;
    };
    try {
      const result = await upstreams.callTool(tool.server, tool.name, args, { signal, onLeave });
      return await unwrapResult(result, saveMedia, { resultBytesMax, isSealed: parts.privacy.isOn });
    } catch (error) {
      if (hasLeft && error instanceof SluiceError && error.transient?.mayHaveRun === false)
        call.onMissed?.(isSafeTwice);
      if (!(error instanceof SluiceError)) return { kind: "error", code: "internal", message: toMessage(error) };
      return parts.privacy.isOn ? toErrorValue(error) : withBoundedWords(toErrorValue(error));
    }
  }

  const pass = createGateway(
    {
      audit,
      policy: parts.config.policy,
      trustOf: parts.gate.trustOf,
      checkDefinition,
      onUnenforced: (address, reason) => log(`${address}: ${reason}`),
      approve: {
        broker: parts.broker,
        isRepeatable,
        masked: (token) => parts.privacy.need().masked(token),
        clean: (texts) => cleanTexts(parts, texts),
      },
      telemetry: parts.telemetry,
      ...{ alerts: parts.gate.alerts, flow: parts.gate.flow, budget: parts.gate.budget, limit: parts.gate.limit },
      ...parts.privacy.steps,
    },
    callUpstream,
  );

  return async (named: NamedCall) => {
    const { name, arguments: args, view, ...rest } = named;
    await parts.discovery.ensureKnown(parts.serversOf(name), named.signal);
    const found = (view ?? parts.catalogue).resolve(name);
    if (found.kind !== "found") {
      const error = parts.toUnresolved(name, found);
      recordRefusal(audit, named, name.slice(0, 200), error.code);
      return { ...toErrorValue(error), address: name.slice(0, 200) };
    }
    const { tool } = found;
    if (!isJsonObject(args)) {
      recordRefusal(audit, named, tool.address, "arguments_invalid");
      const got = args === null ? "null" : Array.isArray(args) ? "an array" : `a ${typeof args}`;
      return {
        kind: "error",
        code: "arguments_invalid",
        message: `${tool.address} takes one object of arguments, not ${got}`,
        address: tool.address,
      };
    }
    const outcome = await pass({ ...rest, tool, arguments: args });
    if (outcome.kind === "data") learnFrom(named.executionId, tool, outcome.data);
    // Without its values there is nothing that could contradict a declared schema.
    if (outcome.kind === "large" && outcome.skeleton !== undefined && tool.outputSchema === undefined)
      learnFrom(named.executionId, tool, outcome.skeleton);
    return { ...outcome, address: tool.address };
  };
}

/** A call that never was one: it is in the audit like every other attempt. */
function recordRefusal(audit: Audit, { executionId, callId }: NamedCall, tool: string, code: string): void {
  audit.record({ kind: "call-ended", executionId, callId, tool, ok: false, code, ms: 0 });
}
