import { Worker } from "node:worker_threads";
import type { GuestAccount } from "./walls/wall.ts";

/** What a guest used: processor time since it was watched, and the most memory that was seen. */
export interface GuestUsage {
  cpuMs: number;
  peakBytes: number;
}

export interface Watchdog extends Disposable, AsyncDisposable {
  /** Takes on a guest that has just started: its memory is bounded by the kernel where that is possible. */
  adopt(account: GuestAccount, bounds: { memoryBytes: number }): void;
  /** The guest has been warmed and waits for its program: what it used so far is not the program's. */
  rest(pid: number): void;
  /** Kills the guest when it passes a limit, and then says which. */
  watch(
    pid: number,
    bounds: { memoryBytes: number; cpuMs: number },
    onKilled: (limit: "memoryMb" | "cpuMs", usage: GuestUsage) => void,
  ): void;
  /** A last look at a guest that ended without being told to: when this resolves, `onKilled` was called if a limit was why. */
  settle(pid: number, wasKilled: boolean): Promise<void>;
  /** Ends the watch; answers what the guest used. */
  forget(pid: number): Promise<GuestUsage>;
  /** The guest has ended: what was made for it can go. */
  release(pid: number): void;
}

interface WatchdogMessage extends GuestUsage {
  kind: "killed" | "forgotten" | "settled" | "closed";
  pid: number;
  limit?: "memoryMb" | "cpuMs";
}

/** Starts the watchdog's thread (see `watchdog-thread.js`). */
export function createWatchdog(): Watchdog {
  const thread = new Worker(new URL("./watchdog-thread.js", import.meta.url), { stdout: false, stderr: false });
  thread.unref();
  const watched = new Map<number, (limit: "memoryMb" | "cpuMs", usage: GuestUsage) => void>();
  const forgetting = new Map<number, (usage: GuestUsage) => void>();
  const settling = new Map<number, () => void>();
  let onClosed: () => void = () => undefined;
  thread.on("message", ({ kind, pid, limit, cpuMs, peakBytes }: WatchdogMessage) => {
    switch (kind) {
      case "forgotten":
        forgetting.get(pid)?.({ cpuMs, peakBytes });
        forgetting.delete(pid);
        return;
      case "settled":
        settling.get(pid)?.();
        settling.delete(pid);
        return;
      case "closed":
        return onClosed();
      case "killed": {
        const onKilled = watched.get(pid);
        watched.delete(pid);
        if (limit !== undefined) onKilled?.(limit, { cpuMs, peakBytes });
      }
    }
  });
  return {
    adopt({ pid, pidFile }, { memoryBytes }) {
      thread.postMessage({ kind: "adopt", pid, memoryBytes, ...(pidFile === undefined ? {} : { pidFile }) });
    },
    rest(pid) {
      thread.postMessage({ kind: "rest", pid });
    },
    watch(pid, bounds, onKilled) {
      watched.set(pid, onKilled);
      thread.postMessage({ kind: "watch", pid, ...bounds });
    },
    settle(pid, wasKilled) {
      return new Promise((resolve) => {
        settling.set(pid, resolve);
        thread.postMessage({ kind: "settle", pid, wasKilled });
      });
    },
    forget(pid) {
      watched.delete(pid);
      return new Promise((resolve) => {
        forgetting.set(pid, resolve);
        thread.postMessage({ kind: "forget", pid });
      });
    },
    release(pid) {
      thread.postMessage({ kind: "release", pid });
    },
    async [Symbol.asyncDispose]() {
      // What was made for guests goes before the thread that knows of it.
      await new Promise<void>((resolve) => {
        onClosed = resolve;
        thread.once("exit", resolve);
        thread.ref();
        thread.postMessage({ kind: "close" });
      });
      this[Symbol.dispose]();
    },
    [Symbol.dispose]() {
      for (const resolve of forgetting.values()) resolve({ cpuMs: 0, peakBytes: 0 });
      for (const resolve of settling.values()) resolve();
      forgetting.clear();
      settling.clear();
      void thread.terminate();
    },
  };
}
