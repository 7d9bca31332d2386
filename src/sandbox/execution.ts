import { randomFillSync } from "node:crypto";
import { setMaxListeners } from "node:events";
import { toArgumentProblem } from "../base/argument-problem.js";
import { asText, isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import { createDeadline } from "../base/deadline.ts";
import { SluiceError } from "../base/errors.ts";
import type { LargeValue } from "../base/large-json.ts";
import { limits as bounds } from "../base/limits.ts";
import { nextTurn } from "../base/next-turn.ts";
import { type Ending, toCrash, toEnd, toReplyError } from "./execution-end.ts";
import { toStartFrame } from "./execution-frames.ts";
import { createByteRate } from "./byte-rate.ts";
import { createDelivery } from "./delivery.ts";
import type { ExecutionHost, ExecutionJournal } from "./execution-host.ts";
import type { FileGate } from "./file-gate.ts";
import type { Frame } from "./frames.ts";
import type { Guest } from "./guest.ts";
import type { LinkedProgram } from "./link.ts";
import type { SourcePlace } from "./module-syntax.ts";
import { createOutput, type OutputEntry } from "./output.ts";
import type { NetworkGate } from "./network/network-gate.ts";
import type { GuestUsage, Watchdog } from "./watchdog.ts";

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
  logs: OutputEntry[];
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
  /** Absent: nothing is recorded. */
  journal?: ExecutionJournal | undefined;
}

/** What a guest may ask for; anything else breaks the protocol. */
type Operation = (id: number, args: JsonObject, bytes: number, large?: LargeValue) => Promise<Json | void>;

/** These only read: done again they do no harm. */
const METHODS_THAT_READ = new Set(["", "GET", "HEAD"]);

/**
 * Runs one linked program in a guest to its end. Every frame of the guest is a claim: bounded, checked, and with no
 * more authority than the program's own code has.
 */
export async function runExecution(options: ExecutionOptions): Promise<ExecutionEnd> {
  const { guest, program, source, host, files, network, limits, watchdog, signal, onWaiting, journal } = options;
  const output = createOutput(limits.logBytesMax);
  const calls = { done: 0, failed: 0, open: 0 };
  const stopCalls = new AbortController();
  // Every call in flight listens to it; how many there may be is `callsInFlightMax`.
  setMaxListeners(0, stopCalls.signal);
  const timers = new Map<number, NodeJS.Timeout>();
  const inFlight = new Set<number>();
  /** The numbers of tool calls, in the order they were made. */
  const callIds = new Map<number, number>();
  const requests = new Map<number, AbortController>();
  const sendRate = createByteRate("sendBytesPerSecond", limits.sendBytesPerSecond);
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

  const seed = (): number[] => randomFillSync(new Uint32Array(4)) as unknown as number[];
  const startFrame =
    journal?.startedWith ??
    JSON.stringify(toStartFrame(program, seed(), { ...limits, frameBytesMax: bounds.frameBytesMax }));
  const recorder = journal?.startedWith === undefined ? await journal?.start(startFrame) : journal.recorder;
  // Printing, sealing and keeping a long program took its time.
  if (startFrame.length > bounds.feltBytesMin) await nextTurn();
  const delivery = createDelivery({
    guest,
    recorder,
    isReplayOnly: journal?.isReplayOnly === true,
    onReplayed({ id, op, args }, reply) {
      if (op !== "tool") return;
      callIds.delete(id);
      calls[reply.error === undefined ? "done" : "failed"] += 1;
      journal?.onCallReplayed?.(asText(args["tool"]).slice(0, 300), args["arguments"] ?? {}, reply);
    },
    onDiverged: (what) => kill("replay_diverged", `The program does not do what it did before: ${what}`),
    onEnd: () => kill("journal_ended", "The recording ends here, before the program does"),
    onFailed: (error) => kill("journal_damaged", toReplyError(error).message),
  });

  /** What nobody can be asked about is never done a second time. */
  function leaveOnce(id: number, what: string): void {
    if (delivery.leftBefore(id) !== undefined)
      throw new SluiceError(
        "interrupted",
        `${what} was on its way when the execution was interrupted: whether it arrived is not known, and it is not sent again`,
      );
    delivery.left(id, {});
  }

  const operations: Record<string, Operation> = {
    async tool(id, args, bytes) {
      const callId = callIds.get(id) ?? 0;
      callIds.delete(id);
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
          onLeave(isRepeatable) {
            if (!isRepeatable) delivery.left(id, {});
          },
          onMissed(isRepeatable) {
            if (!isRepeatable) delivery.missed(id);
          },
          timesLeft: Number(delivery.leftBefore(id)?.["times"] ?? 0),
        },
        stopCalls.signal,
      );
      if (ended) return;
      calls.open -= 1;
      if ("error" in reply) {
        calls.failed += 1;
        delivery.error(id, reply.error);
      } else {
        calls.done += 1;
        if ("json" in reply) delivery.json(id, reply.json);
        else {
          const { form, pieces, bytes: size } = reply.large;
          untaken += size;
          delivery.raw(id, form, pieces, () => {
            untaken -= size;
            wake();
          });
        }
      }
    },
    async file(id, args, _, large) {
      const before = delivery.leftBefore(id);
      const reply = await files.act(args, large?.pieces[0], {
        signal: stopCalls.signal,
        onLeave: (facts) => delivery.left(id, facts),
        ...(before === undefined ? {} : { before }),
      });
      if (ended) return "bytes" in reply ? reply.onTaken() : undefined;
      if ("bytes" in reply) delivery.raw(id, reply.form, [reply.bytes], reply.onTaken);
      else if ("error" in reply) delivery.error(id, reply.error);
      else delivery.value(id, reply.value);
    },
    async fetch(id, args, bytes, large) {
      if (!METHODS_THAT_READ.has(asText(args["method"]).toUpperCase())) leaveOnce(id, "The request");
      const stop = new AbortController();
      requests.set(id, stop);
      try {
        await sendRate.take(bytes, stop.signal);
        return await network.fetch(args, stop.signal, large?.pieces[0]);
      } finally {
        requests.delete(id);
      }
    },
    fetchRest: async (_, args) => network.fetchRest(args),
    search: (_, args) => host.search(args),
    describe: (_, args) => host.describe(asText(args["tool"])),
    async saveSkill(id, args) {
      const isAgain = delivery.leftBefore(id) !== undefined;
      delivery.left(id, {});
      return host.saveSkill(args, isAgain);
    },
    pii: (_, args) => host.ask(args),
    import: async (_, args) => (await host.importAtRunTime(asText(args["specifier"]))) as unknown as Json,
    async progress(_, args) {
      host.onProgress(args);
      return null;
    },
  };

  function onCall(frame: Frame, bytes: number, large?: LargeValue, problem?: string): void {
    const { id, op, args } = frame;
    if (typeof id !== "number" || !Number.isSafeInteger(id) || inFlight.has(id) || timers.has(id))
      return breach("a call without a number of its own");
    if (typeof op !== "string" || !isJsonObject(args)) return breach("a call without an operation");
    hostCalls += 1;
    if (hostCalls > bounds.hostCallsMax)
      return kill("hostCallsMax", `The program made more than ${bounds.hostCallsMax} calls to the host (hostCallsMax)`);
    const operation = Object.hasOwn(operations, op) ? operations[op] : undefined;
    if (operation === undefined && op !== "timer") return breach(`the operation "${op.slice(0, 40)}"`);
    if (op === "tool") {
      toolCalls += 1;
      if (toolCalls > limits.callsMax)
        return kill("callsMax", `The program made more than ${limits.callsMax} tool calls (callsMax)`);
      callIds.set(id, toolCalls);
    }
    // What a thread has read, it has checked.
    const given = op === "tool" ? args["arguments"] : args;
    const wrong = problem ?? (bytes > bounds.largeBytesMin ? undefined : toArgumentProblem(given, bytes, bounds));
    const asked = wrong === undefined ? args : { tool: asText(args["tool"]).slice(0, 300) };
    delivery.ask({ id, op, args: asked, bytes }, (sinceMs) => {
      if (ended) return;
      if (wrong !== undefined) return refuse(id, op, args, wrong);
      if (operation === undefined) startTimer(id, Number(args["ms"]) - sinceMs);
      else start(operation, id, args, bytes, large);
    });
  }

  function refuse(id: number, op: string, args: JsonObject, wrong: string): void {
    if (op !== "tool")
      return delivery.error(id, { code: "arguments_invalid", message: `The arguments of a call to the host ${wrong}` });
    callIds.delete(id);
    calls.failed += 1;
    const tool = asText(args["tool"]).slice(0, 300);
    delivery.error(id, { code: "arguments_invalid", message: `The arguments of ${tool} ${wrong}`, tool });
  }

  function start(operation: Operation, id: number, args: JsonObject, bytes: number, large?: LargeValue): void {
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
        if (value !== undefined && !ended) delivery.value(id, value);
      },
      (error: unknown) => {
        inFlight.delete(id);
        if (!ended) delivery.error(id, toReplyError(error));
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
        delivery.value(id, null);
      }, delay),
    );
  }

  function onLog(frame: Frame): void {
    const entry = output.add(frame);
    if (entry !== undefined) host.onLog(entry, delivery.isReplaying);
  }

  function onFrame(frame: Frame, bytes: number, large?: LargeValue, problem?: string): void {
    if (ended) return;
    switch (frame.kind) {
      case "call":
        return onCall(frame, bytes, large, problem);
      case "forget": {
        const id = Number(frame["id"]);
        delivery.forget(id);
        requests.get(id)?.abort();
        clearTimeout(timers.get(id));
        timers.delete(id);
        return;
      }
      case "pong":
        return delivery.onPong(Number(frame["number"]));
      case "log":
        return onLog(frame);
      case "result": {
        const problem = delivery.endProblem();
        if (problem !== undefined)
          return kill("replay_diverged", `The program does not do what it did before: ${problem}`);
        return finish(toEnd(frame, bytes, large, source, limits));
      }
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
  else guest.sendText(startFrame);

  const end = await finished;
  delivery.close();
  deadline.pause();
  stopWaiting?.();
  for (const timer of timers.values()) clearTimeout(timer);
  signal.removeEventListener("abort", abort);
  const reason: unknown = signal.aborted ? signal.reason : undefined;
  stopCalls.abort(reason);
  for (const request of requests.values()) request.abort(reason);
  wake();
  // Asked of another thread: the outcome is made meanwhile.
  const usage = end.usage === undefined ? watchdog.forget(guest.child.pid) : Promise.resolve(end.usage);
  void usage.finally(() => guest.kill());
  const logs = output.logs();
  const logsTruncated = output.isTruncated;
  const warnings = logsTruncated ? [...end.warnings, output.toWarning()] : end.warnings;
  return { ...end, warnings, logs, logsTruncated, calls, toolCalls, usage };
}
