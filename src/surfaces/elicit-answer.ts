import type { Server } from "@modelcontextprotocol/server";
import { limits } from "../base/limits.ts";
import { type Answer, answersTo, type Question, type Sluice } from "../runtime/sluice.ts";
import { toQuestionText } from "./question-text.ts";

const answers: readonly { answer: Answer; title: string }[] = [
  { answer: "allow-once", title: "Allow" },
  { answer: "allow-always", title: "Always allow" },
  { answer: "deny-once", title: "Deny" },
  { answer: "deny-always", title: "Always deny" },
];

/**
 * Asks the person at the client, by MCP elicitation, where the client can: a dialog that the model neither sees nor
 * fills in. Gives back how to stop.
 */
export function elicitAnswers(sluice: Sluice, server: Server): () => void {
  return sluice.onQuestion((question) => {
    const { elicitation } = server.getClientCapabilities() ?? {};
    if (elicitation === undefined || server.transport === undefined) return false;
    return ask(sluice, server, question).catch(() => false);
  });
}

/** False: the dialog was closed without an answer, or the client cannot show one in this revision. */
async function ask(sluice: Sluice, server: Server, question: Question): Promise<boolean> {
  const offered = answers.filter(
    ({ answer }) => answersTo(question).includes(answer) && !sluice.approvalSecret.isNeeded(answer, "dialog"),
  );
  const { action, content } = await server.elicitInput(
    {
      message: toQuestionText(question),
      requestedSchema: {
        type: "object",
        properties: {
          answer: {
            type: "string",
            title: "Answer",
            oneOf: offered.map(({ answer, title }) => ({ const: answer, title })),
          },
        },
        required: ["answer"],
      },
    },
    { timeout: limits.questionMs },
  );
  const chosen = offered.find(({ answer }) => answer === content?.["answer"])?.answer;
  if (action === "cancel" || (action === "accept" && chosen === undefined)) return false;
  const said = action === "accept" ? (chosen ?? "deny-once") : "deny-once";
  sluice.answer(question.id, said, "the client's user", { from: "dialog" });
  return true;
}
