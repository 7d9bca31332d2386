import type { JsonObject } from "../base/json.ts";
import type { OutcomeStatus } from "../runtime/outcome.ts";
import type { ExecuteOptions } from "../runtime/sluice.ts";

/** What a case is about. */
export type ConformanceArea = "contract" | "globals" | "limits" | "kill" | "crash" | "border" | "files" | "network";

/**
 * One program and what must come of it. `@OUTSIDE@` in the code becomes the path of a real file beside the workspace,
 * `@PORT@` the port of a server that listens on the machine's loopback: no case may reach either.
 */
export interface ConformanceCase {
  area: ConformanceArea;
  /** Unique within its area. */
  name: string;
  code: string;
  expected: ExpectedOutcome;
  /** How the program is run: limits lowered for it, a grant. */
  options?: Pick<ExecuteOptions, "grant" | "limits" | "timeoutMs">;
  /** A program that runs before it, on the same workspace; what comes of that one does not matter. */
  before?: string;
  /** What this case needs in the config section `sandbox`; cases that need the same share a Sluice. */
  sandbox?: JsonObject;
  /** One of the few that show every area. */
  isSmoke?: true;
  /** Why the engine `worker` need not hold it; absent: the area decides. */
  notOnWorker?: string;
}

/** A text, or what it must match. */
export type ExpectedText = string | RegExp;

/** What must come of a program: it completes, returns nothing, without a warning, unless something else is said. */
export interface ExpectedOutcome {
  status?: OutcomeStatus | RegExp;
  /** Compared deeply; a RegExp in it stands for a text that it matches, or for what is no text by its JSON. */
  result?: unknown;
  /** Each piece of output, in order. */
  logs?: readonly ExpectedText[];
  /** All output, its pieces joined by line ends. */
  printed?: RegExp;
  error?: {
    code?: ExpectedText;
    message?: ExpectedText;
    hint?: ExpectedText;
    tool?: string;
    line?: number;
  };
  /** The codes of the warnings, in order; or what their JSON must match. */
  warnings?: readonly string[] | RegExp;
  calls?: { done?: number | RegExp; failed?: number; open?: number };
}

/** Cases of one area from a table: name → code and what it returns, or what must come of it. */
export function toCases(
  area: ConformanceArea,
  table: Readonly<Record<string, readonly [code: string, expected: unknown, more?: CaseSettings]>>,
  toExpected: (value: unknown) => ExpectedOutcome = (result) => ({ result }),
): ConformanceCase[] {
  return Object.entries(table).map(([name, [code, expected, more]]) => ({
    area,
    name,
    code,
    expected: toExpected(expected),
    ...more,
  }));
}

/** What a row of a table may add to its case. */
export type CaseSettings = Omit<ConformanceCase, "area" | "name" | "code" | "expected">;
