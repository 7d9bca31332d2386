import { arch, cpus, loadavg, platform, totalmem } from "node:os";

/**
 * What the figures were measured on, and how busy it was.
 * @typedef {{ date: string, node: string, platform: string, cores: number, cpu: string, memoryGb: number, load1: number }} Machine
 */

/** @returns {Machine} */
export function describeMachine() {
  const processors = cpus();
  return {
    date: new Date().toISOString().slice(0, 16).replace("T", " "),
    node: process.version,
    platform: `${platform()}-${arch()}`,
    cores: processors.length,
    cpu: (processors[0]?.model ?? "unknown").trim(),
    memoryGb: Math.round(totalmem() / 2 ** 30),
    load1: Math.round((loadavg()[0] ?? 0) * 100) / 100,
  };
}

/** @param {Machine} machine */
export function formatMachine({ date, node, platform, cores, cpu, memoryGb, load1 }) {
  return `${date} UTC · ${cores} × ${cpu}, ${memoryGb} GB · ${platform}, Node ${node} · load over the minute before ${load1}`;
}
