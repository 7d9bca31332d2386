import type { Json, JsonObject } from "../base/json.ts";
import { limits } from "../base/limits.ts";
import type { LinkedProgram } from "./link.ts";

/** The bounds that the runner itself keeps, so that an honest program is told instead of killed. */
export interface RunnerLimits {
  callsInFlightMax: number;
  callsPendingMax: number;
  frameBytesMax: number;
  logBytesMax: number;
}

/** The frame that hands a program to a guest. Every frame to the guest carries the time: its only clock. */
export function toStartFrame(
  program: Pick<LinkedProgram, "modules" | "servers">,
  seed: readonly number[],
  { callsInFlightMax, callsPendingMax, frameBytesMax, logBytesMax }: RunnerLimits,
): JsonObject {
  return {
    kind: "start",
    t: Date.now(),
    seed: [...seed],
    limits: { callsInFlightMax, callsPendingMax, frameBytesMax, logBytesMax, logEntriesMax: limits.logEntriesMax },
    modules: program.modules as unknown as Json,
    servers: program.servers as unknown as Json,
  };
}

/** The answer to a host call. */
export function toReply(id: number, value: Json): JsonObject {
  return { kind: "reply", t: Date.now(), id, value };
}

/** The answer to a host call as text, from a value that is JSON text already. */
export function toReplyText(id: number, json: string): string {
  return `{"kind":"reply","t":${Date.now()},"id":${id},"value":${json}}`;
}

/** The answer whose value follows as a frame of its own: bytes of JSON, of text (`auto`: perhaps JSON), or of a file. */
export function toRawReply(id: number, raw: "json" | "auto" | "text" | "bytes"): JsonObject {
  return { kind: "reply", t: Date.now(), id, raw };
}

/** What a guest is told of a call that failed. */
export interface ReplyError {
  code: string;
  message: string;
  tool?: string;
  path?: string;
  syscall?: string;
  hint?: string;
}

/** The answer to a host call that failed. */
export function toErrorReply(id: number, error: ReplyError): JsonObject {
  return { kind: "reply", t: Date.now(), id, error: { ...error } };
}
