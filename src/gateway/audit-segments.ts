import { closeSync, existsSync, fstatSync, openSync, readSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { isJsonObject, type Json } from "../base/json.ts";
import type { AuditHead, AuditHeads } from "./audit-heads.ts";

/**
 * The last hashes of the segments that others write now, by name. Those of processes that are gone are closed in their
 * stead, with the head that they have: what is cut off from then on is noticed.
 */
export function settleSegments(folder: string, heads: AuditHeads): Record<string, string> {
  const open: Record<string, string> = {};
  for (const { file, lastHash, isRemoved } of heads.all()) {
    if (lastHash !== undefined || isRemoved) continue;
    const head = readHead(join(folder, file));
    if (head === undefined) continue;
    open[file] = head.hash;
    if (!isAlive(file)) heads.closed(file, head.records, head.hash);
  }
  return open;
}

/** Removes the oldest closed segments until the rest fits; how each had ended. */
export function makeRoom(
  folder: string,
  heads: AuditHeads,
  keepBytes: number,
): { file: string; records: number; lastHash: string }[] {
  const closed = heads.all().filter(({ isRemoved }) => !isRemoved);
  const sizeOf = ({ file }: AuditHead): number => statSync(join(folder, file), { throwIfNoEntry: false })?.size ?? 0;
  let bytes = closed.reduce((sum, head) => sum + sizeOf(head), 0);
  const removed = [];
  for (const head of closed) {
    if (bytes <= keepBytes) break;
    const { file, records, lastHash } = head;
    if (lastHash === undefined) continue;
    bytes -= sizeOf(head);
    rmSync(join(folder, file), { force: true });
    heads.removed(file);
    removed.push({ file, records, lastHash });
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

/** The last whole line of a segment; `undefined` where there is none. */
function readHead(path: string): { records: number; hash: string } | undefined {
  if (!existsSync(path)) return undefined;
  const descriptor = openSync(path, "r");
  try {
    const { size } = fstatSync(descriptor);
    for (let length = Math.min(CHUNK_BYTES, size); length > 0; length = Math.min(length * 4, size)) {
      const bytes = Buffer.alloc(length);
      readSync(descriptor, bytes, 0, length, size - length);
      const end = bytes.lastIndexOf("\n");
      const start = end <= 0 ? -1 : bytes.lastIndexOf("\n", end - 1);
      if (end !== -1 && (start !== -1 || length === size)) return toHead(bytes.toString("utf8", start + 1, end));
      if (length === size) return undefined;
    }
    return undefined;
  } finally {
    closeSync(descriptor);
  }
}

function toHead(text: string): { records: number; hash: string } | undefined {
  let line: Json;
  try {
    line = JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
  if (!isJsonObject(line)) return undefined;
  const { seq, hash } = line;
  return typeof seq === "number" && typeof hash === "string" ? { records: seq + 1, hash } : undefined;
}
