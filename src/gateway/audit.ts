import { hash as digest, randomBytes } from "node:crypto";
import {
  closeSync,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  openSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { basename, join } from "node:path";
import { type Background, createBackground } from "../base/background.ts";
import { SluiceError, toMessage } from "../base/errors.ts";
import { makeFolder } from "../base/make-folder.ts";
import type { JsonObject } from "../base/json.ts";
import { limits } from "../base/limits.ts";
import { toArgumentText } from "../base/argument-text.ts";
import { cutText } from "./cut-text.ts";
import type { AuditHeads, FlushedLine, SegmentEnd } from "./audit-heads.ts";
import type { AuditRecord } from "./audit-record.ts";
import { makeRoom, settleSegments } from "./audit-segments.ts";
import type { CallOutcome, Step, ToolCall } from "./call.ts";

/** The audit of this process: files of JSON lines, each line chained to the one before by its hash. */
export interface Audit extends Disposable {
  /** The outermost step: records a call before it leaves and again when it has ended; refuses what it cannot record. */
  readonly step: Step;
  /** Path of the segment that is written to; `undefined` before the first record. */
  readonly file: string | undefined;
  /** Writes one record; `write(2)` has returned when this does. Throws `audit_unavailable`. */
  record(record: AuditRecord): void;
  /** The text of a program, once for each segment; what cannot be recorded is left out. */
  recordProgram(executionId: string, codeSha256: string, toText: () => Promise<string>): Promise<void>;
  /** Resolves when all that was recorded is on the disk; rejects with `audit_unavailable`. */
  flush(): Promise<void>;
  /** Closes the file; later records begin a new segment. */
  close(): void;
}

export interface AuditOptions {
  /** Milliseconds since the epoch. */
  now?: () => number;
  /** Where it is kept which segments there are, and how they ended; absent: nowhere. */
  heads?: AuditHeads;
  /** `full`: arguments and results too, with tokens; default `hashes`. */
  content?: "hashes" | "full";
  /** For `full`: a text without personal data that a model wrote into it. */
  clean?: (text: string) => Promise<string>;
  /** Bytes of all segments together, above which the oldest closed ones are removed. */
  keepBytes?: number;
  /** Told of a segment that is gone while it is written to, and of what cannot be kept of one. */
  log?: (line: string) => void;
}

/** What the first line of a segment names as the hash before it. */
export const genesisHash: string = "0".repeat(64);

/** Makes the audit under `<directory>/audit`; a segment is made with the first record. */
export function createAudit(directory: string, options: AuditOptions = {}): Audit {
  return new SegmentedAudit(join(directory, "audit"), options);
}

interface Segment {
  file: string;
  descriptor: number;
  /** Which file it is, whatever its path leads to later. */
  inode: number;
  seq: number;
  prev: string;
  /** Bytes of the whole lines written. */
  bytes: number;
}

function toEnd({ seq, prev, bytes }: Segment): SegmentEnd {
  return { records: seq, lastHash: prev, bytes };
}

class SegmentedAudit implements Audit {
  readonly step: Step;
  #directory: string;
  #now: () => number;
  #heads: AuditHeads | undefined;
  #isFull: boolean;
  #clean: (text: string) => Promise<string>;
  #keepBytes: number;
  #log: (line: string) => void;
  #segment: Segment | undefined;
  /** Programs whose text is in this segment. */
  #programs = new Set<string>();
  #previous: string | undefined;
  /** Something was written that is not known to be on the disk. */
  #isDirty = false;
  #flushing: Promise<void> | undefined;
  #later: Background;

  constructor(directory: string, { now = Date.now, heads, content = "hashes", keepBytes, clean, log }: AuditOptions) {
    this.#directory = directory;
    this.#now = now;
    this.#heads = heads;
    this.#isFull = content === "full";
    this.#clean = clean ?? ((text) => Promise.resolve(text));
    this.#keepBytes = keepBytes ?? limits.auditKeepBytes;
    this.#log = log ?? (() => undefined);
    this.step = (call, next) => this.#around(call, next);
    this.#later = createBackground(() => this.#flush((file, line) => this.#heads?.flushedBeside(file, line)), {
      ...{ name: "audit", ms: limits.auditFlushMs, log: this.#log },
    });
  }

  get file(): string | undefined {
    return this.#segment?.file;
  }

  record(record: AuditRecord): void {
    this.#attempt(() => {
      if (this.#segment !== undefined && this.#segment.bytes >= limits.auditSegmentBytesMax) this.close();
      this.#leaveIfGone();
      if (this.#segment === undefined) {
        this.#segment = this.#begin();
        this.#makeRoom(this.#segment);
      }
      this.#write(this.#segment, record);
    });
  }

  async recordProgram(executionId: string, codeSha256: string, toText: () => Promise<string>): Promise<void> {
    if (this.#programs.has(codeSha256)) return;
    this.#programs.add(codeSha256);
    try {
      this.record({ kind: "program", executionId, codeSha256, code: await toText() });
    } catch {
      this.#programs.delete(codeSha256);
    }
  }

  async flush(): Promise<void> {
    try {
      await this.#flush((file, line) => this.#heads?.flushed(file, line));
    } catch (error) {
      throw toUnavailable(this.#directory, error);
    }
  }

  async #flush(keep: (file: string, line: FlushedLine) => void): Promise<void> {
    // One at a time: who comes meanwhile waits for the next one, which then has what it wants.
    await this.#flushing?.catch(() => undefined);
    if (this.#isDirty)
      this.#flushing ??= this.#sync(keep).finally(() => {
        this.#flushing = undefined;
      });
    await this.#flushing;
  }

  async #sync(keep: (file: string, line: FlushedLine) => void): Promise<void> {
    const segment = this.#segment;
    this.#isDirty = false;
    if (segment === undefined) return;
    const line = { records: segment.seq, hash: segment.prev };
    try {
      await new Promise<void>((resolve, reject) =>
        fdatasync(segment.descriptor, (error) => (error === null ? resolve() : reject(error))),
      );
      // After the file: what the store knows of it is never more than what is there.
      keep(basename(segment.file), line);
      if (!this.#isDirty) this.#later.forget();
    } catch (error) {
      // A segment that was closed meanwhile was synchronised then.
      if (this.#segment !== segment) return;
      this.#isDirty = true;
      throw error;
    }
  }

  close(): void {
    const segment = this.#segment;
    this.#segment = undefined;
    this.#programs.clear();
    this.#isDirty = false;
    this.#later.forget();
    if (segment === undefined) return;
    this.#previous = basename(segment.file);
    try {
      fdatasyncSync(segment.descriptor);
      this.#heads?.closed(this.#previous, toEnd(segment));
    } catch (error) {
      // Who begins a segment when this process is gone keeps its end.
      this.#log(`audit: the end of ${segment.file} is not kept yet: ${toMessage(error)}`);
    } finally {
      closeSync(segment.descriptor);
    }
  }

  /** What is written to a file that was removed, moved or exchanged is read by nobody: another segment begins. */
  #leaveIfGone(): void {
    const segment = this.#segment;
    if (segment === undefined) return;
    if (statSync(segment.file, { throwIfNoEntry: false })?.ino === segment.inode) return;
    this.#log(
      `audit: ${segment.file} was removed, moved or exchanged while it was written to; another segment begins, and \`sluice audit verify\` names this one`,
    );
    this.close();
  }

  #attempt(act: () => void): void {
    try {
      act();
    } catch (error) {
      throw toUnavailable(this.#directory, error);
    }
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async #around(call: ToolCall, next: (call: ToolCall) => Promise<CallOutcome>): Promise<CallOutcome> {
    const { executionId, callId, origin } = call;
    const tool = call.tool.address;
    const text = tryArgumentText(call);
    this.record({
      kind: "call-started",
      executionId,
      callId,
      origin,
      tool,
      argumentBytes: Buffer.byteLength(text ?? ""),
      argumentSha256: digest("sha256", text ?? ""),
      ...(this.#isFull ? { arguments: await this.#toKept(text ?? "") } : {}),
    });
    const startedAt = performance.now();
    const outcome = text === undefined ? refuseDepth(call) : await next(call);
    const ms = Math.round(performance.now() - startedAt);
    const ended =
      outcome.kind !== "error"
        ? { ok: true, ...(outcome.bytes === undefined ? {} : { bytes: outcome.bytes }) }
        : { ok: false, code: outcome.code };
    try {
      const kept = this.#isFull ? { result: await this.#toKept(toResultText(outcome)) } : {};
      this.record({ kind: "call-ended", executionId, callId, tool, ...ended, ms, ...kept });
    } catch {
      // The call has happened: hiding its result would make the program repeat it. The next call is refused instead.
    }
    return outcome;
  }

  /** A text of bounded length; what is left out is said. */
  async #toKept(text: string): Promise<string> {
    return this.#clean(cutText(text, limits.auditTextCharsMax));
  }

  #begin(): Segment {
    makeFolder(this.#directory, 0o700);
    const time = new Date(this.#now()).toISOString().replaceAll(":", "-");
    const file = join(this.#directory, `${time}-${process.pid}-${randomBytes(4).toString("hex")}.jsonl`);
    const heads = this.#heads;
    const open = heads === undefined ? {} : settleSegments(this.#directory, heads);
    // Exclusive: a segment has one writer.
    const descriptor = openSync(file, "ax", 0o600);
    const segment = { file, descriptor, inode: fstatSync(descriptor).ino, seq: 0, prev: genesisHash, bytes: 0 };
    if (heads === undefined) return segment;
    try {
      this.#append(segment, {
        kind: "segment-started",
        open,
        ...(this.#previous === undefined ? {} : { previous: this.#previous }),
      });
      // Last: a file that the store does not know, and that has this line at most, has no record that could be missing.
      heads.opened(basename(file));
    } catch (error) {
      closeSync(descriptor);
      rmSync(file, { force: true });
      throw error;
    }
    return segment;
  }

  #makeRoom(segment: Segment): void {
    try {
      for (const removed of this.#heads === undefined ? [] : makeRoom(this.#directory, this.#heads, this.#keepBytes))
        this.#append(segment, { kind: "segment-removed", ...removed });
    } catch (error) {
      if (this.#segment !== segment) throw error;
      this.#log(`audit: no room can be made by the oldest segments: ${toMessage(error)}`);
    }
  }

  #write(segment: Segment, record: AuditRecord): void {
    try {
      this.#append(segment, record);
    } catch (error) {
      // Where the disk is full another segment would have no room either.
      if (!isFull(error)) this.#abandon(segment);
      throw error;
    }
    this.#isDirty = true;
    this.#later.ask();
  }

  /** A whole line or, if it throws, nothing. */
  #append(segment: Segment, record: AuditRecord): void {
    const line: JsonObject = {
      seq: segment.seq,
      prev: segment.prev,
      time: new Date(this.#now()).toISOString(),
      ...record,
    };
    const body = JSON.stringify(line);
    const hash = digest("sha256", body);
    const bytes = Buffer.from(`${body.slice(0, -1)}${toHashMember(hash)}\n`);
    try {
      for (let written = 0; written < bytes.length;) written += writeSync(segment.descriptor, bytes, written);
    } catch (error) {
      try {
        ftruncateSync(segment.descriptor, segment.bytes);
      } catch {
        // The disk is what failed; the torn line is what `verifySegment` will name.
        this.#abandon(segment);
      }
      throw error;
    }
    segment.seq++;
    segment.prev = hash;
    segment.bytes += bytes.length;
  }

  /** After a failed write: the next record begins a new segment. */
  #abandon(segment: Segment): void {
    if (this.#segment !== segment) return;
    this.#segment = undefined;
    this.#previous = basename(segment.file);
    try {
      closeSync(segment.descriptor);
      this.#heads?.closed(this.#previous, toEnd(segment));
    } catch {
      // Who begins a segment when this process is gone keeps its end.
    }
  }
}

function isFull(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "ENOSPC" || code === "EDQUOT";
}

function toUnavailable(directory: string, error: unknown): SluiceError {
  return new SluiceError(
    "audit_unavailable",
    `Cannot write the audit in ${directory}: ${toMessage(error)}; nothing is called until it can be written`,
    { cause: error },
  );
}

function toResultText(outcome: CallOutcome): string {
  if (outcome.kind === "error") return outcome.message;
  return outcome.kind === "data" ? JSON.stringify(outcome.data) : `(${outcome.bytes} bytes)`;
}

/** The arguments as they will be sent; `undefined` if they are nested so deep that they cannot be. */
function tryArgumentText(call: ToolCall): string | undefined {
  try {
    return toArgumentText(call.arguments);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function refuseDepth(call: ToolCall): CallOutcome {
  return {
    kind: "error",
    code: "arguments_invalid",
    message: `Cannot call ${call.tool.address}: the arguments are nested too deep`,
  };
}

/** How a line ends: the hash is that of the text before it, closed by a brace. */
export function toHashMember(hash: string): string {
  return `,"hash":"${hash}"}`;
}
