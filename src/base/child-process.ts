import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { accessSync, closeSync, constants, openSync, readFileSync, realpathSync, statSync } from "node:fs";
import { Socket } from "node:net";
import { basename, delimiter, isAbsolute, join, resolve } from "node:path";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { SluiceError, toMessage } from "./errors.ts";

/** How a process ended: an exit code, or the signal that killed it. */
export interface ChildExit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A child in its own process group, known to the reaper: it never outlives this process. */
export interface Child {
  readonly pid: number;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Settles when the process has ended (its output may still be in the streams); never rejects. */
  readonly exited: Promise<ChildExit>;
  /** SIGKILL to the whole group, at once. */
  kill(): void;
  /** Closes stdin, sends SIGTERM to the group after 2/5 of the grace and SIGKILL at its end; resolves when it is dead. */
  terminate(graceMs: number): Promise<void>;
}

export interface SpawnOptions {
  /** The whole environment of the child: nothing is inherited. */
  env: Readonly<Record<string, string>>;
  cwd?: string;
  /** What errors call it: `server "crm"`. */
  label: string;
  /** Linux: the kernel kills it when the thread that started it ends. Default true; the reaper works either way. */
  dieWithParent?: boolean;
  /**
   * Gives it a variable `SLUICE_CHILD` that its descendants inherit, by which the reaper also finds those that left its
   * group and session (Linux). Default false.
   */
  marked?: boolean;
  /** Files that it gets open for reading as 3, 4, … */
  files?: readonly string[];
  /** The user and group it runs as, without further groups: only root may say. */
  user?: number;
}

/**
 * Starts a program (never through a shell) with pipes on 0, 1 and 2, in a process group of its own that dies with it.
 * Rejects with `command_not_found` or `child_not_started`; afterwards nothing rejects and no stream error escapes.
 */
export async function spawnChild(command: string, args: readonly string[], options: SpawnOptions): Promise<Child> {
  const { env, cwd, label } = options;
  const program = resolveCommand(command, env, cwd, label);
  const setpriv = options.dieWithParent === false ? undefined : findSetpriv();
  const mark = options.marked === true ? `${process.pid}-${randomUUID()}` : undefined;
  const request: StartRequest = {
    program: setpriv ?? program,
    args: setpriv === undefined ? [...args] : ["--pdeathsig", "KILL", "--", program, ...args],
    env: { ...env, ...(mark === undefined ? {} : { [MARK_NAME]: mark }) },
    // Whoever starts it may stand in another folder by now.
    cwd: resolve(cwd ?? ""),
    ...(options.user === undefined ? {} : { user: options.user }),
    files: [...(options.files ?? [])],
  };
  if ([request.program, ...request.args, ...Object.entries(request.env).flat()].some((text) => text.includes("\0")))
    throw new SluiceError("child_not_started", `Cannot start ${label}: an argument or variable holds a null character`);
  let started: Started;
  try {
    started = (await reaper.start(request)) ?? startHere(request);
  } catch (cause) {
    throw new SluiceError("child_not_started", `Cannot start ${label}: ${toMessage(cause)}`, {
      cause,
      hint: "Check the number of processes and open files: ulimit -a",
    });
  }
  const { pid, stdin, stdout, stderr } = started;
  reaper.add(pid, started.startTime ?? readStartTime(pid), mark);
  // A write to a child that is gone is not news: `exited` tells it.
  for (const stream of [stdin, stdout, stderr]) stream.on("error", ignore);

  let ended = false;
  const exited = started.exited.then((exit) => {
    ended = true;
    reaper.remove(pid);
    return exit;
  });
  const signalAll = (signal: NodeJS.Signals): void => {
    if (!ended) signalGroup(pid, signal);
  };
  const kill = (): void => signalAll("SIGKILL");
  return {
    pid,
    stdin,
    stdout,
    stderr,
    exited,
    kill,
    terminate: async (graceMs) => {
      stdin.end();
      const term = setTimeout(signalAll, graceMs * 0.4, "SIGTERM");
      const last = setTimeout(kill, graceMs);
      await exited;
      clearTimeout(term);
      clearTimeout(last);
    },
  };
}

/** The variable that marks a child and all that descends from it. */
const MARK_NAME = "SLUICE_CHILD";

/** What is started, whoever starts it. */
interface StartRequest {
  program: string;
  args: string[];
  env: Record<string, string>;
  cwd: string;
  user?: number;
  files: string[];
}

interface Started {
  pid: number;
  stdin: Writable;
  stdout: Readable;
  stderr: Readable;
  startTime?: string;
  exited: Promise<ChildExit>;
}

/** Starts it as a child of this process, which stands still as long as the system takes to copy its page tables. */
function startHere({ program, args, env, cwd, user, files }: StartRequest): Started {
  const descriptors = files.map((file) => openSync(file, "r"));
  try {
    const child = spawn(program, args, {
      env,
      cwd,
      ...(user === undefined ? {} : { uid: user, gid: user }),
      stdio: ["pipe", "pipe", "pipe", ...descriptors],
      detached: process.platform !== "win32",
      windowsHide: true,
    });
    child.on("error", ignore);
    const { pid, stdin, stdout, stderr } = child;
    if (pid === undefined || stdin === null || stdout === null || stderr === null)
      throw new Error(`the system refused to run "${program}"`);
    const exited = new Promise<ChildExit>((resolveExit) => {
      child.once("exit", (code, signal) => {
        // Its number cannot have been given away yet, so what is left in the group is its own.
        signalGroup(pid, "SIGKILL");
        resolveExit({ code, signal });
      });
    });
    return { pid, stdin, stdout, stderr, exited };
  } finally {
    for (const descriptor of descriptors) closeSync(descriptor);
  }
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(process.platform === "win32" ? pid : -pid, signal);
  } catch {
    // The group is already empty.
  }
}

/** The program's absolute path, by the child's own PATH: setpriv and ENOENT would both blame the wrong thing. */
function resolveCommand(
  command: string,
  env: Readonly<Record<string, string>>,
  cwd: string | undefined,
  label: string,
): string {
  if (command === "" || command.includes("\0")) {
    throw new SluiceError(
      "command_not_found",
      `Cannot start ${label}: its command is ${command === "" ? "empty" : "not a path"}`,
    );
  }
  if (cwd !== undefined && !isFolder(cwd)) {
    throw new SluiceError("child_not_started", `Cannot start ${label}: its working folder "${cwd}" does not exist`);
  }
  const windows = process.platform === "win32";
  const isPath = command.includes("/") || (windows && command.includes("\\"));
  const path = windows ? (env["Path"] ?? env["PATH"] ?? "") : (env["PATH"] ?? "/usr/bin:/bin");
  const folders = isPath ? [cwd ?? process.cwd()] : path.split(delimiter).filter((folder) => folder !== "");
  const endings = windows ? ["", ".exe", ".com"] : [""];
  for (const folder of folders) {
    for (const ending of endings) {
      const candidate = isAbsolute(command)
        ? command + ending
        : resolve(cwd ?? process.cwd(), folder, command + ending);
      if (isExecutable(candidate)) return candidate;
    }
  }
  const where = isPath
    ? `there is no executable file "${command}"`
    : `command not found: "${command}" is in none of the folders of its PATH`;
  throw new SluiceError("command_not_found", `Cannot start ${label}: ${where}`, {
    hint: "Install the program, or give its absolute path as the command",
  });
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

let setprivPath: string | null | undefined;

/** Looked up once: each start of a child is on somebody's critical path. */
function findSetpriv(): string | undefined {
  if (setprivPath === undefined) {
    const candidates =
      process.platform === "linux"
        ? (process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, "setpriv"))
        : [];
    const found = candidates.find((path) => isAbsolute(path) && isExecutable(path));
    // The one of busybox has no --pdeathsig.
    setprivPath = found === undefined || basename(realpathSync(found)) === "busybox" ? null : found;
  }
  return setprivPath ?? undefined;
}

/** Linux: field 22 of /proc/PID/stat, which with the pid names one process for ever; elsewhere the reaper asks `ps`. */
function readStartTime(pid: number): string {
  if (process.platform !== "linux") return "";
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return "";
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
const START_MS = 5_000;
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
        return this.#settle(message.id, () => asked.refused(new Error(message.message)));
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
        return this.#settle(message.id, () => asked.refused(new Error("its pipes did not come")));
      }
      case "exited": {
        const { code, signal } = message;
        closeStreams(asked.streams);
        return this.#settle(message.id, () => asked.exit?.tell({ code, signal }));
      }
    }
  }

  #settle(id: number, how: (asked: Request) => void): void {
    const asked = this.#requests.get(id);
    this.#requests.delete(id);
    clearTimeout(asked?.late);
    if (this.#requests.size === 0) this.#process?.channel?.unref();
    if (asked !== undefined) how(asked);
  }

  /** What it had started has lost its parent, and with it the one that would have told of its end. */
  #abandon(): void {
    this.#isReady = false;
    for (const [id, { exit, streams }] of this.#requests) {
      if (exit !== undefined) signalGroup(exit.pid, "SIGKILL");
      closeStreams(streams);
      this.#settle(id, (asked) => {
        if (exit === undefined) asked.started(undefined);
        else exit.tell({ code: null, signal: "SIGKILL" });
      });
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

const reaper = new Reaper();

/** Makes a process that somebody else started die with this one too; the function ends that. */
export function guardProcess(pid: number): () => void {
  reaper.add(pid, readStartTime(pid));
  return () => reaper.remove(pid);
}

function ignore(): void {}
