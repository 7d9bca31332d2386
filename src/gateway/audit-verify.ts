import { hash as digest } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isJsonObject, type Json } from "../base/json.ts";
import { genesisHash, toHashMember } from "./audit.ts";
import { readFirstLine } from "./audit-segments.ts";
import type { AuditHeads } from "./audit-heads.ts";

/** Whether a segment is as it was written: `line` (from 1) is the first one that is not. */
export type Verification =
  | { kind: "intact"; records: number; lastHash: string }
  | { kind: "broken"; line: number; problem: string };

/**
 * Reads a segment and checks its numbers and hashes. Lines cut off at its end leave no trace in it: compare `lastHash`
 * with one that was kept elsewhere.
 */
export function verifySegment(path: string, seen?: (hash: string) => void): Verification {
  const lines = readFileSync(path, "utf8").split("\n");
  const isTorn = lines.pop() !== "";
  let prev = genesisHash;
  for (const [seq, text] of lines.entries()) {
    const checked = checkLine(text, seq, prev);
    if (checked.problem !== undefined) return { kind: "broken", line: seq + 1, problem: checked.problem };
    prev = checked.hash;
    seen?.(prev);
  }
  if (isTorn)
    return { kind: "broken", line: lines.length + 1, problem: "the last line is torn: its writing was interrupted" };
  return { kind: "intact", records: lines.length, lastHash: prev };
}

function checkLine(
  text: string,
  seq: number,
  prev: string,
): { problem: string } | { problem?: undefined; hash: string } {
  let line: Json;
  try {
    line = JSON.parse(text) as Json;
  } catch {
    return { problem: "it is not JSON" };
  }
  if (!isJsonObject(line)) return { problem: "it is not an object" };
  const { hash } = line;
  if (line.seq !== seq)
    return { problem: `its seq is ${JSON.stringify(line.seq)}, expected ${seq}: lines are missing or moved` };
  if (line.prev !== prev) return { problem: "its prev is not the hash of the line before" };
  const end = typeof hash === "string" ? toHashMember(hash) : "";
  if (end === "" || !text.endsWith(end) || hash !== digest("sha256", `${text.slice(0, -end.length)}}`))
    return { problem: "its hash is not that of its content: it was changed" };
  return { hash };
}

/** Something that is not as it was written. */
export interface AuditProblem {
  /** Name of the segment. */
  file: string;
  /** From 1; absent: about the segment as a whole. */
  line?: number;
  problem: string;
}

export interface AuditVerification {
  intact: boolean;
  segments: number;
  records: number;
  problems: AuditProblem[];
  /** Name → last hash: kept elsewhere, they tell of a folder and a store that were replaced together. */
  heads: Record<string, string>;
}

/**
 * Checks every segment of `<directory>/audit`: its chain, its end against the one that the store kept when it was closed,
 * and the heads that other segments named when they began; and that none is missing and none was added.
 */
export function verifyAudit(directory: string, heads: Pick<AuditHeads, "all">): AuditVerification {
  const folder = join(directory, "audit");
  const files = existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => name.endsWith(".jsonl"))
        .sort()
    : [];
  const kept = new Map(heads.all().map((head) => [head.file, head]));
  const named = readNamed(folder, files);
  const result: AuditVerification = { intact: true, segments: files.length, records: 0, problems: [], heads: {} };
  const say = (file: string, problem: string, line?: number): void => {
    result.intact = false;
    result.problems.push({ file, ...(line === undefined ? {} : { line }), problem });
  };
  for (const { file, isRemoved } of kept.values())
    if (!isRemoved && !files.includes(file)) say(file, "the segment is missing");
  for (const [file, namedBy] of named)
    if (!files.includes(file) && !kept.has(file))
      say(file, `the segment is missing: ${[...namedBy.values()].join(", ")} names it`);
  for (const file of files) {
    const head = kept.get(file);
    const wanted = new Map(named.get(file) ?? []);
    const verified = verifySegment(join(folder, file), (hash) => wanted.delete(hash));
    if (verified.kind === "broken") {
      say(file, verified.problem, verified.line);
      continue;
    }
    result.records += verified.records;
    result.heads[file] = verified.lastHash;
    if (head === undefined) say(file, "it is none of the segments that were written here");
    else if (head.isRemoved) say(file, "it was removed to make room, and is here again");
    else if (head.lastHash !== undefined && head.lastHash !== verified.lastHash)
      say(
        file,
        verified.records < head.records
          ? `it has ${verified.records} records and had ${head.records} when it was closed: its end is missing`
          : `its end is not the one that was kept when it was closed (${verified.records} records, ${head.records} then)`,
      );
    for (const by of wanted.values())
      say(file, `the head that ${by} named when it began is not in it: its end is missing, or it was rewritten`);
  }
  return result;
}

/** Heads that first lines name: segment → hash → who names it. */
function readNamed(folder: string, files: readonly string[]): Map<string, Map<string, string>> {
  const named = new Map<string, Map<string, string>>();
  for (const file of files) {
    let line: Json = null;
    try {
      line = JSON.parse(readFirstLine(join(folder, file))) as Json;
    } catch {
      // Its own check says so.
    }
    const open = isJsonObject(line) && line["kind"] === "segment-started" ? line["open"] : undefined;
    for (const [name, hash] of Object.entries(isJsonObject(open) ? open : {}))
      if (typeof hash === "string" && hash !== genesisHash)
        named.set(name, (named.get(name) ?? new Map<string, string>()).set(hash, file));
  }
  return named;
}
