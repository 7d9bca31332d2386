import type { ExecutionResult } from "../../runtime/outcome.ts";
import { toMessage } from "../../base/errors.ts";
import type { JsonObject } from "../../base/json.ts";
import { isJsonObject } from "../../base/json.ts";
import { parseWholeNumber, toUsageError } from "../arguments.ts";
import type { Command } from "../command.ts";
import { askPerson } from "../ask-person.ts";
import { readInput } from "../input.ts";
import { openSluice, readConfig } from "../open.ts";
import { endWith } from "../print-outcome.ts";

/** `sluice call`: one direct tool call, through the same gateway as a program's. */
export const call: Command = {
  usage: "call TOOL [JSON]\ncall TOOL -       (reads the arguments from stdin)",
  summary: "Call one tool.",
  positionalsMax: 2,
  options: {
    wait: { type: "boolean", help: "where nobody sits at the terminal, wait for `sluice approvals`" },
    timeout: { type: "string", value: "MS", help: "give up after so many milliseconds" },
  },
  examples: [
    'sluice call gdrive.getDocument \'{"documentId":"abc"}\'',
    "sluice call gdrive.listFiles --json",
    'echo \'{"documentId":"abc"}\' | sluice call gdrive.getDocument -',
  ],
  async run(invocation) {
    const [tool, given] = invocation.positionals;
    if (tool === undefined)
      throw toUsageError("call", "No tool was given: give its address, such as gdrive.getDocument");
    const args = parseToolArguments(given === "-" ? await readInput("call", "-") : given);
    const timeoutMs = parseWholeNumber("call", "timeout", invocation.text("timeout"), 1);
    const { terminal, signal } = invocation;
    await using sluice = await openSluice(await readConfig(invocation), invocation);
    const result = await ask();
    return endWith(result, invocation);

    async function ask(): Promise<ExecutionResult> {
      using _person = askPerson(sluice, terminal, invocation.flag("wait"));
      return await sluice.callTool(tool as string, args, { signal, ...(timeoutMs !== undefined && { timeoutMs }) });
    }
  },
};

function parseToolArguments(text: string | undefined): JsonObject {
  if (text === undefined) return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw toUsageError("call", `The arguments are not JSON: ${toMessage(error)}`);
  }
  if (!isJsonObject(value))
    throw toUsageError("call", `The arguments must be a JSON object, got ${text.trim().slice(0, 60)}`);
  return value;
}
