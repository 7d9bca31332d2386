import { hash } from "node:crypto";
import { SluiceError } from "../base/errors.ts";
import { cleanTexts } from "./clean-texts.ts";
import { estimateProgram, findExceeded } from "./estimate.ts";
import type { Parts } from "./parts.ts";

/** Asks a person about a program that is to run: because of what it may cost, and where each one is to be seen. Throws if it may not. */
export async function askBefore(parts: Parts, executionId: string, code: string, signal: AbortSignal): Promise<void> {
  const { budget, programs } = parts.config.policy;
  const isAsked = Object.keys(budget.approveAbove).length > 0;
  const estimate = isAsked ? estimateProgram(parts, code) : undefined;
  const exceeded = estimate === undefined ? undefined : findExceeded(estimate, budget.approveAbove);
  if (estimate === undefined || exceeded === undefined) {
    if (programs === "approve") await ask("program", "May this program run?", "policy.programs");
    return;
  }
  const tools = estimate.tools.map(({ tool, calls }) => `${tool} × ${Math.ceil(calls)}`).join(", ");
  const question = `May this program run? It may use about ${exceeded}: ${estimate.calls} tool calls (${tools || "none"}), ${estimate.outputTokens} tokens of answer, ${estimate.usd.toFixed(4)} US dollars together.`;
  await ask("budget", question, "policy.budget.approveAbove");

  async function ask(kind: "program" | "budget", text: string, why: string): Promise<void> {
    const [program = ""] = await cleanTexts(parts, [code]);
    const body = { text, arguments: [], program, calls: 0, data: [], about: [hash("sha256", `${kind} ${code}`)] };
    if (await parts.broker.ask({ kind, executionId, tool: "program", origins: [], body }, signal)) return;
    throw new SluiceError("approval_denied", `The program was shown to a person (${why}) and was not allowed to run`, {
      hint: "Tell the user what it was for; nothing of it has run",
    });
  }
}
