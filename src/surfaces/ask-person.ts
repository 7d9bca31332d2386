import { userInfo } from "node:os";
import { createInterface } from "node:readline";
import { type Answer, answersTo, type Question, type Sluice } from "../runtime/sluice.ts";
import { SluiceError } from "../base/errors.ts";
import { toQuestionText } from "./question-text.ts";
import { readProof } from "./read-secret.ts";
import type { Terminal } from "./terminal.ts";

const answers: readonly { key: string; title: string; answer: Answer }[] = [
  { key: "y", title: "allow", answer: "allow-once" },
  { key: "a", title: "always allow", answer: "allow-always" },
  { key: "n", title: "deny", answer: "deny-once" },
  { key: "d", title: "always deny", answer: "deny-always" },
];

/** Somebody who is asked what programs of this process ask. Dispose it to stop. */
export interface Person extends Disposable {
  /** Asks what a program of another process waits for; gives false where nobody is asked, or was asked that before. */
  isAsked(questionId: string): boolean;
}

/**
 * Asks whoever sits at the terminal, one question after another. Where nobody does: nothing, or with `isWaiting` the
 * question is shown and waited for, to be answered by `sluice approvals`.
 */
export function askPerson(sluice: Sluice, terminal: Terminal, isWaiting: boolean): Person {
  const input = process.stdin;
  if (!input.isTTY || !process.stderr.isTTY) return isWaiting ? showOnly(sluice, terminal) : nobody;
  const stop = new AbortController();
  let last = Promise.resolve();
  const listening = listen(sluice, (question) => {
    last = last.then(() => ask(question)).catch(() => undefined);
  });

  async function ask(question: Question): Promise<void> {
    // Answered meanwhile, from elsewhere.
    if (!sluice.questions().some(({ id }) => id === question.id)) return;
    terminal.lines("stderr", `\n${toQuestionText(question)}`);
    const offered = answers.filter(({ answer }) => answersTo(question).includes(answer));
    const prompt = `${offered.map(({ key, title }) => `[${key}] ${title}`).join("  ")}: `;
    for (;;) {
      const said = (await read(prompt)).trim().toLowerCase();
      const chosen = offered.find(({ key }) => key === said);
      if (chosen !== undefined && (await answer(question, chosen.answer))) return;
    }
  }

  /** False: the word was another one, and the question is asked again. */
  async function answer(question: Question, said: Answer): Promise<boolean> {
    const proof = await readProof(sluice.approvalSecret.isNeeded(said), stop.signal);
    try {
      sluice.answer(question.id, said, userInfo().username, proof);
      return true;
    } catch (error) {
      if (!(error instanceof SluiceError && error.code === "approval_denied")) throw error;
      terminal.note(error.message);
      return false;
    }
  }

  async function read(prompt: string): Promise<string> {
    const lines = createInterface({ input, output: process.stderr });
    try {
      return await new Promise<string>((resolve, reject) => {
        stop.signal.addEventListener("abort", () => reject(stop.signal.reason as Error), { once: true });
        lines.once("close", () => reject(new DOMException("The terminal was closed", "AbortError")));
        lines.question(prompt, resolve);
      });
    } finally {
      lines.close();
    }
  }

  return {
    isAsked: (questionId) => listening.isAsked(questionId),
    [Symbol.dispose]() {
      listening[Symbol.dispose]();
      stop.abort();
    },
  };
}

const nobody: Person = { isAsked: () => false, [Symbol.dispose]: () => undefined };

function showOnly(sluice: Sluice, terminal: Terminal): Person {
  return listen(sluice, (question) =>
    terminal.lines("stderr", `${toQuestionText(question)}\nAnswer with \`sluice approvals allow ${question.id}\``),
  );
}

function listen(sluice: Sluice, show: (question: Question) => void): Person {
  const shown = new Set<string>();
  const showOnce = (question: Question): true => {
    shown.add(question.id);
    show(question);
    return true;
  };
  const stop = sluice.onQuestion(showOnce);
  return {
    isAsked(questionId) {
      const question = sluice.questions().find(({ id }) => id === questionId);
      return question !== undefined && !shown.has(questionId) && showOnce(question);
    },
    [Symbol.dispose]: stop,
  };
}
