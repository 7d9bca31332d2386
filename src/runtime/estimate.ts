import { priceOf } from "../config/budget.ts";
import type { Amounts } from "../config/config.ts";
import type { Tool } from "../catalogue/tool.ts";
import type { Parts } from "./parts.ts";

/** What a program may use, guessed before it runs. */
export interface Estimate {
  calls: number;
  outputTokens: number;
  usd: number;
  /** The tools that it names, and how often each was called in one execution so far, on average (1: never seen). */
  tools: { tool: string; calls: number }[];
}

const CHARS_PER_TOKEN = 4;
/** What an answer has where none has been given yet. */
const ANSWER_TOKENS = 300;

/**
 * From the text of the program, what the tools that it names were used for so far, and the prices. A loop over rows is
 * not seen: what such programs did before is.
 */
export function estimateProgram(
  { config, catalogue, gate: { usage, budget }, namesIn }: Pick<Parts, "config" | "catalogue" | "gate" | "namesIn">,
  code: string,
): Estimate {
  const price = priceOf(config.policy.budget) ?? { input: 0, output: 0 };
  const named = namesIn(code)
    .flatMap((key) => catalogue.server(key)?.tools ?? [])
    .filter((tool) => isNamed(code, tool));
  const tools = named.map(({ address }) => ({ tool: address, calls: usage.callsPerExecution(address) ?? 1 }));
  const definitions = named.reduce((sum, tool) => sum + JSON.stringify(tool.inputSchema).length / CHARS_PER_TOKEN, 0);
  const outputTokens = Math.ceil(usage.tokensPerAnswer() ?? ANSWER_TOKENS);
  const forTools = tools.reduce((sum, { tool, calls }) => sum + calls * budget.priceOf(tool), 0);
  const written = code.length / CHARS_PER_TOKEN;
  return {
    calls: Math.ceil(tools.reduce((sum, { calls }) => sum + calls, 0)),
    outputTokens,
    usd: (written * price.output + (outputTokens + definitions) * price.input) / 1_000_000 + forTools,
    tools,
  };
}

/** The amount that is over its bound, in words; `undefined` if none is. */
export function findExceeded(estimate: Estimate, above: Amounts): string | undefined {
  if (above.usd !== undefined && estimate.usd > above.usd) return `${estimate.usd.toFixed(4)} US dollars`;
  if (above.calls !== undefined && estimate.calls > above.calls) return `${estimate.calls} tool calls`;
  if (above.outputTokens !== undefined && estimate.outputTokens > above.outputTokens)
    return `${estimate.outputTokens} tokens of answer`;
  return undefined;
}

function isNamed(code: string, { name, callName }: Tool): boolean {
  return [name, callName].some((word) => {
    const at = code.indexOf(word);
    return at !== -1 && !/[\p{L}\p{N}_]/u.test(code[at + word.length] ?? "");
  });
}
