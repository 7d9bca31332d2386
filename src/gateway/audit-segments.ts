import { closeSync, constants, fstatSync, openSync, readdirSync, readSync, rmSync } from "node:fs";
import { join } from "node:path";
import { SluiceError, toMessage } from "../base/errors.ts";
import { type Json, type JsonObject, parseJsonObject } from "../base/json.ts";
import { limits } from "../base/limits.ts";
import type { AuditHeads, SegmentEnd } from "./audit-heads.ts";

/** Names of the segments in the folder, sorted; none where there is no folder. Throws `audit_unavailable`. */
export function listSegments(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith(".jsonl"))
      .sort();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return [];
    const why = code === "ENOTDIR" ? "it is not a folder" : toMessage(error);
    throw new SluiceError("audit_unavailable", `Cannot read the audit in ${folder}: ${why}`, {
      hint: "Move away what is there, and make it a folder that you can read; `sluice audit verify` names what is missing",
    });
  }
}

/**
 * The last hashes of the segments that others write now, and of those that were closed last, by name: whichever began
 * before this one, the newest of them at least is named. Those of processes that are gone are closed in their stead, with
 * the head that they have: what is cut off from then on is noticed.
 */
export function settleSegments(folder: string, heads: AuditHeads): Record<string, string> {
  const open: Record<string, string> = {};
  for (const file of heads.open()) {
    const end = readEnd(join(folder, file));
    if (end === undefined) continue;
    open[file] = end.lastHash;
    if (!isAlive(file)) heads.closed(file, end);
  }
  for (const { file, lastHash } of heads.newestClosed(limits.auditEndsNamedMax)) open[file] = lastHash;
  return open;
}

/**
 * Removes the oldest closed segments until the rest fits; how each had ended, before it goes: whoever is killed in between
 * has left one too many, and none that nobody speaks of.
 */
export function* makeRoom(
  folder: string,
  heads: AuditHeads,
  keepBytes: number,
): Generator<{ file: string; records: number; lastHash: string }> {
  for (let bytes = heads.closedBytes(); bytes > keepBytes;) {
    const oldest = heads.oldest();
    if (oldest === undefined) break;
    const { file, records, lastHash } = oldest;
    yield { file, records, lastHash };
    heads.removed(file, () => rmSync(join(folder, file), { force: true }));
    bytes -= oldest.bytes;
  }
}

/** A segment's name says whose it is. */
function isAlive(file: string): boolean {
  const pid = Number(/-(\d+)-[0-9a-f]{8}\.jsonl$/.exec(file)?.[1]);
  if (pid === process.pid) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

const CHUNK_BYTES = 65_536;

/** Opens a segment to read it. Throws at once where it is no file: who opens a pipe waits for somebody to write. */
export function openSegment(path: string): number {
  const descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  if (fstatSync(descriptor).isFile()) return descriptor;
  closeSync(descriptor);
  throw new SluiceError("audit_unavailable", `Cannot read ${path}: it is not a file`);
}

/** What a segment says of others: the records with which it begins, as far as they can be read. */
export function readOpening(path: string): JsonObject[] {
  const descriptor = openSegment(path);
  try {
    const { size } = fstatSync(descriptor);
    for (let length = Math.min(CHUNK_BYTES, size); ; length = Math.min(length * 4, size)) {
      const bytes = Buffer.alloc(length);
      readSync(descriptor, bytes, 0, length, 0);
      const lines = bytes.toString().split("\n").slice(0, -1).map(parseJsonObject);
      const end = lines.findIndex((line) => line === undefined || !openingKinds.has(line["kind"] ?? null));
      if (end !== -1 || length === size)
        return lines.slice(0, end === -1 ? lines.length : end).filter((line) => line !== undefined);
    }
  } finally {
    closeSync(descriptor);
  }
}

const openingKinds: ReadonlySet<Json> = new Set<Json>(["segment-started", "segment-removed"]);

/** How a segment ends now, by its last whole line; `undefined` where there is none. */
function readEnd(path: string): SegmentEnd | undefined {
  let descriptor: number;
  try {
    descriptor = openSegment(path);
  } catch {
    // It is gone, or something else is in its place: `audit verify` says so.
    return undefined;
  }
  try {
    const { size } = fstatSync(descriptor);
    for (let length = Math.min(CHUNK_BYTES, size); length > 0; length = Math.min(length * 4, size)) {
      const bytes = Buffer.alloc(length);
      readSync(descriptor, bytes, 0, length, size - length);
      const end = bytes.lastIndexOf("\n");
      const start = end <= 0 ? -1 : bytes.lastIndexOf("\n", end - 1);
      if (end !== -1 && (start !== -1 || length === size)) return toEnd(bytes.toString("utf8", start + 1, end), size);
      if (length === size) return undefined;
    }
    return undefined;
  } finally {
    closeSync(descriptor);
  }
}

function toEnd(text: string, bytes: number): SegmentEnd | undefined {
  const line = parseJsonObject(text);
  if (line === undefined) return undefined;
  const { seq, hash } = line;
  return typeof seq === "number" && typeof hash === "string" ? { records: seq + 1, lastHash: hash, bytes } : undefined;
}
