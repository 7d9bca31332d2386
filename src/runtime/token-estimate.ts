/** One tool call of a piece of work, in tokens. */
export interface CallTokens {
  /** The tool's address. */
  tool: string;
  /** The call as a model would write it: name and arguments. */
  argumentTokens: number;
  /** Equal for equal arguments, different for different ones. */
  argumentsKey: string;
  resultTokens: number;
}

/** What a model would pay: `input` and `output` summed over its turns. */
export interface TokenEstimate {
  input: number;
  output: number;
  turns: number;
}

/**
 * What the calls would cost an agent that calls tools directly. Every turn sends the definitions and the whole
 * conversation again. Calls are grouped into turns in direct calling's favour: one turn per distinct tool, in order of
 * first call, as if all its calls were independent; a call with the same tool and the same arguments as an earlier one
 * is polling, and waits for the turn after it. One more turn writes the answer.
 */
export function estimateDirect(work: {
  /** Tokens of the definitions of all tools of all configured servers. */
  definitions: number;
  /** Tokens of what the user asked; the same on both sides. */
  task?: number;
  calls: readonly CallTokens[];
  answerTokens: number;
}): TokenEstimate {
  const turns = new Map<string, { output: number; results: number }>();
  const seen = new Map<string, number>();
  for (const call of work.calls) {
    const same = JSON.stringify([call.tool, call.argumentsKey]);
    const repetition = seen.get(same) ?? 0;
    seen.set(same, repetition + 1);
    const key = JSON.stringify([call.tool, repetition]);
    const turn = turns.get(key) ?? { output: 0, results: 0 };
    turn.output += call.argumentTokens;
    turn.results += call.resultTokens;
    turns.set(key, turn);
  }
  return sumTurns(work.definitions, work.task ?? 0, [...turns.values()], work.answerTokens);
}

/** What the same work costs as a program, by the same rule: one turn writes the code, one reads its outcome and answers. */
export function estimateCode(work: {
  /** Tokens of Sluice's own definitions. */
  definitions: number;
  task?: number;
  codeTokens: number;
  outcomeTokens: number;
  answerTokens: number;
}): TokenEstimate {
  const turn = { output: work.codeTokens, results: work.outcomeTokens };
  return sumTurns(work.definitions, work.task ?? 0, [turn], work.answerTokens);
}

function sumTurns(
  definitions: number,
  task: number,
  turns: readonly { output: number; results: number }[],
  answerTokens: number,
): TokenEstimate {
  let conversation = task;
  let input = 0;
  let output = answerTokens;
  for (const turn of turns) {
    input += definitions + conversation;
    output += turn.output;
    conversation += turn.output + turn.results;
  }
  input += definitions + conversation;
  return { input, output, turns: turns.length + 1 };
}
