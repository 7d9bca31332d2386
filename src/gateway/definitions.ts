import type { Tool } from "../catalogue/tool.ts";
import type { Trust } from "../catalogue/trust.ts";
import type { CallOutcome, ToolCall } from "./call.ts";

/** Whether the definition that a call's tool has now lets it be called: `undefined`, or the refusal. */
export type DefinitionCheck = (call: ToolCall) => Promise<CallOutcome | undefined>;

/** What the check is made of. */
export interface DefinitionParts {
  trust: Trust;
  /** The tool as its server defines it now, also where a program still has an older definition. */
  toCurrent: (tool: Tool) => Tool;
  /** Whether the server's list is known to be of the connection that the call will use; asks for it where it is not. */
  isListed: (server: string, signal: AbortSignal) => Promise<boolean>;
  log: (line: string) => void;
}

/**
 * Compares a tool with its pin before each call. `pinned` refuses what was changed, and what cannot be compared;
 * `warn` lets everything pass and leaves it to the trust to tell of changes.
 */
export function checkDefinitions(mode: "warn" | "pinned", parts: DefinitionParts): DefinitionCheck {
  const { trust, toCurrent, isListed, log } = parts;
  if (mode === "warn") {
    let said = "";
    return async ({ tool }) => {
      try {
        trust.isPinned(toCurrent(tool));
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        if (message !== said) log(message);
        said = message;
      }
      return undefined;
    };
  }
  return async ({ tool, signal }) => {
    const { address, server } = tool;
    if (!(await isListed(server, signal))) {
      return {
        kind: "error",
        code: "upstream_unavailable",
        message: `Cannot call ${address}: its server did not list its tools, so that its definition cannot be compared with the pinned one (policy.definitions is "pinned")`,
      };
    }
    if (trust.isPinned(toCurrent(tool))) return undefined;
    return {
      kind: "error",
      code: "definition_changed",
      message: `Cannot call ${address}: its server has changed its definition since it was pinned in ${trust.path}`,
      hint: `Tell the user: \`sluice tools --changed '${address}'\` shows what has changed, \`sluice tools --accept '${address}'\` accepts it; trying again changes nothing`,
    };
  };
}
