import { randomFillSync } from "node:crypto";
import { setMaxListeners } from "node:events";
import { asText, isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import { createDeadline } from "../base/deadline.ts";
import type { LargeValue } from "../base/large-json.ts";
import { limits as bounds } from "../base/limits.ts";
import { type Ending, toCrash, toEnd, toReplyError } from "./execution-end.ts";
import { type ReplyError, toErrorReply, toRawReply, toReply, toReplyText, toStartFrame } from "./execution-frames.ts";
import { createByteRate } from "./byte-rate.ts";
import type { FileGate } from "./file-gate.ts";
import type { Frame } from "./frames.ts";
import type { Guest } from "./guest.ts";
import type { ImportTarget, LinkedProgram } from "./link.ts";
import type { SourcePlace } from "./module-syntax.ts";
import type { NetworkGate } from "./network/network-gate.ts";
import type { GuestUsage, Watchdog } from "./watchdog.ts";

/** The functions that the runtime hands to the sandbox: all that a program can cause outside it. */
export interface ExecutionHost {
  /** One tool call through the gateway; its data as JSON text, or as bytes. Never rejects for what a tool does. */
  invokeTool(
    call: { callId: number; tool: string; arguments: Json; line?: number; remainingMs: () => number },
    signal: AbortSignal,
  ): Promise<{ json: string } | { large: LargeValue } | { error: ReplyError }>;
  search(query: JsonObject): Promise<Json>;
  describe(tool: string): Promise<Json>;
  /** A question about a token: the name of a function of `pii`, and what it was given. */
  ask(question: JsonObject): Promise<Json>;
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
  callsPendingMax: number;
  sendBytesPerSecond: number;
}

/** How an execution ended, by the host's own account. */
export interface ExecutionEnd {
  status: "completed" | "failed" | "killed";
  value?: Json;
  /** The value, where it is too large for the event loop. */
  large?: LargeValue;
  error?: { code: string; message: string; place?: SourcePlace; tool?: string; hint?: string };
  logs: { stream: "stdout" | "stderr"; text: string }[];
  logsTruncated: boolean;
  warnings: { code: string; message: string; line?: number }[];
  calls: { done: number; failed: number; open: number };
  toolCalls: number;
  /** The guest is dead when this resolves; nothing of it is listened to any more. Never rejects. */
  usage: Promise<GuestUsage>;
}

export interface ExecutionOptions {
  guest: Guest;
  program: Pick<LinkedProgram, "modules" | "servers">;
  /** The agent's own text, for the source lines of errors. */
  source: string;
  host: ExecutionHost;
  files: FileGate;
  network: NetworkGate;
  limits: ExecutionLimits;
  watchdog: Watchdog;
  signal: AbortSignal;
  /** Told whenever the execution begins and ends to wait for a person: that time counts to no limit. Gives back how to stop listening. */
  onWaiting?: (listener: (isWaiting: boolean) => void) => () => void;
}

/** What a guest may ask for; anything else breaks the protocol. */
type Operation = (id: number, args: JsonObject, bytes: number, large?: LargeValue) => Promise<Json | void>;

/**
 * Runs one linked program in a guest to its end. Every frame of the guest is a claim: bounded, checked, and with no
 * more authority than the program's own code has.
 */
export async function runExecution(options: ExecutionOptions): Promise<ExecutionEnd> {
  const { guest, program, source, host, files, network, limits, watchdog, signal, onWaiting } = options;
  const logs: ExecutionEnd["logs"] = [];
  const calls = { done: 0, failed: 0, open: 0 };
  const stopCalls = new AbortController();
  // Every call in flight listens to it; how many there may be is `callsInFlightMax`.
  setMaxListeners(0, stopCalls.signal);
  const timers = new Map<number, NodeJS.Timeout>();
  const inFlight = new Set<number>();
  const requests = new Map<number, AbortController>();
  const sendRate = createByteRate("sendBytesPerSecond", limits.sendBytesPerSecond);
  let logBytes = 0;
  let logsTruncated = false;
  let hostCalls = 0;
  let toolCalls = 0;
  /** Bytes of large results that the guest has not taken yet, and the calls that wait for it to do so. */
  let untaken = 0;
  const sleepers: (() => void)[] = [];
  let ended = false;
  let finish: (end: Ending & { usage?: GuestUsage }) => void = () => undefined;
  const finished = new Promise<Parameters<typeof finish>[0]>((resolve) => {
    finish = (end) => {
      ended = true;
      resolve(end);
    };
  });

  const kill = (code: string, message: string, usage?: GuestUsage): void =>
    finish({ status: "killed", error: { code, message }, warnings: [], ...(usage === undefined ? {} : { usage }) });
  const breach = (what: string): void => kill("guest_crashed", `The sandbox broke its protocol: ${what}`);

  /** Waits while the guest has much to take: what a program asks for and does not read stays in this process. */
  async function untilTaken(): Promise<void> {
    if (untaken <= bounds.untakenBytesMax || ended) return;
    await new Promise<void>((resolve) => sleepers.push(resolve));
    await untilTaken();
  }
  function wake(): void {
    for (const resolve of sleepers.splice(0)) resolve();
  }

  const operations: Record<string, Operation> = {
    async tool(id, args, bytes) {
      toolCalls += 1;
      const callId = toolCalls;
      if (callId > limits.callsMax)
        return kill("callsMax", `The program made more than ${limits.callsMax} tool calls (callsMax)`);
      if (bytes > bounds.argumentBytesMax) {
        calls.failed += 1;
        const tool = asText(args["tool"]).slice(0, 300);
        const message = `The arguments of ${tool} have ${bytes} bytes; argumentBytesMax is ${bounds.argumentBytesMax}`;
        return guest.send(toErrorReply(id, { code: "arguments_invalid", message, tool }));
      }
      await sendRate.take(bytes, stopCalls.signal);
      await untilTaken();
      if (ended) return;
      calls.open += 1;
      const reply = await host.invokeTool(
        {
          ...{ callId, tool: asText(args["tool"]), arguments: args["arguments"] ?? {} },
          // What the program says of itself; read in its source, so that it can name a line of that and nothing else.
          ...(Number.isSafeInteger(args["line"]) ? { line: Number(args["line"]) } : {}),
          remainingMs: () => deadline.left(),
        },
        stopCalls.signal,
      );
      if (ended) return;
      calls.open -= 1;
      if ("error" in reply) {
        calls.failed += 1;
        guest.send(toErrorReply(id, reply.error));
      } else {
        calls.done += 1;
        if ("json" in reply) guest.sendText(toReplyText(id, reply.json));
        else {
          const { form, pieces, bytes: size } = reply.large;
          untaken += size;
          guest.sendRaw(toRawReply(id, form), pieces, () => {
            untaken -= size;
            wake();
          });
        }
      }
    },
    async file(id, args, _, large) {
      const reply = await files.act(args, large?.pieces[0], stopCalls.signal);
      if (ended) return "bytes" in reply ? reply.onTaken() : undefined;
      if ("bytes" in reply) guest.sendRaw(toRawReply(id, reply.form), [reply.bytes], reply.onTaken);
      else guest.send("error" in reply ? toErrorReply(id, reply.error) : toReply(id, reply.value));
    },
    async fetch(id, args, bytes) {
      const stop = new AbortController();
      requests.set(id, stop);
      try {
        await sendRate.take(bytes, stopCalls.signal);
        return await network.fetch(args, AbortSignal.any([stop.signal, stopCalls.signal]));
      } finally {
        requests.delete(id);
      }
    },
    fetchRest: async (_, args) => network.fetchRest(args),
    search: (_, args) => host.search(args),
    describe: (_, args) => host.describe(asText(args["tool"])),
    pii: (_, args) => host.ask(args),
    import: async (_, args) => (await host.importAtRunTime(asText(args["specifier"]))) as unknown as Json,
    async progress(_, args) {
      host.onProgress(args);
      return null;
    },
  };

  function onCall(frame: Frame, bytes: number, large: LargeValue | undefined): void {
    const { id, op, args } = frame;
    if (typeof id !== "number" || !Number.isSafeInteger(id) || inFlight.has(id) || timers.has(id))
      return breach("a call without a number of its own");
    if (typeof op !== "string" || !isJsonObject(args)) return breach("a call without an operation");
    hostCalls += 1;
    if (hostCalls > bounds.hostCallsMax)
      return kill("hostCallsMax", `The program made more than ${bounds.hostCallsMax} calls to the host (hostCallsMax)`);
    if (frame["unread"] === true)
      return guest.send(toErrorReply(id, { code: "arguments_invalid", message: "The arguments are nested too deep" }));
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
    operation(id, args, bytes, large).then(
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

  function onFrame(frame: Frame, bytes: number, large?: LargeValue): void {
    if (ended) return;
    switch (frame.kind) {
      case "call":
        return onCall(frame, bytes, large);
      case "forget": {
        requests.get(Number(frame["id"]))?.abort();
        const timer = timers.get(Number(frame["id"]));
        clearTimeout(timer);
        timers.delete(Number(frame["id"]));
        return;
      }
      case "log":
        return onLog(frame);
      case "result":
        return finish(toEnd(frame, bytes, large, source, limits));
    }
    breach(`a frame of kind "${frame.kind.slice(0, 40)}"`);
  }

  const deadline = createDeadline(limits.timeoutMs, () =>
    kill("timeoutMs", `The program ran longer than ${limits.timeoutMs} ms (timeoutMs)`),
  );
  const stopWaiting = onWaiting?.((isWaiting) => (isWaiting ? deadline.pause() : deadline.resume()));
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
  guest.listen(onFrame, (ending) => {
    // The watchdog may know why.
    const wasKilled = /by SIGKILL|exit code 137/.test(ending.message);
    void watchdog.settle(guest.child.pid, wasKilled).then(() => kill(...toCrash(ending, limits)));
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
  deadline.pause();
  stopWaiting?.();
  for (const timer of timers.values()) clearTimeout(timer);
  signal.removeEventListener("abort", abort);
  stopCalls.abort();
  wake();
  // Asked of another thread: the outcome is made meanwhile.
  const usage = end.usage === undefined ? watchdog.forget(guest.child.pid) : Promise.resolve(end.usage);
  void usage.finally(() => guest.kill());
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
