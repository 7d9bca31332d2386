// Outlives its parent by a moment, to kill what the parent started. Reads "+ PID STARTTIME" and "- PID" lines on
// stdin; when stdin closes (the parent has died, in whatever way), SIGKILLs every listed child and all that is left
// of its process group and session, then exits. On Linux it also starts the children, because it is small: whoever
// starts a process stands still while its page tables are copied. No dependencies but its sibling; runs as it stands.
import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { markName, readStartTime, startProcess } from "./start-process.js";

/** @typedef {import("./start-process.js").StartRequest & { id: number }} StartRequest */
/** @typedef {{ pid: number, group: number, session: number, startTime: string }} Process */

/** How often the sweep runs: a process may fork while it is being looked for. */
const sweeps = 5;
const sweepPauseMs = 40;

/** Children that live, by pid, with the start time that tells them from a later process of the same number. @type {Map<number, string>} */
const children = new Map();

/** The marks of those that live: their descendants carry them in their environment, wherever they went. @type {Map<number, string>} */
const marks = new Map();

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"]) {
  // A signal to the terminal's group, or a sweeping killall, must not take away the last who cleans up.
  process.on(signal, () => {});
}

// After the handlers of signals: from now on it is there to start others.
if (process.platform === "linux") {
  process.on("message", (/** @type {StartRequest} */ request) => {
    try {
      start(request);
    } catch (error) {
      tell({ kind: "refused", id: request.id, message: error instanceof Error ? error.message : String(error) });
    }
  });
  tell({ kind: "ready" });
}

/** @param {object} message @param {any} [handle] the end of a pipe, which is the parent's from then on */
function tell(message, handle) {
  // The parent that has gone needs to be told nothing.
  process.send?.(message, handle, undefined, () => handle?.close());
}

/** @param {StartRequest} request */
function start({ id, ...request }) {
  const { child, pid, stdin, stdout, stderr } = startProcess(request);
  const startTime = readStartTime(pid);
  children.set(pid, startTime);
  const mark = request.env[markName];
  if (mark !== undefined) marks.set(pid, mark);
  // The ends of its pipes are taken out of this process's streams at once: what comes is the parent's to read, from the
  // first byte, and a child that has ended before they are sent closes nothing.
  for (const [name, stream] of Object.entries({ stdin, stdout, stderr })) {
    const socket = /** @type {any} */ (stream);
    const handle = socket._handle;
    if (name !== "stdin") handle.readStop();
    socket._handle = null;
    tell({ kind: "stream", id, name }, handle);
  }
  tell({ kind: "started", id, pid, startTime });
  child.once("exit", (code, signal) => {
    // Its number cannot have been given away yet, so what is left in the group is its own.
    kill(-pid);
    tell({ kind: "exited", id, code, signal });
  });
}

let rest = "";
process.stdin.setEncoding("latin1");
process.stdin.on("data", (/** @type {string} */ text) => {
  const lines = (rest + text).split("\n");
  rest = lines.pop() ?? "";
  for (const line of lines) {
    const [sign, pid, startTime = "-", mark = ""] = line.split(" ");
    if (sign === "+") {
      children.set(Number(pid), startTime === "-" ? startTimeByPs(Number(pid)) : startTime);
      if (mark !== "") marks.set(Number(pid), mark);
      continue;
    }
    children.delete(Number(pid));
    const left = marks.get(Number(pid));
    if (left === undefined) continue;
    killMarked(new Set([left]));
    marks.delete(Number(pid));
  }
});
process.stdin.on("end", () => reap(sweeps));
process.stdin.on("error", () => reap(sweeps));

/** @param {number} left */
function reap(left) {
  killMarked(new Set(marks.values()));
  if (children.size === 0 || left === 0) process.exit(0);
  if (process.platform === "linux") reapByProc();
  else if (process.platform === "win32") reapByTaskkill();
  else reapByPs();
  setTimeout(reap, sweepPauseMs, left - 1);
}

function reapByProc() {
  const processes = listProc();
  for (const [pid, startTime] of children) {
    const leader = processes.find((process) => process.pid === pid);
    // A number is given away only when no group and no session bears it: another process means that ours are all gone.
    if (leader !== undefined && startTime !== "" && leader.startTime !== startTime) {
      children.delete(pid);
      continue;
    }
    // Each child leads a session of its own: what else is in it, in whatever group, descends from it.
    const members = processes.filter((process) => process.group === pid || process.session === pid);
    if (members.length === 0) children.delete(pid);
    else kill(-pid);
    for (const member of members) kill(member.pid);
  }
}

/** Kills every process whose environment has one of the marks. @param {Set<string>} wanted */
function killMarked(wanted) {
  if (process.platform !== "linux" || wanted.size === 0) return;
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    try {
      const variables = readFileSync(`/proc/${name}/environ`, "latin1").split("\0");
      const mark = variables.find((variable) => variable.startsWith(`${markName}=`))?.slice(markName.length + 1);
      if (mark !== undefined && wanted.has(mark)) kill(Number(name));
    } catch {
      // It ended meanwhile, or is another user's.
    }
  }
}

/** @returns {Process[]} all that live, without zombies: those only wait for their parent */
function listProc() {
  /** @type {Process[]} */
  const processes = [];
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      // After the command's name, which may hold anything: state ppid pgrp session …, start time as the 20th.
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      if (fields[0] === "Z") continue;
      processes.push({
        pid: Number(name),
        group: Number(fields[2]),
        session: Number(fields[3]),
        startTime: fields[19] ?? "",
      });
    } catch {
      // It ended meanwhile.
    }
  }
  return processes;
}

function reapByPs() {
  for (const [pid, startTime] of children) {
    const now = startTimeByPs(pid);
    const recycled = now !== "" && startTime !== "" && now !== startTime;
    if (recycled || !kill(-pid)) children.delete(pid);
  }
}

function reapByTaskkill() {
  for (const pid of children.keys()) {
    try {
      execFileSync("taskkill", ["/PID", String(pid), "/T", "/F"], { stdio: "ignore", windowsHide: true });
    } catch {
      // It is gone.
    }
    children.delete(pid);
  }
}

/** @param {number} pid */
function startTimeByPs(pid) {
  if (process.platform === "linux" || process.platform === "win32") return "";
  try {
    return execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "latin1" }).trim();
  } catch {
    return "";
  }
}

/** @param {number} target @returns {boolean} whether there was something to kill */
function kill(target) {
  try {
    process.kill(target, "SIGKILL");
    return true;
  } catch {
    return false;
  }
}
