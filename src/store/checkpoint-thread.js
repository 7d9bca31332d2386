// Moves what the log of a SQLite file holds into the file, and waits for the disk where nobody else waits for it.
import { existsSync } from "node:fs";
import { parentPort } from "node:worker_threads";
import Database from "libsql";

const port = /** @type {import("node:worker_threads").MessagePort} */ (parentPort);

/** By path. @type {Map<string, Database.Database>} */
const open = new Map();

port.on("message", (/** @type {import("./checkpoints.ts").CheckpointRequest} */ { file, isLast }) => {
  try {
    if (isLast) close(file);
    else checkpoint(file);
  } catch {
    // What was not moved stays in the log until the next time, and is read from there.
    close(file);
  }
  port.postMessage(file);
});

/** @param {string} file */
function checkpoint(file) {
  if (!open.has(file) && existsSync(file)) open.set(file, new Database(file));
  // Not by a statement: what the driver makes for one ends the process if the thread is ended meanwhile.
  open.get(file)?.exec("PRAGMA wal_checkpoint(PASSIVE)");
}

/** @param {string} file */
function close(file) {
  open.get(file)?.close();
  open.delete(file);
}
