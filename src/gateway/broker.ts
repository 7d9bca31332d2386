import { randomBytes } from "node:crypto";
import { createBackground, createQuietly } from "../base/background.ts";
import { SluiceError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { Store } from "../store/store.ts";
import { matchesPattern } from "./pattern.ts";
import { toShownBody } from "./shown-question.ts";

/** `edge`: may personal data go there; `approval`: may this tool be called; `flow`: may it be after what was read; `program`: may this program run; `budget`: may it cost this; `repeat`: may a call be made that may have been made before. */
export type QuestionKind = "edge" | "approval" | "flow" | "program" | "budget" | "repeat";
/** `once`: for this question only; `always`: a no for every such question from now on, a yes from the next start on. */
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
  /** What a yes holds for, in a sentence; the broker adds it. */
  holds?: string;
  /** JSON with tokens, of each of the calls that are asked about together, alike ones as one with `× 19`; where it is about a flow of data of the first ones, and then how many more there are. */
  arguments: string[];
  /** The line of the program that makes the first call. */
  site?: { line: number; text: string };
  /** Digests of what is asked about: an execution that goes on after its process ended asks about the same again. */
  about?: string[];
  /** The whole program, where it is about that. */
  program?: string;
  /** All that are asked about, alike ones too. */
  calls: number;
  /** Class → how many values, and some of them masked. */
  data: { class: string; values: number; samples: string[]; paths: string[] }[];
}

/** What was said once for all. */
export interface RememberedAnswer {
  kind: QuestionKind;
  origins: readonly string[];
  tool: string;
  answer: "allow" | "deny";
  /** Milliseconds since 1970. */
  answeredAt: number;
}

/** A question before it is one. */
type Asked = Omit<Question, "id" | "createdAt" | "expiresAt">;

/** Asks a person, by whoever can show a question here, and from any other process through the store. */
export interface Broker extends Disposable {
  /** Waits for the answer; `false` also when nobody gave one in time. Rejects only if the signal aborts. */
  ask(question: Asked, signal: AbortSignal): Promise<boolean>;
  /** What was said once for all: a yes only if it was there when this process began, and still is. */
  remembered(kind: QuestionKind, origins: readonly string[], tool: string): "allow" | "deny" | undefined;
  /** What was there when this process began: what of it still is, is in force. */
  readonly atStart: readonly RememberedAnswer[];
  /** What is kept of what was said once for all, newest first. */
  listRemembered(): RememberedAnswer[];
  /** Takes back what was said once for all about tools whose address fits; gives what that was. At once, in every process. */
  forget(pattern: string): RememberedAnswer[];
  /** Those of one execution that wait now. */
  pending(executionId: string): Question[];
  /** Newest last; only those that wait, or all that are kept. */
  list(options?: { all?: boolean }): Question[];
  find(id: string): Question;
  answer(id: string, answer: Answer, by: string): Question;
  /** What an execution asked and nobody has answered is not to be answered any more: nobody waits for it. */
  withdraw(executionId: string): void;
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

/** `log` is told where it cannot be seen whether another process has answered. */
export function createBroker(
  store: Store,
  { now = Date.now, log = () => undefined }: { now?: () => number; log?: (line: string) => void } = {},
): Broker {
  const quietly = createQuietly("questions", log);
  const atStart = readRemembered(store, limits.rememberedAnswersMax);
  // A yes that comes while it runs, by whoever can write the store, opens nothing here.
  const allowed = new Map(
    atStart.filter(({ answer }) => answer === "allow").map((one) => [toKey(one), one.answeredAt]),
  );
  const waiting = new Map<string, Waiting>();
  const askers = new Set<Asker>();
  const watchers = new Set<(executionId: string, waiting: number, isShown: boolean) => void>();
  const polling = createBackground(poll, { name: "questions", ms: limits.questionPollMs, log });

  function poll(): void {
    for (const { question, settle } of waiting.values()) {
      const row = store.get<Row>(`SELECT ${columns} FROM question WHERE id = ?`, [question.id]);
      if (row?.answer) settle(row.answer);
      else if (row === undefined || now() >= question.expiresAt) settle("expired");
    }
    watch();
  }

  function watch(): void {
    if (waiting.size > 0) polling.ask();
    else polling.forget();
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

  /** What was asked about the same before, in the same execution: its process may have gone since. */
  function askedBefore({ executionId, kind, tool, origins }: Asked): Question[] {
    return store
      .all<Row>(`SELECT ${columns} FROM question WHERE execution_id = ? AND kind = ? AND tool = ? AND origins = ?`, [
        ...[executionId, kind, tool, JSON.stringify(origins)],
      ])
      .map((row) => toQuestion(row, now()));
  }

  /** What was said of all that is asked about now. Nothing that was said of something else counts. */
  function findAnswer({ body }: Asked, before: readonly Question[]): boolean | undefined {
    const said = new Map<string, boolean>();
    for (const { answer, body: asked } of before)
      if (answer !== undefined && answer !== "expired")
        for (const about of asked.about ?? []) said.set(about, isYes(answer));
    const answers = body.about?.map((about) => said.get(about)) ?? [];
    if (answers.length === 0 || answers.includes(undefined)) return undefined;
    return !answers.includes(false);
  }

  /** The one that already waits for the same, of a process that is gone. */
  function findWaiting({ body }: Asked, before: readonly Question[]): Question | undefined {
    if (body.about === undefined) return undefined;
    const about = JSON.stringify(body.about);
    return before.find(
      ({ id, answer, body: asked }) =>
        answer === undefined && !waiting.has(id) && JSON.stringify(asked.about) === about,
    );
  }

  function prune(): void {
    store.run(
      "DELETE FROM question WHERE expires_at < ? AND id NOT IN (SELECT id FROM question ORDER BY created_at DESC LIMIT ?)",
      [now(), limits.questionsKeptMax],
    );
  }

  return {
    async ask(given, signal) {
      const asked = { ...given, body: toShownBody(given.kind, given.body) };
      const before = askedBefore(asked);
      const answered = findAnswer(asked, before);
      if (answered !== undefined) return answered;
      if (waiting.size >= limits.questionsPendingMax)
        throw new SluiceError("approval_unavailable", `${waiting.size} questions wait already (questionsPendingMax)`);
      const createdAt = now();
      const question = findWaiting(asked, before) ?? {
        ...{ ...asked, id: `q_${randomBytes(4).toString("hex")}`, createdAt, expiresAt: createdAt + limits.questionMs },
      };
      const { id } = question;
      prune();
      store.run(
        `INSERT INTO question (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL) ON CONFLICT DO NOTHING`,
        [
          ...[id, question.kind, question.executionId, question.tool, JSON.stringify(question.origins)],
          ...[JSON.stringify(question.body), question.createdAt, question.expiresAt],
        ],
      );
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
        return isYes(answer);
      } catch (error) {
        // Nobody waits for it any more: it is not to be answered, unless the execution may go on later.
        if (!(error instanceof SluiceError && error.code === "interrupted"))
          void quietly(
            () => void store.run("UPDATE question SET expires_at = ? WHERE id = ? AND answer IS NULL", [now(), id]),
          );
        throw error;
      } finally {
        waiting.delete(id);
        watch();
        tell(question.executionId);
      }
    },
    remembered(kind, origins, tool) {
      const row = store.get<Pick<RememberedRow, "answer" | "answered_at">>(
        "SELECT answer, answered_at FROM remembered_answer WHERE kind = ? AND origins = ? AND tool = ?",
        [kind, JSON.stringify(origins), tool],
      );
      const isNew = row?.answered_at !== allowed.get(toKey({ kind, origins, tool }));
      return row?.answer === "allow" && isNew ? undefined : row?.answer;
    },
    atStart,
    listRemembered: () => readRemembered(store),
    forget(pattern) {
      return store.transaction(() => {
        const taken = readRemembered(store).filter(({ tool }) => matchesPattern(pattern, tool));
        for (const { kind, origins, tool } of taken)
          store.run("DELETE FROM remembered_answer WHERE kind = ? AND origins = ? AND tool = ?", [
            ...[kind, JSON.stringify(origins), tool],
          ]);
        return taken;
      });
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
      if (!answersTo(question).includes(answer))
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
    withdraw: (executionId) =>
      void quietly(() => {
        const sql =
          "UPDATE question SET expires_at = ?1 WHERE execution_id = ?2 AND answer IS NULL AND expires_at > ?1";
        store.run(sql, [now(), executionId]);
      }),
    onQuestion(listener) {
      askers.add(listener);
      return () => void askers.delete(listener);
    },
    onWaiting(listener) {
      watchers.add(listener);
      return () => void watchers.delete(listener);
    },
    [Symbol.dispose]() {
      polling.forget();
      for (const { settle } of waiting.values()) settle("expired");
    },
  };
}

function isYes(answer: Answer | "expired"): boolean {
  return answer === "allow-once" || answer === "allow-always";
}

/** What can be answered: about a program, a budget or a call that is made again it holds for that one alone. */
export function answersTo({ kind }: Pick<Question, "kind">): readonly Answer[] {
  const once: readonly Answer[] = ["allow-once", "deny-once"];
  const isForOne = kind === "program" || kind === "budget" || kind === "repeat";
  return isForOne ? once : [...once, "allow-always", "deny-always"];
}

interface RememberedRow {
  kind: QuestionKind;
  origins: string;
  tool: string;
  answer: "allow" | "deny";
  answered_at: number;
}

/** Newest first; `-1`: all of them. */
function readRemembered(store: Store, max = -1): RememberedAnswer[] {
  return store
    .all<RememberedRow>(
      "SELECT kind, origins, tool, answer, answered_at FROM remembered_answer ORDER BY answered_at DESC LIMIT ?",
      [max],
    )
    .map(({ origins, answered_at: answeredAt, ...row }) => ({
      ...row,
      origins: JSON.parse(origins) as string[],
      answeredAt,
    }));
}

function toKey({ kind, origins, tool }: Pick<RememberedAnswer, "kind" | "origins" | "tool">): string {
  return JSON.stringify([kind, origins, tool]);
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
