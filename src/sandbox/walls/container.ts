import { rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { spawnChild } from "../../base/child-process.ts";
import { guardProcess } from "../../base/reaper-channel.ts";
import { readProcess } from "../process-tree.js";
import type { GuestCommand } from "../engines/engine.ts";
import { type ContainerClient, runClient, toClientArguments, toClientEnvironment } from "./container-client.ts";
import { listContainerProcesses } from "./container-processes.ts";
import type { Wall } from "./wall.ts";

const NOBODY = "65534:65534";
const CPUS_MAX = 2;
/** Processes and threads of one container. gVisor's own count too: with 64, one start of five failed. */
const PIDS_MAX = { runc: 64, runsc: 512 };
/** After this long without an end, the client is asked to remove the container by name. */
const KILL_MS = 1_500;
/** How often a container that must die is looked for while it starts. */
const LOOK_MS = 25;

/** The label by which containers of a host that has died are found. */
export const hostLabel = "sluice.host";

/** This process, told from every other that had or will have its number. */
export function toHostMark(pid: number = process.pid): string {
  return `${pid}.${readProcess(pid)?.startTime ?? ""}`;
}

/** A container per guest, from an image of the engine's files alone: nothing writable, no network, no capability. */
export function createContainer(client: ContainerClient, image: string, folder: string): Wall {
  let started = 0;
  return {
    name: "container",
    runtime: client.runtime,
    async start(command, { memoryMb }) {
      started += 1;
      const name = `sluice-${toHostMark().replace(".", "-")}-${started}-${Math.random().toString(36).slice(2, 8)}`;
      const pidFile = join(folder, `${name}.pid`);
      const args = toRunArguments({ client, name, pidFile, memoryMb, image, command });
      const child = await spawnChild(client.program, args, {
        env: toClientEnvironment(),
        label: "the sandbox",
        cwd: "/",
      });
      let unguard: (() => void)[] = [];
      let isKilled = false;
      let isRunning = false;
      let isEnded = false;
      let late: NodeJS.Timeout | undefined;

      /** What must be gone before it is: until then this process must not end. */
      let removed: Promise<unknown> = Promise.resolve();
      const remove = (): void => {
        child.kill();
        removed = runClient(client, ["rm", "--force", "--volumes", name]).catch(() => undefined);
      };
      // Its first word: now everything that belongs to it runs, and must die with this process.
      child.stdout.once("data", () => {
        isRunning = true;
        unguard = listContainerProcesses(pidFile).map((pid) => guardProcess(pid));
      });
      const exited = child.exited.then(async (exit) => {
        isEnded = true;
        clearTimeout(late);
        clearInterval(looking);
        killInside();
        // Broken off while it was made, it may be left as a name.
        if (isKilled && !isRunning) remove();
        await removed;
        for (const end of unguard) end();
        rmSync(pidFile, { force: true });
        return exit;
      });
      function killInside(): boolean {
        const inside = listContainerProcesses(pidFile);
        for (const pid of inside) killProcess(pid);
        return inside.length > 0;
      }
      let looking: NodeJS.Timeout | undefined;
      const kill = (): void => {
        // Who has ended by himself has nothing inside, however long it is looked for.
        if (isKilled || isEnded) return;
        isKilled = true;
        late = setTimeout(remove, KILL_MS);
        // What stands around it clears up by itself, which is faster than to ask for it. Where nothing is inside yet, the
        // client is let start it: one that is killed meanwhile leaves processes that belong to no container.
        if (killInside()) return;
        looking = setInterval(() => killInside() && clearInterval(looking), LOOK_MS);
      };
      return {
        ...child,
        exited,
        account: { pid: child.pid, pidFile },
        kill,
        async terminate() {
          kill();
          await exited;
        },
      };
    },
  };
}

interface RunOptions {
  client: ContainerClient;
  name: string;
  pidFile: string;
  memoryMb: number;
  image: string;
  command: GuestCommand;
}

function toRunArguments({ client, name, pidFile, memoryMb, image, command }: RunOptions): string[] {
  return [
    ...toClientArguments(client),
    ...["run", "--rm", "--interactive", "--pull", "never", "--name", name, "--label", `${hostLabel}=${toHostMark()}`],
    ...["--read-only", "--network", "none", "--ipc", "none", "--workdir", "/", "--hostname", "guest"],
    ...["--user", NOBODY, "--cap-drop", "all", "--security-opt", "no-new-privileges"],
    ...["--pids-limit", String(PIDS_MAX[client.runtime]), "--cpus", String(Math.min(CPUS_MAX, availableParallelism()))],
    ...["--memory", `${memoryMb}m`, "--memory-swap", `${memoryMb}m`],
    // What the client would set by itself may be more than it is allowed here.
    ...["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=4096:4096", "--ulimit", "core=0:0"],
    ...["--log-driver", "none"],
    ...(client.command === "podman"
      ? // The proxy's address, with its password, is not the guest's; nor are temporary folders that can be written.
        ["--read-only-tmpfs=false", "--http-proxy=false", "--no-hosts", "--systemd=false", "--conmon-pidfile", pidFile]
      : ["--runtime", client.runtime]),
    ...Object.entries(command.env).flatMap(([key, value]) => ["--env", `${key}=${value}`]),
    image,
    command.program,
    ...command.args,
  ];
}

function killProcess(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has just ended, or belongs to somebody else: then the client removes it.
  }
}
