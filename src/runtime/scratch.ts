import { randomBytes } from "node:crypto";
import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { limits } from "../base/limits.ts";
import { createDiskRoot } from "../sandbox/disk-root.ts";
import { createOverlayRoot } from "../sandbox/overlay-root.ts";
import { createWorkspace, type Workspace } from "../sandbox/workspace.ts";
import type { Parts } from "./parts.ts";
import { isOwnerAlive, toOwner } from "./run-owner.ts";

/** A workspace for one program. */
export interface Scratch extends AsyncDisposable {
  workspace: Workspace;
}

/** Its process, and what tells it from others of that. */
const scratchName = /^[\w-]+\.[\da-f]{12}$/;
const toFolder = (stateDir: string): string => join(stateDir, "scratch");

/** Opens a workspace over the one in force: it reads that, and what it writes is gone when it is disposed. */
export async function createScratch({
  config: { stateDir, sandbox },
  workspace,
}: Pick<Parts, "config" | "workspace">): Promise<Scratch> {
  const owner = Buffer.from(toOwner()).toString("base64url");
  const folder = join(toFolder(stateDir), `${owner}.${randomBytes(6).toString("hex")}`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const root = createOverlayRoot(workspace.root, createDiskRoot(folder));
  return {
    workspace: createWorkspace(root, sandbox, { isScratch: true }),
    async [Symbol.asyncDispose]() {
      // What cannot be removed now is removed at the next start.
      await rm(folder, { recursive: true, force: true, maxRetries: 5 }).catch(() => undefined);
    },
  };
}

/** Removes what processes have left that were killed. `now`: milliseconds since the epoch. */
export async function sweepScratch(stateDir: string, now: number): Promise<void> {
  const folder = toFolder(stateDir);
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter((one) => scratchName.test(one)))
    try {
      const path = join(folder, name);
      const owner = Buffer.from(name.split(".")[0] ?? "", "base64url").toString();
      // Of a process that cannot be seen from here, by its age.
      const isOld = now - (await stat(path)).mtimeMs > limits.scratchKeepMs;
      if (!isOwnerAlive(owner, isOld ? 0 : now, now)) await rm(path, { recursive: true, force: true });
    } catch {
      // Gone meanwhile.
    }
}
