import { randomUUID } from "node:crypto";
import { accessSync, constants, realpathSync, statSync } from "node:fs";
import { basename, delimiter, isAbsolute, join, resolve } from "node:path";
import type { Readable, Writable } from "node:stream";
import { SluiceError, toMessage } from "./errors.ts";
import { type ChildExit, reaper, signalGroup, type Started } from "./reaper-channel.ts";
import { markName, readStartTime, startProcess, type StartRequest } from "./start-process.js";

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
    env: { ...env, ...(mark === undefined ? {} : { [markName]: mark }) },
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

/** Starts it as a child of this process, which stands still meanwhile. */
function startHere(request: StartRequest): Started {
  const { child, pid, ...streams } = startProcess(request);
  const exited = new Promise<ChildExit>((resolveExit) => {
    child.once("exit", (code, signal) => {
      // Its number cannot have been given away yet, so what is left in the group is its own.
      signalGroup(pid, "SIGKILL");
      resolveExit({ code, signal });
    });
  });
  return { pid, ...streams, exited };
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

function ignore(): void {}
