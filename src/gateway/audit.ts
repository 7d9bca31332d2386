import { hash as digest, randomBytes } from "node:crypto";
import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { SluiceError, toMessage } from "../base/errors.ts";
import { makeFolder } from "../base/make-folder.ts";
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import type { NetworkRecord } from "../base/network-record.ts";
import type { QuestionKind } from "./broker.ts";
import type { CallOutcome, Step, ToolCall } from "./call.ts";
import type { Edge } from "./edge.ts";

/** What is recorded; arguments and results only as size and hash, so that the audit holds no data of the user. */
export type AuditRecord =
  | {
      kind: "execution-started";
      executionId: string;
      codeSha256: string;
      codeBytes: number;
      engine: string;
      wall: string;
    }
  | { kind: "execution-ended"; executionId: string; status: string; code?: string; ms: number }
  | {
      kind: "call-started";
      executionId: string;
      callId: number;
      origin: string;
      tool: string;
      argumentBytes: number;
      argumentSha256: string;
    }
  | {
      kind: "call-ended";
      executionId: string;
      callId: number;
      tool: string;
      ok: boolean;
      code?: string;
      bytes?: number;
      ms: number;
    }
  /** A call is made again, and one that will be made again has failed; attempts count from 1. */
  | { kind: "attempt-started"; executionId: string; callId: number; tool: string; attempt: number }
  | {
      kind: "attempt-failed";
      executionId: string;
      callId: number;
      tool: string;
      attempt: number;
      code: string;
      pauseMs: number;
    }
  /** A tool is no longer defined as it was pinned, or was accepted as it is now; hashes of definitions. */
  | { kind: "definition-changed" | "definition-accepted"; tool: string; from: string; to: string }
  /** Personal data of a class on its way to a tool, and what was decided; never a value. */
  | (Edge & { kind: "edge"; executionId: string; callId: number; tool: string })
  /** What was sealed in an answer: class to count; `withheld`: blocks that could not be looked through. */
  | {
      kind: "sealed";
      executionId: string;
      callId: number;
      tool: string;
      counts: Record<string, number>;
      withheld: number;
    }
  /** Personal data was about to leave for the model: the classes that were taken out of it. */
  | { kind: "leak-caught"; executionId: string; classes: string[] }
  | { kind: "question-asked"; executionId: string; questionId: string; about: QuestionKind; tool: string }
  | { kind: "question-answered"; questionId: string; answer: string; by: string }
  /** A program asked about a value, or a person looked at it. */
  | { kind: "value-questioned"; executionId: string; question: string; token: string }
  | { kind: "value-shown"; token: string; by: string }
  | { kind: "values-forgotten"; records: number; by: string }
  | (NetworkRecord & { executionId: string });

/** The audit of this process: one file of JSON lines, each chained to the one before by its hash. */
export interface Audit extends Disposable {
  /** The outermost step: records a call before it leaves and again when it has ended; refuses what it cannot record. */
  readonly step: Step;
  /** Path of the segment that is written to; `undefined` before the first record. */
  readonly file: string | undefined;
  /** Writes one record; `write(2)` has returned when this does. Throws `audit_unavailable`. */
  record(record: AuditRecord): void;
  /** Closes the file; later records begin a new segment. */
  close(): void;
}

/** What the first line of a segment names as the hash before it. */
export const genesisHash: string = "0".repeat(64);

/** Makes the audit under `<directory>/audit`; a segment is made with the first record. `now` gives milliseconds since the epoch. */
export function createAudit(directory: string, options: { now?: () => number } = {}): Audit {
  return new SegmentedAudit(join(directory, "audit"), options.now ?? Date.now);
}

interface Segment {
  file: string;
  descriptor: number;
  seq: number;
  prev: string;
  /** Bytes of the whole lines written. */
  bytes: number;
}

class SegmentedAudit implements Audit {
  readonly step: Step;
  #directory: string;
  #now: () => number;
  #segment: Segment | undefined;

  constructor(directory: string, now: () => number) {
    this.#directory = directory;
    this.#now = now;
    this.step = (call, next) => this.#around(call, next);
  }

  get file(): string | undefined {
    return this.#segment?.file;
  }

  record(record: AuditRecord): void {
    try {
      this.#segment ??= this.#open();
      this.#write(this.#segment, record);
    } catch (error) {
      throw new SluiceError(
        "audit_unavailable",
        `Cannot write the audit in ${this.#directory}: ${toMessage(error)}; nothing is called until it can be written`,
        { cause: error },
      );
    }
  }

  close(): void {
    const segment = this.#segment;
    this.#segment = undefined;
    if (segment !== undefined) closeSync(segment.descriptor);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async #around(call: ToolCall, next: (call: ToolCall) => Promise<CallOutcome>): Promise<CallOutcome> {
    const { executionId, callId, origin } = call;
    const tool = call.tool.address;
    const text = toArgumentText(call);
    this.record({
      kind: "call-started",
      executionId,
      callId,
      origin,
      tool,
      argumentBytes: Buffer.byteLength(text ?? ""),
      argumentSha256: digest("sha256", text ?? ""),
    });
    const startedAt = performance.now();
    const outcome = text === undefined ? refuseDepth(call) : await next(call);
    const ms = Math.round(performance.now() - startedAt);
    const ended =
      outcome.kind !== "error"
        ? { ok: true, ...(outcome.bytes === undefined ? {} : { bytes: outcome.bytes }) }
        : { ok: false, code: outcome.code };
    try {
      this.record({ kind: "call-ended", executionId, callId, tool, ...ended, ms });
    } catch {
      // The call has happened: hiding its result would make the program repeat it. The next call is refused instead.
    }
    return outcome;
  }

  #open(): Segment {
    makeFolder(this.#directory, 0o700);
    const time = new Date(this.#now()).toISOString().replaceAll(":", "-");
    const file = join(this.#directory, `${time}-${process.pid}-${randomBytes(4).toString("hex")}.jsonl`);
    // Exclusive: a segment has one writer.
    return { file, descriptor: openSync(file, "ax", 0o600), seq: 0, prev: genesisHash, bytes: 0 };
  }

  #write(segment: Segment, record: AuditRecord): void {
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
      this.#abandon(segment);
      throw error;
    }
    segment.seq++;
    segment.prev = hash;
    segment.bytes += bytes.length;
  }

  /** After a failed write: half a line is cut off, and the next record begins a new segment. */
  #abandon(segment: Segment): void {
    this.#segment = undefined;
    try {
      ftruncateSync(segment.descriptor, segment.bytes);
      closeSync(segment.descriptor);
    } catch {
      // The disk is what failed; the torn line is what `verifySegment` will name.
    }
  }
}

/** The arguments as they will be sent; `undefined` if they are nested so deep that they cannot be. */
function toArgumentText(call: ToolCall): string | undefined {
  try {
    return JSON.stringify(call.arguments) ?? "";
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
function toHashMember(hash: string): string {
  return `,"hash":"${hash}"}`;
}

/** Whether a segment is as it was written: `line` (from 1) is the first one that is not. */
export type Verification =
  | { kind: "intact"; records: number; lastHash: string }
  | { kind: "broken"; line: number; problem: string };

/**
 * Reads a segment and checks its numbers and hashes. Lines cut off at its end leave no trace in it: compare `lastHash`
 * with one that was kept elsewhere.
 */
export function verifySegment(path: string): Verification {
  const lines = readFileSync(path, "utf8").split("\n");
  const isTorn = lines.pop() !== "";
  let prev = genesisHash;
  for (const [seq, text] of lines.entries()) {
    const checked = checkLine(text, seq, prev);
    if (checked.problem !== undefined) return { kind: "broken", line: seq + 1, problem: checked.problem };
    prev = checked.hash;
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
