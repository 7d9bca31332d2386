// Ignores the end of its input, SIGTERM and SIGINT, and has a grandchild that does the same. Says both pids on stderr.
import { spawn } from "node:child_process";

for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(signal, () => {});
process.stdin.on("data", () => {});
setInterval(() => {}, 1_000);
if (process.argv[2] === "grandchild") {
  process.stdout.write("up");
} else {
  const child = spawn(process.execPath, [process.argv[1], "grandchild"], { stdio: ["ignore", "pipe", "ignore"] });
  child.stdout.once("data", () => process.stderr.write(`${JSON.stringify([process.pid, child.pid])}\n`));
}
