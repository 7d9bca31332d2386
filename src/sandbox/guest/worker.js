// The platform of the runner in a thread of the host's own process. It is no boundary: this file only gives the runner
// what it needs, so that trusted programs see the same contract. Everything is taken here, before the runner deletes the
// globals it came from.

import { createHash } from "node:crypto";
import process from "node:process";
import { runInThisContext } from "node:vm";
import { receiveMessageOnPort, workerData } from "node:worker_threads";
import { refuseCode } from "./globals.js";
import { run } from "./runner.js";

const { port, arrived } = workerData;
const { wait, load } = Atomics;
const immediate = setImmediate;
/** How every linked module begins. */
const DECLARATION = "export default ";

/** What has come and is not read yet. */
let chunk = new Uint8Array(0);
let loaded = 0;

/** @type {import("./runner.js").Platform} */
const platform = {
  read(bytes) {
    while (chunk.length === 0) {
      const seen = load(arrived, 0);
      const message = receiveMessageOnPort(port);
      if (message === undefined) wait(arrived, 0, seen);
      else chunk = message.message;
    }
    const part = chunk.subarray(0, bytes.length);
    bytes.set(part);
    chunk = chunk.subarray(part.length);
    return part.length;
  },
  write(bytes) {
    port.postMessage(bytes.slice());
    return bytes.length;
  },
  later: (turn) => void immediate(turn),
  load(code) {
    loaded += 1;
    const url = `program:${loaded}`;
    // As many words before the function as there were, so that columns stay what they are.
    return { url, main: runInThisContext(`"use strict";( ${code.slice(DECLARATION.length)})`, { filename: url }) };
  },
  digest: (algorithm, bytes) => createHash(algorithm.replace("-", "").toLowerCase()).update(bytes).digest(),
  onUnhandledRejection: (listener) =>
    void process.on("unhandledRejection", (reason, promise) => listener(promise, reason)),
  onRejectionHandled: (listener) => void process.on("rejectionHandled", listener),
  exit: () => process.exit(0),
};

refuseCode();
run(platform);
//# sourceURL=sluice:guest/worker.js
