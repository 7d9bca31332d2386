import { SluiceError, toMessage } from "../base/errors.ts";
import type { CallOutcome, Step, ToolCall } from "./call.ts";

/** Makes a call; the last link of the chain, and the chain itself. Never rejects once composed. */
export type Invoke = (call: ToolCall) => Promise<CallOutcome>;

/**
 * Chains steps, the first one outermost, around `terminal`. What a step or the terminal throws becomes an error outcome
 * right there, so that the steps around it (the audit above all) see how the call ended.
 */
export function compose(steps: readonly Step[], terminal: Invoke): Invoke {
  return steps.reduceRight<Invoke>((inner, step) => settled((call) => step(call, once(inner))), settled(terminal));
}

/** The same act, with exceptions turned into outcomes. */
function settled(invoke: Invoke): Invoke {
  return async (call) => {
    try {
      return await invoke(call);
    } catch (thrown) {
      return toErrorOutcome(thrown, call);
    }
  };
}

/** A second `next()` would make the call twice: two mails sent, two records written. */
function once(next: Invoke): Invoke {
  let called = false;
  return (call) => {
    if (called)
      throw new SluiceError("internal", `Cannot make the call of ${call.tool.address} twice: a step used next() again`);
    called = true;
    return next(call);
  };
}

/** An error as the value that a call ends with. */
export function toErrorValue({
  code,
  message,
  hint,
  transient,
  isServerFault,
}: SluiceError): CallOutcome & { kind: "error" } {
  return {
    kind: "error",
    code,
    message,
    ...(hint === undefined ? {} : { hint }),
    ...(transient === undefined ? {} : { transient }),
    ...(isServerFault ? { isServerFault } : {}),
  };
}

function toErrorOutcome(thrown: unknown, call: ToolCall): CallOutcome {
  if (thrown instanceof SluiceError) {
    return toErrorValue(thrown);
  }
  if (call.signal.aborted)
    return { kind: "error", code: "cancelled", message: `The call of ${call.tool.address} was cancelled` };
  return {
    kind: "error",
    code: "internal",
    message: `Cannot complete the call of ${call.tool.address}: ${toMessage(thrown)}`,
  };
}
