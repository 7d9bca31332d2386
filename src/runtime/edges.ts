import type { JsonObject } from "../base/json.ts";
import { readAudit } from "./audit-query.ts";

/** Personal data of one class that went, or was about to go, from servers to a tool; all calls together. */
export interface EdgeReport {
  from: string[];
  to: string;
  class: string;
  /** Why it was let through, or not: `return`, `rule`, `remembered`, `matching`, `open`, `ask`, `deny`. */
  verdict: string;
  calls: number;
  /** Distinct tokens. */
  tokens: number;
  /** ISO 8601, of the first and the last call. */
  firstAt: string;
  lastAt: string;
}

/** What flowed where, from every segment of the audit in a state directory. */
export async function readEdges(stateDir: string): Promise<EdgeReport[]> {
  const edges = new Map<string, { report: EdgeReport; tokens: Set<string> }>();
  for await (const record of readAudit(stateDir)) if (record["kind"] === "edge") add(edges, record);
  return [...edges.values()].map(({ report, tokens }) => ({ ...report, tokens: tokens.size }));
}

function add(edges: Map<string, { report: EdgeReport; tokens: Set<string> }>, record: JsonObject): void {
  const {
    from,
    tool,
    class: name,
    verdict,
    tokens,
    time,
  } = record as unknown as {
    from: string[];
    tool: string;
    class: string;
    verdict: string;
    tokens: string[];
    time: string;
  };
  const key = JSON.stringify([from, tool, name, verdict]);
  const known = edges.get(key) ?? {
    report: { from, to: tool, class: name, verdict, calls: 0, tokens: 0, firstAt: time, lastAt: time },
    tokens: new Set<string>(),
  };
  known.report.calls += 1;
  known.report.lastAt = time;
  for (const token of tokens) known.tokens.add(token);
  edges.set(key, known);
}
