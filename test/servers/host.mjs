// A host that starts three children (a stubborn one with a grandchild, one that spins, one whose child moved to a
// process group of its own), tells their pids and its reaper's, and waits to be ended: by a word on stdin or by a signal.
import { readdirSync, readFileSync } from "node:fs";
import { register } from "node:module";
import { fileURLToPath } from "node:url";

register("./typescript-loader.mjs", import.meta.url);
const { spawnChild } = await import("../../src/base/child-process.ts");

const dieWithParent = process.argv[2] === "true";
const start = (command, args) =>
  spawnChild(command, args, { env: { PATH: process.env.PATH }, label: "child", dieWithParent });
// By the host itself, as the first one; the others by its reaper, which runs by then.
const stubborn = await start(process.execPath, [fileURLToPath(new URL("./stubborn.mjs", import.meta.url))]);
const reaper = findReaper();
for (let parent = process.pid; parent !== reaper;) {
  const probe = await start("sleep", ["1000"]);
  parent = parentOf(probe.pid);
  probe.kill();
  await probe.exited;
}
const spinning = await start(process.execPath, ["-e", "for (;;);"]);
// As a shell with job control does: its child is in a group of its own, and only the session still tells whose it is.
const regrouped = await start("bash", ["--norc", "-c", "set -m; sleep 1000 & echo $!; wait"]);
const firstOf = (stream) => new Promise((resolve) => stream.once("data", resolve));
const [said, sleeping] = await Promise.all([firstOf(stubborn.stderr), firstOf(regrouped.stdout)]);

process.stdin.on("data", (word) => {
  if (word.toString().startsWith("exit")) process.exit(0);
  throw new Error("as told");
});
process.stdout.write(
  `${JSON.stringify({ reaper, parents: [stubborn, spinning, regrouped].map(({ pid }) => parentOf(pid)), pids: [...JSON.parse(said), spinning.pid, regrouped.pid, Number(sleeping)] })}\n`,
);

function parentOf(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
}

function findReaper() {
  for (const name of readdirSync("/proc")) {
    try {
      if (parentOf(name) === process.pid && readFileSync(`/proc/${name}/cmdline`, "latin1").includes("reaper.js"))
        return Number(name);
    } catch {
      // Not a process, or it has ended.
    }
  }
  return undefined;
}
