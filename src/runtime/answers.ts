import type { Audit } from "../gateway/audit.ts";
import type { Broker } from "../gateway/broker.ts";
import type { Store } from "../store/store.ts";
import { createApprovalSecret } from "./approval-secret.ts";
import type { Sluice } from "./sluice.ts";

interface AnswersParts {
  store: Store;
  broker: Broker;
  audit: Pick<Audit, "record">;
}

/** What people say, whatever surface they say it on: all of it passes here, and is on record. */
export function createAnswers({
  store,
  broker,
  audit,
}: AnswersParts): Pick<Sluice, "questions" | "answer" | "rememberedAnswers" | "forgetAnswers" | "approvalSecret"> {
  const approvalSecret = createApprovalSecret(store);
  return {
    approvalSecret,
    questions: (options) => broker.list(options),
    rememberedAnswers: () => broker.listRemembered(),
    answer(id, answer, by, proof = {}) {
      approvalSecret.checkAnswer(answer, proof);
      const question = broker.answer(id, answer, by);
      audit.record({ kind: "question-answered", questionId: id, answer, by });
      return question;
    },
    forgetAnswers(pattern, by, secret) {
      approvalSecret.check(secret);
      const taken = broker.forget(pattern);
      for (const { kind, origins, tool, answer } of taken)
        audit.record({ kind: "answer-forgotten", about: kind, from: [...origins], tool, answer, by });
      return taken;
    },
  };
}
