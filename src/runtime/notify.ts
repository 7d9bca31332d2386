import { createHmac } from "node:crypto";
import { toMessage } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { NotifyConfig } from "../config/config.ts";
import { createAnswerLinks } from "./answer-links.ts";
import type { Events, Sluice } from "./sluice.ts";

export interface NotifyParts {
  events: Events;
  answers: Pick<Sluice, "answer" | "questions">;
  log: (line: string) => void;
}

/**
 * Tells a webhook of questions and alerts. Each request is signed: `Sluice-Signature: t=<seconds>,v1=<hex>`, the
 * HMAC-SHA256 of `<t>.<body>` with the secret. A question comes with a link to this machine on which it can be answered
 * once, until it expires.
 */
export function createNotify({ url, secret }: NotifyConfig, { events, answers, log }: NotifyParts): AsyncDisposable {
  const links = createAnswerLinks(
    (id, said) => answers.answer(id, said, "link", { from: "dialog" }),
    (id) => answers.questions().some((question) => question.id === id),
  );
  const stop = new AbortController();

  async function send(message: object): Promise<void> {
    const body = JSON.stringify(message);
    for (let attempt = 1; ; attempt += 1) {
      try {
        const seconds = Math.floor(Date.now() / 1_000);
        const signature = createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex");
        const response = await fetch(url, {
          ...{ method: "POST", body, redirect: "error" },
          headers: { "content-type": "application/json", "sluice-signature": `t=${seconds},v1=${signature}` },
          signal: AbortSignal.any([stop.signal, AbortSignal.timeout(limits.notifyMs)]),
        });
        await response.body?.cancel();
        if (response.ok) return;
        throw new TypeError(`it answered HTTP ${response.status}`);
      } catch (error) {
        if (stop.signal.aborted) return;
        if (attempt >= limits.notifyAttemptsMax)
          return log(`approvals.notify: the webhook was not reached: ${toMessage(error)}`);
        await new Promise((resolve) => setTimeout(resolve, 200 * 4 ** attempt).unref());
      }
    }
  }

  const stopListening = events.on((event) => {
    if (event.kind === "alert") {
      const { kind: type, ...alert } = event;
      void send({ type, ...alert });
    }
    if (event.kind !== "question-asked") return;
    const { id, kind, executionId, tool, origins, body, expiresAt } = event.question;
    void links
      .linkOf(event.question)
      .then((link) =>
        send({
          ...{ type: "question", id, kind, executionId, tool, origins, link },
          ...{ text: body.text, arguments: body.arguments, data: body.data, site: body.site, holds: body.holds },
          expiresAt: new Date(expiresAt).toISOString(),
        }),
      )
      .catch((error: unknown) => log(`approvals.notify: ${toMessage(error)}`));
  });

  return {
    async [Symbol.asyncDispose]() {
      stopListening();
      stop.abort();
      await links[Symbol.asyncDispose]();
    },
  };
}
