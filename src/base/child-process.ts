import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { accessSync, constants, readFileSync, realpathSync, statSync } from "node:fs";
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
  /** Descriptors of this process that it gets as 3, 4, …; they stay this one's to close. */
  descriptors?: readonly number[];
  /** The user and group it runs as, without further groups: only root may say. */
  user?: number;
}

/**
 * Starts a program (never through a shell) with pipes on 0, 1 and 2, in a process group of its own that dies with it.
 * Throws `command_not_found` or `child_not_started` synchronously; afterwards nothing throws and no stream error escapes.
 */
export function spawnChild(command: string, args: readonly string[], options: SpawnOptions): Child {
  const { env, cwd, label } = options;
  const program = resolveCommand(command, env, cwd, label);
  const setpriv = options.dieWithParent === false ? undefined : findSetpriv();
  const mark = options.marked === true ? `${process.pid}-${randomUUID()}` : undefined;
  const child = start(
    setpriv ?? program,
    setpriv === undefined ? args : ["--pdeathsig", "KILL", "--", program, ...args],
    options,
    mark,
  );
  const { pid, stdin, stdout, stderr } = child;
  if (pid === undefined || stdin === null || stdout === null || stderr === null) {
    throw new SluiceError(
      "child_not_started",
      `Cannot start ${label}: the system refused to run "${program}". Check the number of processes and open files (ulimit -a)`,
    );
  }
  const startTime = readStartTime(pid);
  reaper.add(pid, startTime, mark);
  // A write to a child that is gone is not news: `exited` tells it.
  for (const stream of [stdin, stdout, stderr]) stream.on("error", ignore);

  let ended = false;
  const exited = new Promise<ChildExit>((resolveExit) => {
    child.once("exit", (code, signal) => {
      // Its number cannot have been given away yet, so what is left in the group is its own.
      signalGroup(child, pid, "SIGKILL");
      ended = true;
      reaper.remove(pid);
      resolveExit({ code, signal });
    });
  });
  const signalAll = (signal: NodeJS.Signals): void => {
    if (!ended) signalGroup(child, pid, signal);
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

function start(
  program: string,
  args: readonly string[],
  options: SpawnOptions,
  mark: string | undefined,
): ChildProcess {
  try {
    const child = spawn(program, args, {
      env: { ...options.env, ...(mark === undefined ? {} : { [MARK_NAME]: mark }) },
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.user === undefined ? {} : { uid: options.user, gid: options.user }),
      stdio: ["pipe", "pipe", "pipe", ...(options.descriptors ?? [])],
      detached: process.platform !== "win32",
      windowsHide: true,
    });
    child.on("error", ignore);
    return child;
  } catch (cause) {
    throw new SluiceError("child_not_started", `Cannot start ${options.label}: ${toMessage(cause)}`, { cause });
  }
}

function signalGroup(child: ChildProcess, pid: number, signal: NodeJS.Signals): void {
  try {
    if (process.platform === "win32") child.kill(signal);
    else process.kill(-pid, signal);
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

/** This process's end of the pipe to its reaper. The pipe's closing is the message: it works for `kill -9` too. */
class Reaper {
  /** What the reaper is told of each child that lives: its start time and its mark, if it has one. */
  readonly #children = new Map<number, string>();
  #process: ChildProcess | undefined;

  add(pid: number, startTime: string, mark = ""): void {
    const facts = `${startTime || "-"} ${mark}`;
    this.#children.set(pid, facts);
    if (this.#process === undefined) this.#start();
    else this.#send(`+ ${pid} ${facts}\n`);
  }

  remove(pid: number): void {
    this.#children.delete(pid);
    this.#send(`- ${pid}\n`);
  }

  #send(line: string): void {
    this.#process?.stdin?.write(line);
  }

  #start(): void {
    const script = fileURLToPath(new URL("./reaper.js", import.meta.url));
    // Empty environment: NODE_OPTIONS of the host (an inspector, a preload) must not reach it.
    const reaper = spawn(process.execPath, ["--max-old-space-size=16", script], {
      stdio: ["pipe", "ignore", "ignore"],
      detached: true,
      windowsHide: true,
      env: process.platform === "win32" ? { SystemRoot: process.env["SystemRoot"] ?? "" } : { PATH: "/usr/bin:/bin" },
    });
    const startedAt = performance.now();
    const forget = (): void => {
      if (this.#process !== reaper) return;
      this.#process = undefined;
      // Somebody killed it: a new one is told of all that live. One that cannot run waits for the next child.
      if (this.#children.size > 0 && performance.now() - startedAt > 20) this.#start();
    };
    reaper.on("error", forget);
    reaper.on("exit", forget);
    reaper.stdin.on("error", ignore);
    reaper.unref();
    // A socket at run time; typed as a mere stream.
    if ("unref" in reaper.stdin && typeof reaper.stdin.unref === "function") reaper.stdin.unref();
    this.#process = reaper;
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
