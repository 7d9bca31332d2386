import { closeSync, existsSync, fstatSync, openSync, readSync, rmSync } from "node:fs";
import { join } from "node:path";
import { isJsonObject, type Json } from "../base/json.ts";
import type { AuditHeads, SegmentEnd } from "./audit-heads.ts";

/**
 * The last hashes of the segments that others write now, by name. Those of processes that are gone are closed in their
 * stead, with the head that they have: what is cut off from then on is noticed.
 */
export function settleSegments(folder: string, heads: AuditHeads): Record<string, string> {
  const open: Record<string, string> = {};
  for (const file of heads.open()) {
    const end = readEnd(join(folder, file));
    if (end === undefined) continue;
    open[file] = end.lastHash;
    if (!isAlive(file)) heads.closed(file, end);
  }
  return open;
}

/** Removes the oldest closed segments until the rest fits; how each had ended. */
export function makeRoom(
  folder: string,
  heads: AuditHeads,
  keepBytes: number,
): { file: string; records: number; lastHash: string }[] {
  const removed = [];
  for (let bytes = heads.closedBytes(); bytes > keepBytes;) {
    const oldest = heads.oldest();
    if (oldest === undefined) break;
    const { file, records, lastHash } = oldest;
    rmSync(join(folder, file), { force: true });
    heads.removed(file);
    removed.push({ file, records, lastHash });
    bytes -= oldest.bytes;
  }
  return removed;
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

/** The first line of a segment, as much of it as there is. */
export function readFirstLine(path: string): string {
  const descriptor = openSync(path, "r");
  try {
    const { size } = fstatSync(descriptor);
    for (let length = Math.min(CHUNK_BYTES, size); ; length = Math.min(length * 4, size)) {
      const bytes = Buffer.alloc(length);
      readSync(descriptor, bytes, 0, length, 0);
      const end = bytes.indexOf("\n");
      if (end !== -1 || length === size) return bytes.toString("utf8", 0, end === -1 ? length : end);
    }
  } finally {
    closeSync(descriptor);
  }
}

/** How a segment ends now, by its last whole line; `undefined` where there is none. */
function readEnd(path: string): SegmentEnd | undefined {
  if (!existsSync(path)) return undefined;
  const descriptor = openSync(path, "r");
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
  let line: Json;
  try {
    line = JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
  if (!isJsonObject(line)) return undefined;
  const { seq, hash } = line;
  return typeof seq === "number" && typeof hash === "string" ? { records: seq + 1, lastHash: hash, bytes } : undefined;
}
