import type { Config } from "../config/config.ts";
import type { Sluice } from "../runtime/sluice.ts";
import type { Invocation } from "./command.ts";

/** Reads the config that the command line, the environment or the folder names. */
export async function readConfig(invocation: Invocation): Promise<Config> {
  const { loadConfig } = await import("../config/load-config.ts");
  const path = invocation.text("config");
  return loadConfig({ ...(path !== undefined && { path }), cwd: process.cwd(), env: process.env });
}

/** A Sluice for one command: no guest is kept ready for a next one, and the log is shown with `--verbose` only. */
export async function openSluice(config: Config, invocation: Invocation): Promise<Sluice> {
  const { createSluice } = await import("../runtime/create-sluice.ts");
  const log = invocation.flag("verbose")
    ? (line: string): void => invocation.terminal.note(invocation.terminal.paint("stderr", "dim", line))
    : (): void => {};
  return await createSluice({ ...config, sandbox: { ...config.sandbox, guestsWarm: 0 } }, { log });
}

/** Fetches the tools of servers that were never reached, so that a first `sluice tools` is not empty. */
export async function fetchUnknown(sluice: Sluice, { terminal, signal }: Invocation): Promise<void> {
  const unknown = sluice.servers().filter(({ state }) => state === "unknown" || state === "failed");
  if (unknown.length === 0) return;
  const keys = unknown.map(({ key }) => key);
  terminal.note(`Fetching the tools of ${keys.join(", ")} for the first time`);
  const reports = await sluice.refresh({ servers: keys, signal });
  for (const { key, state, reason } of reports) {
    if (state === "failed") terminal.note(`${terminal.paint("stderr", "yellow", "warning")} ${key}: ${reason ?? "not reached"}`);
  }
}
