import { channel } from "./channel.ts";
import { codeFromText } from "./code-from-text.ts";
import { crash } from "./crash.ts";
import { files } from "./files.ts";
import { floods } from "./floods.ts";
import { imports } from "./imports.ts";
import { internals } from "./internals.ts";
import { memory } from "./memory.ts";
import { modules } from "./modules.ts";
import { network } from "./network.ts";
import { output } from "./output.ts";
import { parser } from "./parser.ts";
import { persistence } from "./persistence.ts";
import { poisonedIntrinsics } from "./poisoned.ts";
import type { HostileClass } from "./program.ts";
import { stackTraces } from "./stack-traces.ts";
import { thenables } from "./thenables.ts";
import { time } from "./time.ts";
import { tools } from "./tools.ts";

/** Every class of attacks, by its name. */
export const classes: Record<string, HostileClass> = {
  "code from text": codeFromText,
  imports,
  internals,
  "stack traces": stackTraces,
  "poisoned intrinsics": poisonedIntrinsics,
  thenables,
  channel,
  files,
  network,
  time,
  memory,
  output,
  floods,
  crash,
  parser,
  tools,
  modules,
  persistence,
};
