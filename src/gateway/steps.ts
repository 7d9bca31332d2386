import { haveLargeText } from "../base/argument-text.ts";
import { limits } from "../base/limits.ts";
import { nextTurn } from "../base/next-turn.ts";
import { access, type AccessPolicy, createDecider } from "./access.ts";
import type { Alerts } from "./alerts.ts";
import { approve, type ApproveParts } from "./approve.ts";
import type { Audit } from "./audit.ts";
import type { Budget } from "./budget.ts";
import type { Step } from "./call.ts";
import { compose, type Invoke } from "./compose.ts";
import type { DefinitionCheck } from "./definitions.ts";
import type { Flow } from "./flow.ts";
import type { Limit } from "./limit.ts";
import { privacy, type SealParts } from "./privacy.ts";
import { release, type ReleaseParts } from "./release.ts";
import { validate, type ValidateOptions } from "./validate.ts";

/** What the steps are made of. */
export interface StepParts extends ValidateOptions, AccessPolicy {
  audit: Audit;
  checkDefinition?: DefinitionCheck;
  /** Absent: nothing is sealed. */
  privacy?: SealParts & { release: Omit<ReleaseParts, "flush"> };
  approve: Omit<ApproveParts, "decide" | "flush">;
  /** Absent: nothing is measured for others. */
  telemetry?: { readonly step: Step } | undefined;
  /** Absent: nobody is told of anything. */
  alerts?: Pick<Alerts, "step">;
  /** Absent: nothing that was read matters. */
  flow?: Pick<Flow, "step">;
  /** Absent: nothing is counted. */
  budget?: Pick<Budget, "step" | "room">;
  limit: Pick<Limit, "around">;
}

/** The gateway around `callUpstream`. The order of its steps is the policy: each one may rely on those above it. */
export function createGateway(parts: StepParts, callUpstream: Invoke): Invoke {
  const { audit, checkDefinition, onUnenforced, sealed } = parts;
  // innermost: restores on the way out, seals on the way back
  const inner = compose(parts.privacy === undefined ? [] : [privacy(parts.privacy)], callUpstream);
  const decide = createDecider(parts);
  const flush = (): Promise<void> => audit.flush();
  const steps = [
    ...(parts.telemetry === undefined ? [] : [parts.telemetry.step]), // how long all of it takes
    audit.step, // outermost: a refused call is recorded too
    ...(parts.alerts === undefined ? [] : [parts.alerts.step]), // sees what is asked and answered, refusals too
    access(decide, checkDefinition), // grant, then allow / deny, then the pinned definition
    validate({ onUnenforced, sealed }), // against the tool's input schema
    ...(parts.privacy === undefined ? [] : [release({ ...parts.privacy.release, flush })]), // which personal data may go to this tool
    ...(parts.flow === undefined ? [] : [parts.flow.step]), // what may be done after what was read
    ...(parts.budget === undefined ? [] : [parts.budget.step]), // what this execution may still use
    approve({ ...parts.approve, decide, flush }), // asks a person, before any slot or deadline is held
    ...(parts.budget === undefined ? [] : [parts.budget.room]), // waits where there may be no room for one more answer
  ];
  // its turn, its server's breaker, and another try where that is safe: what is inside may happen more than once
  return compose(steps.map(inTurns), parts.limit.around(inner));
}

/** The same step; others have a turn before and after it where each look at the arguments or the data takes long. */
function inTurns(step: Step): Step {
  return async (call, next) => {
    if (haveLargeText(call.arguments)) await nextTurn();
    const outcome = await step(call, next);
    if (outcome.kind !== "error" && (outcome.bytes ?? 0) > limits.feltBytesMin) await nextTurn();
    return outcome;
  };
}
