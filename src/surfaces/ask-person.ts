import { userInfo } from "node:os";
import { createInterface } from "node:readline";
import type { Answer, Question, Sluice } from "../runtime/sluice.ts";
import { toQuestionText } from "./question-text.ts";
import type { Terminal } from "./terminal.ts";

const answers: Readonly<Record<string, Answer>> = {
  y: "allow-once",
  a: "allow-always",
  n: "deny-once",
  d: "deny-always",
};

/**
 * Asks whoever sits at the terminal, one question after another. Where nobody does: nothing, or with `isWaiting` the
 * question is shown and waited for, to be answered by `sluice approvals`. Dispose it to stop.
 */
export function askPerson(sluice: Sluice, terminal: Terminal, isWaiting: boolean): Disposable {
  const input = process.stdin;
  if (!input.isTTY || !process.stderr.isTTY) return isWaiting ? showOnly(sluice, terminal) : nothing;
  const stop = new AbortController();
  let last = Promise.resolve();
  const stopListening = sluice.onQuestion((question) => {
    last = last.then(() => ask(question)).catch(() => undefined);
    return true;
  });

  async function ask(question: Question): Promise<void> {
    // Answered meanwhile, from elsewhere.
    if (!sluice.questions().some(({ id }) => id === question.id)) return;
    terminal.note(`\n${toQuestionText(question)}`);
    const lines = createInterface({ input, output: process.stderr });
    try {
      for (;;) {
        const said = await read(lines);
        const answer = answers[said.trim().toLowerCase()];
        if (answer === undefined) continue;
        sluice.answer(question.id, answer, userInfo().username);
        return;
      }
    } finally {
      lines.close();
    }
  }

  function read(lines: ReturnType<typeof createInterface>): Promise<string> {
    return new Promise((resolve, reject) => {
      stop.signal.addEventListener("abort", () => reject(stop.signal.reason as Error), { once: true });
      lines.once("close", () => reject(new DOMException("The terminal was closed", "AbortError")));
      lines.question("[y] allow now  [a] always  [n] deny now  [d] always deny: ", resolve);
    });
  }

  return {
    [Symbol.dispose]() {
      stopListening();
      stop.abort();
    },
  };
}

const nothing: Disposable = { [Symbol.dispose]: () => undefined };

function showOnly(sluice: Sluice, terminal: Terminal): Disposable {
  const stop = sluice.onQuestion((question) => {
    terminal.note(`${toQuestionText(question)}\nAnswer with \`sluice approvals allow ${question.id}\``);
    return true;
  });
  return { [Symbol.dispose]: stop };
}
