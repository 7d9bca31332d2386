import { Worker } from "node:worker_threads";

/** What a guest used: processor time since it was watched, and the most resident memory that was seen. */
export interface GuestUsage {
  cpuMs: number;
  peakBytes: number;
}

export interface Watchdog extends Disposable {
  /** Kills the guest's process group when it passes a limit, and then says which. */
  watch(
    pid: number,
    bounds: { memoryBytes: number; cpuMs: number },
    onKilled: (limit: "memoryMb" | "cpuMs", usage: GuestUsage) => void,
  ): void;
  /** Ends the watch; answers what the guest used. */
  forget(pid: number): Promise<GuestUsage>;
}

interface WatchdogMessage extends GuestUsage {
  kind: "killed" | "forgotten";
  pid: number;
  limit?: "memoryMb" | "cpuMs";
}

/** Starts the watchdog's thread (see `watchdog-thread.js`). */
export function createWatchdog(): Watchdog {
  const thread = new Worker(new URL("./watchdog-thread.js", import.meta.url), { stdout: false, stderr: false });
  thread.unref();
  const watched = new Map<number, (limit: "memoryMb" | "cpuMs", usage: GuestUsage) => void>();
  const forgetting = new Map<number, (usage: GuestUsage) => void>();
  thread.on("message", ({ kind, pid, limit, cpuMs, peakBytes }: WatchdogMessage) => {
    if (kind === "forgotten") {
      forgetting.get(pid)?.({ cpuMs, peakBytes });
      forgetting.delete(pid);
      return;
    }
    const onKilled = watched.get(pid);
    watched.delete(pid);
    if (limit !== undefined) onKilled?.(limit, { cpuMs, peakBytes });
  });
  return {
    watch(pid, bounds, onKilled) {
      watched.set(pid, onKilled);
      thread.postMessage({ kind: "watch", pid, ...bounds });
    },
    forget(pid) {
      watched.delete(pid);
      return new Promise((resolve) => {
        forgetting.set(pid, resolve);
        thread.postMessage({ kind: "forget", pid });
      });
    },
    [Symbol.dispose]() {
      for (const resolve of forgetting.values()) resolve({ cpuMs: 0, peakBytes: 0 });
      forgetting.clear();
      void thread.terminate();
    },
  };
}
