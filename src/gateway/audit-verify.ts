import { hash as digest } from "node:crypto";
import { closeSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { toMessage } from "../base/errors.ts";
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import { genesisHash, toHashMember } from "./audit.ts";
import { listSegments, openSegment, readOpening } from "./audit-segments.ts";
import type { AuditHead, AuditHeads } from "./audit-heads.ts";

/** Whether a segment is as it was written: `line` (from 1) is the first one that is not. */
export type Verification =
  | { kind: "intact"; records: number; lastHash: string }
  | { kind: "broken"; line: number; problem: string }
  | { kind: "unreadable"; problem: string };

/**
 * Reads a segment and checks its numbers and hashes. Lines cut off at its end leave no trace in it: compare `lastHash`
 * with one that was kept elsewhere.
 */
export function verifySegment(path: string): Verification {
  const read = readSegment(path, () => undefined);
  if (read.kind !== "read") return read;
  const { records, lastHash, isTorn } = read;
  return isTorn ? toTorn(records) : { kind: "intact", records, lastHash };
}

function toTorn(records: number): Verification & { kind: "broken" } {
  return { kind: "broken", line: records + 1, problem: "the last line is torn: its writing was interrupted" };
}

type Read = { kind: "read"; records: number; lastHash: string; bytes: number; isTorn: boolean };

/** The whole lines of a segment, checked; `seen` is told the hash of each and how many there are with it. */
function readSegment(
  path: string,
  seen: (hash: string, records: number) => void,
): Read | Exclude<Verification, { kind: "intact" }> {
  let bytes: Buffer;
  try {
    bytes = readBytes(path);
  } catch (error) {
    return { kind: "unreadable", problem: toMessage(error) };
  }
  const lines = bytes.toString().split("\n");
  const isTorn = lines.pop() !== "";
  let prev = genesisHash;
  for (const [seq, text] of lines.entries()) {
    const checked = checkLine(text, seq, prev);
    if (checked.problem !== undefined) return { kind: "broken", line: seq + 1, problem: checked.problem };
    prev = checked.hash;
    seen(prev, seq + 1);
  }
  return { kind: "read", records: lines.length, lastHash: prev, bytes: bytes.length, isTorn };
}

function readBytes(path: string): Buffer {
  const descriptor = openSegment(path);
  try {
    return readFileSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
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
 * the line that it kept when the segment was last put on the disk, and what other segments say of it; and that none is
 * missing and none was added.
 */
export function verifyAudit(directory: string, heads: Pick<AuditHeads, "all">): AuditVerification {
  const folder = join(directory, "audit");
  const result: AuditVerification = { intact: true, segments: 0, records: 0, problems: [], heads: {} };
  const say = (file: string, problem: string, line?: number): void => {
    result.intact = false;
    result.problems.push({ file, ...(line === undefined ? {} : { line }), problem });
  };
  const list = (): string[] => {
    try {
      return listSegments(folder);
    } catch (error) {
      if (result.intact) say("audit", toMessage(error));
      return [];
    }
  };
  // Processes go on meanwhile: what is there now will be known to the store, and what it knows then will be there, or
  // somebody will have said that it was removed.
  const first = new Set(list());
  const kept = new Map(heads.all().map((head) => [head.file, head]));
  const there = new Set(list());
  const said = readSaid(folder, there);
  for (const file of new Set([...kept.keys(), ...said.named.keys()])) {
    const problem = there.has(file) ? undefined : toMissing(file, kept.get(file), said);
    if (problem !== undefined) say(file, problem);
  }
  for (const file of there) {
    if (!first.has(file)) continue;
    const head = kept.get(file);
    const wanted = new Map(said.heads.get(file) ?? []);
    let isFlushedThere = head?.flushed === undefined;
    const read = readSegment(join(folder, file), (hash, records) => {
      wanted.delete(hash);
      if (records === head?.flushed?.records && hash === head.flushed.hash) isFlushedThere = true;
    });
    if (read.kind === "read" && head === undefined && !said.named.has(file) && isUnused(join(folder, file), read))
      continue;
    result.segments += 1;
    if (read.kind !== "read") {
      say(file, read.problem, read.kind === "broken" ? read.line : undefined);
      continue;
    }
    if (read.isTorn && !mayBeTorn(head, read.bytes)) {
      const { line, problem } = toTorn(read.records);
      say(file, problem, line);
      continue;
    }
    result.records += read.records;
    result.heads[file] = read.lastHash;
    const wrong = toWrongEnd(head, read, isFlushedThere);
    if (wrong !== undefined) say(file, wrong.problem, wrong.line);
    for (const by of new Set(wanted.values()))
      say(file, `the head that ${by} named when it began is not in it: its end is missing, or it was rewritten`);
  }
  return result;
}

/** A process that is killed as it begins a segment leaves one that neither the store nor another knows: nothing is recorded in it. */
function isUnused(path: string, { records, isTorn }: Read): boolean {
  return records === 0 || (records === 1 && !isTorn && tryOpening(path)[0]?.["kind"] === "segment-started");
}

/** What is wrong with how a segment ends, by what the store kept of it. */
function toWrongEnd(
  head: AuditHead | undefined,
  { records, lastHash, bytes }: Read,
  isFlushedThere: boolean,
): { problem: string; line?: number } | undefined {
  // Of one that is empty others say what is missing.
  if (head === undefined)
    return bytes === 0 ? undefined : { problem: "it is none of the segments that were written here" };
  if (head.isRemoved) return { problem: "it was removed to make room, and is here again" };
  if (head.lastHash !== undefined && head.lastHash !== lastHash)
    return {
      problem:
        records < head.records
          ? `it has ${records} records and had ${head.records} when it was closed: its end is missing`
          : `its end is not the one that was kept when it was closed (${records} records, ${head.records} then)`,
    };
  const { flushed } = head;
  if (flushed === undefined || isFlushedThere) return undefined;
  if (records < flushed.records)
    return {
      problem: `it has ${records} records and had ${flushed.records} when it was last put on the disk: its end is missing`,
    };
  return {
    problem: "it is not the line that was there when it was last put on the disk: it was rewritten",
    line: flushed.records,
  };
}

/** What is wrong with a segment not being there; `undefined`: it made room, and the chain has it. */
function toMissing(file: string, head: AuditHead | undefined, said: Said): string | undefined {
  if (head === undefined) return `the segment is missing: ${said.named.get(file)} names it`;
  if (said.removed.has(file)) return undefined;
  if (!head.isRemoved) return "the segment is missing";
  // The oldest go first: who said that this one went may have gone since, and then somebody says so of a newer one.
  if (file < said.newestRemoved) return undefined;
  return "the segment is missing: the store has it as removed to make room, and no segment says that it was";
}

/**
 * A process that is killed while it writes leaves the beginning of a line, whose call has not left; it was there when the
 * segment was closed in its stead.
 */
function mayBeTorn(head: AuditHead | undefined, bytes: number): boolean {
  return head !== undefined && (head.lastHash === undefined || head.bytes === bytes);
}

/** What segments say of others. */
interface Said {
  /** Segment → who names it. */
  named: Map<string, string>;
  /** Segment → hash that a line of it has → who says so. */
  heads: Map<string, Map<string, string>>;
  /** Segments that made room. */
  removed: Set<string>;
  newestRemoved: string;
}

function readSaid(folder: string, files: Iterable<string>): Said {
  const said: Said = { named: new Map(), heads: new Map(), removed: new Set(), newestRemoved: "" };
  const add = (file: string, hash: Json | undefined, by: string): void => {
    said.named.set(file, by);
    if (typeof hash !== "string" || hash === genesisHash) return;
    said.heads.set(file, (said.heads.get(file) ?? new Map<string, string>()).set(hash, by));
  };
  for (const by of files)
    for (const { kind, open, previous, file, lastHash } of tryOpening(join(folder, by))) {
      if (kind === "segment-started") {
        for (const [name, hash] of Object.entries(isJsonObject(open) ? open : {})) add(name, hash, by);
        if (typeof previous === "string") add(previous, undefined, by);
      } else if (typeof file === "string") {
        add(file, lastHash, by);
        said.removed.add(file);
        if (file > said.newestRemoved) said.newestRemoved = file;
      }
    }
  return said;
}

function tryOpening(path: string): JsonObject[] {
  try {
    return readOpening(path);
  } catch {
    // It cannot be read: its own check says so.
    return [];
  }
}
