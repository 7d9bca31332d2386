// One program that is killed, watched from outside: when its processes are dead, and what memory it took.
import { findGuests, findInside, pause, readMemory, waitForPool } from "./processes.mjs";
import { load } from "./ground.mjs";

const LOOK_MS = 4;
const DEAD_MS = 5_000;

/**
 * Runs a program that must be killed by the named limit; answers after how long the outcome was there and its processes
 * had ended, when what stood around them had ended too (a container's client), and the most memory: of it and its
 * descendants as seen from outside, or as the kernel counted it for the outcome.
 * @param {any} sluice
 * @param {string} code
 * @param {{ limits: readonly string[], options?: object, guests: number, isFailureFine?: boolean }} expected a limit that
 * an engine turns into an error of the program ends it as well
 */
export async function runAway(sluice, code, { limits, options = {}, guests, isFailureFine = false }) {
  const { listTree } = await load("sandbox/process-tree.js");
  await waitForPool(guests);
  const before = new Set(findGuests().pids);
  let peakBytes = 0;
  const looking = setInterval(() => {
    for (const pid of before) {
      let bytes = 0;
      for (const one of listTree(pid)) bytes += readMemory(one, "RssAnon") + readMemory(one, "RssShmem");
      peakBytes = Math.max(peakBytes, bytes);
    }
  }, LOOK_MS);
  const inside = [...before].map(findInside);
  if (inside.some((pids) => pids.length === 0)) throw new Error("The processes in a guest's container are not seen");
  const around = [...before].map((pid) => [pid]);
  const start = performance.now();
  const outcome = await sluice.executeCode(code, options);
  // The one that ran must be dead, or die now; the other spare ones live on.
  const end = performance.now() + DEAD_MS;
  while (!isOneDead(inside) && performance.now() < end) await pause(1);
  const ms = performance.now() - start;
  while (!isOneDead(around) && performance.now() < end) await pause(1);
  const goneMs = performance.now() - start;
  clearInterval(looking);
  const isKilled = outcome.status === "killed" && limits.includes(outcome.error.code);
  if (!isKilled && !(isFailureFine && outcome.status === "failed"))
    throw new Error(`${code} was ${outcome.status}: ${outcome.error?.code} ${outcome.error?.message}, not ${limits}`);
  if (!isOneDead(inside) || !isOneDead(around)) throw new Error(`${code} is ${limits}, and its process still lives`);
  return { ms, goneMs, peakBytes: Math.max(peakBytes, outcome.stats.memoryPeakBytes) };
}

/** Whether all processes of one guest are dead; without guests that are seen there is nothing to wait for. @param {number[][]} guests */
function isOneDead(guests) {
  return guests.length === 0 || guests.some((pids) => !pids.some(isAlive));
}

/** @param {number} pid */
function isAlive(pid) {
  return readMemory(pid, "VmRSS") > 0;
}
