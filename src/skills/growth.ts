import { hash } from "node:crypto";
import { limits } from "../base/limits.ts";
import type { Store } from "../store/store.ts";
import { type ProgramShape, toLikeness, toProgramShape } from "./program-shape.ts";

/** Executions up to which a stage goes: how a toolbox grows is seen over the first ten, the next ninety and the rest. */
const stages = [10, 100, Number.POSITIVE_INFINITY] as const;
const stageNames = ["1–10", "11–100", "100+"] as const;
/** Share of their shape that programs of one kind have in common, and how many of them make a suggestion. */
const LIKENESS_MIN = 0.7;
const LIKE_MIN = 3;
/** Parts that a program has at least: shorter ones are alike by chance, and soon written. */
const SHAPE_MIN = 16;

/** One stage of the growth. */
export interface GrowthStage {
  runs: string;
  executions: number;
  completed: number;
  /** Those that called at least one skill. */
  withSkill: number;
  /** Estimated tokens of what was written. */
  codeTokens: number;
}

/** How programs come to call skills, over all processes of a state directory. */
export interface Growth {
  /** Counts an execution once, however often it goes on: false for one that was counted before, of which only its completion counts. */
  add(run: { executionId: string; isCompleted: boolean; hasSkill: boolean; codeTokens: number }): boolean;
  stages(): GrowthStage[];
  /** Takes a program that has done its work without a skill; gives the earlier ones like it when there are enough to say so. */
  noteShape(executionId: string, code: string): string[];
}

export function createGrowth(store: Store, now: () => number): Growth {
  function noteOpen(executionId: string, stage: number): void {
    store.run("INSERT OR REPLACE INTO skill_growth_open (execution_id, stage, ended_at) VALUES (?, ?, ?)", [
      ...[executionId, stage, now()],
    ]);
    store.run(
      "DELETE FROM skill_growth_open WHERE execution_id NOT IN (SELECT execution_id FROM skill_growth_open ORDER BY ended_at DESC LIMIT ?)",
      [limits.journalKeepRuns],
    );
  }

  return {
    add: ({ executionId, isCompleted, hasSkill, codeTokens }) =>
      store.transaction(() => {
        const before = store.get<{ stage: number }>("SELECT stage FROM skill_growth_open WHERE execution_id = ?", [
          executionId,
        ]);
        const total = store.get<{ total: number }>("SELECT COALESCE(SUM(executions), 0) AS total FROM skill_growth");
        const stage = before?.stage ?? stages.findIndex((last) => (total?.total ?? 0) < last);
        const first = before === undefined ? 1 : 0;
        store.run(
          `INSERT INTO skill_growth (stage, executions, completed, with_skill, code_tokens) VALUES (?, ?, ?, ?, ?)
           ON CONFLICT (stage) DO UPDATE SET executions = executions + excluded.executions,
           completed = completed + excluded.completed, with_skill = with_skill + excluded.with_skill,
           code_tokens = code_tokens + excluded.code_tokens`,
          [stage, first, isCompleted ? 1 : 0, hasSkill ? first : 0, first * codeTokens],
        );
        if (isCompleted) store.run("DELETE FROM skill_growth_open WHERE execution_id = ?", [executionId]);
        else noteOpen(executionId, stage);
        return before === undefined;
      }),
    stages() {
      const rows = store.all<Omit<GrowthStage, "runs"> & { stage: number }>(
        `SELECT stage, executions, completed, with_skill AS "withSkill", code_tokens AS "codeTokens" FROM skill_growth`,
      );
      return stageNames.map((runs, stage) => {
        const { stage: _, ...found } = rows.find((row) => row.stage === stage) ?? {
          ...{ stage, executions: 0, completed: 0, withSkill: 0, codeTokens: 0 },
        };
        return { runs, ...found };
      });
    },
    noteShape(executionId, code) {
      const shape = toProgramShape(code);
      if (shape.length < SHAPE_MIN) return [];
      // The same text again was run again, not written again.
      const codeHash = hash("sha256", code);
      if (store.get("SELECT 1 AS found FROM program_shape WHERE code_hash = ?", [codeHash]) !== undefined) return [];
      const text = JSON.stringify(shape);
      return store.transaction(() => {
        // What is much shorter or longer cannot share enough; every part takes the same room in the text.
        const rows = store.all<{ id: string; shape: string }>(
          `SELECT execution_id AS id, shape FROM program_shape WHERE is_suggested = 0 AND length(shape) BETWEEN ? AND ?
           ORDER BY seen_at DESC LIMIT ?`,
          [Math.floor(text.length * LIKENESS_MIN), Math.ceil(text.length / LIKENESS_MIN), limits.programShapesMax],
        );
        const like = rows
          .filter((row) => toLikeness(shape, JSON.parse(row.shape) as ProgramShape) >= LIKENESS_MIN)
          .map(({ id }) => id);
        const isEnough = like.length >= LIKE_MIN - 1;
        // Said once of these: three more make the next suggestion.
        if (isEnough)
          for (const id of like) store.run("UPDATE program_shape SET is_suggested = 1 WHERE execution_id = ?", [id]);
        store.run(
          "INSERT OR REPLACE INTO program_shape (code_hash, execution_id, shape, is_suggested, seen_at) VALUES (?, ?, ?, ?, ?)",
          [codeHash, executionId, text, isEnough ? 1 : 0, now()],
        );
        store.run(
          "DELETE FROM program_shape WHERE execution_id NOT IN (SELECT execution_id FROM program_shape ORDER BY seen_at DESC LIMIT ?)",
          [limits.programShapesMax],
        );
        return isEnough ? like : [];
      });
    },
  };
}
