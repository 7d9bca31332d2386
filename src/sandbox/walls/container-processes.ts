import { readFileSync } from "node:fs";
import { listTree } from "../process-tree.js";

/** The processes inside a container, by the file that names the one around them; none before they run. */
export function listContainerProcesses(pidFile: string): number[] {
  try {
    const around = Number(readFileSync(pidFile, "latin1"));
    return Number.isSafeInteger(around) && around > 1 ? listTree(around).filter((pid) => pid !== around) : [];
  } catch {
    return [];
  }
}
