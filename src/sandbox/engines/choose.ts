import { SluiceError } from "../../base/errors.ts";
import type { SandboxConfig } from "../../config/config.ts";
import { deno, hasDeno } from "./deno.ts";
import type { Engine } from "./engine.ts";
import { quickjs } from "./quickjs.ts";
import { worker } from "./worker.ts";

/** The engine that a config asks for, and why it is not the first choice. */
export interface EngineChoice {
  engine: Engine;
  /** Why `auto` came to quickjs. */
  reason?: string;
}

/**
 * The engine of this machine for a config: `auto` is deno where its package is installed, else quickjs. Throws
 * `engine_untrusted` for the one that is no boundary, unless the config says that programs are trusted.
 */
export function chooseEngine({
  engine,
  trusted,
  wall,
}: Pick<SandboxConfig, "engine" | "trusted" | "wall">): EngineChoice {
  switch (engine) {
    case "deno":
      return { engine: deno };
    case "quickjs":
      return { engine: quickjs };
    case "auto":
      return hasDeno()
        ? { engine: deno }
        : { engine: quickjs, reason: "Deno is not installed (npm ci --include=optional brings it where there is one)" };
    case "worker":
      if (!trusted)
        throw new SluiceError(
          "engine_untrusted",
          `The engine "worker" is a thread of this process and no boundary: a program could do what this process can`,
          {
            hint: `Use the engine "deno" or "quickjs"; or, where every program is your own, set "trusted": true in sandbox`,
          },
        );
      if (wall !== "auto" && wall !== "none")
        throw new SluiceError(
          "engine_untrusted",
          `No wall can be put around the engine "worker", and "${wall}" is asked for`,
          {
            hint: `Use the engine "deno" or "quickjs"`,
          },
        );
      return { engine: worker };
  }
}
