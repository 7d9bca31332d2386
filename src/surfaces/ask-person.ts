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

/** Asks whoever sits at the terminal, one question after another; where nobody does, nothing. Dispose it to stop. */
export function askPerson(sluice: Sluice, terminal: Terminal, input: NodeJS.ReadStream = process.stdin): Disposable {
  if (!input.isTTY || !process.stderr.isTTY) return { [Symbol.dispose]: () => undefined };
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
