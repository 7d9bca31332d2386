import type { PolicyConfig } from "../config/config.ts";
import { access } from "./access.ts";
import type { Audit } from "./audit.ts";
import type { Step } from "./call.ts";
import type { DefinitionCheck } from "./definitions.ts";
import { validate, type ValidateOptions } from "./validate.ts";

/** What the steps are made of. */
export interface StepParts extends ValidateOptions {
  audit: Audit;
  policy: Pick<PolicyConfig, "tools">;
  checkDefinition?: DefinitionCheck;
}

/** The steps of the gateway, outermost first. Their order is the policy: each one may rely on those above it. */
export function createSteps({ audit, policy, checkDefinition, onUnenforced }: StepParts): Step[] {
  return [
    audit.step, // outermost: a refused call is recorded too
    access(policy, checkDefinition), // grant, then allow / deny, then the pinned definition
    validate({ onUnenforced }), // against the tool's input schema
    // release: which personal data may go to this tool (not yet)
    // budget: what this execution may still spend (not yet)
    // approve: asks a person, before any slot or deadline is held (not yet)
    // limit: rate, concurrency, breaker, retry (not yet)
    // privacy: innermost, restores on the way out and seals on the way back (not yet)
  ];
}
