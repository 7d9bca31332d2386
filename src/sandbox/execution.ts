import { randomFillSync } from "node:crypto";
import { setMaxListeners } from "node:events";
import { errorCodes, SluiceError } from "../base/errors.ts";
import { asText, isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import { limits as bounds } from "../base/limits.ts";
import { type ReplyError, toErrorReply, toReply, toReplyText, toStartFrame } from "./execution-frames.ts";
import type { FileGate } from "./file-gate.ts";
import type { Frame } from "./frames.ts";
import type { Guest } from "./guest.ts";
import type { ImportTarget, LinkedProgram } from "./link.ts";
import { PROGRAM_NAME, type SourcePlace } from "./module-syntax.ts";
import type { GuestUsage, Watchdog } from "./watchdog.ts";

/** The functions that the runtime hands to the sandbox: all that a program can cause outside it. */
export interface ExecutionHost {
  /** One tool call through the gateway; its data as JSON text. Never rejects for what a tool does. */
  invokeTool(
    call: { callId: number; tool: string; arguments: Json },
    signal: AbortSignal,
  ): Promise<{ json: string } | { error: ReplyError }>;
  search(query: JsonObject): Promise<Json>;
  describe(tool: string): Promise<Json>;
  /** Resolves an import that was named at run time. */
  importAtRunTime(specifier: string): Promise<ImportTarget>;
  onProgress(progress: JsonObject): void;
  onLog(entry: { stream: "stdout" | "stderr"; text: string }): void;
}

/** The limits of one execution; names, units and reasons in `base/limits.ts`. */
export interface ExecutionLimits {
  timeoutMs: number;
  cpuMs: number;
  memoryMb: number;
  logBytesMax: number;
  resultBytesMax: number;
  callsMax: number;
  callsInFlightMax: number;
}

/** How an execution ended, by the host's own account. */
export interface ExecutionEnd {
  status: "completed" | "failed" | "killed";
  value?: Json;
  error?: { code: string; message: string; place?: SourcePlace; tool?: string; hint?: string };
  logs: { stream: "stdout" | "stderr"; text: string }[];
  logsTruncated: boolean;
  warnings: { code: string; message: string; line?: number }[];
  calls: { done: number; failed: number; open: number };
  toolCalls: number;
  usage: GuestUsage;
}

export interface ExecutionOptions {
  guest: Guest;
  program: LinkedProgram;
  /** The agent's own text, for the source lines of errors. */
  source: string;
  host: ExecutionHost;
  files: FileGate;
  limits: ExecutionLimits;
  watchdog: Watchdog;
  signal: AbortSignal;
}

/** What a guest may ask for; anything else breaks the protocol. */
type Operation = (id: number, args: JsonObject) => Promise<Json | void>;

/**
 * Runs one linked program in a guest to its end. Every frame of the guest is a claim: bounded, checked, and with no
 * more authority than the program's own code has. The guest is dead when this resolves.
 */
export async function runExecution(options: ExecutionOptions): Promise<ExecutionEnd> {
  const { guest, program, source, host, files, limits, watchdog, signal } = options;
  const logs: ExecutionEnd["logs"] = [];
  const calls = { done: 0, failed: 0, open: 0 };
  const stopCalls = new AbortController();
  // Every call in flight listens to it; how many there may be is `callsInFlightMax`.
  setMaxListeners(0, stopCalls.signal);
  const timers = new Map<number, NodeJS.Timeout>();
  const inFlight = new Set<number>();
  let logBytes = 0;
  let logsTruncated = false;
  let hostCalls = 0;
  let toolCalls = 0;
  let ended = false;
  let finish: (
    end: Pick<ExecutionEnd, "status" | "value" | "error" | "warnings"> & { usage?: GuestUsage },
  ) => void = () => undefined;
  const finished = new Promise<Parameters<typeof finish>[0]>((resolve) => {
    finish = (end) => {
      ended = true;
      resolve(end);
    };
  });

  const kill = (code: string, message: string, usage?: GuestUsage): void =>
    finish({ status: "killed", error: { code, message }, warnings: [], ...(usage === undefined ? {} : { usage }) });
  const breach = (what: string): void => kill("guest_crashed", `The sandbox broke its protocol: ${what}`);

  const operations: Record<string, Operation> = {
    async tool(id, args) {
      toolCalls += 1;
      const callId = toolCalls;
      if (callId > limits.callsMax)
        return kill("callsMax", `The program made more than ${limits.callsMax} tool calls (callsMax)`);
      calls.open += 1;
      const reply = await host.invokeTool(
        { callId, tool: asText(args["tool"]), arguments: args["arguments"] ?? {} },
        stopCalls.signal,
      );
      if (ended) return;
      calls.open -= 1;
      if ("error" in reply) {
        calls.failed += 1;
        guest.send(toErrorReply(id, reply.error));
      } else {
        calls.done += 1;
        guest.sendText(toReplyText(id, reply.json));
      }
    },
    async file(id, args) {
      const reply = await files.act(args);
      guest.send("error" in reply ? toErrorReply(id, reply.error) : toReply(id, reply.value));
    },
    search: (_, args) => host.search(args),
    describe: (_, args) => host.describe(asText(args["tool"])),
    import: async (_, args) => (await host.importAtRunTime(asText(args["specifier"]))) as unknown as Json,
    async progress(_, args) {
      host.onProgress(args);
      return null;
    },
  };

  function onCall(frame: Frame): void {
    const { id, op, args } = frame;
    if (typeof id !== "number" || !Number.isSafeInteger(id) || inFlight.has(id) || timers.has(id))
      return breach("a call without a number of its own");
    if (typeof op !== "string" || !isJsonObject(args)) return breach("a call without an operation");
    hostCalls += 1;
    if (hostCalls > bounds.hostCallsMax)
      return kill("hostCallsMax", `The program made more than ${bounds.hostCallsMax} calls to the host (hostCallsMax)`);
    if (op === "timer") return startTimer(id, Number(args["ms"]));
    const operation = Object.hasOwn(operations, op) ? operations[op] : undefined;
    if (operation === undefined) return breach(`the operation "${op.slice(0, 40)}"`);
    // The runner holds back what is more; a guest that does not is not the runner.
    if (inFlight.size >= limits.callsInFlightMax + 1)
      return kill(
        "callsInFlightMax",
        `The program has ${inFlight.size} calls waiting; callsInFlightMax is ${limits.callsInFlightMax}`,
      );
    inFlight.add(id);
    operation(id, args).then(
      (value) => {
        inFlight.delete(id);
        if (value !== undefined && !ended) guest.send(toReply(id, value));
      },
      (error: unknown) => {
        inFlight.delete(id);
        if (!ended) guest.send(toErrorReply(id, toReplyError(error)));
      },
    );
  }

  function startTimer(id: number, ms: number): void {
    if (timers.size >= bounds.timersMax)
      return kill("timersMax", `The program has ${timers.size} timers running; timersMax is ${bounds.timersMax}`);
    const delay = Number.isFinite(ms) ? Math.min(Math.max(ms, 0), limits.timeoutMs + 1) : 0;
    timers.set(
      id,
      setTimeout(() => {
        timers.delete(id);
        guest.send(toReply(id, null));
      }, delay),
    );
  }

  function onLog(frame: Frame): void {
    const { stream, text } = frame;
    if (logsTruncated || typeof text !== "string" || (stream !== "stdout" && stream !== "stderr")) return;
    const room = limits.logBytesMax - logBytes;
    const bytes = Buffer.byteLength(text);
    logBytes += bytes;
    if (bytes > room || frame["cut"] === true || logs.length >= bounds.logEntriesMax) logsTruncated = true;
    const entry = {
      stream,
      text:
        bytes > room
          ? Buffer.from(text)
              .subarray(0, Math.max(room, 0))
              .toString("utf8")
              .replace(/\uFFFD+$/, "")
          : text,
    } as const;
    if (entry.text === "" && bytes > room) return;
    logs.push(entry);
    host.onLog(entry);
  }

  function onFrame(frame: Frame, bytes: number): void {
    if (ended) return;
    switch (frame.kind) {
      case "call":
        return onCall(frame);
      case "forget": {
        const timer = timers.get(Number(frame["id"]));
        clearTimeout(timer);
        timers.delete(Number(frame["id"]));
        return;
      }
      case "log":
        return onLog(frame);
      case "result":
        return finish(toEnd(frame, bytes, source, limits));
    }
    breach(`a frame of kind "${frame.kind.slice(0, 40)}"`);
  }

  const deadline = setTimeout(
    () => kill("timeoutMs", `The program ran longer than ${limits.timeoutMs} ms (timeoutMs)`),
    limits.timeoutMs,
  );
  const abort = (): void => kill("cancelled", "The execution was cancelled");
  signal.addEventListener("abort", abort, { once: true });
  watchdog.watch(guest.child.pid, { memoryBytes: limits.memoryMb * 1024 * 1024, cpuMs: limits.cpuMs }, (limit, usage) =>
    limit === "memoryMb"
      ? kill(
          "memoryMb",
          `The program used ${Math.round(usage.peakBytes / 1024 / 1024)} MB of memory; memoryMb is ${limits.memoryMb}`,
          usage,
        )
      : kill(
          "cpuMs",
          `The program used ${Math.round(usage.cpuMs)} ms of processor time; cpuMs is ${limits.cpuMs}`,
          usage,
        ),
  );
  guest.listen(onFrame, (error) => {
    // The watchdog's own message may be on its way: it knows why.
    setTimeout(() => kill(...toCrash(error, limits)), 40);
  });
  if (signal.aborted) abort();
  else
    guest.send(
      toStartFrame(program, randomFillSync(new Uint32Array(4)) as unknown as number[], {
        ...limits,
        frameBytesMax: bounds.frameBytesMax,
      }),
    );

  const end = await finished;
  clearTimeout(deadline);
  for (const timer of timers.values()) clearTimeout(timer);
  signal.removeEventListener("abort", abort);
  stopCalls.abort();
  const usage = end.usage ?? (await watchdog.forget(guest.child.pid));
  guest.kill();
  const warnings = logsTruncated
    ? [
        ...end.warnings,
        {
          code: "logBytesMax",
          message: `Output past ${limits.logBytesMax} bytes (logBytesMax) or ${bounds.logEntriesMax} entries was dropped`,
        },
      ]
    : end.warnings;
  return { ...end, warnings, logs, logsTruncated, calls, toolCalls, usage };
}

/** A guest that ended by itself: out of its own heap, or crashed. */
function toCrash(error: SluiceError, limits: ExecutionLimits): [string, string] {
  if (/out of memory|Last few GCs/i.test(error.message))
    return ["memoryMb", `The program ran out of memory; memoryMb is ${limits.memoryMb}`];
  const code = error.code === "frameBytesMax" ? "frameBytesMax" : "guest_crashed";
  return [code, error.message.slice(0, 500)];
}

function toReplyError(error: unknown): ReplyError {
  if (error instanceof SluiceError)
    return { code: error.code, message: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) };
  return { code: "internal", message: error instanceof Error ? error.message : String(error) };
}

/** The end that a result frame describes: its value is bounded, its error is the program's own word. */
function toEnd(
  frame: Frame,
  bytes: number,
  source: string,
  limits: ExecutionLimits,
): Pick<ExecutionEnd, "status" | "value" | "error" | "warnings"> {
  const warnings = toWarnings(frame);
  if (isJsonObject(frame["error"])) {
    const error = toProgramError(frame["error"], source);
    if (frame["unhandled"] === true)
      error.hint ??= "A promise was rejected and nothing handled it: await it, or catch it";
    return error.code === "resultBytesMax" ? toTooLarge(limits, warnings) : { status: "failed", error, warnings };
  }
  const value = frame["value"];
  if (value === undefined) return { status: "completed", warnings };
  // Only a frame that is too large can hold a value that is.
  const isTooLarge = bytes > limits.resultBytesMax && Buffer.byteLength(JSON.stringify(value)) > limits.resultBytesMax;
  return isTooLarge ? toTooLarge(limits, warnings) : { status: "completed", value, warnings };
}

function toTooLarge(
  { resultBytesMax }: ExecutionLimits,
  warnings: ExecutionEnd["warnings"],
): Pick<ExecutionEnd, "status" | "error" | "warnings"> {
  const message = `The returned value is over resultBytesMax (${resultBytesMax} bytes)`;
  return { status: "killed", error: { code: "resultBytesMax", message }, warnings };
}

function toWarnings(frame: Frame): ExecutionEnd["warnings"] {
  const warnings: ExecutionEnd["warnings"] = [];
  // What was open when the program threw may well have been awaited: it is no mistake, but its effects happened.
  const threw = isJsonObject(frame["error"]) && frame["unhandled"] !== true;
  if (Array.isArray(frame["changes"])) {
    for (const change of frame["changes"].slice(0, 10))
      warnings.push({
        code: "result_converted",
        message: `The returned value is not JSON: ${asText(change).slice(0, 200)}`,
      });
  }
  if (Array.isArray(frame["unawaited"])) {
    for (const call of frame["unawaited"].slice(0, 20)) {
      if (!isJsonObject(call)) continue;
      const line = toStackPlace(asText(call["stack"]))?.line;
      const tool = asText(call["tool"]).slice(0, 200);
      warnings.push({
        code: threw ? "open_call" : "unawaited_call",
        message: threw
          ? `${tool} was still running when the program failed; it was waited for, and what it did is done`
          : `${tool} was called without await; the program waited for it at its end`,
        ...(line === undefined ? {} : { line }),
      });
    }
  }
  const timers = Number(frame["timers"]);
  if (timers > 0 && !threw)
    warnings.push({
      code: "timer_dropped",
      message: `${timers} timer${timers === 1 ? " was" : "s were"} still running when the program ended: await what they wait for`,
    });
  return warnings;
}

function toStackPlace(stack: string): { line: number; column: number } | undefined {
  const match = new RegExp(`${PROGRAM_NAME.replace(".", "\\.")}:(\\d{1,7}):(\\d{1,7})`).exec(stack.slice(0, 10_000));
  return match === null ? undefined : { line: Number(match[1]), column: Number(match[2]) };
}

const KNOWN_CODES = new Set(Object.keys(errorCodes));

function toProgramError(error: JsonObject, source: string): NonNullable<ExecutionEnd["error"]> {
  const name = asText(error["name"]).slice(0, 100);
  const message = asText(error["message"]).slice(0, bounds.errorMessageBytesMax);
  const at = toStackPlace(asText(error["stack"]));
  const isOwn = error["toolError"] === true || error["code"] === "never_settles" || error["code"] === "resultBytesMax";
  const code = isOwn && KNOWN_CODES.has(asText(error["code"])) ? asText(error["code"]) : "program_error";
  const line = at === undefined ? undefined : source.split("\n")[at.line - 1];
  return {
    code,
    message: name === "" || name === "Error" || name === "ToolError" ? message : `${name}: ${message}`,
    ...(at === undefined || line === undefined ? {} : { place: { ...at, source: line.trimEnd().slice(0, 300) } }),
    ...(error["toolError"] === true && typeof error["tool"] === "string" ? { tool: error["tool"].slice(0, 300) } : {}),
    ...(typeof error["hint"] === "string" ? { hint: error["hint"].slice(0, 1_000) } : {}),
  };
}
