import { SluiceError, toMessage } from "../base/errors.ts";
import type { JsonObject } from "../base/json.ts";
import type { ExecutionResult } from "../runtime/outcome.ts";
import { compareOutcome, show } from "./compare-outcome.ts";
import type { ConformanceArea, ConformanceCase } from "./conformance-case.ts";
import { conformanceCases } from "./conformance-cases.ts";
import { createConformanceSite, type ConformanceSite } from "./conformance-site.ts";

export interface ConformanceOptions {
  /** The config section `sandbox`: which engine, which wall. */
  sandbox: JsonObject;
  /** Default: all of them. */
  cases?: readonly ConformanceCase[];
  /** Called with each result as it comes. */
  onCase?: (result: ConformanceResult) => void;
  signal?: AbortSignal;
}

/** What one case came to. */
export type ConformanceResult = { area: ConformanceArea; name: string; durationMs: number } & (
  | { kind: "passed" }
  | {
      kind: "failed";
      /** What is wrong, each in one sentence. */
      problems: string[];
      /** What was expected and what came, for a person to read. */
      expected: string;
      actual: string;
    }
  | { kind: "not-applicable"; reason: string }
);

export interface ConformanceReport {
  /** What ran the programs, as the outcomes say it. */
  engine: string;
  wall: string;
  passed: number;
  failed: number;
  notApplicable: number;
  results: ConformanceResult[];
}

/** What every case runs with, unless its own section says something else: small, so that limits are reached soon. */
const SANDBOX: JsonObject = { memoryMb: 256, timeoutMs: 120_000, guestsWarm: 1 };

/**
 * Runs the programs of the suite on real Sluices with the given sandbox and real servers, in temporary folders that
 * go with them. What a case comes to is in the report; it rejects where nothing can be started at all, or on abort.
 */
export async function runConformance(options: ConformanceOptions): Promise<ConformanceReport> {
  const { sandbox, cases = conformanceCases, onCase, signal } = options;
  const report: ConformanceReport = { engine: "", wall: "", passed: 0, failed: 0, notApplicable: 0, results: [] };
  for (const [section, group] of groupBySandbox(cases)) {
    await using site = await createConformanceSite({ ...SANDBOX, ...sandbox, ...section });
    const { stats } = await site.sluice.executeCode("return 1;");
    report.engine = stats.engine;
    report.wall = stats.wall;
    for (const each of group) {
      if (signal?.aborted === true) throw new SluiceError("cancelled", "The conformance suite was cancelled");
      const result = await runCase(site, each, signal);
      report.results.push(result);
      report[result.kind === "not-applicable" ? "notApplicable" : result.kind] += 1;
      onCase?.(result);
    }
  }
  return report;
}

/** The cases by what they need of the config, in their order. */
function groupBySandbox(cases: readonly ConformanceCase[]): [section: JsonObject, cases: ConformanceCase[]][] {
  const groups = new Map<string, [JsonObject, ConformanceCase[]]>();
  for (const each of cases) {
    const key = JSON.stringify(each.sandbox ?? {});
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [each.sandbox ?? {}, [each]]);
    else group[1].push(each);
  }
  return [...groups.values()];
}

async function runCase(
  site: ConformanceSite,
  each: ConformanceCase,
  signal: AbortSignal | undefined,
): Promise<ConformanceResult> {
  const { area, name, expected, options = {} } = each;
  const startedAt = performance.now();
  const toResult = (): { area: ConformanceArea; name: string; durationMs: number } => ({
    area,
    name,
    durationMs: performance.now() - startedAt,
  });
  const reason = site.sluice.engine.name === "worker" ? toWorkerReason(each) : undefined;
  if (reason !== undefined) return { ...toResult(), kind: "not-applicable", reason };
  const problems: string[] = [];
  let actual = "no outcome";
  try {
    const run = (code: string, more: typeof options = {}): Promise<ExecutionResult> =>
      site.sluice.executeCode(code, { ...more, ...(signal === undefined ? {} : { signal }) });
    if (each.before !== undefined) await run(each.before);
    const outcome = await run(site.toCode(each), options);
    const { stats: _, executionId: __, ...shown } = outcome;
    actual = show(shown);
    problems.push(...compareOutcome(expected, outcome), ...(await site.findEscapes(outcome)));
    // What broke or was ended takes nothing with it; nor does what tried to mislead the host.
    if (outcome.status === "killed" || area === "crash" || area === "border") {
      const next = await run("return [6 * 7, await kit.echo({ a: [1] })];");
      problems.push(
        ...compareOutcome({ result: [42, { a: [1] }] }, next).map((problem) => `of the next program: ${problem}`),
      );
    }
  } catch (error) {
    problems.push(`executeCode rejected: ${toMessage(error)}`);
  }
  if (problems.length === 0) return { ...toResult(), kind: "passed" };
  return { ...toResult(), kind: "failed", problems, expected: show(expected), actual };
}

/** The engine `worker` is a thread of this process: it keeps the contract and the wall clock, and promises no more. */
function toWorkerReason({ area, expected, notOnWorker }: ConformanceCase): string | undefined {
  if (notOnWorker !== undefined) return notOnWorker;
  return area === "contract" || expected.error?.code === "timeoutMs" ? undefined : "no boundary";
}
