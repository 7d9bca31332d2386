import { type ChildProcess, spawn } from "node:child_process";
import { Socket } from "node:net";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { readStartTime, type StartRequest } from "./start-process.js";

/** How a process ended: an exit code, or the signal that killed it. */
export interface ChildExit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface Started {
  pid: number;
  stdin: Writable;
  stdout: Readable;
  stderr: Readable;
  startTime?: string;
  exited: Promise<ChildExit>;
}

/** A signal to a child's whole group. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(process.platform === "win32" ? pid : -pid, signal);
  } catch {
    // The group is already empty.
  }
}

type ReaperMessage =
  | { kind: "ready" }
  | { kind: "stream"; id: number; name: "stdin" | "stdout" | "stderr" }
  | { kind: "started"; id: number; pid: number; startTime: string }
  | { kind: "refused"; id: number; message: string }
  | { kind: "exited"; id: number; code: number | null; signal: NodeJS.Signals | null };

/** A start that was asked of the reaper. */
interface Request {
  streams: Partial<Record<"stdin" | "stdout" | "stderr", Socket>>;
  /** Told what was started; nothing where the reaper has ended before. */
  started: (started: Started | undefined) => void;
  refused: (error: Error) => void;
  late: NodeJS.Timeout;
  exit?: { pid: number; tell: (exit: ChildExit) => void };
}

/** As Node does it when a child has ended: nothing can be written, and what nobody reads is let go. */
function closeStreams({ stdin, stdout, stderr }: Request["streams"]): void {
  stdin?.destroy();
  // A turn later: who was just handed the child listens by then.
  setImmediate(() => {
    for (const stream of [stdout, stderr]) if (stream?.readable === true) stream.resume();
  });
}

/** A reaper that has not started a child after this long is stopped or stuck: another takes its place. */
const START_MS = 30_000;
/** What the system would refuse anyway is not sent to it. */
const REQUEST_CHARS_MAX = 1_000_000;

/**
 * This process's end of the pipe to its reaper. The pipe's closing is the message: it works for `kill -9` too. On Linux
 * the reaper also starts the children, once it runs: the system copies the page tables of whoever starts a process, and
 * 200 MB of them hold this one up for 4 to 20 ms.
 */
class Reaper {
  /** What the reaper is told of each child that lives: its start time and its mark, if it has one. */
  readonly #children = new Map<number, string>();
  readonly #requests = new Map<number, Request>();
  #process: ChildProcess | undefined;
  #isReady = false;
  #lastId = 0;

  add(pid: number, startTime: string, mark = ""): void {
    const facts = `${startTime || "-"} ${mark}`;
    this.#children.set(pid, facts);
    if (this.#process === undefined) this.#launch();
    else this.#send(`+ ${pid} ${facts}\n`);
  }

  remove(pid: number): void {
    this.#children.delete(pid);
    this.#send(`- ${pid}\n`);
  }

  /** Starts a program through the reaper; `undefined` where it does not run yet, or not here, or has ended meanwhile. */
  start(request: StartRequest): Promise<Started | undefined> | undefined {
    const reaping = this.#process;
    if (!this.#isReady || reaping === undefined || JSON.stringify(request).length > REQUEST_CHARS_MAX) return undefined;
    const id = ++this.#lastId;
    return new Promise((started, refused) => {
      const late = setTimeout(() => reaping.kill("SIGKILL"), START_MS);
      this.#requests.set(id, { streams: {}, started, refused, late });
      // Somebody waits for it from here until it has ended.
      reaping.channel?.ref();
      // That it cannot be told is the same as its end, which comes next.
      reaping.send({ id, ...request }, () => undefined);
    });
  }

  #receive(message: ReaperMessage, handle: unknown): void {
    if (message.kind === "ready") {
      this.#isReady = true;
      return;
    }
    const asked = this.#requests.get(message.id);
    if (asked === undefined) return;
    switch (message.kind) {
      case "stream": {
        // An end of a pipe, as the engine has it: of its streams only the first is written, and only it.
        const isInput = message.name === "stdin";
        if (handle !== undefined)
          asked.streams[message.name] = new Socket({ handle, readable: !isInput, writable: isInput } as object);
        return;
      }
      case "refused":
        this.#forget(message.id);
        return asked.refused(new Error(message.message));
      case "started": {
        clearTimeout(asked.late);
        const { stdin, stdout, stderr } = asked.streams;
        const { pid, startTime } = message;
        const exited = new Promise<ChildExit>((tell) => (asked.exit = { pid, tell }));
        if (stdin !== undefined && stdout !== undefined && stderr !== undefined)
          return asked.started({ pid, startTime, stdin, stdout, stderr, exited });
        signalGroup(pid, "SIGKILL");
        this.#send(`- ${pid}\n`);
        closeStreams(asked.streams);
        this.#forget(message.id);
        return asked.refused(new Error("its pipes did not come"));
      }
      case "exited": {
        const { code, signal } = message;
        closeStreams(asked.streams);
        this.#forget(message.id);
        return asked.exit?.tell({ code, signal });
      }
    }
  }

  /** Nobody waits for it any more. */
  #forget(id: number): void {
    clearTimeout(this.#requests.get(id)?.late);
    this.#requests.delete(id);
    if (this.#requests.size === 0) this.#process?.channel?.unref();
  }

  /** What it had started has lost its parent, and with it the one that would have told of its end. */
  #abandon(): void {
    this.#isReady = false;
    for (const [id, { exit, streams, started }] of this.#requests) {
      if (exit !== undefined) signalGroup(exit.pid, "SIGKILL");
      closeStreams(streams);
      this.#forget(id);
      if (exit === undefined) started(undefined);
      else exit.tell({ code: null, signal: "SIGKILL" });
    }
  }

  #send(line: string): void {
    this.#process?.stdin?.write(line);
  }

  #launch(): void {
    const script = fileURLToPath(new URL("./reaper.js", import.meta.url));
    // Empty environment: NODE_OPTIONS of the host (an inspector, a preload) must not reach it.
    const launched = spawn(process.execPath, ["--max-old-space-size=16", script], {
      stdio: ["pipe", "ignore", "ignore", "ipc"],
      detached: true,
      windowsHide: true,
      env: process.platform === "win32" ? { SystemRoot: process.env["SystemRoot"] ?? "" } : { PATH: "/usr/bin:/bin" },
    });
    const startedAt = performance.now();
    const forget = (): void => {
      if (this.#process !== launched) return;
      this.#process = undefined;
      this.#abandon();
      // Somebody killed it: a new one is told of all that live. One that cannot run waits for the next child.
      if (this.#children.size > 0 && performance.now() - startedAt > 20) this.#launch();
    };
    launched.on("error", forget);
    launched.on("exit", forget);
    launched.on("message", (message, handle) => {
      if (this.#process === launched) this.#receive(message as ReaperMessage, handle);
    });
    launched.stdin?.on("error", ignore);
    launched.unref();
    launched.channel?.unref();
    // A socket at run time; typed as a mere stream.
    (launched.stdin as Socket | null)?.unref();
    this.#process = launched;
    for (const [pid, facts] of this.#children) this.#send(`+ ${pid} ${facts}\n`);
  }
}

/** The one of this process. */
export const reaper: Reaper = new Reaper();

/** Makes a process that somebody else started die with this one too; the function ends that. */
export function guardProcess(pid: number): () => void {
  reaper.add(pid, readStartTime(pid));
  return () => reaper.remove(pid);
}

function ignore(): void {}
