import { createHash } from "node:crypto";
import { limits } from "../base/limits.ts";
import type { JsonSchema } from "../base/json.ts";
import type { OutcomeStats } from "./outcome.ts";
import { type CallTokens, estimateCode, estimateDirect, type TokenEstimate } from "./token-estimate.ts";
import { type SampledText, type TokenCounter, toSampled } from "./tokens.ts";

/** Collects what one execution did, as token counts only. */
export interface TokenAccount {
  /** One tool call: its address, and its arguments and result (or error) as a model would have written and read them. */
  addCall(tool: string, argumentsJson: string, result: string | SampledText): void;
  /** Waits for the counts; `definitions` are tokens, see {@link countDefinitions}. `avoided` is negative where code cost more. */
  total(work: { outcome: string; definitions: { direct: number; code: number } }): Promise<CountedTokens>;
}

/** The counts of one execution, and what both ways cost by estimate. */
export interface CountedTokens {
  tokens: OutcomeStats["tokens"];
  direct: TokenEstimate;
  asCode: TokenEstimate;
}

/** How long calls wait for others to be counted with. */
const BATCH_MS = 2;

/** An account for one execution of this code; it owns nothing and needs no disposal. */
export function createTokenAccount(counter: TokenCounter, code: string): TokenAccount {
  const calls: CallTokens[] = [];
  const counting = new Set<Promise<unknown>>();
  let approximate = false;
  /** Calls whose two texts wait to be counted: together, because each message to the thread wakes it beside the program. */
  let batch: CallTokens[] = [];
  let texts: SampledText[] = [];
  let chars = 0;
  let flushing: NodeJS.Timeout | undefined;
  // Beside the program: at its end only what it answers is left to count.
  const codeCount = counter.count([code]);

  async function countBatch(last: readonly string[]): Promise<number[]> {
    const counted = batch;
    const count = counter.count([...texts, ...last]);
    batch = [];
    texts = [];
    chars = 0;
    clearTimeout(flushing);
    flushing = undefined;
    const { counts, approximate: isApproximate } = await count;
    approximate ||= isApproximate;
    counted.forEach((call, index) => {
      call.argumentTokens = counts[2 * index] ?? 0;
      call.resultTokens = counts[2 * index + 1] ?? 0;
    });
    return counts.slice(2 * counted.length);
  }

  function flush(): void {
    const counted: Promise<unknown> = countBatch([]).finally(() => counting.delete(counted));
    counting.add(counted);
  }

  return {
    addCall(tool, argumentsJson, result): void {
      const call: CallTokens = { tool, argumentTokens: 0, argumentsKey: toKey(argumentsJson), resultTokens: 0 };
      calls.push(call);
      batch.push(call);
      for (const text of [`{"name":${JSON.stringify(tool)},"input":${argumentsJson}}`, result]) {
        // A sample, so that nothing large is held until it is counted.
        const sampled = toSampled(text);
        texts.push(sampled);
        chars += sampled.sample.length;
      }
      if (chars >= limits.tokenBatchCharsMax) flush();
      else flushing ??= setTimeout(flush, BATCH_MS);
    },
    async total({ outcome, definitions }): Promise<CountedTokens> {
      const [outcomeTokens = 0] = await countBatch([outcome]);
      const { counts, approximate: isApproximate } = await codeCount;
      const [codeTokens = 0] = counts;
      approximate ||= isApproximate;
      await Promise.all(counting);
      // The answer that the model writes in the end is the same on both sides, so it falls out of the difference.
      const direct = estimateDirect({ definitions: definitions.direct, calls, answerTokens: 0 });
      const asCode = estimateCode({ definitions: definitions.code, codeTokens, outcomeTokens, answerTokens: 0 });
      const avoided = direct.input + direct.output - asCode.input - asCode.output;
      const tokens = { in: codeTokens, out: outcomeTokens, avoided };
      return { tokens: approximate ? { ...tokens, approximate: true } : tokens, direct, asCode };
    },
  };
}

/** The arguments themselves where they are short, else their hash: an account holds no large text. */
function toKey(argumentsJson: string): string {
  return argumentsJson.length <= 64 ? argumentsJson : createHash("sha256").update(argumentsJson).digest("base64");
}

/** What a client sends to a model of one tool. */
export interface CountedDefinition {
  name: string;
  description?: string;
  inputSchema: JsonSchema;
}

const counted = new WeakMap<CountedDefinition, number>();

/** Tokens of tool definitions as a client sends them to a model (name, description, input_schema as JSON); each object is counted exactly once. */
export async function countDefinitions(
  counter: TokenCounter,
  definitions: Iterable<CountedDefinition>,
): Promise<number> {
  let total = 0;
  let batch: CountedDefinition[] = [];
  const countBatch = async (): Promise<void> => {
    const { counts, approximate } = await counter.count(batch.map(toDefinitionText));
    batch.forEach((definition, index) => {
      if (!approximate) counted.set(definition, counts[index] ?? 0);
      total += counts[index] ?? 0;
    });
    batch = [];
  };
  for (const definition of definitions) {
    const known = counted.get(definition);
    if (known !== undefined) {
      total += known;
      continue;
    }
    batch.push(definition);
    // In batches: thousands of schemas printed at once would hold up everything else.
    if (batch.length === limits.tokenBatchMax) await countBatch();
  }
  await countBatch();
  return total;
}

function toDefinitionText({ name, description, inputSchema }: CountedDefinition): string {
  return JSON.stringify({ name, description, input_schema: inputSchema });
}
