// An execution around a guest that means harm: a real process (servers/hostile-guest.mjs) sends what it is told to.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { spawnChild } from "../src/base/child-process.ts";
import { limits } from "../src/base/limits.ts";
import { type ExecutionEnd, type ExecutionLimits, runExecution } from "../src/sandbox/execution.ts";
import type { ExecutionHost } from "../src/sandbox/execution-host.ts";
import { createDiskRoot } from "../src/sandbox/disk-root.ts";
import { createFileGate } from "../src/sandbox/file-gate.ts";
import { openGuest } from "../src/sandbox/guest.ts";
import { createNetworkGate } from "../src/sandbox/network/network-gate.ts";
import { createWatchdog } from "../src/sandbox/watchdog.ts";
import { openWorkspace } from "../src/sandbox/workspace.ts";
import { untilDead } from "./processes.ts";

/** One act of the guest: a frame's text or raw bytes (base64), how often, how slowly, and how it ends. */
export interface Act {
  frame?: string;
  raw?: string;
  waitMs?: number;
  times?: number;
  trickleMs?: number;
  exit?: number;
  closes?: boolean;
}

/** How the execution ended, what tools were called, how long the event loop was held up. */
export type HostileEnd = ExecutionEnd & { called: unknown[]; stallMs: number };

/** Where such guests run: a folder with a workspace, and a watchdog. */
export interface GuestBed extends AsyncDisposable {
  folder: string;
  run(
    acts: readonly Act[],
    options?: { host?: Partial<ExecutionHost>; limits?: Partial<ExecutionLimits> },
  ): Promise<HostileEnd>;
}

const program = fileURLToPath(new URL("./servers/hostile-guest.mjs", import.meta.url));
const FRAME_BYTES_MAX = 2_000_000;

export async function openGuestBed(): Promise<GuestBed> {
  const folder = await mkdtemp(join(tmpdir(), "sluice-guest-"));
  const workspace = await openWorkspace(join(folder, "workspace"), limits);
  const watchdog = createWatchdog();
  let scripts = 0;
  return {
    folder,
    async run(acts, options = {}) {
      scripts += 1;
      const script = join(folder, `acts-${scripts}.json`);
      await writeFile(script, JSON.stringify(acts));
      const child = await spawnChild(process.execPath, [program, script], { env: {}, label: "a hostile guest" });
      const guest = openGuest(
        { ...child, account: { kind: "tree", pid: child.pid } },
        { engine: "test", wall: "none" },
        FRAME_BYTES_MAX,
      );
      await guest.ready;
      const called: unknown[] = [];
      const delay = monitorEventLoopDelay({ resolution: 5 });
      delay.enable();
      const end = await runExecution({
        guest,
        program: { modules: [], servers: [] },
        source: "first line\nsecond line",
        host: {
          invokeTool: async (each) => {
            called.push(each);
            return { json: "1" };
          },
          search: async () => ({}),
          describe: async () => ({}),
          importAtRunTime: async () => ({ kind: "servers" }),
          onProgress: () => undefined,
          onLog: () => undefined,
          ...options.host,
        },
        files: createFileGate({
          modules: { list: () => undefined, read: () => undefined },
          skills: createDiskRoot(join(folder, "skills")),
          workspace,
          writable: true,
          limits,
        }),
        network: createNetworkGate({
          network: { allow: [], methods: ["GET"], bytesMax: 1_000, timeoutMs: 500, requestsMax: 10 },
          record: () => undefined,
        }),
        limits: {
          ...limits,
          timeoutMs: 4_000,
          logBytesMax: 10_000,
          resultBytesMax: 100_000,
          callsMax: 50,
          callsInFlightMax: 8,
          ...options.limits,
        },
        watchdog,
        signal: new AbortController().signal,
      });
      delay.disable();
      expect(await untilDead([child.pid], 3_000)).toEqual([]);
      await rm(script);
      return { ...end, called, stallMs: delay.max / 1e6 };
    },
    async [Symbol.asyncDispose]() {
      watchdog[Symbol.dispose]();
      await rm(folder, { recursive: true });
    },
  };
}
