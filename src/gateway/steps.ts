import type { PolicyConfig } from "../config/config.ts";
import { access, createDecider } from "./access.ts";
import { approve, type ApproveParts } from "./approve.ts";
import type { Audit } from "./audit.ts";
import type { Step } from "./call.ts";
import type { DefinitionCheck } from "./definitions.ts";
import { privacy, type SealParts } from "./privacy.ts";
import { release, type ReleaseParts } from "./release.ts";
import { validate, type ValidateOptions } from "./validate.ts";

/** What the steps are made of. */
export interface StepParts extends ValidateOptions {
  audit: Audit;
  policy: Pick<PolicyConfig, "tools">;
  checkDefinition?: DefinitionCheck;
  /** Absent: nothing is sealed. */
  privacy?: SealParts & { release: ReleaseParts };
  approve: Omit<ApproveParts, "decide">;
}

/** The steps of the gateway, outermost first. Their order is the policy: each one may rely on those above it. */
export function createSteps(parts: StepParts): Step[] {
  const { audit, policy, checkDefinition, onUnenforced, sealed } = parts;
  return [
    audit.step, // outermost: a refused call is recorded too
    access(policy, checkDefinition), // grant, then allow / deny, then the pinned definition
    validate({ onUnenforced, sealed }), // against the tool's input schema
    ...(parts.privacy === undefined ? [] : [release(parts.privacy.release)]), // which personal data may go to this tool
    // budget: what this execution may still spend (not yet)
    approve({ ...parts.approve, decide: createDecider(policy) }), // asks a person, before any slot or deadline is held
    // limit: rate, concurrency, breaker, retry (not yet)
    ...(parts.privacy === undefined ? [] : [privacy(parts.privacy)]), // innermost: restores on the way out, seals on the way back
  ];
}
