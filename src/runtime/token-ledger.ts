import { limits } from "../base/limits.ts";
import type { Catalogue } from "../catalogue/catalogue.ts";
import type { Parts } from "./parts.ts";
import { countDefinitions, createTokenAccount } from "./token-account.ts";
import { createTokenCounter } from "./tokens.ts";

/** Token accounts of executions; what all definitions cost is counted once per version of the catalogue. */
export function createTokenLedger(catalogue: Catalogue): Parts["tokens"] & Disposable {
  const counter = createTokenCounter();
  let counted: { version: number; tokens: Promise<number> } | undefined;

  /** 0 where they cannot be read: they are compared with, and nothing else. */
  async function definitions(): Promise<number> {
    try {
      if (counted?.version !== catalogue.version) {
        const tools = catalogue.servers().flatMap(({ tools }) => tools);
        counted = { version: catalogue.version, tokens: countDefinitions(counter, tools) };
      }
      return await counted.tokens;
    } catch {
      counted = undefined;
      return 0;
    }
  }

  return {
    open(code) {
      const account = createTokenAccount(counter, code);
      // Counted beside the program, not after it.
      void definitions();
      return {
        addCall: (tool, argumentsJson, result) => account.addCall(tool, argumentsJson, result),
        total: async (outcome) =>
          account.total({
            outcome,
            definitions: { direct: await definitions(), code: limits.definitionTokensMax },
          }),
      };
    },
    [Symbol.dispose]: () => counter[Symbol.dispose](),
  };
}
