import { readdirSync, readFileSync } from "node:fs";

/** Whether it runs; a zombie does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  if (process.platform !== "linux") return true;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2, stat.lastIndexOf(")") + 3) !== "Z";
  } catch {
    return false;
  }
}

/** Waits for the end of all; answers those that still run then. */
export async function untilDead(pids: number[], withinMs: number): Promise<number[]> {
  const deadline = performance.now() + withinMs;
  while (performance.now() < deadline && pids.some(isAlive)) await new Promise((resolve) => setTimeout(resolve, 20));
  return pids.filter(isAlive);
}

/** The processes that a process or one below it has started and that still run; none where there is no /proc. */
export function descendantsOf(root: number): number[] {
  if (process.platform !== "linux") return [];
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc")) {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "latin1");
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]));
    } catch {
      // Not a process, or it has ended.
    }
  }
  const isBelow = (pid: number): boolean => {
    const parent = parents.get(pid);
    return parent !== undefined && (parent === root || isBelow(parent));
  };
  return [...parents.keys()].filter((pid) => isBelow(pid) && isAlive(pid));
}

/** Its program and arguments, a space apart; empty when it has ended. */
export function commandLineOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1").replaceAll("\0", " ");
  } catch {
    return "";
  }
}
