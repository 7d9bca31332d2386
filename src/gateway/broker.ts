import { randomBytes } from "node:crypto";
import { SluiceError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { Store } from "../store/store.ts";

/** `edge`: may personal data go there; `approval`: may this tool be called; `flow`: may it be after what was read; `program`: may this program run; `budget`: may it cost this. */
export type QuestionKind = "edge" | "approval" | "flow" | "program" | "budget";
/** `once`: for this question only; `always`: for every such question from now on. */
export type Answer = "allow-once" | "allow-always" | "deny-once" | "deny-always";

/** What a person is asked. Everything in it may be shown: arguments hold tokens, samples are masked. */
export interface Question {
  id: string;
  kind: QuestionKind;
  executionId: string;
  /** Address. */
  tool: string;
  /** Servers that the data came from; empty where it is about the call alone. */
  origins: readonly string[];
  body: QuestionBody;
  /** Milliseconds since the epoch. */
  createdAt: number;
  expiresAt: number;
  answer?: Answer | "expired";
  answeredBy?: string;
}

export interface QuestionBody {
  /** One sentence. */
  text: string;
  /** Of the calls that are asked about together, each one (where it is about a flow of data, the first ones); JSON with tokens. */
  arguments: string[];
  /** The line of the program that makes the first call. */
  site?: { line: number; text: string };
  /** The whole program, where it is about that. */
  program?: string;
  calls: number;
  /** Class → how many values, and some of them masked. */
  data: { class: string; values: number; samples: string[]; paths: string[] }[];
}

/** Asks a person, by whoever can show a question here, and from any other process through the store. */
export interface Broker extends Disposable {
  /** Waits for the answer; `false` also when nobody gave one in time. Rejects only if the signal aborts. */
  ask(question: Omit<Question, "id" | "createdAt" | "expiresAt">, signal: AbortSignal): Promise<boolean>;
  /** What was said once for all. */
  remembered(kind: QuestionKind, origins: readonly string[], tool: string): "allow" | "deny" | undefined;
  /** Those of one execution that wait now. */
  pending(executionId: string): Question[];
  /** Newest last; only those that wait, or all that are kept. */
  list(options?: { all?: boolean }): Question[];
  find(id: string): Question;
  answer(id: string, answer: Answer, by: string): Question;
  /** Tells `listener` of each new question. Gives back how to stop. */
  onQuestion(listener: Asker): () => void;
  /** Told how many questions of an execution wait, whenever that changes, and whether all of them are shown here. */
  onWaiting(listener: (executionId: string, waiting: number, isShown: boolean) => void): () => void;
}

/** True: it is being shown to a person here; a promise: until it gives false. */
export type Asker = (question: Question) => boolean | Promise<boolean>;

interface Row {
  id: string;
  kind: QuestionKind;
  execution_id: string;
  tool: string;
  origins: string;
  body: string;
  created_at: number;
  expires_at: number;
  answer: Answer | null;
  answered_by: string | null;
}

const columns = "id, kind, execution_id, tool, origins, body, created_at, expires_at, answer, answered_by";

interface Waiting {
  question: Question;
  isShown: boolean;
  settle: (answer: Answer | "expired") => void;
}

export function createBroker(store: Store, { now = Date.now }: { now?: () => number } = {}): Broker {
  const waiting = new Map<string, Waiting>();
  const askers = new Set<Asker>();
  const watchers = new Set<(executionId: string, waiting: number, isShown: boolean) => void>();
  let polling: NodeJS.Timeout | undefined;

  function poll(): void {
    for (const { question, settle } of waiting.values()) {
      const row = store.get<Row>(`SELECT ${columns} FROM question WHERE id = ?`, [question.id]);
      if (row?.answer) settle(row.answer);
      else if (row === undefined || now() >= question.expiresAt) settle("expired");
    }
  }

  function watch(): void {
    if (waiting.size > 0) polling ??= setInterval(poll, limits.questionPollMs).unref();
    else {
      clearInterval(polling);
      polling = undefined;
    }
  }

  function tell(executionId: string): void {
    const own = [...waiting.values()].filter(({ question }) => question.executionId === executionId);
    for (const watcher of watchers)
      watcher(
        executionId,
        own.length,
        own.every(({ isShown }) => isShown),
      );
  }

  function show(entry: Waiting, shown: boolean | Promise<boolean>): void {
    if (shown === false) return;
    entry.isShown = true;
    if (shown === true) return;
    void shown.then((isStill) => {
      if (isStill || !waiting.has(entry.question.id)) return;
      entry.isShown = false;
      tell(entry.question.executionId);
    });
  }

  function find(id: string): Question {
    const row = store.get<Row>(`SELECT ${columns} FROM question WHERE id = ?`, [id]);
    if (row !== undefined) return toQuestion(row, now());
    throw new SluiceError("unknown_question", `There is no question "${id.slice(0, 100)}"`, {
      hint: "`sluice approvals ls` lists those that wait",
    });
  }

  function prune(): void {
    store.run(
      "DELETE FROM question WHERE expires_at < ? AND id NOT IN (SELECT id FROM question ORDER BY created_at DESC LIMIT ?)",
      [now(), limits.questionsKeptMax],
    );
  }

  return {
    async ask(asked, signal) {
      if (waiting.size >= limits.questionsPendingMax)
        throw new SluiceError("approval_unavailable", `${waiting.size} questions wait already (questionsPendingMax)`);
      const createdAt = now();
      const id = `q_${randomBytes(4).toString("hex")}`;
      const question: Question = { ...asked, id, createdAt, expiresAt: createdAt + limits.questionMs };
      prune();
      store.run(`INSERT INTO question (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL)`, [
        ...[id, question.kind, question.executionId, question.tool, JSON.stringify(question.origins)],
        ...[JSON.stringify(question.body), createdAt, question.expiresAt],
      ]);
      try {
        const answer = await new Promise<Answer | "expired">((resolve, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
          if (signal.aborted) return reject(signal.reason as Error);
          const entry: Waiting = { question, isShown: false, settle: resolve };
          waiting.set(id, entry);
          watch();
          for (const asker of askers) show(entry, asker(question));
          tell(question.executionId);
        });
        return answer === "allow-once" || answer === "allow-always";
      } catch (error) {
        // Nobody waits for it any more: it is not to be answered.
        store.run("UPDATE question SET expires_at = ? WHERE id = ? AND answer IS NULL", [now(), id]);
        throw error;
      } finally {
        waiting.delete(id);
        watch();
        tell(question.executionId);
      }
    },
    remembered(kind, origins, tool) {
      const row = store.get<{ answer: "allow" | "deny" }>(
        "SELECT answer FROM remembered_answer WHERE kind = ? AND origins = ? AND tool = ?",
        [kind, JSON.stringify(origins), tool],
      );
      return row?.answer;
    },
    pending: (executionId) =>
      [...waiting.values()].map(({ question }) => question).filter((question) => question.executionId === executionId),
    list({ all = false } = {}) {
      const rows = store.all<Row>(`SELECT ${columns} FROM question ORDER BY created_at`);
      const questions = rows.map((row) => toQuestion(row, now()));
      return all ? questions : questions.filter(({ answer }) => answer === undefined);
    },
    find,
    answer(id, answer, by) {
      const question = find(id);
      if (question.answer !== undefined)
        throw new SluiceError("unknown_question", `The question ${id} waits no longer: ${question.answer}`);
      if (answer.endsWith("-always") && (question.kind === "program" || question.kind === "budget"))
        throw new SluiceError("invalid_input", `An answer about a ${question.kind} holds for this one only`, {
          hint: "Answer without --always",
        });
      store.transaction(() => {
        store.run("UPDATE question SET answer = ?, answered_at = ?, answered_by = ? WHERE id = ? AND answer IS NULL", [
          ...[answer, now(), by, id],
        ]);
        if (!answer.endsWith("-always")) return;
        store.run(
          "INSERT OR REPLACE INTO remembered_answer (kind, origins, tool, answer, answered_at) VALUES (?, ?, ?, ?, ?)",
          [
            ...[question.kind, JSON.stringify(question.origins), question.tool],
            ...[answer.startsWith("allow") ? "allow" : "deny", now()],
          ],
        );
      });
      waiting.get(id)?.settle(answer);
      return { ...question, answer, answeredBy: by };
    },
    onQuestion(listener) {
      askers.add(listener);
      return () => void askers.delete(listener);
    },
    onWaiting(listener) {
      watchers.add(listener);
      return () => void watchers.delete(listener);
    },
    [Symbol.dispose]() {
      clearInterval(polling);
      for (const { settle } of waiting.values()) settle("expired");
    },
  };
}

function toQuestion(row: Row, now: number): Question {
  const { id, kind, tool } = row;
  const answer = row.answer ?? (now >= row.expires_at ? "expired" : undefined);
  return {
    ...{ id, kind, executionId: row.execution_id, tool, origins: JSON.parse(row.origins) as string[] },
    ...{
      body: JSON.parse(row.body) as QuestionBody,
      createdAt: row.created_at,
      expiresAt: row.expires_at,
    },
    ...(answer === undefined ? {} : { answer }),
    ...(row.answered_by === null ? {} : { answeredBy: row.answered_by }),
  };
}
