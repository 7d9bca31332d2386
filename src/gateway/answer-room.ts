import { limits } from "../base/limits.ts";
import type { ToolCall } from "./call.ts";

/** Bytes that an execution may still move, by its own budget and by those that all share. */
export interface BytesLeft {
  own: number;
  shared: number;
}

interface UnderWay {
  calls: number;
  bytes: number;
}

/**
 * Holds a call back while there may be no room for its answer beside those that are under way: each is taken to be as large
 * as the largest of its tool so far, at first `limits.answerBytesGuess`. With nothing under way it goes: an answer can be
 * larger than what is left.
 */
export interface AnswerRoom {
  /** Waits for room; what it gives is called with the size of the answer, once that is counted. */
  enter(call: ToolCall, left: () => BytesLeft): Promise<(bytes: number | undefined) => void>;
}

export function createAnswerRoom(): AnswerRoom {
  /** By address. */
  const largest = new Map<string, number>();
  const own = new Map<string, UnderWay>();
  const shared: UnderWay = { calls: 0, bytes: 0 };
  let waiting: (() => void)[] = [];

  const isFull = ({ calls, bytes }: UnderWay, more: number, left: number): boolean => calls > 0 && bytes + more > left;

  return {
    async enter({ executionId, tool }, left) {
      const toExpected = (): number => largest.get(tool.address) ?? limits.answerBytesGuess;
      const ownNow = (): UnderWay => own.get(executionId) ?? { calls: 0, bytes: 0 };
      for (;;) {
        const bytes = left();
        if (!isFull(ownNow(), toExpected(), bytes.own) && !isFull(shared, toExpected(), bytes.shared)) break;
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
      const expected = toExpected();
      const mine = ownNow();
      own.set(executionId, mine);
      for (const one of [mine, shared]) {
        one.calls += 1;
        one.bytes += expected;
      }
      return (bytes) => {
        for (const one of [mine, shared]) {
          one.calls -= 1;
          one.bytes -= expected;
        }
        if (mine.calls === 0) own.delete(executionId);
        if (bytes !== undefined) largest.set(tool.address, Math.max(largest.get(tool.address) ?? 0, bytes));
        const woken = waiting;
        waiting = [];
        for (const wake of woken) wake();
      };
    },
  };
}
