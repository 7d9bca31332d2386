import { createHash } from "node:crypto";
import { join } from "node:path";
import { SluiceError } from "../base/errors.ts";
import type { JsonObject } from "../base/json.ts";
import { limits } from "../base/limits.ts";
import { nextTurn } from "../base/next-turn.ts";
import type { JournalConfig } from "../config/config.ts";
import { createStore, type SqlValue, type Store } from "../store/store.ts";
import { createRecording, type Recording, readBatches, toAbout, toEnd, withoutFailure } from "./recording.ts";
import { type Run, runColumns, type RunRow, type RunStatus, toListed } from "./run.ts";
import { createRetention } from "./retention.ts";
import { type Step, toLine } from "./step.ts";
import { tables } from "./tables.ts";
import { createValues } from "./values.ts";

/** Seals what the journal holds; `about` is authenticated with it. */
export interface JournalKey {
  encrypt(text: string, about: string): string;
  decrypt(sealed: string, about: string): string;
  digest(text: string): string;
}

/** What a run is made of: what it takes to run it again. */
export interface Opening {
  code: string;
  /** Grant, limits and whatever else it was started with. */
  options: JsonObject;
}

/** A run while this process has it. */
export interface OpenRun {
  /** Undefined until it has started, and where nothing is recorded. */
  readonly recording: Recording | undefined;
  /** Keeps what the guest is started with, and opens the recording. */
  start(frame: string, engine: string): Promise<Recording | undefined>;
  /** The frame that it was started with before. */
  readonly startedWith: string | undefined;
  setStatus(status: "running" | "paused"): void;
  setProgress(progress: JsonObject): void;
  /** Whether somebody has asked for its end. */
  isStopAsked(): boolean;
  /** Says that it still goes on, with so many calls ended; throws where that cannot be written at once. */
  touch(calls: number): void;
  /** Keeps all that is not kept yet. */
  flush(): void;
  end(end: { status: RunStatus; errorCode?: string; outcome: string; calls: number }): void;
  /** Why it cannot be continued, if so. */
  unrecorded(): string | undefined;
}

/**
 * What runs did, so that they can be continued: append a step, read the next one that was recorded, and wait for
 * outside decisions by running the same again. Nothing else knows how it is kept.
 */
export interface Journal extends Disposable {
  begin(id: string, workspace: string, opening: Opening, toState: () => JsonObject): OpenRun;
  /** Takes a run over; throws what speaks against it. `retry`: the failure that ended it is asked for again. */
  take(id: string, toState: () => JsonObject, options: { engine: string; retry?: string }): OpenRun;
  opening(id: string): Opening;
  find(id: string): Run | undefined;
  /** Those of a workspace, newest first. */
  list(workspace: string, limit: number): Run[];
  outcome(id: string): string | undefined;
  steps(id: string): Step[];
  /** What it was started with, and the recording to be read only. */
  read(id: string): { startedWith: string | undefined; recording: Recording };
  /** Asks the process that has it to end it; one that nobody has is ended here. */
  askStop(id: string): void;
  /** A run that was taken and did not come to run is as it was. */
  putBack(run: Run): void;
  remove(id: string): Promise<void>;
}

export interface JournalOptions {
  stateDir: string;
  config: JournalConfig;
  key: () => JournalKey;
  /** This process, as others find it again. */
  owner: string;
  isAlive: (owner: string, touchedAt: number) => boolean;
  now?: () => number;
}

/** The frame that a guest was started with, and as it is kept. */
interface Start {
  sealed: string;
  frame: string;
}

const [BATCH_CHARS, PRUNE_EVERY] = [1_000_000, 20];

export function createJournal({ stateDir, config, key, owner, isAlive, now = Date.now }: JournalOptions): Journal {
  let opened: Store | undefined;
  let sealer: JournalKey | undefined;
  let begun = 0;
  const store = (): Store =>
    (opened ??= createStore(stateDir, { name: "journal.sqlite", tables, waitMs: limits.storeWaitMs }));
  const need = (): JournalKey => (sealer ??= key());
  const values = createValues(join(stateDir, "journal"), () =>
    createHash("sha256").update(need().digest("sluice journal values")).digest(),
  );
  const retention = createRetention({ store, values, config, now });
  const run = (sql: string, ...params: SqlValue[]): number => store().run(sql, params).changes;
  const seal = (id: string, text: string, about: string): string => need().encrypt(text, `${id} ${about}`);
  /** Where its record ends at least (`Recording.end`), and with which start (sealed) it began, if it has. */
  const sealEnd = (id: string, start = "", end = toAbout(0, "")): string => seal(id, `${end}\n${toEnd(start)}`, "end");
  const open = (id: string, sealed: string, about: string): string => need().decrypt(sealed, `${id} ${about}`);

  function openPart(id: string, sealed: string, about: string): string {
    try {
      return open(id, sealed, about);
    } catch (error) {
      if (error instanceof SluiceError) throw error;
      throw toDamage(id, about, error);
    }
  }

  function toDamage(id: string, about: string, cause?: unknown): SluiceError {
    return new SluiceError(
      "journal_damaged",
      `The journal of ${id} is damaged: its ${about} is not as it was written`,
      { hint: "It cannot be continued; run the program again", cause },
    );
  }

  /** The two lines of `sealEnd`. */
  function openEnding(id: string, sealed: string): { end: string; start: string } {
    const [end = "", start = ""] = openPart(id, sealed, "end").split("\n");
    return { end, start };
  }

  /** What it was started with; undefined where it never came to start. */
  function openStart(id: string): Start | undefined {
    const sql = "SELECT start, engine, ending FROM run WHERE id = ?";
    const row = store().get<{ start: string | null; engine: string | null; ending: string }>(sql, [id]);
    if (row === undefined) return undefined;
    // One that seems never to have started would begin again, and do everything twice.
    if (openEnding(id, row.ending).start !== toEnd(row.start ?? "")) throw toDamage(id, "start");
    if (row.start === null) return undefined;
    return { sealed: row.start, frame: openPart(id, row.start, `start by ${row.engine}`) };
  }

  /** One as a list shows it. */
  const toRun = (row: RunRow): Run => toListed(row, { isAlive, open });

  function find(id: string): Run | undefined {
    const row = store().get<RunRow>(`SELECT ${runColumns} FROM run WHERE id = ?`, [id]);
    return row === undefined ? undefined : toRun(row);
  }

  function needRun(id: string): Run {
    const found = find(id);
    if (found !== undefined) return found;
    throw new SluiceError("unknown_execution", `There is no run "${id.slice(0, 100)}" in the journal`, {
      hint: "`sluice runs ls` lists those that are kept",
    });
  }

  function readSteps(id: string): { steps: Step[]; last: string; batches: number } {
    const row = store().get<{ ending: string; unrecorded: string | null }>(
      "SELECT ending, unrecorded FROM run WHERE id = ?",
      [id],
    );
    if (row === undefined || row.unrecorded !== null) return { steps: [], last: "", batches: 0 };
    const batches = store().all<{ number: number; sealed: string }>(
      "SELECT number, sealed FROM batch WHERE run_id = ? ORDER BY number",
      [id],
    );
    const opened = (sealed: string, about: string): string => open(id, sealed, about);
    return { ...readBatches(batches, opened, openEnding(id, row.ending).end), batches: batches.length };
  }

  /** Writes other steps in the place of those there are. */
  function replaceSteps(
    id: string,
    start: Start | undefined,
    steps: readonly Step[],
  ): { last: string; batches: number; bytes: number } {
    let last = "";
    let batches = 0;
    let bytes = 0;
    const flush = (text: string): void => {
      const sealed = seal(id, text, toAbout(batches, last));
      run("INSERT INTO batch (run_id, number, sealed) VALUES (?, ?, ?)", id, batches, sealed);
      last = toEnd(sealed);
      batches += 1;
      bytes += sealed.length;
    };
    store().transaction(() => {
      run("DELETE FROM batch WHERE run_id = ?", id);
      let text = "";
      for (const step of steps) {
        text += `${text === "" ? "" : "\n"}${toLine(step)}`;
        if (text.length < BATCH_CHARS) continue;
        flush(text);
        text = "";
      }
      if (text !== "") flush(text);
      run(
        "UPDATE run SET bytes = ?, ending = ? WHERE id = ?",
        bytes,
        sealEnd(id, start?.sealed, toAbout(batches, last)),
        id,
      );
    });
    return { last, batches, bytes };
  }

  function toStore(id: string, start: string | undefined) {
    return {
      append: (number: number, sealed: string): void =>
        void run("INSERT INTO batch (run_id, number, sealed) VALUES (?, ?, ?)", id, number, sealed),
      withoutWaiting: (work: () => void): void => store().withoutWaiting(work),
      drop(reason: string): void {
        store().transaction(() => {
          run(
            "UPDATE run SET unrecorded = ?, bytes = 0, ending = ? WHERE id = ?",
            reason,
            sealEnd(id, start, "dropped"),
            id,
          );
          run("DELETE FROM batch WHERE run_id = ?", id);
        });
        void retention.dropValues(id).catch(() => undefined);
      },
      useValue: (digest: string): void =>
        void run("INSERT INTO value_use (run_id, digest) VALUES (?, ?) ON CONFLICT DO NOTHING", id, digest),
      seal: (text: string, about: string): string => seal(id, text, about),
    };
  }

  function openRun(
    id: string,
    recording: Recording | undefined,
    begun: Start | undefined,
    toState: () => JsonObject,
  ): OpenRun {
    let own = recording;
    let start = begun?.sealed;
    const toEnding = (): string => sealEnd(id, start, own?.end);
    return {
      get recording() {
        return own;
      },
      startedWith: begun?.frame,
      // Called anew after its sandbox broke before anything happened.
      async start(frame, engine) {
        const sealed = seal(id, frame, `start by ${engine}`);
        if (frame.length > limits.feltBytesMin) await nextTurn();
        start = sealed;
        own = createRecording({ store: toStore(id, start), values, bytesMax: config.bytesMax, toState });
        const started = [start, engine, toEnding(), id];
        store().transaction(() => {
          run("DELETE FROM batch WHERE run_id = ?", id);
          run("UPDATE run SET start = ?, engine = ?, bytes = 0, ending = ? WHERE id = ?", ...started);
        });
        own.begin();
        return own;
      },
      setStatus(status) {
        own?.flush();
        run("UPDATE run SET status = ?, touched_at = ?, ending = ? WHERE id = ?", status, now(), toEnding(), id);
      },
      setProgress: (progress) =>
        store().withoutWaiting(
          () =>
            void run("UPDATE run SET progress = ? WHERE id = ?", seal(id, JSON.stringify(progress), "progress"), id),
        ),
      isStopAsked: () =>
        store().get<{ stop_asked: number }>("SELECT stop_asked FROM run WHERE id = ?", [id])?.stop_asked === 1,
      touch: (calls) =>
        store().withoutWaiting(
          () =>
            void run(
              "UPDATE run SET touched_at = ?, calls = ?, bytes = ?, ending = ? WHERE id = ?",
              ...[now(), calls, own?.bytes ?? 0, toEnding(), id],
            ),
        ),
      flush() {
        own?.flush();
        run("UPDATE run SET ending = ? WHERE id = ?", toEnding(), id);
      },
      end({ status, errorCode, outcome, calls }) {
        own?.flush();
        run(
          "UPDATE run SET status = CASE WHEN stop_asked = 1 AND ?1 = 'killed' THEN 'cancelled' ELSE ?1 END, error_code = ?2, outcome = ?3, calls = ?4, bytes = ?5, touched_at = ?6, ending = ?7 WHERE id = ?8",
          ...[status, errorCode ?? null, seal(id, outcome, "outcome"), calls, own?.bytes ?? 0, now(), toEnding(), id],
        );
      },
      unrecorded: () => own?.ended,
    };
  }

  return {
    begin(id, workspace, opening, toState) {
      const codeSha256 = createHash("sha256").update(opening.code).digest("hex");
      run(
        "INSERT INTO run (id, created_at, touched_at, owner, workspace, status, code_sha256, opening, ending, stop_asked, calls, resumes, bytes) VALUES (?, ?, ?, ?, ?, 'running', ?, ?, ?, 0, 0, 0, 0)",
        ...[id, now(), now(), owner, workspace, codeSha256, seal(id, JSON.stringify(opening), "opening"), sealEnd(id)],
      );
      begun += 1;
      if (begun % PRUNE_EVERY === 1) void retention.prune().catch(() => undefined);
      return openRun(id, undefined, undefined, toState);
    },
    take(id, toState, { engine, retry }) {
      const found = needRun(id);
      if (found.unrecorded !== undefined)
        throw new SluiceError("not_resumable", `${id} cannot be continued: ${found.unrecorded}`, {
          hint: "Run the program again; what it did is done",
        });
      if (found.engine !== undefined && found.engine !== engine)
        throw new SluiceError(
          "not_resumable",
          `${id} was run by ${found.engine}, and here it would be run by ${engine}: another one may do otherwise`,
          { hint: "Continue it with the version and engine that it was started with, or run it again" },
        );
      const start = openStart(id);
      const read = readSteps(id);
      const kept = retry === undefined ? read.steps : withoutFailure(read.steps, retry);
      if (kept === undefined)
        throw new SluiceError(
          "not_resumable",
          `${id} cannot be continued: the program went on after ${retry ?? "its failure"}, and what it did then would be done twice`,
          { hint: "Run another program for what is left" },
        );
      const { changes } = store().run(
        `UPDATE run SET owner = ?, status = 'running', touched_at = ?, resumes = resumes + 1, stop_asked = 0, outcome = NULL, error_code = NULL WHERE id = ? AND owner = ? AND status = ? AND resumes = ?`,
        [owner, now(), id, found.owner, found.status, found.resumes],
      );
      if (changes !== 1)
        throw new SluiceError("not_resumable", `${id} was taken by another process just now`, {
          hint: "Wait for it there: `sluice runs show`",
        });
      const place = kept.length === read.steps.length ? { ...read, bytes: found.bytes } : replaceSteps(id, start, kept);
      const recording =
        start === undefined
          ? undefined
          : createRecording({
              ...{ store: toStore(id, start.sealed), values, bytesMax: config.bytesMax, toState },
              before: { steps: kept, batches: place.batches, bytes: place.bytes, last: place.last },
            });
      return openRun(id, recording, start, toState);
    },
    opening(id) {
      needRun(id);
      const row = store().get<{ opening: string; code_sha256: string }>(
        "SELECT opening, code_sha256 FROM run WHERE id = ?",
        [id],
      );
      return JSON.parse(openPart(id, row?.opening ?? "", "opening")) as Opening;
    },
    find,
    list: (workspace, limit) =>
      store()
        .all<RunRow>(`SELECT ${runColumns} FROM run WHERE workspace = ? ORDER BY created_at DESC LIMIT ?`, [
          workspace,
          limit,
        ])
        .map(toRun),
    outcome(id) {
      const row = store().get<{ outcome: string | null }>("SELECT outcome FROM run WHERE id = ?", [id]);
      // Empty: it was put back, and has none any more.
      return row?.outcome ? openPart(id, row.outcome, "outcome") : undefined;
    },
    steps: (id) => readSteps(id).steps,
    read(id) {
      const found = needRun(id);
      if (found.unrecorded !== undefined)
        throw new SluiceError("not_resumable", `${id} cannot be replayed: ${found.unrecorded}`);
      const read = readSteps(id);
      const nothing = {
        ...{ append: () => undefined, drop: () => undefined, useValue: () => undefined, seal: () => "" },
        withoutWaiting: () => undefined,
      };
      return {
        startedWith: openStart(id)?.frame,
        recording: createRecording({
          ...{ store: nothing, values, bytesMax: Number.POSITIVE_INFINITY, toState: () => ({}) },
          before: { steps: read.steps, batches: 0, bytes: 0, last: "" },
        }),
      };
    },
    askStop(id) {
      const found = needRun(id);
      if (found.isAlive) run("UPDATE run SET stop_asked = 1 WHERE id = ?", id);
      else run("UPDATE run SET status = 'cancelled' WHERE id = ?", id);
    },
    putBack: ({ id, status, errorCode, owner: before }) =>
      void run(
        "UPDATE run SET status = ?, error_code = ?, owner = ?, outcome = '' WHERE id = ?",
        ...[status, errorCode ?? null, before, id],
      ),
    async remove(id) {
      if (needRun(id).isAlive) throw new SluiceError("invalid_input", `${id} is running: cancel it first`);
      await retention.remove(id);
    },
    [Symbol.dispose]: () => opened?.close(),
  };
}
