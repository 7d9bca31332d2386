import { randomBytes } from "node:crypto";
import type { ElicitRequestFormParams, InputRequiredResult, Server, ServerContext } from "@modelcontextprotocol/server";
import {
  CLIENT_CAPABILITIES_META_KEY,
  createRequestStateCodec,
  inputRequired,
  inputResponse,
} from "@modelcontextprotocol/server";
import { isJsonObject, type Json } from "../base/json.ts";
import { limits } from "../base/limits.ts";
import type { ExecutionResult } from "../runtime/outcome.ts";
import { type Answer, answersTo, type Question, type Sluice, type WaitOptions } from "../runtime/sluice.ts";
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
    // rejected in revisions whose servers cannot ask by themselves: there the answer of the request asks
    return server.elicitInput(toDialog(sluice, question), { timeout: limits.questionMs }).then(
      ({ action, content }) => take(sluice, question, action, content),
      () => false,
    );
  });
}

/** What a request that waits for a person is continued with. */
interface Round {
  executionId: string;
  /** Identifiers of the questions that were shown. */
  questions: string[];
  /** From 1. */
  number: number;
}

/**
 * The same since revision 2026-07-28, where a server cannot ask by itself: the answer to the request holds the dialogs,
 * and the client sends the request again with what the person said.
 * https://modelcontextprotocol.io/specification/2026-07-28/basic/patterns/mrtr
 */
export interface Rounds {
  /** For `ServerOptions.requestState`: a client can neither make a round up nor answer what it was not shown. */
  verify(state: string, context: ServerContext): Promise<Round>;
  /**
   * The answer of a request that runs a program or a tool: what `start` gives, or, if the person has answered, what the
   * execution goes on to. Dialogs in its place if it waits for a person who can be asked and did not close them.
   */
  answer<Result>(
    context: ServerContext,
    work: {
      start(): Promise<ExecutionResult>;
      resume(executionId: string, options: Pick<WaitOptions, "answerMs">): Promise<ExecutionResult>;
      toResult(result: ExecutionResult): Result;
    },
  ): Promise<Result | InputRequiredResult>;
}

export function createRounds(sluice: Sluice): Rounds {
  const codec = createRequestStateCodec<Round>({ key: randomBytes(32), ttlSeconds: limits.questionMs / 1_000 });
  const openQuestions = (ids: readonly string[]): Question[] => sluice.questions().filter(({ id }) => ids.includes(id));

  return {
    verify: (state, context) => codec.verify(state, context),
    async answer(context, work) {
      const { requestState, inputResponses } = context.mcpReq;
      const round = requestState<Round>();
      let wasClosed = false;
      for (const question of openQuestions(round?.questions ?? [])) {
        const said = inputResponse(inputResponses, question.id);
        if (said.kind !== "elicit" || !take(sluice, question, said.action, said.content)) wasClosed = true;
      }
      // who closed the dialog is told `paused`, and not kept waiting for somebody else's answer
      const wait = wasClosed ? { answerMs: 0 } : {};
      const result = await (round === undefined ? work.start() : work.resume(round.executionId, wait));
      const number = (round?.number ?? 0) + 1;
      if (wasClosed || number > limits.dialogRoundsMax || !canElicit(context)) return work.toResult(result);
      const questions = openQuestions((result.pending ?? []).map(({ id }) => id));
      if (questions.length === 0) return work.toResult(result);
      return inputRequired({
        inputRequests: Object.fromEntries(
          questions.map((question) => [question.id, inputRequired.elicit(toDialog(sluice, question))]),
        ),
        requestState: await codec.mint({
          ...{ executionId: result.executionId, questions: questions.map(({ id }) => id), number },
        }),
      });
    },
  };
}

/** Whether the client says with this request, as all do since 2026-07-28, that it can show a form. */
function canElicit({ mcpReq }: ServerContext): boolean {
  const capabilities = (mcpReq.envelope as Record<string, Json> | undefined)?.[CLIENT_CAPABILITIES_META_KEY];
  const elicitation = isJsonObject(capabilities) ? capabilities["elicitation"] : undefined;
  return isJsonObject(elicitation) && (elicitation["form"] !== undefined || Object.keys(elicitation).length === 0);
}

function toOffered(sluice: Sluice, question: Question): typeof answers {
  return answers.filter(
    ({ answer }) => answersTo(question).includes(answer) && !sluice.approvalSecret.isNeeded(answer, "dialog"),
  );
}

function toDialog(sluice: Sluice, question: Question): ElicitRequestFormParams {
  return {
    message: toQuestionText(question),
    requestedSchema: {
      type: "object",
      properties: {
        answer: {
          type: "string",
          title: "Answer",
          oneOf: toOffered(sluice, question).map(({ answer, title }) => ({ const: answer, title })),
        },
      },
      required: ["answer"],
    },
  };
}

/** False: the dialog was closed, or says what it did not offer. */
function take(
  sluice: Sluice,
  question: Question,
  action: "accept" | "decline" | "cancel",
  content: Record<string, unknown> | undefined,
): boolean {
  const chosen = toOffered(sluice, question).find(({ answer }) => answer === content?.["answer"])?.answer;
  const said = action === "decline" ? "deny-once" : action === "accept" ? chosen : undefined;
  if (said === undefined) return false;
  sluice.answer(question.id, said, "the client's user", { from: "dialog" });
  return true;
}
