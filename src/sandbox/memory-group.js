// A memory cgroup per guest, where this process may make one: the kernel bounds and counts what a watchdog only sees
// now and then. Version 1 and 2 of the interface; used by the watchdog's thread, since moving a process can take long.

import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** @typedef {{ version: 1 | 2, folder: string }} Group */

const PREFIX = "sluice-";

/** @type {Group | undefined | null} */
let parent = null;
let made = 0;

/** Where groups can be made, found once; what an earlier process left there is removed. @returns {Group | undefined} */
export function findParentGroup() {
  if (parent !== null) return parent;
  parent = process.platform === "linux" ? candidates().find(isUsable) : undefined;
  if (parent !== undefined) sweep(parent.folder);
  return parent;
}

/** Where this process may make groups, the likeliest first. @returns {Group[]} */
function candidates() {
  return listGroups("self").flatMap(({ version, folder, isRoot }) =>
    // In version 2 a group with processes has no groups with limits below it; the one above may take a sibling.
    version === 2 && !isRoot
      ? [
          { version, folder },
          { version, folder: dirname(folder) },
        ]
      : [{ version, folder }],
  );
}

/** The memory groups that a process is in, by what is mounted here. @param {number | "self"} pid */
function listGroups(pid) {
  const groups = readText(`/proc/${pid}/cgroup`)?.trim().split("\n") ?? [];
  const mounts = readText("/proc/self/mountinfo")?.trim().split("\n") ?? [];
  /** @type {(Group & { isRoot: boolean })[]} */
  const found = [];
  for (const line of mounts) {
    const [left = "", right = ""] = line.split(" - ");
    const [, , , root = "/", mount = ""] = left.split(" ");
    const [type, , options = ""] = right.split(" ");
    const version = type === "cgroup2" ? 2 : type === "cgroup" && options.split(",").includes("memory") ? 1 : undefined;
    if (version === undefined) continue;
    const entry = groups
      .map((text) => text.split(":"))
      .find(([id, controllers = ""]) => (version === 2 ? id === "0" : controllers.split(",").includes("memory")));
    const path = entry?.slice(2).join(":") ?? "/";
    const below = root !== "/" && path.startsWith(root) ? path.slice(root.length) : path;
    found.push({ version, folder: join(mount, below), isRoot: below === "/" || below === "" });
  }
  return found;
}

/** The memory group that somebody else made for a process, if it is not this one's own. @param {number} pid @returns {Group | undefined} */
export function findGroupOf(pid) {
  const own = new Set(listGroups("self").map(({ folder }) => folder));
  return listGroups(pid).find((group) => !group.isRoot && !own.has(group.folder) && readGroup(group).usageBytes > 0);
}

/** @param {Group} group */
function isUsable(group) {
  if (group.version === 2 && !readText(join(group.folder, "cgroup.subtree_control"))?.split(/\s/).includes("memory"))
    return false;
  try {
    const probe = createGroup(group, 64 * 1024 * 1024);
    removeGroup(probe);
    return true;
  } catch {
    return false;
  }
}

/** Makes a group below another, with a limit. Throws where it may not. @param {Group} above @param {number} bytes @returns {Group} */
export function createGroup({ version, folder: above }, bytes) {
  made += 1;
  const group = { version, folder: join(above, `${PREFIX}${process.pid}-${made}`) };
  mkdirSync(group.folder);
  try {
    limitGroup(group, bytes);
  } catch (error) {
    removeGroup(group);
    throw error;
  }
  return group;
}

/** Changes the limit. @param {Group} group @param {number} bytes */
export function limitGroup({ version, folder }, bytes) {
  writeFileSync(join(folder, version === 2 ? "memory.max" : "memory.limit_in_bytes"), String(bytes));
  try {
    // No swap beside it, where the kernel counts swap.
    if (version === 2) writeFileSync(join(folder, "memory.swap.max"), "0");
    else writeFileSync(join(folder, "memory.memsw.limit_in_bytes"), String(bytes));
  } catch {
    // Not counted here.
  }
}

/** Moves a process: what it starts later is in the group too. @param {Group} group @param {number} pid */
export function enterGroup({ folder }, pid) {
  writeFileSync(join(folder, "cgroup.procs"), String(pid));
}

/** What the group uses, used at most, and how often the kernel killed in it. @param {Group} group */
export function readGroup({ version, folder }) {
  const usageBytes = readNumber(join(folder, version === 2 ? "memory.current" : "memory.usage_in_bytes"));
  const events = readText(join(folder, version === 2 ? "memory.events" : "memory.oom_control")) ?? "";
  return {
    usageBytes,
    peakBytes: Math.max(
      usageBytes,
      readNumber(join(folder, version === 2 ? "memory.peak" : "memory.max_usage_in_bytes")),
    ),
    kills: Number(/^oom_kill (\d+)/m.exec(events)?.[1] ?? 0),
  };
}

/** Removes an empty group; answers whether it is gone. @param {Group} group */
export function removeGroup({ folder }) {
  try {
    rmdirSync(folder);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === "ENOENT";
  }
}

/** @param {string} folder */
function sweep(folder) {
  try {
    for (const name of readdirSync(folder)) {
      const pid = new RegExp(`^${PREFIX}(\\d+)-\\d+$`).exec(name)?.[1];
      // The kernel refuses to remove one that has processes.
      if (pid !== undefined && readText(`/proc/${pid}/stat`) === undefined)
        removeGroup({ version: 1, folder: join(folder, name) });
    }
  } catch {
    // Nothing to remove.
  }
}

/** @param {string} path */
function readText(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** @param {string} path */
function readNumber(path) {
  return Number(readText(path)) || 0;
}
