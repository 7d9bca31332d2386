import { isJsonObject, type JsonObject } from "../base/json.ts";
import { limits } from "../base/limits.ts";
import { toNearest } from "../base/nearest.ts";
import { modelPrices } from "../base/model-prices.ts";
import type { Amounts, BudgetConfig, ModelPrice } from "./config.ts";
import { type CustomKey, record } from "./privacy.ts";
import { checkPattern, type ConfigPath, type Problems, toGot } from "./problems.ts";

/** What a budget counts, with what the published schema says of it. */
const amounts: Readonly<Record<keyof Amounts, string>> = {
  calls: "Tool calls.",
  bytes: "Bytes of arguments and results of tools.",
  outputTokens: "o200k tokens of what is answered to the model.",
  usd: "US dollars: tokens of code and answers by the model's price, and calls of tools that have one.",
};

/** Sums of them stay numbers. */
function maxOf(amount: string): number {
  return amount === "usd" ? limits.usdMax : Number.MAX_SAFE_INTEGER;
}

function numberTo(maximum: number): JsonObject {
  return { type: "number", minimum: 0, maximum };
}

const amountsSchema: JsonObject = {
  type: "object",
  additionalProperties: false,
  properties: Object.fromEntries(
    Object.entries(amounts).map(([name, about]) => [name, { ...numberTo(maxOf(name)), description: about }]),
  ),
};

function amountsKey(about: string): CustomKey {
  return {
    kind: "custom",
    about,
    schema: amountsSchema,
    read(value, path, problems): Amounts {
      const given = record(value, path, problems, '{ "calls": 500, "usd": 1 }');
      for (const [name, amount] of given) {
        checkName(name, Object.keys(amounts), [...path, name], problems);
        checkNumber(amount, maxOf(name), [...path, name], problems);
      }
      return Object.fromEntries(given);
    },
  };
}

const priceSchema: JsonObject = {
  type: "object",
  additionalProperties: false,
  required: ["input", "output"],
  properties: { input: numberTo(limits.usdMax), output: numberTo(limits.usdMax) },
};

/** The keys of the section `policy.budget`. */
export const budgetKeys: Readonly<Record<keyof BudgetConfig, CustomKey>> = {
  perExecution: amountsKey("What one execution may use."),
  perSession: amountsKey("What all executions of one process may use."),
  perDay: amountsKey("What all executions of the state directory may use on one day (UTC)."),
  approveAbove: amountsKey("A program that is estimated to use more is asked about before it runs."),
  model: {
    kind: "custom",
    about: "The model that reads and writes, for its price: one of the table in docs/budgets.md, or of `prices`.",
    schema: { type: "string" },
    read(value, path, problems): string {
      if (value === undefined) return modelPrices.model;
      if (typeof value !== "string") problems.add(path, `expected the name of a model, got ${toGot(value)}`);
      return value as string;
    },
  },
  prices: {
    kind: "custom",
    about: "Model to its price in US dollars for a million tokens, where it is not that of the table.",
    schema: { type: "object", additionalProperties: priceSchema },
    read(value, path, problems): Record<string, ModelPrice> {
      const given = record(value, path, problems, '{ "my-model": { "input": 1, "output": 5 } }');
      for (const [model, price] of given) {
        const here = [...path, model];
        if (!isJsonObject(price)) problems.add(here, `expected { "input": 1, "output": 5 }, got ${toGot(price)}`);
        else
          for (const name of new Set(["input", "output", ...Object.keys(price)])) {
            checkName(name, ["input", "output"], [...here, name], problems);
            checkNumber(price[name], limits.usdMax, [...here, name], problems);
          }
      }
      return Object.fromEntries(given) as Record<string, ModelPrice>;
    },
  },
  tools: {
    kind: "custom",
    about: "Address pattern to the price of one call in US dollars; the most literal characters win.",
    schema: { type: "object", additionalProperties: numberTo(limits.usdMax) },
    read(value, path, problems): Record<string, number> {
      const given = record(value, path, problems, '{ "search.*": 0.005 }');
      for (const [pattern, price] of given) {
        checkPattern(pattern, [...path, pattern], problems);
        checkNumber(price, limits.usdMax, [...path, pattern], problems);
      }
      return Object.fromEntries(given) as Record<string, number>;
    },
  },
};

/** The price of the model that the config names. */
export function priceOf({ model, prices }: Pick<BudgetConfig, "model" | "prices">): ModelPrice | undefined {
  if (Object.hasOwn(prices, model)) return prices[model];
  return Object.hasOwn(modelPrices.table, model) ? modelPrices.table[model] : undefined;
}

/** A model without a price would make every budget of money hold nothing. */
export function checkModel(budget: BudgetConfig, path: ConfigPath, problems: Problems): void {
  if (priceOf(budget) !== undefined) return;
  const known = [...Object.keys(budget.prices), ...Object.keys(modelPrices.table)];
  const nearest = toNearest(budget.model, known);
  problems.add(
    [...path, "model"],
    `no price is known of ${JSON.stringify(budget.model.slice(0, 60))}; ${nearest === undefined ? `add it to "prices", or name one of ${known.join(", ")}` : `did you mean "${nearest}"?`}`,
  );
}

function checkName(name: string, known: readonly string[], path: ConfigPath, problems: Problems): void {
  if (!known.includes(name)) problems.addUnknown(path, known);
}

function checkNumber(value: unknown, max: number, path: ConfigPath, problems: Problems): void {
  if (typeof value !== "number" || !(value >= 0 && value <= max))
    problems.add(path, `expected a number from 0 to ${max}, got ${toGot(value)}`);
}
