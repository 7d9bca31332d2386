import type { Json, JsonObject } from "../base/json.ts";
import type { LargeValue } from "../base/large-json.ts";
import type { Recorder, Replayed } from "./delivery.ts";
import type { ReplyError } from "./execution-frames.ts";
import type { ImportTarget } from "./link.ts";

/** The functions that the runtime hands to the sandbox: all that a program can cause outside it. */
export interface ExecutionHost {
  /** One tool call through the gateway; its data as JSON text, or as bytes. Never rejects for what a tool does. */
  invokeTool(
    call: {
      callId: number;
      tool: string;
      arguments: Json;
      line?: number;
      remainingMs: () => number;
      /** Told before it leaves; throws where it must not. `isRepeatable`: it may be made again without harm. */
      onLeave: (isRepeatable: boolean) => void;
      /** Told when what left last was not carried out, which is sure. */
      onMissed: (isRepeatable: boolean) => void;
      /** How often it left before, without anybody knowing how it ended. */
      timesLeft: number;
    },
    signal: AbortSignal,
  ): Promise<{ json: string } | { large: LargeValue } | { error: ReplyError }>;
  search(query: JsonObject): Promise<Json>;
  describe(tool: string): Promise<Json>;
  /** Saves what the program gave as a skill. `isAgain`: that had begun before the execution was interrupted. */
  saveSkill(skill: JsonObject, isAgain: boolean): Promise<Json>;
  /** A question about a token: the name of a function of `pii`, and what it was given. */
  ask(question: JsonObject): Promise<Json>;
  /** Resolves an import that was named at run time. */
  importAtRunTime(specifier: string): Promise<ImportTarget>;
  onProgress(progress: JsonObject): void;
  /** `isAgain`: it was printed before. */
  onLog(entry: { stream: "stdout" | "stderr"; text: string }, isAgain: boolean): void;
}

/** What was recorded of an execution, and what keeps the rest. */
export interface ExecutionJournal {
  /** The frame that it was started with before. */
  startedWith?: string | undefined;
  recorder?: Recorder | undefined;
  /** Keeps the frame that it is started with; gives what keeps the rest. */
  start(frame: string): Promise<Recorder | undefined>;
  /** Nothing is done: what was recorded is all there is. */
  isReplayOnly?: boolean;
  /** A tool call is answered again. */
  onCallReplayed?(tool: string, args: Json, reply: Replayed): void;
}
