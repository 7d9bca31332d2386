import { Readable, Writable } from "node:stream";
import { MessageChannel, Worker } from "node:worker_threads";
import type { ChildExit } from "../../base/reaper-channel.ts";
import { SluiceError, toMessage } from "../../base/errors.ts";
import type { GuestProcess } from "../walls/wall.ts";
import type { Engine } from "./engine.ts";

let started = 0;

/** A thread of this process: no boundary, for programs that are trusted like one's own code. */
export const worker: Engine = {
  name: "worker",
  describe: () => Promise.resolve(`a thread of Node ${process.versions.node}: no boundary, for trusted programs only`),
  toCommand() {
    throw new SluiceError("engine_unavailable", `The engine "worker" has no process of its own that a wall could hold`);
  },
  start: startThread,
};

/** The thread in the shape of a child process. Its number is below zero, since no process has such a one. */
function startThread({ memoryMb }: { memoryMb: number }): GuestProcess {
  const { port1: port, port2 } = new MessageChannel();
  const arrived = new Int32Array(new SharedArrayBuffer(4));
  const thread = new Worker(new URL("../guest/worker.js", import.meta.url), {
    workerData: { port: port2, arrived },
    transferList: [port2],
    env: {},
    argv: [],
    execArgv: [],
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: memoryMb },
  });
  started += 1;
  const pid = -started;
  const stdout = new Readable({ read: () => undefined });
  const stderr = new Readable({ read: () => undefined });
  const stdin = new Writable({
    write(chunk: Buffer, _encoding, done) {
      port.postMessage(new Uint8Array(chunk));
      Atomics.add(arrived, 0, 1);
      Atomics.notify(arrived, 0);
      done();
    },
  });
  port.on("message", (bytes: Uint8Array) => stdout.push(bytes));
  thread.stderr.on("data", (bytes: Buffer) => stderr.push(bytes));
  thread.stdout.resume();
  thread.on("error", (error) => stderr.push(toMessage(error)));
  const exited = new Promise<ChildExit>((resolve) => {
    thread.once("exit", (code) => {
      port.close();
      resolve({ code, signal: null });
    });
  });
  const kill = (): void => void thread.terminate();
  return {
    pid,
    stdin,
    stdout,
    stderr,
    exited,
    kill,
    async terminate() {
      kill();
      await exited;
    },
    account: { pid },
  };
}
