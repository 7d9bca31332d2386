import { toMessage } from "../base/errors.ts";
import { inTime } from "../base/in-time.ts";
import { limits } from "../base/limits.ts";

/**
 * Scores how well each candidate answers the query, higher is better: one number per candidate, in their order. The
 * candidates are the best by words, at most 50; `signal` aborts when the answer is no longer waited for (2 s).
 */
export type Rerank = (
  query: string,
  candidates: readonly RerankCandidate[],
  signal: AbortSignal,
) => Promise<readonly number[]>;

/** What a re-ranker sees of a tool or skill. */
export interface RerankCandidate {
  /** The id of its result. */
  id: string;
  /** Its name, server and description as one text. */
  text: string;
}

/** The candidates in the order that the scores give; if there are none in time, as they were and why. */
export async function rerankCandidates<Item>(
  rerank: Rerank,
  query: string,
  items: readonly Item[],
  toCandidate: (item: Item) => RerankCandidate,
): Promise<{ items: readonly Item[]; problem?: string }> {
  const ending = new AbortController();
  try {
    const scores = await inTime(rerank(query, items.map(toCandidate), ending.signal), limits.rerankMs);
    if (scores === undefined) return { items, problem: `no answer within ${limits.rerankMs} ms` };
    if (!Array.isArray(scores) || scores.length !== items.length || !scores.every(Number.isFinite))
      return { items, problem: `it must answer ${items.length} finite numbers` };
    const order = items.map((item, index) => ({ item, score: scores[index] as number }));
    // equal scores keep the order by words: sorting is stable
    return { items: order.sort((a, b) => b.score - a.score).map(({ item }) => item) };
  } catch (error) {
    return { items, problem: toMessage(error).slice(0, 200) };
  } finally {
    ending.abort();
  }
}
