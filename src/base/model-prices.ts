/** What a model costs, in US dollars for a million tokens. */
interface Price {
  input: number;
  output: number;
}

/**
 * List prices of common models without discounts (no cache, no batch), as their vendors published them at this date.
 * The config's `policy.budget.prices` goes before them. docs/budgets.md shows them (a test holds this).
 */
export const modelPrices: { date: string; model: string; table: Readonly<Record<string, Price>> } = {
  date: "2025-11-30",
  /** The one whose price is used where the config names none. */
  model: "claude-sonnet-4-5",
  table: {
    "claude-opus-4-5": { input: 5, output: 25 },
    "claude-sonnet-4-5": { input: 3, output: 15 },
    "claude-haiku-4-5": { input: 1, output: 5 },
    "gpt-5": { input: 1.25, output: 10 },
    "gpt-5-mini": { input: 0.25, output: 2 },
    "gpt-4.1": { input: 2, output: 8 },
    "gpt-4o": { input: 2.5, output: 10 },
    "gemini-2.5-pro": { input: 1.25, output: 10 },
    "gemini-2.5-flash": { input: 0.3, output: 2.5 },
  },
};
