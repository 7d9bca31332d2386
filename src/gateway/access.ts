import type { PolicyConfig, PolicyVerdict } from "../config/config.ts";
import type { CallOutcome, Step } from "./call.ts";
import type { DefinitionCheck } from "./definitions.ts";
import { literalLength, matchesPattern } from "./pattern.ts";

/** What the policy says about an address, and the rule that said so (none: the default). */
export interface Decision {
  verdict: PolicyVerdict;
  rule?: string;
}

const strictness: Readonly<Record<PolicyVerdict, number>> = { allow: 0, approve: 1, deny: 2 };

/**
 * Prepares the rules of a policy: the one with the most literal characters wins, on a tie the stricter; without a rule
 * a tool is allowed. Addresses are canonical, so no other name of a tool escapes a rule.
 */
export function createDecider(policy: Pick<PolicyConfig, "tools">): (address: string) => Decision {
  const rules = Object.entries(policy.tools)
    .map(([rule, verdict]) => ({ rule, verdict, literal: literalLength(rule) }))
    .sort((a, b) => b.literal - a.literal || strictness[b.verdict] - strictness[a.verdict]);
  return (address) => {
    const found = rules.find(({ rule }) => matchesPattern(rule, address));
    return found === undefined ? { verdict: "allow" } : { verdict: found.verdict, rule: found.rule };
  };
}

/** Refuses calls that the execution's grant or the policy does not permit, and tools that are not what was pinned. */
export function access(policy: Pick<PolicyConfig, "tools">, checkDefinition?: DefinitionCheck): Step {
  const decide = createDecider(policy);
  return async (call, next) => {
    const { address } = call.tool;
    const granted = call.grant.tools;
    if (granted !== undefined && !granted.some((pattern) => matchesPattern(pattern, address))) {
      const list = granted.length === 0 ? "no tool" : `only ${toList(granted)}`;
      return refuse("tool_not_granted", `Cannot call ${address}: this execution is granted ${list}`);
    }
    const { verdict, rule } = decide(address);
    switch (verdict) {
      // Who is asked, and when: `approve.ts`.
      case "approve":
      case "allow":
        return (await checkDefinition?.(call)) ?? next(call);
      case "deny":
        return refuse("tool_denied", `Cannot call ${address}: the rule "${rule}" of policy.tools denies it`);
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
