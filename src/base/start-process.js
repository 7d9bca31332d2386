// Starts a process, for the host and for its reaper. Zero dependencies; runs as it stands.
import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";

/** The variable that marks a child and all that descends from it. */
export const markName = "SLUICE_CHILD";

/** @param {import("./start-process.js").StartRequest} request @returns {import("./start-process.js").StartedProcess} */
export function startProcess({ program, args, env, cwd, user, files }) {
  const descriptors = files.map((file) => openSync(file, "r"));
  try {
    const child = spawn(program, args, {
      env,
      cwd,
      ...(user === undefined ? {} : { uid: user, gid: user }),
      stdio: ["pipe", "pipe", "pipe", ...descriptors],
      detached: process.platform !== "win32",
      windowsHide: true,
    });
    child.on("error", () => {});
    const { pid, stdin, stdout, stderr } = child;
    if (pid === undefined || stdin === null || stdout === null || stderr === null)
      throw new Error(`the system refused to run "${program}"`);
    return { child, pid, stdin, stdout, stderr };
  } finally {
    for (const descriptor of descriptors) closeSync(descriptor);
  }
}

/** @param {number} pid */
export function readStartTime(pid) {
  if (process.platform !== "linux") return "";
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return "";
  }
}
