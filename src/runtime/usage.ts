import { createBackground } from "../base/background.ts";
import { type DaySpent, nothingSpent, type Spent } from "../gateway/budget.ts";
import type { Store } from "../store/store.ts";

/** What one tool, or everything together, has used on one day. */
export interface UsageRow {
  /** UTC, `2026-01-31`. */
  day: string;
  /** Address; empty for executions as wholes. */
  tool: string;
  executions: number;
  calls: number;
  failed: number;
  bytes: number;
  /** o200k tokens of code, of answers, and what direct calling would have cost more. */
  tokensIn: number;
  tokensOut: number;
  tokensAvoided: number;
  usd: number;
  usdAvoided: number;
  cpuMs: number;
  durationMs: number;
}

type Counts = Omit<UsageRow, "day" | "tool">;

/** What was used, by day and tool, over every process of a state directory. */
export interface Usage extends Disposable {
  add(tool: string, counts: Partial<Counts>): void;
  rows(): UsageRow[];
  /** How often a tool is called in one execution that calls it, on average; `undefined` if it never was. */
  callsPerExecution(tool: string): number | undefined;
  /** Tokens that one execution answers, on average; `undefined` if there was none. */
  tokensPerAnswer(): number | undefined;
  day: DaySpent;
}

const names = {
  executions: "executions",
  calls: "calls",
  failed: "failed",
  bytes: "bytes",
  tokensIn: "tokens_in",
  tokensOut: "tokens_out",
  tokensAvoided: "tokens_avoided",
  usd: "usd",
  usdAvoided: "usd_avoided",
  cpuMs: "cpu_ms",
  durationMs: "duration_ms",
} as const satisfies Record<keyof Counts, string>;

const columns = Object.values(names);
const upsert = `INSERT INTO usage (day, tool, ${columns.join(", ")}) VALUES (?, ?, ${columns.map(() => "?").join(", ")})
  ON CONFLICT (day, tool) DO UPDATE SET ${columns.map((column) => `${column} = ${column} + excluded.${column}`).join(", ")}`;

/**
 * Counts what is used; writes it together after `writeMs`, and what a day's budget counts at once. `log` is told where it
 * cannot be written.
 */
export function createUsage(
  store: Store,
  {
    now = Date.now,
    writeMs,
    log = () => undefined,
  }: { now?: () => number; writeMs: number; log?: (line: string) => void },
): Usage {
  const waiting = new Map<string, Counts>();
  const writing = createBackground((isLast) => (isLast ? write() : store.withoutWaiting(write)), {
    ...{ name: "usage", ms: writeMs, log },
  });
  const today = (): string => new Date(now()).toISOString().slice(0, 10);

  function write(): void {
    if (waiting.size === 0) return;
    store.transaction(() => {
      for (const [key, counts] of waiting) {
        const [day = "", tool = ""] = JSON.parse(key) as string[];
        store.run(upsert, [day, tool, ...(Object.keys(names) as (keyof Counts)[]).map((name) => counts[name])]);
      }
    });
    waiting.clear();
    writing.forget();
  }

  return {
    add(tool, counts) {
      const key = JSON.stringify([today(), tool]);
      const known =
        waiting.get(key) ?? (Object.fromEntries(Object.keys(names).map((name) => [name, 0])) as unknown as Counts);
      for (const [name, count] of Object.entries(counts) as [keyof Counts, number][]) known[name] += count;
      waiting.set(key, known);
      writing.ask();
    },
    rows() {
      write();
      return store.all<UsageRow>(
        `SELECT day, tool, ${Object.entries(names)
          .map(([name, column]) => `${column} AS "${name}"`)
          .join(", ")} FROM usage ORDER BY day, tool`,
      );
    },
    callsPerExecution(tool) {
      const row = store.get<{ calls: number; executions: number }>(
        "SELECT SUM(calls) AS calls, SUM(executions) AS executions FROM usage WHERE tool = ?",
        [tool],
      );
      return row === undefined || !(row.executions > 0) ? undefined : row.calls / row.executions;
    },
    tokensPerAnswer() {
      const row = store.get<{ tokens: number; executions: number }>(
        "SELECT SUM(tokens_out) AS tokens, SUM(executions) AS executions FROM usage WHERE tool = ''",
      );
      return row === undefined || !(row.executions > 0) ? undefined : row.tokens / row.executions;
    },
    day: createDay(store, today),
    [Symbol.dispose]: () => writing[Symbol.dispose](),
  };
}

/** What counts to a day's budget, in the store. */
function createDay(store: Store, today: () => string): DaySpent {
  const get = (): Spent | undefined =>
    store.get<Spent>("SELECT calls, bytes, output_tokens AS outputTokens, usd FROM day_spent WHERE day = ?", [today()]);
  const add = ({ calls, bytes, outputTokens, usd }: Spent): void =>
    void store.run(
      `INSERT INTO day_spent (day, calls, bytes, output_tokens, usd) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (day) DO UPDATE SET calls = calls + excluded.calls, bytes = bytes + excluded.bytes,
       output_tokens = output_tokens + excluded.output_tokens, usd = usd + excluded.usd`,
      [today(), calls, bytes, outputTokens, usd],
    );
  return {
    get: () => get() ?? nothingSpent(),
    add,
    // The statement that counts looks too: most often it is the only one of its transaction.
    take({ calls, bytes, outputTokens, usd }, max) {
      const bound = (name: keyof Spent): number => max[name] ?? Number.MAX_VALUE;
      const count = (): number =>
        store.run(
          `UPDATE day_spent SET calls = calls + ?1, bytes = bytes + ?2, output_tokens = output_tokens + ?3, usd = usd + ?4
           WHERE day = ?5 AND calls + ?1 <= ?6 AND bytes + ?2 <= ?7 AND output_tokens + ?3 <= ?8 AND usd + ?4 <= ?9`,
          [
            ...[calls, bytes, outputTokens, usd, today()],
            ...[bound("calls"), bound("bytes"), bound("outputTokens"), bound("usd")],
          ],
        ).changes;
      return store.transaction(() => {
        if (count() > 0) return undefined;
        if (get() === undefined) add(nothingSpent());
        return count() > 0 ? undefined : (get() ?? nothingSpent());
      });
    },
  };
}
