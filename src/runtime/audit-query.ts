import { createReadStream, statSync } from "node:fs";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { StringDecoder } from "node:string_decoder";
import { isDenial } from "../base/errors.ts";
import { type JsonObject, parseJsonObject } from "../base/json.ts";
import { limits } from "../base/limits.ts";
import { listSegments } from "../gateway/audit-segments.ts";

/** Which records; all that is given must hold. */
export interface AuditFilter {
  /** Milliseconds since the epoch. */
  since?: number;
  /** Key of a server. */
  server?: string;
  /** Address. */
  tool?: string;
  executionId?: string;
  /** How it ended: `ok`, or `failed` for whatever went wrong or was refused, or an error code or status. */
  status?: string;
  /** Goes on with what is recorded from now on, until the signal aborts. */
  follow?: boolean;
  /** Told of each segment, once, of which something cannot be read: it is left out. */
  onUnreadable?: (segment: string) => void;
  signal?: AbortSignal;
}

/** Records of every segment of a state directory, each segment's in order; with `follow` also those to come. */
export async function* readAudit(stateDir: string, filter: AuditFilter = {}): AsyncGenerator<JsonObject> {
  const folder = join(stateDir, "audit");
  /** Bytes read of each segment, and what of its last line has been read. */
  const read = new Map<string, { bytes: number; rest: string; decoder: StringDecoder }>();
  const unreadable = new Set<string>();
  const leaveOut = (file: string): void => {
    if (!unreadable.has(file)) filter.onUnreadable?.(file);
    unreadable.add(file);
  };
  for (;;) {
    for (const file of listSegments(folder)) {
      const path = join(folder, file);
      const state = read.get(file) ?? { bytes: 0, rest: "", decoder: new StringDecoder("utf8") };
      read.set(file, state);
      const info = statSync(path, { throwIfNoEntry: false });
      // A pipe would be waited for.
      if (info?.isFile() !== true) {
        leaveOut(file);
        continue;
      }
      if (info.size <= state.bytes) continue;
      // A segment that ended before has nothing that is wanted.
      if (filter.since !== undefined && info.mtimeMs < filter.since) continue;
      for await (const chunk of createReadStream(path, { start: state.bytes, end: info.size - 1 })) {
        state.bytes += (chunk as Buffer).length;
        const lines = (state.rest + state.decoder.write(chunk as Buffer)).split("\n");
        state.rest = lines.pop() ?? "";
        for (const line of lines) {
          const record = parseJsonObject(line);
          // Torn, or tampered with: `audit verify` says so.
          if (record === undefined) leaveOut(file);
          else if (isWanted(record, filter)) yield { segment: basename(file), ...record };
        }
      }
    }
    if (filter.follow !== true) return;
    // Rejects when the signal aborts.
    const isOver = await sleep(limits.auditFollowMs, false, { signal: filter.signal }).catch(() => true);
    if (isOver) return;
  }
}

function isWanted(record: JsonObject, { since, server, tool, executionId, status }: AuditFilter): boolean {
  const { time, tool: address } = record;
  if (since !== undefined && typeof time === "string" && Date.parse(time) < since) return false;
  if (server !== undefined && !(typeof address === "string" && address.startsWith(`${server}.`))) return false;
  if (tool !== undefined && address !== tool) return false;
  if (executionId !== undefined && record["executionId"] !== executionId) return false;
  return status === undefined || hasStatus(record, status);
}

function hasStatus({ kind, ok, status, code }: JsonObject, wanted: string): boolean {
  const hasEnded = kind === "call-ended" || kind === "execution-ended" || kind === "network-response";
  const isGood = ok === true || status === "completed" || (kind === "network-response" && code === undefined);
  if (wanted === "ok") return hasEnded && isGood;
  if (wanted === "failed") return (hasEnded && !isGood) || kind === "network-refused" || kind === "attempt-failed";
  if (wanted === "denied" && typeof code === "string" && isDenial(code)) return true;
  return code === wanted || status === wanted;
}
