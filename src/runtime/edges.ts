import { createReadStream, existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { isJsonObject, type Json } from "../base/json.ts";

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
  const folder = join(stateDir, "audit");
  const edges = new Map<string, { report: EdgeReport; tokens: Set<string> }>();
  const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".jsonl")) : [];
  for (const name of files.sort()) {
    for await (const line of createInterface({ input: createReadStream(join(folder, name)) })) {
      // Most lines are about something else.
      if (line.includes('"kind":"edge"')) add(edges, line);
    }
  }
  return [...edges.values()].map(({ report, tokens }) => ({ ...report, tokens: tokens.size }));
}

function add(edges: Map<string, { report: EdgeReport; tokens: Set<string> }>, line: string): void {
  let record: Json;
  try {
    record = JSON.parse(line) as Json;
  } catch {
    // Torn: its writing was interrupted.
    return;
  }
  if (!isJsonObject(record) || record["kind"] !== "edge") return;
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
