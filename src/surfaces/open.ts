import { SluiceError } from "../base/errors.ts";
import type { Config } from "../config/config.ts";
import type { ServerReport, Sluice } from "../runtime/sluice.ts";
import type { Invocation } from "./command.ts";
import { paint, type Terminal } from "./terminal.ts";

/** Reads the config that the command line, the environment or the folder names. */
export async function readConfig(invocation: Invocation): Promise<Config> {
  const { loadConfig } = await import("../config/load-config.ts");
  const path = invocation.text("config");
  const config = loadConfig({ ...(path !== undefined && { path }), cwd: process.cwd(), env: process.env });
  const workspace = invocation.text("workspace");
  if (workspace === undefined) return config;
  const { withWorkspace } = await import("../config/workspaces.ts");
  return withWorkspace(config, workspace);
}

/** A Sluice for one command: no guest is kept ready for a next one, and the log is shown with `--verbose` only. */
export async function openSluice(config: Config, invocation: Invocation): Promise<Sluice> {
  const { createSluice } = await import("../runtime/create-sluice.ts");
  const log = invocation.flag("verbose")
    ? (line: string): void => invocation.terminal.note(paint("dim", line))
    : (): void => {};
  const alone = { ...config, sandbox: { ...config.sandbox, guestsWarm: 0 } };
  const sluice = await createSluice(alone, { log, alone: true });
  sluice.events.on((event) => {
    if (event.kind === "servers-awaited") invocation.terminal.note(`Still waiting for ${toNames(event.servers)}`);
  });
  return sluice;
}

/**
 * Does work that asks servers never reached for their tools, and says so on stderr: before it which ones, since a start
 * takes time, and after it which ones could not be reached.
 */
export async function whileFetching<T>(
  sluice: Sluice,
  { terminal, signal }: Invocation,
  work: () => Promise<T>,
): Promise<T> {
  const isMissing = ({ state }: ServerReport): boolean => state === "unknown" || state === "failed";
  const missing = sluice.servers().filter(isMissing);
  if (missing.length > 0)
    terminal.note(`Fetching the tools of ${toNames(missing.map(({ key }) => key))} for the first time`);
  const interrupted = new Promise<never>((_, reject) => {
    const stop = (): void => reject(new SluiceError("cancelled", "Interrupted"));
    signal.addEventListener("abort", stop, { once: true });
    // Ctrl-C may have come while all of this was loaded.
    if (signal.aborted) stop();
  });
  const result = await Promise.race([work(), interrupted]);
  for (const { key, reason } of sluice.servers().filter(isMissing)) {
    terminal.note(paint("yellow", "warning"), ` ${key}: ${reason ?? "not reached"}`);
  }
  return result;
}

function toNames(servers: readonly string[]): string {
  return servers.length > 10 ? `${servers.slice(0, 8).join(", ")} and ${servers.length - 8} more` : servers.join(", ");
}

/** Why programs run in less than was wanted, where they do: another engine, no wall. */
export function toReasons({ engine, wall }: Sluice): string[] {
  return [
    engine.reason === undefined ? undefined : `engine ${engine.name}: ${engine.reason}`,
    wall.reason === undefined ? undefined : `no wall: ${wall.reason}`,
  ].filter((reason) => reason !== undefined);
}

/** Says it to the person whose program is going to run. */
export function noteReasons(sluice: Sluice, terminal: Terminal): void {
  for (const reason of toReasons(sluice)) terminal.note(paint("dim", reason));
}

/** A wall as people read it: of a container also what runs it. */
export function toWallText(wall: string, runtime?: string): string {
  return runtime === undefined ? wall : `${wall} (${runtime})`;
}
