import { fileURLToPath } from "node:url";
import { spawnChild } from "../../base/child-process.ts";
import type { GuestCommand } from "../engines/engine.ts";
import type { Wall } from "./wall.ts";

/** The user and group inside, and outside too where this process is root and the files can be read without it. */
const NOBODY = 65_534;
/** The first descriptor after the three of the channel. */
const FILTER_DESCRIPTOR = 3;

/** How one machine's bubblewrap is used. */
export interface BwrapOptions {
  /** Absolute path of bubblewrap. */
  program: string;
  /** What the system's loader reads to start the engine (see {@link listLibraries}). */
  libraries: readonly string[];
  /** Start it as an unprivileged user: only where this process is root. */
  asNobody: boolean;
}

/** Whether there is a filter for this processor: without one there is no such wall. */
export function hasFilter(): boolean {
  return process.arch === "x64" || process.arch === "arm64";
}

/**
 * Bubblewrap: namespaces of its own for everything, no capability, a root that holds the engine's files and nothing
 * else, all of it read-only, and a filter that leaves it no system call to start, write or open anything new.
 */
export function createBwrap({ program, libraries, asNobody }: BwrapOptions): Wall {
  const filter = fileURLToPath(new URL(`./seccomp-${process.arch}.bpf`, import.meta.url));
  return {
    name: "bwrap",
    async start(command) {
      const child = await spawnChild(program, toArguments(command, libraries), {
        env: {},
        label: "the sandbox",
        cwd: "/",
        files: [filter],
        // Bubblewrap asks the kernel for it by itself, once for itself and once for its child.
        dieWithParent: false,
        ...(asNobody ? { user: NOBODY } : {}),
      });
      return { ...child, account: { pid: child.pid } };
    },
  };
}

function toArguments(command: GuestCommand, libraries: readonly string[]): string[] {
  const id = String(NOBODY);
  return [
    // "user" once more: in "all" it is left out where the kernel refuses it.
    ...["--unshare-all", "--unshare-user", "--uid", id, "--gid", id, "--hostname", "guest"],
    ...["--die-with-parent", "--new-session", "--cap-drop", "ALL"],
    "--clearenv",
    ...Object.entries(command.env).flatMap(([name, value]) => ["--setenv", name, value]),
    // The root is an empty tmpfs: no /proc, /sys, /dev, /tmp, no shared memory; after this nothing in it can be written.
    ...[...new Set([...libraries, ...command.reads])].flatMap((path) => ["--ro-bind", path, path]),
    // All that an engine asks of /proc: where its own program is.
    ...["--symlink", command.program, "/proc/self/exe"],
    ...["--remount-ro", "/", "--chdir", "/"],
    ...["--seccomp", String(FILTER_DESCRIPTOR)],
    "--",
    command.program,
    ...command.args,
  ];
}
