/** What is kept of each execution: made when first asked for, gone with its end. */
export interface PerExecution<State> {
  of(executionId: string): State;
  /** What there is, without making it. */
  peek(executionId: string): State | undefined;
  /** It goes on after its end. */
  begin(executionId: string): void;
  end(executionId: string): void;
}

/** Ended executions that are known as such: their last calls come back a moment later. */
const ENDED_MAX = 1_000;

export function createPerExecution<State>(make: () => State): PerExecution<State> {
  const states = new Map<string, State>();
  const ended = new Set<string>();
  return {
    of(executionId) {
      const known = states.get(executionId) ?? make();
      // What comes after the end is kept nowhere: nobody would end it again.
      if (!ended.has(executionId)) states.set(executionId, known);
      return known;
    },
    peek: (executionId) => states.get(executionId),
    begin: (executionId) => void ended.delete(executionId),
    end(executionId) {
      states.delete(executionId);
      ended.add(executionId);
      const [oldest] = ended;
      if (ended.size > ENDED_MAX && oldest !== undefined) ended.delete(oldest);
    },
  };
}
