import { spawnChild } from "../../base/child-process.ts";
import type { Wall } from "./wall.ts";

/** No wall: the process has the rights of this one, and the engine alone holds the guest. */
export const none: Wall = {
  name: "none",
  async start({ program, args, env }) {
    const child = await spawnChild(program, args, { env, label: "the sandbox", cwd: "/" });
    return { ...child, account: { pid: child.pid } };
  },
};
