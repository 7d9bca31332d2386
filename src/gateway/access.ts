import type { PolicyConfig, PolicyVerdict, Trust } from "../config/config.ts";
import type { Tool } from "../catalogue/tool.ts";
import type { CallOutcome, Step } from "./call.ts";
import type { DefinitionCheck } from "./definitions.ts";
import { createRules, matchesPattern } from "./pattern.ts";
import { isTrusted } from "./trust.ts";
import { findAskedVerb } from "./verbs.ts";

/** What the policy says about a tool, and why, as the subject of a sentence (none: the default). */
export interface Decision {
  verdict: PolicyVerdict;
  why?: string;
}

/** What of a tool decides. */
export type DecidedTool = Pick<Tool, "server" | "name" | "address" | "annotations">;

export interface AccessPolicy {
  policy: Pick<PolicyConfig, "tools" | "preset">;
  trustOf: (server: string) => Trust;
}

const strictness: Readonly<Record<PolicyVerdict, number>> = { allow: 0, approve: 1, deny: 2 };

/**
 * Prepares the rules of a policy: the one with the most literal characters wins, on a tie the stricter; without a rule
 * the preset decides. Addresses are canonical, so no other name of a tool escapes a rule.
 */
export function createDecider({ policy, trustOf }: AccessPolicy): (tool: DecidedTool) => Decision {
  const findRule = createRules(Object.entries(policy.tools).sort(([, a], [, b]) => strictness[b] - strictness[a]));
  return (tool) => {
    const found = findRule(tool.address);
    if (found !== undefined) return { verdict: found.rule, why: `the rule "${found.pattern}" of policy.tools` };
    const why = toReason(tool, policy.preset, isTrusted(trustOf(tool.server)));
    return why === undefined
      ? { verdict: "allow" }
      : { verdict: "approve", why: `policy.preset "${policy.preset}"${why}` };
  };
}

/** Why a preset wants a person to be asked. What a tool says of itself counts for it only where its server is trusted. */
function toReason(tool: DecidedTool, preset: PolicyConfig["preset"], trusted: boolean): string | undefined {
  if (preset === "open") return undefined;
  const { readOnlyHint } = tool.annotations ?? {};
  if (readOnlyHint === true && trusted) return undefined;
  if (preset === "strict") return ", under which only a read of a trusted server goes unasked,";
  return toDestructiveReason(tool);
}

function toDestructiveReason({ name, annotations }: DecidedTool): string | undefined {
  const { readOnlyHint, destructiveHint } = annotations ?? {};
  if (destructiveHint === true && readOnlyHint !== true) return " (the tool says that it can destroy something)";
  const verb = findAskedVerb(name);
  return verb === undefined ? undefined : ` (its name says "${verb}")`;
}

/** Whether a tool can destroy something: it says so, or its name does and it is no read of a trusted server. */
export function isDestructive(tool: DecidedTool, trusted: boolean): boolean {
  return toReason(tool, "balanced", trusted) !== undefined;
}

/** Refuses calls that the execution's grant or the policy does not permit, and tools that are not what was pinned. */
export function access(decide: (tool: DecidedTool) => Decision, checkDefinition?: DefinitionCheck): Step {
  return async (call, next) => {
    const { address } = call.tool;
    const granted = call.grant.tools;
    if (granted !== undefined && !granted.some((pattern) => matchesPattern(pattern, address))) {
      const list = granted.length === 0 ? "no tool" : `only ${toList(granted)}`;
      return refuse("tool_not_granted", `Cannot call ${address}: this execution is granted ${list}`);
    }
    const { verdict, why } = decide(call.tool);
    switch (verdict) {
      // Who is asked, and when: `approve.ts`.
      case "approve":
      case "allow":
        return (await checkDefinition?.(call)) ?? next(call);
      case "deny":
        return refuse("tool_denied", `Cannot call ${address}: ${why} denies it`);
    }
  };
}

function refuse(code: "tool_not_granted" | "tool_denied", message: string): CallOutcome {
  return {
    kind: "error",
    code,
    message,
    hint: "Do the work without this tool, or tell the user that it is not permitted; trying again changes nothing",
  };
}

function toList(patterns: readonly string[]): string {
  const shown = patterns.slice(0, 10).join(", ");
  return patterns.length > 10 ? `${shown} and ${patterns.length - 10} more` : shown;
}
