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
export function descendantsOf(parent: number): number[] {
  const children = childrenOf(parent);
  return [...children, ...children.flatMap(descendantsOf)];
}

function childrenOf(parent: number): number[] {
  if (process.platform !== "linux") return [];
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
        return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]) === parent && isAlive(pid);
      } catch {
        return false;
      }
    });
}
